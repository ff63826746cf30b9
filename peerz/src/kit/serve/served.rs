//! A server that runs, and its clients.

use std::time::Duration;

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    bytes::{frames, show, text},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    chat::{BROADCASTS, REQUESTS, Reply, say},
    peer::{DEALER, Link, SUB},
};

/// The user of the says that show that everything said before them was broadcast.
pub(super) const FENCE: &str = "fence";

/// How long a broadcast may take until a subscriber says again that it waits for one.
const HEARD_WITHIN: Duration = Duration::from_millis(100);

/// A server that runs, at endpoints that it was given.
pub(super) struct Served {
    pub(super) server: Running,
    pub(super) requests: Place,
    pub(super) broadcasts: Place,
    fences: u32,
}

impl Served {
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let (requests, broadcasts) = (Place::free()?, Place::free()?);
        let server = run(candidate, &requests, &broadcasts)?;
        Ok(Self { server, requests, broadcasts, fences: 0 })
    }

    /// A server that runs, and a connected client.
    pub(super) fn joined(candidate: &Candidate) -> Result<(Self, Peer), Finding> {
        let served = Self::start(candidate)?;
        let client = served.client()?;
        Ok((served, client))
    }

    /// Kills it, and starts it again at the same endpoints.
    pub(super) fn restart(&mut self, candidate: &Candidate) -> Verdict {
        self.server.kill();
        // A signal is its end, and no finding.
        let _ = self.server.exit_within(ANSWER_WITHIN);
        self.server = run(candidate, &self.requests, &self.broadcasts)?;
        Ok(())
    }

    /// A connected client, a `DEALER`.
    pub(super) fn client(&self) -> Result<Peer, Finding> {
        let client = Peer::connect(DEALER, &self.requests.endpoint())?;
        self.await_link(&client)?;
        Ok(client)
    }

    /// A connected client with this routing id.
    pub(super) fn client_as(&self, routing_id: &[u8]) -> Result<Peer, Finding> {
        let client = Peer::connect_with(DEALER, &self.requests.endpoint(), &|socket| socket.set_identity(routing_id))?;
        self.await_link(&client)?;
        Ok(client)
    }

    /// Waits until a connection of this peer is up.
    pub(super) fn await_link(&self, peer: &Peer) -> Verdict {
        let what = format!("a server at {}", peer.endpoint());
        self.server.expect(&what, START_WITHIN, |left| peer.link_within(Link::Up, left).then_some(()))
    }

    /// Sends a request, and returns the frames of its reply. A delimiter is taken off; whether there is one, another check
    /// looks at.
    pub(super) fn ask_bytes<F: AsRef<[u8]>>(&self, client: &Peer, request: &[F]) -> Result<Frames, Finding> {
        let request = frames(request);
        client.send([&b""[..]].into_iter().chain(request.iter().map(Vec::as_slice)))?;
        let what = format!("a reply to {}", show(&request));
        let mut reply = self.server.expect_message(client, &what, ANSWER_WITHIN)?;
        if reply.first().is_some_and(Vec::is_empty) {
            reply.remove(0);
        }
        Ok(reply)
    }

    /// Sends a request, and returns its reply.
    pub(super) fn ask<F: AsRef<[u8]>>(&self, client: &Peer, request: &[F]) -> Result<Reply, Finding> {
        let reply = self.ask_bytes(client, request)?;
        Reply::parse(&reply).map_err(|fault| {
            Finding::failed(format!("the reply to {} is malformed, {fault}: {}", show(&frames(request)), show(&reply)))
        })
    }

    /// Sends a request that must be accepted, and returns the users of the reply.
    pub(super) fn users<F: AsRef<[u8]>>(&self, client: &Peer, request: &[F]) -> Result<Vec<String>, Finding> {
        match self.ask(client, request)? {
            Reply::Users(users) | Reply::Roster { users, .. } => Ok(users),
            Reply::Refusal(sentence) => {
                let request = show(&frames(request));
                Err(Finding::failed(format!(
                    "expected that {request} is accepted; refused: {}",
                    text(sentence.as_bytes())
                )))
            }
        }
    }

    /// A subscriber to all broadcasts, once it has received one.
    pub(super) fn subscriber(&mut self, client: &Peer) -> Result<Peer, Finding> {
        let subscriber = Peer::connect(SUB, &self.broadcasts.endpoint())?;
        subscriber.subscribe(b"")?;
        self.await_link(&subscriber)?;
        // A subscription takes a moment to reach the server, which sends no answer to it.
        for _ in 0..(ANSWER_WITHIN.as_millis() / HEARD_WITHIN.as_millis()) {
            let fence = self.say_fence(client)?;
            while let Some(heard) = subscriber.recv_within(HEARD_WITHIN) {
                if heard.first() == Some(&fence) {
                    return Ok(subscriber);
                }
            }
        }
        Err(Finding::failed(format!("expected what is said at a subscriber; nothing came within {ANSWER_WITHIN:?}")))
    }

    /// Says something, and returns what is broadcast before it.
    pub(super) fn heard(&mut self, client: &Peer, subscriber: &Peer, after: &str) -> Result<Vec<Frames>, Finding> {
        let fence = self.say_fence(client)?;
        let mut heard = Vec::new();
        loop {
            let what = format!("after {after}: the broadcast of {}", text(&fence));
            let broadcast = self.server.expect_message(subscriber, &what, ANSWER_WITHIN)?;
            if broadcast.first() == Some(&fence) {
                return Ok(heard);
            }
            heard.push(broadcast);
        }
    }

    fn say_fence(&mut self, client: &Peer) -> Result<Vec<u8>, Finding> {
        self.fences += 1;
        let fence = say(FENCE, &self.fences.to_string());
        self.users(client, &[&fence])?;
        Ok(fence)
    }
}

fn run(candidate: &Candidate, requests: &Place, broadcasts: &Place) -> Result<Running, Finding> {
    candidate.start(&[(REQUESTS, &requests.endpoint()), (BROADCASTS, &broadcasts.endpoint())], &[])
}
