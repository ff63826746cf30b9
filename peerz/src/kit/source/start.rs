//! What a source does at START, and what it sends.

use std::time::{Duration, Instant};

use super::rig::{COUNT, Rig, await_worker, is_quiet, start_source};
use crate::kit::{
    Candidate, Finding, Peer, Place, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, QUIET},
    peer::{PULL, XPUB},
    valuz::{fault_of_order, start},
    vectors,
};

/// The time after which START is published again to a source that may not be connected.
const AGAIN: Duration = Duration::from_millis(300);

pub(super) fn subscribes(candidate: &Candidate) -> Verdict {
    Rig::subscribed(candidate, COUNT).map(drop)
}

pub(super) fn waits(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    is_quiet(&worker, "before START")?;
    rig.start(None)?;
    rig.take(&worker, 1).map(drop)
}

pub(super) fn sends_the_batch(candidate: &Candidate) -> Verdict {
    for count in [1, 137] {
        let rig = Rig::subscribed(candidate, count)?;
        let worker = rig.worker()?;
        rig.start(None)?;
        rig.take(&worker, count)?;
        is_quiet(&worker, &format!("after {count} orders"))?;
    }
    Ok(())
}

pub(super) fn sends_valid_orders(candidate: &Candidate) -> Verdict {
    const ORDERS: u64 = 1_000;
    let rig = Rig::subscribed(candidate, ORDERS)?;
    let worker = rig.worker()?;
    rig.start(None)?;
    for order in rig.take(&worker, ORDERS)? {
        if let Some(fault) = fault_of_order(&order) {
            return Err(Finding::Failed(format!("{fault}: {}", show(&order))));
        }
    }
    Ok(())
}

pub(super) fn of_more_frames(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    let mut command = start(Some(7));
    command.extend([b"later".to_vec(), Vec::new()]);
    rig.control.send(command)?;
    rig.take(&worker, COUNT).map(drop)
}

pub(super) fn ignores_the_second(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    rig.start(None)?;
    rig.take(&worker, COUNT)?;
    rig.start(None)?;
    is_quiet(&worker, "at the second START of the same batch")
}

pub(super) fn ignores_malformed(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    for case in vectors::invalid("valuz", "control") {
        rig.control.send(&case.frames)?;
    }
    if let Some(order) = worker.recv_within(QUIET) {
        return Err(Finding::Failed(format!("a malformed command has started the batch: {}", show(&order))));
    }
    if !rig.source.is_alive() {
        return Err(Finding::Failed(format!("malformed commands have ended it{}", rig.source.last_log())));
    }
    // The longest command may have ended the connection: START comes until it is received.
    let mut next = Instant::now();
    let first = rig.source.expect("the first order after START", ANSWER_WITHIN, |left| {
        if Instant::now() >= next {
            rig.start(None).ok()?;
            next = Instant::now() + AGAIN;
        }
        worker.recv_within(left)
    });
    first?;
    rig.take(&worker, COUNT - 1)?;
    is_quiet(&worker, "after the batch")
}

pub(super) fn before_reduce(candidate: &Candidate) -> Verdict {
    let (control, place) = (Place::free()?, Place::free()?);
    let mut source = start_source(candidate, &place, &control.endpoint(), COUNT)?;
    await_worker(&source, &Peer::connect(PULL, &place.endpoint())?)?;
    if let Ok(code) = source.exit_within(QUIET) {
        return Err(Finding::Failed(format!("without reduce it ended with exit code {code}{}", source.last_log())));
    }
    let rig = Rig::of(source, Peer::bind_at(XPUB, &control.endpoint())?, place)?;
    let worker = rig.worker()?;
    rig.start(None)?;
    rig.take(&worker, COUNT).map(drop)
}
