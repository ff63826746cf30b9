//! What a reduce drops, and survives.

use super::rig::Rig;
use crate::kit::{
    Candidate, Verdict,
    check::ensure,
    raw,
    vectors::{self, Case},
};

/// The largest frame of an outcome. A reduce may end a connection with a larger one; what comes after it is then lost.
const FRAME_BYTES_MAX: usize = 1_024;

pub(super) fn symbol(candidate: &Candidate) -> Verdict {
    are_dropped(candidate, |case| case.field == "symbol")
}

pub(super) fn value(candidate: &Candidate) -> Verdict {
    are_dropped(candidate, |case| case.field == "value")
}

pub(super) fn tail(candidate: &Candidate) -> Verdict {
    are_dropped(candidate, |case| case.field == "tail")
}

pub(super) fn command(candidate: &Candidate) -> Verdict {
    are_dropped(candidate, |case| case.field == "command")
}

pub(super) fn report(candidate: &Candidate) -> Verdict {
    are_dropped(candidate, |case| case.field == "worker" || case.field == "done")
}

/// Sends all invalid outcomes between two results of a batch of three, and then the third.
fn are_dropped(candidate: &Candidate, is_chosen: impl Fn(&Case) -> bool) -> Verdict {
    let batch = Rig::batch(candidate, 3)?;
    batch.value(0, 1.0)?;
    for case in vectors::invalid("valuz", "outcome").into_iter().filter(is_chosen) {
        let is_long = case.frames.iter().any(|frame| frame.len() > FRAME_BYTES_MAX);
        // A reduce that is fooled takes it for the result of the last order.
        let frames =
            if case.field == "done" || case.field == "worker" { case.frames } else { batch.renumbered(case.frames, 2) };
        if is_long {
            // On its own connection, as reduce may end that.
            batch.rig.another_worker()?.send(frames)?;
        } else {
            batch.rig.worker.send(frames)?;
        }
    }
    batch.value(1, 10.0)?;
    batch.value(2, 100.0)?;
    batch.has_total(111.0)
}

/// The symbol and the value, and no more of the message.
pub(super) fn half_message(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 2)?;
    let mut worker = raw::connect(&batch.rig.results(), "PUSH")?;
    let half: Vec<u8> = batch.result(0, 1_000.0)[..2].iter().flat_map(|frame| raw::more_frame(frame)).collect();
    let is_sent = worker.send_bytes(&half).is_ok();
    ensure(is_sent, || "the connection was closed after its handshake".to_owned())?;
    worker.reset();
    batch.value(0, 1.5)?;
    batch.value(1, 2.0)?;
    batch.has_total(3.5)
}
