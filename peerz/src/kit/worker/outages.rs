//! Peers of a worker that are slow or late, restart, or leave.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use super::rig::{self, Rig};
use crate::kit::{
    Candidate, Finding, Peer, Place, Verdict,
    bytes::{show, u64_of},
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    peer::{PULL, PUSH, XPUB},
    raw::{self, Silent},
    valuz::{Outcome, Probe},
};

/// The largest tail that still fits behind the number.
const PADDING: usize = 1_000;

/// Orders for a reduce that is slow: with their tails ten megabytes, more than the buffers of both hold.
const ORDERS: u64 = 10_000;

/// How long they may take altogether, at a slow worker.
const ALL_WITHIN: Duration = Duration::from_secs(15);

/// The first three frames of an order, then a reset: nothing of it may count.
pub(super) fn half_message(candidate: &Candidate) -> Verdict {
    let (orders, results, control) = (Silent::bind()?, Peer::bind(PULL)?, Peer::bind(XPUB)?);
    let endpoint = orders.endpoint().to_owned();
    let worker = rig::start(candidate, [&endpoint, results.endpoint(), control.endpoint()])?;
    // One that only asks for a greeting ends without a handshake.
    let source = |left| raw::handshake(orders.accept_within(left)?, "PUSH").ok();
    let mut source = worker.expect("a handshake on orders", START_WITHIN, source)?;
    let half: Vec<u8> = Probe::new(1).order()[..3].iter().flat_map(|frame| raw::more_frame(frame)).collect();
    let is_sent = source.send_bytes(&half).is_ok();
    ensure(is_sent, || "the orders connection was closed after its handshake".to_owned())?;
    source.reset();
    drop(orders);
    let rig = Rig { orders: Peer::bind_at(PUSH, &endpoint)?, results, control, worker };
    rig.answers(&Probe::new(2))
}

/// Its connection to control, which no greeting follows, shows that it is up.
pub(super) fn starts_first(candidate: &Candidate) -> Verdict {
    let (orders, results, reduce) = (Place::free()?, Place::free()?, Silent::bind()?);
    let control = reduce.endpoint().to_owned();
    let mut worker = rig::start(candidate, [&orders.endpoint(), &results.endpoint(), &control])?;
    let connection = worker.expect("a connection to control", START_WITHIN, |left| reduce.accept_within(left))?;
    if let Ok(code) = worker.exit_within(QUIET) {
        return Err(Finding::Failed(format!("without its peers it ended with exit code {code}{}", worker.last_log())));
    }
    drop((connection, reduce));
    let (control, results) = (Peer::bind_at(XPUB, &control)?, Peer::bind_at(PULL, &results.endpoint())?);
    let rig = Rig { orders: Peer::bind_at(PUSH, &orders.endpoint())?, results, control, worker };
    rig.await_ready(START_WITHIN)?;
    rig.answers(&Probe::new(1))
}

pub(super) fn source_restarts(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    rig.answers(&Probe::new(1))?;
    let Rig { orders, results, control, worker } = rig;
    let rig = Rig { orders: orders.rebind()?, results, control, worker };
    rig.answers(&Probe::new(2))
}

pub(super) fn reduce_restarts(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    rig.answers(&Probe::new(1))?;
    let Rig { orders, results, control, worker } = rig;
    let rig = Rig { orders, results: results.rebind()?, control: control.rebind()?, worker };
    // A result for the old connection would be lost with it.
    rig.await_link("results", &rig.results)?;
    rig.answers(&Probe::new(2))
}

pub(super) fn two_workers(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    let other = rig::start(candidate, [rig.orders.endpoint(), rig.results.endpoint(), rig.control.endpoint()])?;
    rig.await_ready(START_WITHIN)?;
    let probes: Vec<Probe> = (1..=100).map(Probe::new).collect();
    probes.iter().try_for_each(|probe| rig.orders.send(probe.order()))?;
    let mut open: Vec<&Probe> = probes.iter().collect();
    while !open.is_empty() {
        let result = rig.result(&format!("the results of {} orders that two workers share", open.len()))?;
        let at = open.iter().position(|probe| probe.is_answered_by(&result));
        let at = at.ok_or_else(|| Finding::Failed(format!("a result that no order has: {}", show(&result))))?;
        open.swap_remove(at);
    }
    drop(other);
    Ok(())
}

/// Reads no result until no more orders are taken, then all of them.
pub(super) fn slow_reduce(candidate: &Candidate) -> Verdict {
    let results = Peer::bind_with(PULL, "tcp://127.0.0.1:*", &|socket| {
        socket.set_rcvhwm(1)?;
        socket.set_rcvbuf(4_096)
    })?;
    let rig = Rig::with_results(candidate, results)?;
    rig.await_ready(START_WITHIN)?;
    let (mut sent, mut taken_at) = (0, Instant::now());
    while sent < ORDERS && taken_at.elapsed() < QUIET {
        if send_padded(&rig, sent) {
            (sent, taken_at) = (sent + 1, Instant::now());
        }
    }
    let deadline = Instant::now() + ALL_WITHIN;
    let mut open: HashSet<u64> = (0..ORDERS).collect();
    while !open.is_empty() {
        while sent < ORDERS && send_padded(&rig, sent) {
            sent += 1;
        }
        // Orders that find no room now are sent when results were read.
        let wait = if sent < ORDERS { Duration::from_millis(5) } else { ANSWER_WITHIN };
        match rig.results.recv_within(wait).map(Outcome::of) {
            Some(Outcome::Result(result)) => {
                // Whether it came before is for another check.
                if let Some(number) = number_of(&result) {
                    open.remove(&number);
                }
            }
            Some(_) => {}
            None if sent == ORDERS => break,
            None => {}
        }
        ensure(Instant::now() < deadline, || {
            format!("{} of {ORDERS} results after {ALL_WITHIN:?}", ORDERS - open.len() as u64)
        })?;
    }
    ensure(open.is_empty(), || format!("{} of {ORDERS} results are missing", open.len()))
}

/// Sends an order that is as long as an order may be.
fn send_padded(rig: &Rig, number: u64) -> bool {
    let mut order = Probe::new(number).order();
    order.push(vec![0; PADDING]);
    rig.orders.try_send(order)
}

/// Which order a result is of, by its tail, and if that is wrong by its symbol.
fn number_of(result: &[Vec<u8>]) -> Option<u64> {
    let by_tail = result.get(2).and_then(|frame| u64_of(frame));
    let by_symbol = || u64::from_str_radix(std::str::from_utf8(result.first()?).ok()?.strip_prefix('K')?, 16).ok();
    let mut candidates = [by_symbol(), by_tail].into_iter().flatten();
    candidates.find(|number| *number < ORDERS && Probe::new(*number).is_answered_by(result))
}
