//! What a reduce counts, and its total.

use valuz::sums::ExactSum;

use super::rig::{Rig, ready, result};
use crate::kit::{Candidate, Finding, Verdict, bytes::f64_of, vectors};

/// Values whose sum no order of rounded additions gets right: the exact sum is 3 + 2^-52 + 2^-80, and the nearest number
/// is above 3 + 2^-52, which is half way between two.
const EXACT: [f64; 5] = [1e100, 3.0, -1e100, f64::EPSILON, f64::EPSILON / 268_435_456.0];
const EXACT_TOTAL: f64 = 3.0 + 2.0 * f64::EPSILON;

pub(super) fn of_a_batch(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 3)?;
    for (place, value) in [(0, 4_178.0), (2, 2_180.0), (1, -4_767.5)] {
        batch.value(place, value)?;
    }
    batch.has_total(1_590.5)
}

pub(super) fn of_unnumbered(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 3)?;
    for value in [4_178.0, 2_180.0, 4_178.0] {
        batch.rig.worker.send(result(None, value))?;
    }
    batch.has_total(10_536.0)
}

pub(super) fn of_early_results(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate, 1, 2)?;
    // On the same connection, so before READY.
    rig.worker.send(result(Some(0), 1_000.0))?;
    rig.worker.send(result(None, 1_000.0))?;
    rig.worker.send(ready())?;
    let batch = rig.into_batch()?;
    batch.value(0, 1.5)?;
    batch.value(1, 2.0)?;
    batch.has_total(3.5)
}

pub(super) fn exact(candidate: &Candidate) -> Verdict {
    let reversed: Vec<f64> = EXACT.into_iter().rev().collect();
    of(candidate, &EXACT, EXACT_TOTAL)?;
    of(candidate, &reversed, EXACT_TOTAL)?;
    // A sum of the first two is beyond the largest number.
    of(candidate, &[f64::MAX, f64::MAX, -f64::MAX, 1.0], f64::MAX)
}

fn of(candidate: &Candidate, values: &[f64], total: f64) -> Verdict {
    let batch = Rig::batch(candidate, values.len() as u64)?;
    (0..).zip(values).try_for_each(|(place, value)| batch.value(place, *value))?;
    batch.has_total(total).map_err(|finding| match finding {
        Finding::Failed(reason) => Finding::Failed(format!("values {values:?}: {reason}")),
        finding => finding,
    })
}

pub(super) fn of_two_workers(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate, 2, 4)?;
    let second = rig.another_worker()?;
    rig.worker.send(ready())?;
    second.send(ready())?;
    let batch = rig.into_batch()?;
    for place in [0, 2] {
        batch.value(place, 1.0)?;
        second.send(batch.result(place + 1, 10.0))?;
    }
    batch.has_total(22.0)
}

/// Those with an order's number get the numbers of this batch.
pub(super) fn of_every_valid_result(candidate: &Candidate) -> Verdict {
    let mut cases = vectors::valid("valuz", "outcome");
    cases.retain(|case| case.meaning.get("value").is_some());
    let batch = Rig::batch(candidate, cases.len() as u64)?;
    let mut sum = ExactSum::default();
    for (place, case) in (0..).zip(cases) {
        sum.add(case.frames.get(1).and_then(|frame| f64_of(frame)).unwrap_or_default());
        batch.rig.worker.send(batch.renumbered(case.frames, place))?;
    }
    batch.has_total(sum.round())
}

pub(super) fn without_reports(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 2)?;
    batch.value(0, 1.5)?;
    for case in vectors::valid("valuz", "outcome") {
        if case.meaning.get("report").is_some() {
            batch.rig.worker.send(case.frames)?;
        }
    }
    batch.value(1, 2.0)?;
    batch.has_total(3.5)
}
