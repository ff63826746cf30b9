//! How a source ends: at EXIT, and at a signal.

use super::rig::{COUNT, Rig};
use crate::kit::{
    Candidate, Finding, Running, Verdict,
    candidate::{ANSWER_WITHIN, QUIET},
    habits,
    valuz::{EXIT, REPEAT},
};

/// More orders than a worker that reads nothing takes.
const MANY: u64 = 150_000;

/// A source that cannot repeat may exit when all orders are taken.
pub(super) fn at_exit(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::subscribed(candidate, COUNT)?;
    if !rig.subscribes_to(REPEAT) {
        return Err(Finding::Unsupported);
    }
    let worker = rig.worker()?;
    rig.start(None)?;
    rig.take(&worker, COUNT)?;
    if let Ok(code) = rig.source.exit_within(QUIET) {
        return Err(Finding::Failed(format!("it ended with exit code {code} before EXIT, so it cannot repeat orders")));
    }
    rig.control.send([[EXIT]])?;
    rig.source.exit_with(0, ANSWER_WITHIN)
}

pub(super) fn interrupted(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    habits::stops(rig.source, 0, Running::interrupt)
}

pub(super) fn terminated(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, MANY)?;
    let worker = rig.slow_worker()?;
    rig.start(None)?;
    rig.take(&worker, 10)?;
    habits::stops(rig.source, 0, Running::terminate)
}

pub(super) fn interrupted_without_workers(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    rig.start(None)?;
    // Nothing shows that START has arrived.
    std::thread::sleep(QUIET);
    habits::stops(rig.source, 0, Running::interrupt)
}
