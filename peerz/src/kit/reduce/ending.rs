//! How a reduce ends: with EXIT, and at a signal.

use super::rig::{Rig, last_line, number_of, ready};
use crate::kit::{
    Candidate, Running, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, QUIET},
    check::ensure,
    habits,
    valuz::EXIT,
};

pub(super) fn publishes_exit(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 2)?;
    let worker = batch.rig.subscriber(&[EXIT])?;
    batch.value(0, 1.0)?;
    let early = worker.recv_within(QUIET);
    ensure(early.is_none(), || {
        format!("one of two orders has a result, and {} was published", show(&early.unwrap_or_default()))
    })?;
    batch.value(1, 1.0)?;
    let exit = batch.rig.reduce.expect_message(&worker, "EXIT (01) at a worker", ANSWER_WITHIN)?;
    ensure(exit.first().is_some_and(|command| *command == [EXIT]), || {
        format!("expected EXIT (01), seen {}", show(&exit))
    })?;
    batch.has_total(2.0)
}

/// The worker of the kit has said READY and not subscribed, so reduce waits for it.
pub(super) fn publishes_exit_to_the_late(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate, 1, 1)?;
    rig.worker.send(ready())?;
    let batch = rig.into_batch_with(0)?;
    batch.value(0, 1.0)?;
    batch.await_exit()?;
    let worker = batch.rig.subscriber(&[EXIT])?;
    batch.rig.reduce.expect_message(&worker, "EXIT (01) at a worker that subscribes late", ANSWER_WITHIN).map(drop)
}

pub(super) fn interrupted(candidate: &Candidate) -> Verdict {
    habits::stops(Rig::start(candidate, 2, 3)?.reduce, 0, Running::interrupt)
}

pub(super) fn terminated(candidate: &Candidate) -> Verdict {
    habits::stops(Rig::start(candidate, 2, 3)?.reduce, 0, Running::terminate)
}

pub(super) fn interrupted_in_mid_batch(candidate: &Candidate) -> Verdict {
    let mut batch = Rig::batch(candidate, 2)?;
    batch.value(0, 1.0)?;
    batch.rig.reduce.interrupt();
    batch.await_exit()?;
    batch.rig.reduce.exit_with(1, habits::STOP_WITHIN)?;
    let total = last_line(&mut batch.rig.reduce).as_deref().and_then(number_of);
    ensure(total.is_none(), || format!("one of two orders has no result, and it printed the total {total:?}"))
}
