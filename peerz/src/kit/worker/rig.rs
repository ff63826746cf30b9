//! A worker between a source and a reduce of the kit.

use std::time::Duration;

use crate::kit::{
    Candidate, Finding, Frames, Peer, Running, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    peer::{Link, PULL, PUSH, XPUB},
    valuz::{CONTROL, EXIT, ORDERS, Outcome, Probe, RESULTS},
};

/// A worker, and the sockets of its peers.
pub(super) struct Rig {
    pub(super) orders: Peer,
    pub(super) results: Peer,
    pub(super) control: Peer,
    pub(super) worker: Running,
}

impl Rig {
    /// Starts a worker whose source and reduce are there.
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        Self::with_results(candidate, Peer::bind(PULL)?)
    }

    /// The same with this socket for its results.
    pub(super) fn with_results(candidate: &Candidate, results: Peer) -> Result<Self, Finding> {
        let (orders, control) = (Peer::bind(PUSH)?, Peer::bind(XPUB)?);
        let worker = start(candidate, [orders.endpoint(), results.endpoint(), control.endpoint()])?;
        Ok(Self { orders, results, control, worker })
    }

    /// Starts a worker and waits until it is ready.
    pub(super) fn ready(candidate: &Candidate) -> Result<Self, Finding> {
        let rig = Self::start(candidate)?;
        rig.await_ready(START_WITHIN)?;
        Ok(rig)
    }

    /// Waits for READY, and returns it; other messages before it are dropped.
    pub(super) fn await_ready(&self, bound: Duration) -> Result<Frames, Finding> {
        self.worker.expect("READY (02)", bound, |left| match Outcome::of(self.results.recv_within(left)?) {
            Outcome::Ready(frames) => Some(frames),
            _ => None,
        })
    }

    /// Waits for the next report; results before it are dropped.
    pub(super) fn await_report(&self) -> Result<Frames, Finding> {
        let what = "a report (04) of a worker whose READY has a name";
        self.worker.expect(what, ANSWER_WITHIN, |left| match Outcome::of(self.results.recv_within(left)?) {
            Outcome::Report(frames) => Some(frames),
            _ => None,
        })
    }

    /// Waits for the next result; READY and reports before it are dropped.
    pub(super) fn result(&self, what: &str) -> Result<Frames, Finding> {
        self.worker.expect(what, ANSWER_WITHIN, |left| match Outcome::of(self.results.recv_within(left)?) {
            Outcome::Result(frames) => Some(frames),
            _ => None,
        })
    }

    /// Sends an order; the next result must be its own.
    pub(super) fn answers(&self, probe: &Probe) -> Verdict {
        self.orders.send(probe.order())?;
        let expected = probe.result();
        let result = self.result(&format!("the result {}", show(&expected)))?;
        ensure(probe.is_answered_by(&result), || {
            format!("expected the result {}, seen {}", show(&expected), show(&result))
        })
    }

    /// Waits until a connection of this peer is up.
    pub(super) fn await_link(&self, what: &str, peer: &Peer) -> Verdict {
        await_link(&self.worker, what, peer)
    }

    /// Waits until the worker has subscribed to EXIT.
    pub(super) fn await_subscription(&self) -> Verdict {
        self.worker.expect("a subscription to EXIT (01) on control", START_WITHIN, |left| {
            let message = self.control.recv_within(left)?;
            matches!(message.first().map(Vec::as_slice), Some([1] | [1, EXIT])).then_some(())
        })
    }
}

/// Waits until a connection of this peer, in words, is up.
pub(super) fn await_link(worker: &Running, what: &str, peer: &Peer) -> Verdict {
    let what = format!("a connection to {what}");
    worker.expect(&what, START_WITHIN, |left| peer.link_within(Link::Up, left).then_some(()))
}

/// Starts a worker with these endpoints: orders, results, control.
pub(super) fn start(candidate: &Candidate, [orders, results, control]: [&str; 3]) -> Result<Running, Finding> {
    candidate.start(&[(ORDERS, orders), (RESULTS, results), (CONTROL, control)], &[])
}
