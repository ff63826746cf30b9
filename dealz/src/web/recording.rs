//! The recording that is played. It may be large, so it is sent by HTTP: it delays no update, and all pages read the same
//! text in memory.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use dealz_core::Desk;

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
    let Some(recording) = frontend.recording.clone() else {
        return (StatusCode::NOT_FOUND, "no recording is played\n").into_response();
    };
    transfer.0.store(true, Ordering::Relaxed);
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store"), (CONNECTION, "close")];
    (headers, Body::from(recording)).into_response()
}
