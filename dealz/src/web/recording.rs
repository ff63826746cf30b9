//! The recording that is played, and those of scenes. They may be large, so they are sent by HTTP: they delay no update. Of the one
//! that is played all pages read the same text in memory.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use dealz_core::{
    Desk,
    command::{Command, Refusal, Reply},
    view::PageKind,
};
use tokio::task;

use super::Frontend;

/// The text of a desk's recording.
struct Text(Arc<Desk>);

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.recording().unwrap_or_default().as_bytes()
    }
}

/// The recording that `desk` plays, if any; not a copy.
pub(super) fn of(desk: &Arc<Desk>) -> Option<Bytes> {
    desk.recording().map(|_| Bytes::from_owner(Text(Arc::clone(desk))))
}

/// Whether a connection transfers a recording, which takes longer than anything else.
#[derive(Debug, Clone, Default)]
pub(super) struct SlowTransfer(Arc<AtomicBool>);

impl SlowTransfer {
    /// Whether it transfers a recording.
    pub(super) fn recording(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Sends the recording, as the last response of its connection, so that the longer time limit applies once.
pub(super) async fn serve(
    State(frontend): State<Arc<Frontend>>,
    Extension(transfer): Extension<SlowTransfer>,
) -> Response {
    match frontend.recording.clone() {
        Some(recording) => send(&transfer, Body::from(recording)),
        None => (StatusCode::NOT_FOUND, "no recording is played\n").into_response(),
    }
}

/// Sends the recording of a scene to a page that may control the desk.
pub(super) async fn serve_scene(
    State(frontend): State<Arc<Frontend>>,
    Extension(transfer): Extension<SlowTransfer>,
    Extension(page): Extension<PageKind>,
    Path(scene): Path<String>,
) -> Response {
    if page != PageKind::Control {
        return (StatusCode::FORBIDDEN, format!("{}\n", Refusal::ViewOnly)).into_response();
    }
    // Of those that may be large, one at a time is read and checked.
    let Ok(_turn) = frontend.reading.acquire().await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let desk = Arc::clone(frontend.pages.desk());
    match task::spawn_blocking(move || desk.act(Command::Recording { scene: Some(scene) })).await {
        Ok(Ok(Reply::Recording { text })) => send(&transfer, Body::from(text)),
        Ok(Err(refusal)) => (StatusCode::NOT_FOUND, format!("{refusal}\n")).into_response(),
        Ok(Ok(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn send(transfer: &SlowTransfer, recording: Body) -> Response {
    transfer.0.store(true, Ordering::Relaxed);
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store"), (CONNECTION, "close")];
    (headers, recording).into_response()
}
