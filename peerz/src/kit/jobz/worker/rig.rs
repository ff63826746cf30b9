//! A worker that runs, and its broker.

use std::time::{Duration, Instant};

use crate::kit::{
    Candidate, Finding, Frames, Running, Verdict,
    bytes::{hex, show},
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    check::ensure,
    jobz::{
        JOBS,
        message::{FromWorker, Version},
    },
    routed::Routed,
};

/// A worker that runs, and its broker.
pub(super) struct Rig {
    pub(super) routed: Routed,
    pub(super) version: Version,
    pub(super) credit: Option<u64>,
    /// The routing id of its connection.
    id: Vec<u8>,
}

impl Rig {
    /// A worker that has registered.
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        Self::registered(Routed::start(|endpoint| run(candidate, endpoint))?)
    }

    /// A worker that has started before its broker, and registered.
    pub(super) fn start_late(candidate: &Candidate) -> Result<Self, Finding> {
        Self::registered(Routed::start_late(|endpoint| run(candidate, endpoint))?)
    }

    fn registered(routed: Routed) -> Result<Self, Finding> {
        let mut rig = Self { routed, version: Version::Mdp02, credit: None, id: Vec::new() };
        rig.registers(START_WITHIN)?;
        Ok(rig)
    }

    /// Waits until it registers on a connection that is not the last one. As a broker does, it answers other commands of an
    /// unknown worker with DISCONNECT.
    pub(super) fn registers(&mut self, bound: Duration) -> Verdict {
        let deadline = Instant::now() + bound;
        loop {
            let (id, version, command) = self.next(deadline.saturating_duration_since(Instant::now()), "READY")?;
            if id == self.id {
                let is_ready = matches!(command, FromWorker::Ready { .. });
                ensure(!is_ready, || "READY came on the connection that was given up".to_owned())?;
                continue;
            }
            match command {
                FromWorker::Ready { credit, .. } => {
                    (self.id, self.version, self.credit) = (id, version, credit);
                    return Ok(());
                }
                FromWorker::Disconnect => {}
                _ => self.routed.send(&id, &version.disconnect())?,
            }
        }
    }

    /// The next command, and the connection on which it came.
    pub(super) fn next(&self, bound: Duration, what: &str) -> Result<(Vec<u8>, Version, FromWorker), Finding> {
        let (id, frames) = self.routed.next(what, bound)?;
        let (version, command) = FromWorker::parse(&frames)
            .map_err(|fault| Finding::failed(format!("expected {what}; malformed, {fault}: {}", show(&frames))))?;
        Ok((id, version, command))
    }

    pub(super) fn send(&self, message: &Frames) -> Verdict {
        self.routed.send(&self.id, message)
    }

    /// Sends a request.
    pub(super) fn request(&self, address: &[u8], body: &[&[u8]]) -> Verdict {
        self.send(&self.version.work(address, body))
    }

    /// The address of the next FINAL or FAIL, past heartbeats and partial replies.
    pub(super) fn ended(&self) -> Result<Vec<u8>, Finding> {
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (id, version, command) = self.next(left, "a final reply")?;
            ensure(id == self.id && version == self.version, || {
                "expected a final reply of the registered worker; a message of another one came".to_owned()
            })?;
            match command {
                FromWorker::Final { address, .. } | FromWorker::Fail { address, .. } => return Ok(address),
                FromWorker::Partial { .. } | FromWorker::Heartbeat | FromWorker::Credit(_) => {}
                other => return Err(Finding::failed(format!("expected a final reply; {other:?} came"))),
            }
        }
    }

    /// It does one request.
    pub(super) fn does(&self, address: &[u8], body: &[&[u8]]) -> Verdict {
        self.request(address, body)?;
        let seen = self.ended()?;
        ensure(seen == address, || format!("expected a reply with the address {}, seen {}", hex(address), hex(&seen)))
    }

    /// Nothing but heartbeats comes for a moment.
    pub(super) fn is_quiet(&self) -> Verdict {
        let deadline = Instant::now() + QUIET;
        while let Some(message) = self.routed.router.recv_within(deadline.saturating_duration_since(Instant::now())) {
            let command = FromWorker::parse(message.get(1..).unwrap_or_default());
            let is_heartbeat = command.as_ref().is_ok_and(|(_, command)| *command == FromWorker::Heartbeat);
            ensure(is_heartbeat, || format!("expected nothing; {} came", show(&message[1..])))?;
        }
        Ok(())
    }
}

fn run(candidate: &Candidate, endpoint: &str) -> Result<Running, Finding> {
    candidate.start(&[(JOBS, endpoint)], &[])
}
