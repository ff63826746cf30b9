//! What a cue points at, by the names of the scene, which the processes behind them may not have reported yet.

use std::time::{Duration, Instant};

use scenez::stage::Snapshot;

use crate::{dashboard::Dashboard, view::HighlightView};

/// How long a process may take until it reports.
const REPORTS_WITHIN: Duration = Duration::from_secs(3);

/// A highlight that waits for the processes that it is about.
#[derive(Debug)]
pub(super) struct Pointer {
    /// A process, or one of its sockets after a dot.
    what: String,
    until: Instant,
}

impl Pointer {
    pub(super) fn new(what: String, now: Instant) -> Self {
        Self { what, until: now + REPORTS_WITHIN }
    }

    /// What is to pulse, once all processes report what the name means; after some seconds, what there is.
    pub(super) fn resolve(&self, snapshot: &Snapshot, dashboard: &Dashboard, now: Instant) -> Option<HighlightView> {
        let targets = targets(&self.what, snapshot);
        let mut found = HighlightView::default();
        let mut missing = targets.is_empty();
        for target in targets {
            match dashboard.find(&target) {
                Ok(HighlightView { processes, sockets }) => {
                    found.processes.extend(processes);
                    found.sockets.extend(sockets);
                }
                Err(_) => missing = true,
            }
        }
        (!missing || now >= self.until).then_some(found)
    }
}

/// `PID` or `PID/SOCKET` of each process with this name.
fn targets(what: &str, snapshot: &Snapshot) -> Vec<String> {
    let (name, socket) = what.split_once('.').map_or((what, None), |(name, socket)| (name, Some(socket)));
    let pids = snapshot.named(name).filter_map(|actor| actor.pid);
    pids.map(|pid| socket.map_or_else(|| pid.to_string(), |socket| format!("{pid}/{socket}"))).collect()
}
