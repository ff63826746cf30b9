//! Extension `pack`: several results in one message, for a reduce that takes that.

use std::time::Instant;

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Frames, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    valuz::{PACKS, Probe, fault_of_result, unpacked},
};

/// What the checks are about.
pub(super) const SECTION: &str = "valuz.md#extension-pack";

/// How many orders are sent at once.
const ORDERS: u64 = 500;

/// One order in so many has a tail that no pack can hold.
const LONGER_EVERY: u64 = 5;

/// A worker that is ready and has subscribed to PACKS.
fn asked(candidate: &Candidate) -> Result<Rig, Finding> {
    let rig = Rig::ready(candidate)?;
    await_question(&rig)?;
    Ok(rig)
}

/// Takes subscriptions up to the one to PACKS.
fn await_question(rig: &Rig) -> Verdict {
    let mut bound = START_WITHIN;
    while let Some(message) = rig.control.recv_within(bound) {
        if message.first().is_some_and(|subscription| *subscription == [1, PACKS]) {
            return Ok(());
        }
        bound = QUIET;
    }
    Err(Finding::Unsupported)
}

/// The same, and reduce has said that it takes packs.
fn answered(candidate: &Candidate) -> Result<Rig, Finding> {
    let rig = asked(candidate)?;
    rig.control.send([[PACKS]])?;
    Ok(rig)
}

/// The next results: those of a pack, or one. Also whether they are a pack.
fn next_results(rig: &Rig, what: &str) -> Result<(Vec<Frames>, bool), Finding> {
    let message = rig.result(what)?;
    match unpacked(&message)? {
        Some(results) => Ok((results, true)),
        None => Ok((vec![message], false)),
    }
}

/// The order of a probe; some have one more frame.
fn order(probe: &Probe, number: u64) -> Frames {
    let longer = number.is_multiple_of(LONGER_EVERY).then(|| b"more".to_vec());
    probe.order().into_iter().chain(longer).collect()
}

pub(super) fn one_result_each(candidate: &Candidate) -> Verdict {
    let rig = answered(candidate)?;
    // The result of one more order comes after all others.
    for number in 0..=ORDERS {
        rig.orders.send(order(&Probe::new(number), number))?;
    }
    let mut number = 0;
    while number <= ORDERS {
        let what = format!("{} results, alone or in packs, of which {number} came", ORDERS + 1);
        for result in next_results(&rig, &what)?.0 {
            let probe = Probe::new(number);
            let fault = fault_of_result(&result);
            ensure(fault.is_none(), || format!("{}: {}", show(&result), fault.unwrap_or_default()))?;
            ensure(probe.is_answered_by(&result), || {
                format!("expected the result of order {number}, {}, seen {}", show(&probe.result()), show(&result))
            })?;
            let frames = probe.result().len() + usize::from(number.is_multiple_of(LONGER_EVERY));
            ensure(result.len() == frames, || {
                format!("order {number} has a tail of {} frames, and the result {}", frames - 2, show(&result))
            })?;
            number += 1;
        }
    }
    Ok(())
}

pub(super) fn none_unasked(candidate: &Candidate) -> Verdict {
    let rig = asked(candidate)?;
    are_single(&rig, "before PACKS")
}

/// Sends many orders at once; the next results must all be single.
fn are_single(rig: &Rig, when: &str) -> Verdict {
    (0..ORDERS).try_for_each(|number| rig.orders.send(Probe::new(number).order()))?;
    for number in 0..ORDERS {
        let (results, is_packed) = next_results(rig, &format!("{ORDERS} single results, of which {number} came"))?;
        ensure(!is_packed, || format!("a pack of {} results {when}", results.len()))?;
    }
    Ok(())
}

pub(super) fn at_once(candidate: &Candidate) -> Verdict {
    let rig = answered(candidate)?;
    (0..3).try_for_each(|number| {
        rig.orders.send(Probe::new(number).order())?;
        next_results(&rig, "the result of an order, although no other order follows").map(drop)
    })
}

/// The control connection alone is lost, so the results arrive as before.
pub(super) fn none_after_a_loss(candidate: &Candidate) -> Verdict {
    let rig = answered(candidate)?;
    await_form(&rig, true)?;
    let Rig { orders, results, control, worker } = rig;
    let rig = Rig { orders, results, control: control.rebind()?, worker };
    await_question(&rig).map_err(|_| Finding::failed("expected a subscription to PACKS at the next reduce"))?;
    // It may have packed before it saw the loss.
    await_form(&rig, false)?;
    are_single(&rig, "after the control connection was lost, and before PACKS came again")
}

/// Sends orders one by one until the results have this form.
fn await_form(rig: &Rig, is_packed: bool) -> Verdict {
    let begin = Instant::now();
    loop {
        rig.orders.send(Probe::new(0).order())?;
        if next_results(rig, "the result of an order")?.1 == is_packed {
            return Ok(());
        }
        if begin.elapsed() > ANSWER_WITHIN {
            // That it never packs is no fault.
            let failed = Finding::failed("expected a single result after the control connection was lost");
            return Err(if is_packed { Finding::Unsupported } else { failed });
        }
    }
}
