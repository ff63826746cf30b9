//! Extension `pack`: several results in one message.

use std::time::Duration;

use valuz::sums::ExactSum;

use super::rig::{Batch, Rig};
use crate::kit::{
    Candidate, Finding, Frames, Peer, Verdict,
    bytes::{f64_of, show},
    candidate::ANSWER_WITHIN,
    check::ensure,
    valuz::{PACKS, renumbered_pack, unpacked},
    vectors,
};

/// What the checks are about.
pub(super) const SECTION: &str = "valuz.md#extension-pack";

/// The largest frame of a pack. A reduce may end a connection with a larger one; what comes after it is then lost.
const FRAME_BYTES_MAX: usize = 8_192;

/// How long a reduce that takes packs may take to say so. One that takes none says nothing.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(2);

/// A batch whose reduce takes packs, and the peer that has asked for that.
fn asked(candidate: &Candidate, count: u64) -> Result<(Batch, Peer), Finding> {
    let batch = Rig::batch(candidate, count)?;
    let worker = batch.rig.subscriber(&[PACKS])?;
    let answer = worker.recv_within(ANNOUNCED_WITHIN).ok_or(Finding::Unsupported)?;
    ensure(answer.first().is_some_and(|command| *command == [PACKS]), || {
        format!("expected PACKS (06), seen {}", show(&answer))
    })?;
    Ok((batch, worker))
}

pub(super) fn announced(candidate: &Candidate) -> Verdict {
    let (batch, _worker) = asked(candidate, 2)?;
    batch.value(0, 1.0)?;
    let second = batch.rig.subscriber(&[PACKS])?;
    let what = "PACKS (06) at a second worker, in mid-batch";
    batch.rig.reduce.expect_message(&second, what, ANSWER_WITHIN).map(drop)
}

/// Their orders get the next numbers of the batch.
pub(super) fn count(candidate: &Candidate) -> Verdict {
    let mut packs: Vec<Frames> = vectors::valid("valuz", "pack").into_iter().map(|case| case.frames).collect();
    let (mut place, mut sum) = (0, ExactSum::default());
    let mut places = Vec::new();
    for pack in &packs {
        places.push(place);
        for result in unpacked(pack)?.unwrap_or_default() {
            place += 1;
            sum.add(f64_of(&result[1]).unwrap_or_default());
        }
    }
    let (batch, _worker) = asked(candidate, place)?;
    let base = batch.base.unwrap_or(0);
    for (pack, first) in packs.drain(..).zip(places) {
        batch.rig.worker.send(renumbered_pack(pack, |place| base.wrapping_add(first + place)))?;
    }
    batch.has_total(sum.round())
}

/// Sends all invalid packs between two results of a batch of three, and then the third.
pub(super) fn malformed(candidate: &Candidate) -> Verdict {
    let (batch, _worker) = asked(candidate, 3)?;
    let base = batch.base.unwrap_or(0);
    batch.value(0, 1.0)?;
    for case in vectors::invalid("valuz", "pack") {
        // A reduce that is fooled takes one of them for the result of the last order.
        let pack = renumbered_pack(case.frames, |_| base.wrapping_add(2));
        if pack.iter().any(|frame| frame.len() > FRAME_BYTES_MAX) {
            // On its own connection, as reduce may end that.
            batch.rig.another_worker()?.send(pack)?;
        } else {
            batch.rig.worker.send(pack)?;
        }
    }
    batch.value(1, 10.0)?;
    batch.value(2, 100.0)?;
    batch.has_total(111.0)
}
