//! The page's files and their security headers.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
            X_FRAME_OPTIONS,
        },
    },
    response::{IntoResponse as _, Response},
};
use dealz_core::view::PageKind;
use include_dir::Dir;
use tauri::utils::mime_type::MimeType;

use super::Frontend;

/// No foreign content is run, shown or connected to; no other page embeds this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    font-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The page itself.
const INDEX: &str = "index.html";

const NOT_YOURS: &str = "The presenter's page is for the one who speaks: this link cannot control the desk.\n";

/// A file of the page.
pub(super) async fn serve(State(frontend): State<Arc<Frontend>>, request: Request) -> Response {
    match request.uri().path().trim_start_matches('/') {
        "" => file(frontend.files, INDEX),
        path => file(frontend.files, path),
    }
}

/// The presenter's page: the same files, for a page that may control the desk.
pub(super) async fn serve_presenter(
    State(frontend): State<Arc<Frontend>>,
    Extension(page): Extension<PageKind>,
) -> Response {
    if page == PageKind::Control {
        file(frontend.files, INDEX)
    } else {
        (StatusCode::FORBIDDEN, NOT_YOURS).into_response()
    }
}

fn file(files: &Dir<'static>, path: &str) -> Response {
    let Some(file) = files.get_file(path) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    // Vite puts a hash of their contents into the names of all files but the page itself.
    let cache = if path.starts_with("assets/") { "private, max-age=31536000, immutable" } else { "no-store" };
    // As in the window.
    let kind = MimeType::parse(file.contents(), path);
    // All texts of the page are UTF-8.
    let kind = if kind.starts_with("text/") { format!("{kind}; charset=utf-8") } else { kind };
    ([(CONTENT_TYPE, kind.as_str()), (CACHE_CONTROL, cache)], Body::from(file.contents())).into_response()
}

/// Adds the security headers to a response.
pub(super) fn restrict(headers: &mut HeaderMap) {
    const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // The link may contain a token.
    headers.insert(REFERRER_POLICY, SAME_ORIGIN);
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), SAME_ORIGIN);
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), SAME_ORIGIN);
}
