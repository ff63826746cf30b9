//! A source between workers and a reduce of the kit.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    peer::{Link, PULL, XPUB},
    valuz::{CONTROL, ORDERS, START, start},
};

/// How many orders a batch has unless a check needs more.
pub(super) const COUNT: u64 = 40;

/// A source, and the sockets of its peers.
pub(super) struct Rig {
    pub(super) control: Peer,
    pub(super) source: Running,
    place: Place,
    /// The topics to which the source has subscribed until now.
    topics: RefCell<BTreeSet<Vec<u8>>>,
}

impl Rig {
    /// Starts a source whose reduce is there, and waits until it has subscribed to START.
    pub(super) fn subscribed(candidate: &Candidate, count: u64) -> Result<Self, Finding> {
        let (control, place) = (Peer::bind(XPUB)?, Place::free()?);
        let source = start_source(candidate, &place, control.endpoint(), count)?;
        Self::of(source, control, place)
    }

    /// The same with a source that runs, and a reduce.
    pub(super) fn of(source: Running, control: Peer, place: Place) -> Result<Self, Finding> {
        let rig = Self { control, source, place, topics: RefCell::default() };
        rig.await_subscription(START, START_WITHIN)?;
        Ok(rig)
    }

    /// Replaces the reduce by another one at the same endpoint.
    pub(super) fn with_next_reduce(self) -> Result<Self, Finding> {
        let Self { control, source, place, .. } = self;
        Self::of(source, control.rebind()?, place)
    }

    /// Waits until the source has subscribed to a command, alone or to all.
    pub(super) fn await_subscription(&self, command: u8, bound: Duration) -> Verdict {
        let what = format!("a subscription to {command:02x} on control");
        let has = || self.topics.borrow().iter().any(|topic| [command].starts_with(topic));
        if has() {
            return Ok(());
        }
        self.source.expect(&what, bound, |left| {
            if let Some((1, topic)) = self.control.recv_within(left)?.first().and_then(|frame| frame.split_first()) {
                self.topics.borrow_mut().insert(topic.to_vec());
            }
            has().then_some(())
        })
    }

    /// Whether the source subscribes to this command in the moment after it has subscribed to START.
    pub(super) fn subscribes_to(&self, command: u8) -> bool {
        self.await_subscription(command, QUIET).is_ok()
    }

    /// Where the source takes workers.
    pub(super) fn endpoint(&self) -> String {
        self.place.endpoint()
    }

    /// A worker that is connected.
    pub(super) fn worker(&self) -> Result<Peer, Finding> {
        let worker = Peer::connect(PULL, &self.endpoint())?;
        await_worker(&self.source, &worker)?;
        Ok(worker)
    }

    /// A worker that is connected, takes only as much as it has to, and reads nothing by itself.
    pub(super) fn slow_worker(&self) -> Result<Peer, Finding> {
        let worker = Peer::connect_with(PULL, &self.endpoint(), &|socket| {
            socket.set_rcvhwm(100)?;
            socket.set_rcvbuf(1 << 16)
        })?;
        await_worker(&self.source, &worker)?;
        Ok(worker)
    }

    /// Publishes START.
    pub(super) fn start(&self, base: Option<u64>) -> Verdict {
        self.control.send(start(base))
    }

    /// Receives as many orders.
    pub(super) fn take(&self, worker: &Peer, count: u64) -> Result<Vec<Frames>, Finding> {
        let mut orders = Vec::new();
        for number in 0..count {
            let what = format!("{count} orders, of which {number} came");
            match self.source.expect_message(worker, &what, ANSWER_WITHIN) {
                Ok(order) => orders.push(order),
                // A source without extensions may exit when everything is sent.
                Err(finding) => match worker.recv_within(Duration::ZERO) {
                    Some(order) => orders.push(order),
                    None => return Err(finding),
                },
            }
        }
        Ok(orders)
    }
}

/// Waits until a worker is connected.
pub(super) fn await_worker(source: &Running, worker: &Peer) -> Verdict {
    let what = format!("a handshake of the source at {}", worker.endpoint());
    source.expect(&what, START_WITHIN, |left| worker.link_within(Link::Up, left).then_some(()))
}

/// Nothing more arrives at a worker for a moment.
pub(super) fn is_quiet(worker: &Peer, when: &str) -> Verdict {
    let more = worker.recv_within(QUIET);
    ensure(more.is_none(), || {
        format!("no order was expected {when}; seen {}", crate::kit::bytes::show(&more.unwrap_or_default()))
    })
}

/// Starts a source.
pub(super) fn start_source(
    candidate: &Candidate,
    place: &Place,
    control: &str,
    count: u64,
) -> Result<Running, Finding> {
    candidate.start(&[(ORDERS, &place.endpoint()), (CONTROL, control)], &["--count", &count.to_string()])
}
