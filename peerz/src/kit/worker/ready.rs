//! When a worker says READY.

use std::time::{Duration, Instant};

use super::rig::{self, Rig};
use crate::kit::{
    Candidate, Finding, Frames, Peer, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    peer::{PULL, XPUB},
    raw::{self, Silent},
    valuz::{Outcome, Probe},
};

pub(super) fn comes(candidate: &Candidate) -> Verdict {
    Rig::ready(candidate).map(drop)
}

/// Longer than a worker waits that takes some moment after connecting for the handshake.
const MOMENT: Duration = Duration::from_millis(1_500);

/// The system accepts connections, but no greeting comes until the kit sends it: then on all of them, as some may only ask
/// whether the source is awake.
pub(super) fn waits_for_the_handshake(candidate: &Candidate) -> Verdict {
    let (orders, results, control) = (Silent::bind()?, Peer::bind(PULL)?, Peer::bind(XPUB)?);
    let worker = rig::start(candidate, [orders.endpoint(), results.endpoint(), control.endpoint()])?;
    let first = worker.expect("a connection to orders", START_WITHIN, |left| orders.accept_within(left))?;
    rig::await_link(&worker, "results", &results)?;
    if let Some(early) = ready_within(&results, MOMENT) {
        return Err(Finding::Failed(format!("READY came before the handshake of orders: {}", show(&early))));
    }
    let (mut waiting, mut sources) = (Some(first), Vec::new());
    let late = worker.expect("READY after the handshake of orders", ANSWER_WITHIN, |left| {
        while let Some(connection) = waiting.take().or_else(|| orders.accept_within(Duration::ZERO)) {
            sources.extend(raw::handshake(connection, "PUSH"));
        }
        ready_within(&results, left)
    });
    late.map(drop)
}

pub(super) fn comes_once(candidate: &Candidate) -> Verdict {
    let Rig { orders, results, control, worker } = Rig::ready(candidate)?;
    let rig = Rig { orders: orders.rebind()?, results, control, worker };
    // The second order is sent when everything is done that the new connection has caused.
    for number in 1..=2 {
        let probe = Probe::new(number);
        rig.orders.send(probe.order())?;
        loop {
            let what = format!("the result {}", show(&probe.result()));
            let message = rig.worker.expect_message(&rig.results, &what, ANSWER_WITHIN)?;
            match Outcome::of(message) {
                Outcome::Ready(frames) => return Err(Finding::Failed(format!("a second READY: {}", show(&frames)))),
                Outcome::Report(_) => {}
                Outcome::Result(_) => break,
            }
        }
        let quiet = ready_within(&rig.results, if number == 1 { QUIET } else { Duration::ZERO });
        ensure(quiet.is_none(), || "a second READY came after the orders connection was up again".to_owned())?;
    }
    Ok(())
}

pub(super) fn comes_again_after_results(candidate: &Candidate) -> Verdict {
    let Rig { orders, results, control, worker } = Rig::ready(candidate)?;
    let rig = Rig { orders, results: results.rebind()?, control, worker };
    rig.await_ready(ANSWER_WITHIN).map(drop)
}

/// READY if it is among the messages that arrive within `bound`.
fn ready_within(results: &Peer, bound: Duration) -> Option<Frames> {
    let deadline = Instant::now() + bound;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Outcome::Ready(frames) = Outcome::of(results.recv_within(left)?) {
            return Some(frames);
        }
    }
}
