//! The load of a service, as its broker answers.

use serde::Deserialize;
use tracing::warn;
use wire::Frames;

use crate::crew::Load;

/// What is read of the answer of `mmi.stats`.
#[derive(Deserialize)]
struct Stats {
    services: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    workers: usize,
    waiting: usize,
    open: usize,
}

/// The load of this service in an answer of `mmi.stats`; a service that is not listed has none.
pub(super) fn load_of(reply: &Frames, service: &str) -> Option<Load> {
    let stats = (reply.get(0) == Some(b"200")).then(|| reply.get(1)).flatten();
    let Some(stats) = stats.and_then(|json| serde_json::from_slice::<Stats>(json).ok()) else {
        warn!("the broker's answer to mmi.stats cannot be read");
        return None;
    };
    let entry = stats.services.into_iter().find(|entry| entry.name == service);
    Some(entry.map_or_else(Load::default, |Entry { workers, waiting, open, .. }| Load { workers, waiting, open }))
}
