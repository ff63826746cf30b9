//! The extensions of a source: `order id`, `batch` and `repeat`.

use std::collections::BTreeSet;

use super::rig::{COUNT, Rig, is_quiet};
use crate::kit::{
    Candidate, Finding, Frames, Peer, Verdict,
    bytes::{show, u64_of},
    check::ensure,
    valuz::{REPEAT, number_after, repeat as repeat_of},
};

/// The base of a batch, and that of the next one. A part of it, or the nearest float, is neither the same nor 0.
const BASE: u64 = 7_531_144_622_899_200_017;
const NEXT_BASE: u64 = BASE + 1_000_000;

/// The frames of an order before its tail.
const FIELDS: usize = 4;

pub(super) fn numbers(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    rig.start(None)?;
    let orders = rig.take(&worker, COUNT)?;
    if orders.iter().all(|order| order.len() == FIELDS) {
        return Err(Finding::Unsupported);
    }
    are_numbered_from(0, &orders)
}

/// Without a base in START they are numbered from 0, with one from that.
fn are_numbered_from(base: u64, orders: &[Frames]) -> Verdict {
    for (order, number) in orders.iter().zip(base..) {
        let is_numbered = order.len() == FIELDS + 1 && u64_of(&order[FIELDS]) == Some(number);
        ensure(is_numbered, || {
            let expected = show(&[number.to_le_bytes().to_vec()]);
            format!(
                "the tail of order {number} must be {expected}; seen {}",
                show(order.get(FIELDS..).unwrap_or_default())
            )
        })?;
    }
    Ok(())
}

/// A source at work on a batch from the base, the orders it has sent, and its worker.
fn started(candidate: &Candidate) -> Result<(Rig, Peer, Vec<Frames>), Finding> {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let worker = rig.worker()?;
    rig.start(Some(BASE))?;
    let orders = rig.take(&worker, COUNT)?;
    Ok((rig, worker, orders))
}

/// The number of the first order: that of START, or 0 of a source that does not have the extension `batch`.
fn first_number(orders: &[Frames]) -> Result<u64, Finding> {
    orders.first().and_then(|order| number_after(FIELDS, order)).ok_or(Finding::Unsupported)
}

pub(super) fn base(candidate: &Candidate) -> Verdict {
    let (.., orders) = started(candidate)?;
    match first_number(&orders)? {
        0 => Err(Finding::Unsupported),
        _ => are_numbered_from(BASE, &orders),
    }
}

pub(super) fn next_base(candidate: &Candidate) -> Verdict {
    let (rig, worker, orders) = started(candidate)?;
    if first_number(&orders)? == 0 {
        return Err(Finding::Unsupported);
    }
    let rig = rig.with_next_reduce()?;
    rig.start(Some(NEXT_BASE))?;
    are_numbered_from(NEXT_BASE, &rig.take(&worker, COUNT)?)
}

/// A batch of a source that subscribes to REPEAT: its orders and the number of the first.
fn repeatable(candidate: &Candidate) -> Result<(Rig, Peer, Vec<Frames>, u64), Finding> {
    let rig = Rig::subscribed(candidate, COUNT)?;
    if !rig.subscribes_to(REPEAT) {
        return Err(Finding::Unsupported);
    }
    let worker = rig.worker()?;
    rig.start(Some(BASE))?;
    let orders = rig.take(&worker, COUNT)?;
    let first = orders.first().and_then(|order| number_after(FIELDS, order));
    let first = first.ok_or_else(|| Finding::failed("it subscribes to REPEAT, and its orders have no numbers"))?;
    Ok((rig, worker, orders, first))
}

pub(super) fn repeat(candidate: &Candidate) -> Verdict {
    let (rig, worker, orders, first) = repeatable(candidate)?;
    let places = [5, 0, COUNT - 1];
    rig.control.send(repeat_of(&places.map(|place| first + place)))?;
    let expected: BTreeSet<&Frames> =
        places.iter().filter_map(|place| orders.get(usize::try_from(*place).ok()?)).collect();
    let seen = rig.take(&worker, places.len() as u64)?;
    for order in &seen {
        ensure(expected.contains(order), || format!("REPEAT named other orders than {}", show(order)))?;
    }
    let count = seen.iter().collect::<BTreeSet<_>>().len();
    ensure(count == places.len(), || format!("{} orders were named, and {count} came again", places.len()))?;
    is_quiet(&worker, "after those that REPEAT names")
}

/// One order of the batch is named as well, so something comes.
pub(super) fn repeat_foreign(candidate: &Candidate) -> Verdict {
    let (rig, worker, orders, first) = repeatable(candidate)?;
    rig.control.send(repeat_of(&[first.wrapping_sub(1), first + COUNT, u64::MAX, first + 1]))?;
    let seen = rig.take(&worker, 1)?;
    ensure(seen.first() == orders.get(1), || {
        format!("of the numbers that REPEAT names only {} is of the batch; seen {}", first + 1, show(&seen[0]))
    })?;
    is_quiet(&worker, "for numbers that are not in the batch")
}
