//! A broker that runs, and its clients and workers.

use std::time::{Duration, Instant};

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    bytes::{frames, show},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    jobz::{
        JOBS,
        message::{Reply, ToWorker, Version},
    },
    peer::{DEALER, Link},
};

/// The service of most checks.
pub(super) const SERVICE: &str = "echo";

/// A broker that runs, at an endpoint that it was given.
pub(super) struct Served {
    pub(super) broker: Running,
    pub(super) place: Place,
}

/// A client or a worker of a version.
pub(super) struct Speaker<'a> {
    served: &'a Served,
    pub(super) peer: Peer,
    pub(super) version: Version,
}

impl Served {
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let place = Place::free()?;
        let broker = run(candidate, &place, &[])?;
        Ok(Self { broker, place })
    }

    /// A broker with these flags. One that ends with wrong usage does not have them.
    pub(super) fn with(candidate: &Candidate, flags: &[&str]) -> Result<Self, Finding> {
        let place = Place::free()?;
        let mut served = Self { broker: run(candidate, &place, flags)?, place };
        match served.speaker(Version::Mdp02).map(drop) {
            Err(_) if served.broker.exit_within(Duration::ZERO) == Ok(2) => Err(Finding::Unsupported),
            connected => connected.map(|()| served),
        }
    }

    /// Kills it, and starts it again at the same endpoint, with these flags.
    pub(super) fn restart(&mut self, candidate: &Candidate, flags: &[&str]) -> Verdict {
        self.broker.kill();
        // A signal is its end, and no finding.
        let _ = self.broker.exit_within(ANSWER_WITHIN);
        self.broker = run(candidate, &self.place, flags)?;
        Ok(())
    }

    /// A connected peer of this version.
    pub(super) fn speaker(&self, version: Version) -> Result<Speaker<'_>, Finding> {
        let peer = Peer::connect(DEALER, &self.place.endpoint())?;
        let what = format!("a broker at {}", peer.endpoint());
        self.broker.expect(&what, START_WITHIN, |left| peer.link_within(Link::Up, left).then_some(()))?;
        Ok(Speaker { served: self, peer, version })
    }

    /// A worker that the broker has registered.
    pub(super) fn worker(&self, version: Version, service: &str) -> Result<Speaker<'_>, Finding> {
        self.worker_by(version, &version.ready(service), service)
    }

    /// The same, registered by this message.
    pub(super) fn worker_by(&self, version: Version, ready: &Frames, service: &str) -> Result<Speaker<'_>, Finding> {
        let worker = self.speaker(version)?;
        worker.send(ready)?;
        self.until(service, "200")?;
        Ok(worker)
    }

    /// Waits until `mmi.service` answers this for a service.
    pub(super) fn until(&self, service: &str, status: &str) -> Verdict {
        self.until_within(service, status, ANSWER_WITHIN)
    }

    pub(super) fn until_within(&self, service: &str, status: &str, bound: Duration) -> Verdict {
        let client = self.speaker(Version::Mdp02)?;
        let deadline = Instant::now() + bound;
        loop {
            let seen = client.ask("mmi.service", &[service])?;
            if seen == frames([status]) {
                return Ok(());
            }
            ensure(Instant::now() < deadline, || {
                format!("expected that mmi.service is {status} for {service} within {bound:?}; it is {}", show(&seen))
            })?;
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// It answers a client.
    pub(super) fn answers(&self) -> Verdict {
        let seen = self.speaker(Version::Mdp02)?.ask("mmi.service", &["no such service"])?;
        ensure(seen == frames(["404"]), || format!("expected that mmi.service is 404; it is {}", show(&seen)))
    }
}

impl Speaker<'_> {
    pub(super) fn send(&self, message: &Frames) -> Verdict {
        self.peer.send(message)
    }

    /// Sends a request as a client.
    pub(super) fn request<F: AsRef<[u8]>>(&self, service: &str, body: &[F]) -> Verdict {
        self.send(&self.version.request(service, body))
    }

    /// The next reply to a client.
    pub(super) fn reply(&self) -> Result<Reply, Finding> {
        let message = self.served.broker.expect_message(&self.peer, "a reply", ANSWER_WITHIN)?;
        let reply = Reply::parse(&message)
            .map_err(|fault| Finding::failed(format!("the reply is malformed, {fault}: {}", show(&message))))?;
        ensure(reply.version == self.version, || {
            format!("a client of {:?} got a reply of {:?}", self.version, reply.version)
        })?;
        Ok(reply)
    }

    /// The body of the next reply, which must be a final one of this service.
    pub(super) fn final_reply(&self, service: &str) -> Result<Frames, Finding> {
        let reply = self.reply()?;
        ensure(reply.is_final && reply.service == service, || {
            format!("expected a final reply of {service}; {reply:?} came")
        })?;
        Ok(reply.body)
    }

    /// Asks as a client, and returns the body of the final reply.
    pub(super) fn ask<F: AsRef<[u8]>>(&self, service: &str, body: &[F]) -> Result<Frames, Finding> {
        self.request(service, body)?;
        self.final_reply(service)
    }

    /// The next command to a worker.
    pub(super) fn command(&self, what: &str, bound: Duration) -> Result<ToWorker, Finding> {
        let message = self.served.broker.expect_message(&self.peer, what, bound)?;
        let (version, command) = ToWorker::parse(&message)
            .map_err(|fault| Finding::failed(format!("expected {what}; malformed, {fault}: {}", show(&message))))?;
        ensure(version == self.version, || format!("a worker of {:?} got a command of {version:?}", self.version))?;
        Ok(command)
    }

    /// The address and the body of the next request for a worker, past heartbeats.
    pub(super) fn work(&self) -> Result<(Vec<u8>, Frames), Finding> {
        match self.next_but_heartbeats("a request for a worker")? {
            ToWorker::Request { address, body } => Ok((address, body)),
            other => Err(Finding::failed(format!("expected a request for a worker; {other:?} came"))),
        }
    }

    /// The next command to a worker that is no heartbeat. Heartbeats give it no more time.
    fn next_but_heartbeats(&self, what: &str) -> Result<ToWorker, Finding> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            match self.command(what, deadline.saturating_duration_since(Instant::now()))? {
                ToWorker::Heartbeat => {}
                command => return Ok(command),
            }
        }
    }

    /// No request comes for a worker within this time.
    pub(super) fn has_no_work(&self, bound: Duration, why: &str) -> Verdict {
        let deadline = Instant::now() + bound;
        while let Some(message) = self.peer.recv_within(deadline.saturating_duration_since(Instant::now())) {
            let is_request = matches!(ToWorker::parse(&message), Ok((_, ToWorker::Request { .. })));
            ensure(!is_request, || format!("{why}; it got {}", show(&message)))?;
        }
        Ok(())
    }

    /// Sends a final reply as a worker.
    pub(super) fn done<F: AsRef<[u8]>>(&self, address: &[u8], body: &[F]) -> Verdict {
        self.send(&self.version.done(address, body))
    }

    /// Does the next request as a worker, by replying with its body.
    pub(super) fn echo(&self) -> Result<Frames, Finding> {
        let (address, body) = self.work()?;
        self.done(&address, &body)?;
        Ok(body)
    }

    /// The worker gets DISCONNECT, perhaps after heartbeats.
    pub(super) fn is_disconnected(&self, after: &str) -> Verdict {
        self.gets(&ToWorker::Disconnect, &format!("DISCONNECT after {after}"))
    }

    /// The worker gets CANCEL of the request with this address, perhaps after heartbeats.
    pub(super) fn is_cancelled(&self, address: &[u8], after: &str) -> Verdict {
        self.gets(&ToWorker::Cancel { address: address.to_vec() }, &format!("CANCEL after {after}"))
    }

    fn gets(&self, wanted: &ToWorker, what: &str) -> Verdict {
        let command = self.next_but_heartbeats(what)?;
        ensure(command == *wanted, || format!("expected {what}; {command:?} came"))
    }
}

/// A client's request reaches the worker, and its reply the client.
pub(super) fn serves(client: &Speaker<'_>, worker: &Speaker<'_>, body: &[Vec<u8>]) -> Verdict {
    client.request(SERVICE, body)?;
    let (address, seen) = worker.work()?;
    ensure(seen == body, || format!("expected the request {}, the worker got {}", show(body), show(&seen)))?;
    worker.done(&address, body)?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == body, || format!("expected the reply {}, the client got {}", show(body), show(&seen)))
}

fn run(candidate: &Candidate, place: &Place, flags: &[&str]) -> Result<Running, Finding> {
    candidate.start(&[(JOBS, &place.endpoint())], flags)
}
