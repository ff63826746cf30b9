//! A queue that runs, and its clients and workers.

use std::time::{Duration, Instant};

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    bytes::show,
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    peer::{DEALER, Link},
    ppp::{
        HEARTBEAT_WITHIN,
        message::{Addressed, Message, heartbeat, ready},
    },
};

/// How long a look at one of several workers waits.
const LOOK: Duration = Duration::from_millis(2);

/// A queue that runs, at endpoints that it was given.
pub(super) struct Rig {
    pub(super) queue: Running,
    clients: Place,
    workers: Place,
}

/// A client, or another queue.
pub(super) struct Client<'a> {
    rig: &'a Rig,
    peer: Peer,
}

/// A worker. It sends a heartbeat for each that it receives, whenever it is looked at.
pub(super) struct Worker {
    peer: Peer,
}

impl Rig {
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let [clients, workers] = [Place::free()?, Place::free()?];
        let queue = run(candidate, &clients, &workers)?;
        Ok(Self { queue, clients, workers })
    }

    /// Kills it, and starts it again at the same endpoints.
    pub(super) fn restart(&mut self, candidate: &Candidate) -> Verdict {
        self.queue.kill();
        // A signal is its end, and no finding.
        let _ = self.queue.exit_within(ANSWER_WITHIN);
        self.queue = run(candidate, &self.clients, &self.workers)?;
        Ok(())
    }

    /// Both endpoints, that of the clients first.
    pub(super) fn endpoints(&self) -> [String; 2] {
        [&self.clients, &self.workers].map(Place::endpoint)
    }

    fn connected(&self, place: &Place) -> Result<Peer, Finding> {
        let peer = Peer::connect(DEALER, &place.endpoint())?;
        let what = format!("a queue at {}", peer.endpoint());
        self.queue.expect(&what, START_WITHIN, |left| peer.link_within(Link::Up, left).then_some(()))?;
        Ok(peer)
    }

    pub(super) fn client(&self) -> Result<Client<'_>, Finding> {
        Ok(Client { rig: self, peer: self.connected(&self.clients)? })
    }

    /// A worker that has sent nothing yet.
    pub(super) fn worker(&self) -> Result<Worker, Finding> {
        Ok(Worker { peer: self.connected(&self.workers)? })
    }

    /// A worker that the queue knows: it has got a heartbeat. `others` are kept alive meanwhile.
    pub(super) fn known_worker(&self, others: &[&Worker]) -> Result<Worker, Finding> {
        let worker = self.worker()?;
        worker.send(&ready())?;
        self.gets_heartbeat(&worker, others, "a heartbeat after READY")?;
        Ok(worker)
    }

    /// This worker gets a heartbeat, and answers it. `others` are kept alive meanwhile.
    pub(super) fn gets_heartbeat(&self, worker: &Worker, others: &[&Worker], what: &str) -> Verdict {
        let message = self.queue.expect(what, HEARTBEAT_WITHIN, |left| {
            others.iter().for_each(|other| other.stays_alive());
            worker.peer.recv_within(if others.is_empty() { left } else { LOOK })
        })?;
        ensure(message == heartbeat(), || format!("expected {what}; {} came", show(&message)))?;
        worker.send(&heartbeat())
    }

    /// The next request for one of these workers, and which of them has got it.
    pub(super) fn next_request(&self, workers: &[&Worker]) -> Result<(usize, Addressed), Finding> {
        let (place, message) = self.queue.expect("a request for a worker", ANSWER_WITHIN, |_| {
            workers.iter().enumerate().find_map(|(place, worker)| Some((place, worker.next_but_heartbeats(LOOK)?)))
        })?;
        match Message::of_queue(&message) {
            Ok(Message::Addressed(request)) => Ok((place, request)),
            Ok(other) => Err(Finding::failed(format!("expected a request for a worker; {other:?} came"))),
            Err(fault) => Err(Finding::failed(format!("the request is malformed, {fault}: {}", show(&message)))),
        }
    }

    /// The next request, which this worker gets.
    pub(super) fn request(&self, worker: &Worker) -> Result<Addressed, Finding> {
        self.next_request(&[worker]).map(|(_, request)| request)
    }

    /// A client's request reaches the worker, and its reply the client.
    pub(super) fn serves(&self, client: &Client<'_>, worker: &Worker, content: &[Vec<u8>]) -> Verdict {
        client.ask(content)?;
        let request = self.request(worker)?;
        ensure(request.content == content, || {
            format!("expected the request {}, the worker got {}", show(content), show(&request.content))
        })?;
        worker.reply(&request, content)?;
        client.gets(content)
    }
}

impl Client<'_> {
    pub(super) fn send(&self, message: &Frames) -> Verdict {
        self.peer.send(message)
    }

    /// Sends a request as a `REQ` does.
    pub(super) fn ask<F: AsRef<[u8]>>(&self, content: &[F]) -> Verdict {
        self.send(&Addressed::new(&[""; 0], content).frames())
    }

    /// The next message of the queue.
    pub(super) fn receive(&self) -> Result<Frames, Finding> {
        self.rig.queue.expect_message(&self.peer, "a reply", ANSWER_WITHIN)
    }

    /// The next reply has this content, as a `REQ` takes it.
    pub(super) fn gets<F: AsRef<[u8]>>(&self, content: &[F]) -> Verdict {
        let (seen, wanted) = (self.receive()?, Addressed::new(&[""; 0], content).frames());
        ensure(seen == wanted, || format!("expected the reply {}, the client got {}", show(&wanted), show(&seen)))
    }

    /// The next message if there is one within this time.
    pub(super) fn receive_within(&self, bound: Duration) -> Option<Frames> {
        self.peer.recv_within(bound)
    }
}

impl Worker {
    pub(super) fn send(&self, message: &Frames) -> Verdict {
        self.peer.send(message)
    }

    /// Replies to a request with this content.
    pub(super) fn reply<F: AsRef<[u8]>>(&self, request: &Addressed, content: &[F]) -> Verdict {
        let content = content.iter().map(|frame| frame.as_ref().to_vec()).collect();
        self.send(&Addressed { address: request.address.clone(), content }.frames())
    }

    /// The next message within this time, of any kind, which is not answered.
    pub(super) fn receive_within(&self, bound: Duration) -> Option<Frames> {
        self.peer.recv_within(bound)
    }

    /// The next message that is no heartbeat; heartbeats are answered.
    fn next_but_heartbeats(&self, bound: Duration) -> Option<Frames> {
        let deadline = Instant::now() + bound;
        loop {
            let message = self.peer.recv_within(deadline.saturating_duration_since(Instant::now()))?;
            if message != heartbeat() {
                return Some(message);
            }
            // A queue that is gone shows elsewhere.
            let _ = self.send(&heartbeat());
        }
    }

    /// Answers heartbeats that have come.
    fn stays_alive(&self) {
        // Nothing else is expected: a request would be missed by the one that it is expected at.
        let _ = self.next_but_heartbeats(Duration::ZERO);
    }

    /// No request comes within this time.
    pub(super) fn has_no_request(&self, bound: Duration, why: &str) -> Verdict {
        let message = self.next_but_heartbeats(bound);
        ensure(message.is_none(), || format!("{why}; it got {}", show(&message.unwrap_or_default())))
    }
}

fn run(candidate: &Candidate, clients: &Place, workers: &Place) -> Result<Running, Finding> {
    candidate.start(&[], &["--clients", &clients.endpoint(), "--workers", &workers.endpoint()])
}
