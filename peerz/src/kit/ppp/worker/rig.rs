//! A worker that runs, and its queue.

use std::time::{Duration, Instant};

use crate::kit::{
    Candidate, Finding, Frames, Running, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    ppp::{
        HEARTBEAT_WITHIN, LOST_WITHIN,
        message::{Addressed, Message, heartbeat},
    },
    routed::Routed,
};

/// A worker, and its queue.
pub(super) struct Rig {
    pub(super) routed: Routed,
    /// The routing id of its connection.
    id: Vec<u8>,
}

impl Rig {
    /// A worker whose first message is READY.
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let routed = Routed::start(|endpoint| run(candidate, endpoint))?;
        let mut rig = Self::of(routed);
        let (id, message) = rig.next("READY (01)", START_WITHIN)?;
        ensure(message == Message::Ready, || format!("expected READY (01) as the first message; {message:?} came"))?;
        rig.id = id;
        Ok(rig)
    }

    /// A worker that has started before its queue, and begun.
    pub(super) fn start_late(candidate: &Candidate) -> Result<Self, Finding> {
        let routed = Routed::start_late(|endpoint| run(candidate, endpoint))?;
        let mut rig = Self::of(routed);
        rig.begins_within(START_WITHIN)?;
        Ok(rig)
    }

    /// A worker that the queue does not know.
    pub(super) fn of(routed: Routed) -> Self {
        Self { routed, id: Vec::new() }
    }

    /// Waits until READY comes on a connection that is not the last one. As a queue does, it does not answer the heartbeats of
    /// a worker that it does not know.
    pub(super) fn begins_within(&mut self, bound: Duration) -> Verdict {
        let deadline = Instant::now() + bound;
        loop {
            let (id, message) = self.next("READY (01)", deadline.saturating_duration_since(Instant::now()))?;
            if message == Message::Ready {
                ensure(id != self.id, || "READY came on the connection that was to be given up".to_owned())?;
                self.id = id;
                return Ok(());
            }
        }
    }

    fn next(&self, what: &str, bound: Duration) -> Result<(Vec<u8>, Message), Finding> {
        let (id, frames) = self.routed.next(what, bound)?;
        let message = Message::of_worker(&frames)
            .map_err(|fault| Finding::failed(format!("expected {what}; malformed, {fault}: {}", show(&frames))))?;
        Ok((id, message))
    }

    pub(super) fn send(&self, message: &Frames) -> Verdict {
        self.routed.send(&self.id, message)
    }

    /// The next message of the worker as the queue knows it; `what` is expected, in words.
    fn expect(&self, what: &str, bound: Duration) -> Result<Message, Finding> {
        let (id, message) = self.next(what, bound)?;
        ensure(id == self.id, || format!("expected {what}; {message:?} came on another connection"))?;
        Ok(message)
    }

    /// The next reply, past heartbeats.
    fn reply(&self) -> Result<Addressed, Finding> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            match self.expect("a reply", deadline.saturating_duration_since(Instant::now()))? {
                Message::Addressed(reply) => return Ok(reply),
                Message::Heartbeat => {}
                Message::Ready => return Err(Finding::failed("expected a reply; READY came")),
            }
        }
    }

    /// It does one request with this address.
    pub(super) fn does(&self, address: &[&[u8]], content: &[&[u8]]) -> Verdict {
        self.replies_to(&Addressed::new(address, content))
    }

    pub(super) fn replies_to(&self, request: &Addressed) -> Verdict {
        self.send(&request.frames())?;
        let reply = self.reply()?;
        let shown = |message: &Addressed| message.address.as_ref().map_or("none".to_owned(), |address| show(address));
        ensure(reply.address == request.address, || {
            format!("expected a reply with the address {}, seen {}", shown(request), shown(&reply))
        })
    }

    /// It does a request soon. It may begin again before that: its time without a queue may be over just now.
    pub(super) fn does_soon(&mut self) -> Verdict {
        let request = Addressed::new(&[b"client"], &[b"hi"]);
        let deadline = Instant::now() + LOST_WITHIN;
        self.send(&request.frames())?;
        loop {
            match self.next("a reply", deadline.saturating_duration_since(Instant::now()))? {
                (id, Message::Ready) => {
                    self.id = id;
                    self.send(&request.frames())?;
                }
                (_, Message::Addressed(reply)) if reply.address == request.address => return Ok(()),
                _ => {}
            }
        }
    }

    /// The next message is a heartbeat.
    pub(super) fn heartbeat(&self) -> Verdict {
        let message = self.expect("a heartbeat", HEARTBEAT_WITHIN)?;
        ensure(message == Message::Heartbeat, || format!("expected a heartbeat; {message:?} came"))
    }

    /// It sends this many heartbeats, each of which is answered by one.
    pub(super) fn beats(&self, count: usize) -> Verdict {
        (0..count).try_for_each(|_| {
            self.heartbeat()?;
            self.send(&heartbeat())
        })
    }

    /// Nothing but heartbeats comes for a moment.
    pub(super) fn is_quiet(&self) -> Verdict {
        let deadline = Instant::now() + QUIET;
        while let Some(message) = self.routed.router.recv_within(deadline.saturating_duration_since(Instant::now())) {
            let is_heartbeat = message.get(1..).is_some_and(|frames| *frames == heartbeat());
            ensure(is_heartbeat, || format!("expected nothing; {} came", show(message.get(1..).unwrap_or_default())))?;
        }
        Ok(())
    }
}

fn run(candidate: &Candidate, endpoint: &str) -> Result<Running, Finding> {
    candidate.start(&[], &["--connect", endpoint])
}
