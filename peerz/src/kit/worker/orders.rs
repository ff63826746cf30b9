//! What a worker answers.

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Frames, Verdict,
    bytes::{f64_of, hex, i32_of, show},
    check::ensure,
    valuz::{Probe, fault_of_result},
    vectors::{self, Case},
};

/// How many orders are sent at once.
const ORDERS: u64 = 200;

/// Sends many orders at once, and returns them with all results that came.
fn many(candidate: &Candidate) -> Result<(Vec<Probe>, Vec<Frames>), Finding> {
    let rig = Rig::ready(candidate)?;
    let probes: Vec<Probe> = (1..=ORDERS).map(Probe::new).collect();
    probes.iter().try_for_each(|probe| rig.orders.send(probe.order()))?;
    let results = (1..=ORDERS).map(|number| rig.result(&format!("{ORDERS} results, of which {} came", number - 1)));
    let mut results = results.collect::<Result<Vec<_>, _>>()?;
    // The result of one more order comes after all others.
    let last = Probe::new(ORDERS + 1);
    rig.orders.send(last.order())?;
    loop {
        let result = rig.result(&format!("the result {}", show(&last.result())))?;
        if last.is_answered_by(&result) {
            return Ok((probes, results));
        }
        results.push(result);
    }
}

pub(super) fn one_result_each(candidate: &Candidate) -> Verdict {
    let (probes, results) = many(candidate)?;
    for probe in probes {
        let count = results.iter().filter(|result| probe.is_answered_by(result)).count();
        ensure(count == 1, || format!("the order {} has {count} results", show(&probe.order())))?;
    }
    Ok(())
}

pub(super) fn in_order(candidate: &Candidate) -> Verdict {
    let (probes, results) = many(candidate)?;
    let place = |probe: &Probe| results.iter().position(|result| probe.is_answered_by(result));
    let places: Vec<usize> = probes.iter().filter_map(place).collect();
    let early = places.windows(2).position(|pair| pair[1] < pair[0]);
    ensure(early.is_none(), || {
        let [first, second] = [0, 1].map(|next| early.map_or(0, |at| places[at + next]));
        format!("the result {} came before {}", show(&results[second]), show(&results[first]))
    })
}

/// Sends every valid order of the vectors, each after the result of the one before, and has `look` at the results.
fn every_valid(candidate: &Candidate, look: impl Fn(&Case, &[Vec<u8>]) -> Option<String>) -> Verdict {
    let rig = Rig::ready(candidate)?;
    for case in vectors::valid("valuz", "order") {
        rig.orders.send(&case.frames)?;
        let result = rig.result(&format!("a result of {}: {}", case.name, show(&case.frames)))?;
        if let Some(fault) = look(&case, &result) {
            return Err(Finding::Failed(format!("{}: {fault}; the result is {}", case.name, show(&result))));
        }
    }
    Ok(())
}

pub(super) fn symbol_unchanged(candidate: &Candidate) -> Verdict {
    every_valid(candidate, |case, result| {
        (result.first() != case.frames.first()).then(|| "expected the symbol of the order".to_owned())
    })
}

pub(super) fn tail_unchanged(candidate: &Candidate) -> Verdict {
    every_valid(candidate, |case, result| {
        let (expected, seen) = (&case.frames[4..], result.get(2..).unwrap_or_default());
        (expected != seen).then(|| format!("expected the tail {}, seen {}", show(expected), show(seen)))
    })
}

pub(super) fn value_exact(candidate: &Candidate) -> Verdict {
    every_valid(candidate, |case, result| {
        let expected = notional(&case.frames)?.to_le_bytes();
        let seen = result.get(1);
        if seen.is_some_and(|seen| *seen == expected) {
            return None;
        }
        let seen = match seen {
            Some(frame) => f64_of(frame).map_or_else(|| hex(frame), |value| format!("{} ({value:?})", hex(frame))),
            None => fault_of_result(result).unwrap_or_default(),
        };
        Some(format!("expected the value {} ({:?}), seen {seen}", hex(&expected), f64::from_le_bytes(expected)))
    })
}

/// Shares times price, rounded once, negative for SELL.
fn notional(order: &[Vec<u8>]) -> Option<f64> {
    let product = f64::from(i32_of(order.get(2)?)?) * f64_of(order.get(3)?)?;
    Some(if *order.get(1)? == [1] { -product } else { product })
}

pub(super) fn tail_not_interpreted(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    let probe = Probe::new(7);
    (0..3).try_for_each(|_| rig.answers(&probe))
}
