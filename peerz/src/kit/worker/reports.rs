//! The extension `report`: the name of a worker, and how much it has done.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Frames, Verdict,
    bytes::{show, text, u64_of},
    candidate::{ANSWER_WITHIN, LAST_WITHIN, START_WITHIN},
    check::ensure,
    valuz::{EXIT, Outcome, Probe, REPORT_EVERY, fault_of_name},
};

/// How many orders are valued.
const ORDERS: u64 = 25;

/// How long reports are counted.
const COUNTED: Duration = Duration::from_secs(1);

pub(super) fn name(candidate: &Candidate) -> Verdict {
    named(candidate).map(drop)
}

/// A worker that is ready, and its name.
fn named(candidate: &Candidate) -> Result<(Rig, Vec<u8>), Finding> {
    let rig = Rig::start(candidate)?;
    let ready = rig.await_ready(START_WITHIN)?;
    let name = ready.get(1).cloned().ok_or(Finding::Unsupported)?;
    match fault_of_name(&name) {
        Some(fault) => Err(Finding::Failed(format!("READY {}: {fault}", show(&ready)))),
        None => Ok((rig, name)),
    }
}

pub(super) fn count(candidate: &Candidate) -> Verdict {
    let (mut rig, name) = named(candidate)?;
    rig.await_subscription()?;
    // The last order comes right after a report, so the next one is not due when EXIT comes.
    let mut reports = value(&rig, 1..=ORDERS - 1)?;
    while reports.is_empty() {
        reports.push(rig.await_report()?);
    }
    reports.extend(value(&rig, ORDERS..=ORDERS)?);
    rig.control.send([[EXIT]])?;
    rig.worker.exit_with(0, ANSWER_WITHIN)?;
    while let Some(frames) = rig.results.recv_within(LAST_WITHIN) {
        if let Outcome::Report(report) = Outcome::of(frames) {
            reports.push(report);
        }
    }
    let mut done = 0;
    for report in &reports {
        let (seen_name, count) = (report.get(1), report.get(2).and_then(|frame| u64_of(frame)));
        ensure(seen_name == Some(&name), || {
            format!("a report with the name of READY, {}, was expected; seen {}", text(&name), show(report))
        })?;
        let count = count.ok_or_else(|| Finding::Failed(format!("a report without a count: {}", show(report))))?;
        ensure(done <= count && count <= ORDERS, || format!("reports of {done}, then of {count} orders"))?;
        done = count;
    }
    ensure(done == ORDERS, || format!("{ORDERS} orders are valued, and the last report says {done}"))
}

/// Has orders valued, and returns the reports that came before the last result.
fn value(rig: &Rig, numbers: RangeInclusive<u64>) -> Result<Vec<Frames>, Finding> {
    let (mut reports, mut results) = (Vec::new(), numbers.clone().count());
    numbers.map(Probe::new).try_for_each(|probe| rig.orders.send(probe.order()))?;
    while results > 0 {
        match Outcome::of(rig.worker.expect_message(&rig.results, "a result of each order", ANSWER_WITHIN)?) {
            Outcome::Report(report) => reports.push(report),
            Outcome::Result(_) => results -= 1,
            Outcome::Ready(_) => {}
        }
    }
    Ok(reports)
}

pub(super) fn rate(candidate: &Candidate) -> Verdict {
    let (rig, _) = named(candidate)?;
    let (begin, mut number, mut reports) = (Instant::now(), 0, 0);
    while begin.elapsed() < COUNTED {
        number += 1;
        rig.orders.send(Probe::new(number).order())?;
        loop {
            match Outcome::of(rig.worker.expect_message(&rig.results, "the result of an order", ANSWER_WITHIN)?) {
                Outcome::Report(_) => reports += 1,
                Outcome::Result(_) => break,
                Outcome::Ready(_) => {}
            }
        }
        // Orders come steadily and leave the processor to others.
        std::thread::sleep(Duration::from_millis(2));
    }
    // One at the beginning, and one that was on its way.
    let most = begin.elapsed().as_millis() / REPORT_EVERY.as_millis() + 2;
    ensure(reports <= most, || format!("{reports} reports in {:?}", begin.elapsed()))
}
