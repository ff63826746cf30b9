//! Which worker gets which request, and how each request ends: a pure state machine without sockets and clock.
//!
//! `handle_*` take the current time, and leave what has to be sent in the [`Outbox`]; [`Dispatcher::next_deadline`] is when
//! [`Dispatcher::handle_timeout`] is due.
//!
//! A request is taken, waits, is open at one worker, and ends: by the worker's final reply; or because it waited too long; or
//! because its tries are used up, and then it is a dead letter. A request that loses its worker waits again, before all others.

mod assignment;
mod deadlines;
mod drain;
mod due;
mod elsewhere;
mod failures;
mod jobs;
mod lives;
mod management;
mod outbox;
mod queue;
mod replies;
mod services;
mod stats;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use serde::Serialize;
use wire::{
    DecodeError, Fault, Frames,
    job::{Dialect, FromWorker},
};

use self::{deadlines::Deadlines, services::Services};
use crate::{
    limits::BrokerLimits,
    permits::Permits,
    requests::{Number, Requests},
    workers::Workers,
};

pub(crate) use drain::DRAIN;
pub(crate) use jobs::{JobRequest, Lent};
pub use outbox::{Event, Outbox, PeerEvent, ToUplink};
pub use stats::{ServiceStats, Stats};

/// The most dead letters that are remembered.
const DEAD_LETTERS_MAX: usize = 1_000;

/// What happened since the start, for observers and `mmi.stats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests that got their final reply.
    pub answered: u64,
    /// Requests that were given to another worker.
    pub retried: u64,
    /// Requests that waited too long.
    pub expired: u64,
    /// Requests that were dropped because the broker or a service had no room.
    pub refused: u64,
    /// Requests whose tries were used up.
    pub dead: u64,
    /// Requests that a worker could not do.
    pub failed: u64,
    /// Pauses of workers that failed too many requests in a row.
    pub paused: u64,
    /// Replies that no client waits for: their request went to another worker, or is answered.
    pub late: u64,
    /// Jobs that were cancelled.
    pub cancelled: u64,
    /// Workers that did what the protocol forbids, and had to begin again.
    pub disconnected: u64,
    /// Workers that were silent for too long.
    pub lost_workers: u64,
    /// Workers whose users may not register for their service.
    pub not_allowed: u64,
    /// Workers that were let go because their service was drained.
    pub drained: u64,
    /// Requests that were given to another broker.
    pub passed: u64,
}

/// Who has sent a message.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// Its routing id.
    pub routing_id: &'a [u8],
    /// Its authenticated name, if it has one and [`Permits`] need it.
    pub user: Option<&'a str>,
}

/// A request whose tries are used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub number: Number,
    /// Its service.
    pub service: String,
    /// How many workers had it.
    pub attempts: u32,
}

/// The broker without its socket.
#[derive(Debug)]
pub struct Dispatcher {
    limits: BrokerLimits,
    /// Whether messages in [`Dialect::Majortomo`] are accepted.
    accepts_majortomo: bool,
    permits: Permits,
    services: Services,
    workers: Workers,
    requests: Requests,
    /// Of requests.
    deadlines: Deadlines,
    /// When to look at each worker: to send it a heartbeat, or to give it up.
    looks: BTreeSet<(Instant, usize)>,
    /// Requests that wait in services without workers, and for which no other broker is asked.
    unserved: BTreeSet<Number>,
    dead: VecDeque<DeadLetter>,
    counts: Counts,
    /// How many requests workers have got.
    given: u64,
}

impl Dispatcher {
    /// A broker without workers. `start` is the time of its start in microseconds since 1970.
    #[must_use]
    pub fn new(limits: BrokerLimits, start: u64) -> Self {
        Self {
            limits,
            accepts_majortomo: false,
            permits: Permits::default(),
            services: Services::default(),
            workers: Workers::default(),
            requests: Requests::new(start),
            deadlines: Deadlines::default(),
            looks: BTreeSet::new(),
            unserved: BTreeSet::new(),
            dead: VecDeque::new(),
            counts: Counts::default(),
            given: 0,
        }
    }

    /// The same with the dialect of the Python package majortomo.
    #[must_use]
    pub fn accepting_majortomo(self) -> Self {
        Self { accepts_majortomo: true, ..self }
    }

    /// The same with a list of the users that may register.
    #[must_use]
    pub fn with_permits(self, permits: Permits) -> Self {
        Self { permits, ..self }
    }

    /// Whether it has to know the users that send messages.
    #[must_use]
    pub const fn needs_users(&self) -> bool {
        !self.permits.allow_all()
    }

    /// Whether this user may connect another broker, which does requests of any service. One that may not is counted.
    pub(crate) fn accepts_peer(&mut self, now: Instant, user: Option<&str>) -> bool {
        let is_allowed = self.permits.allow_any(user);
        if !is_allowed {
            self.counts.not_allowed += 1;
            self.permits.record_refused(now, user, "another broker");
        }
        is_allowed
    }

    /// What happened since the start.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The latest dead letters, the oldest first.
    pub fn dead_letters(&self) -> impl ExactSizeIterator<Item = &DeadLetter> {
        self.dead.iter()
    }

    /// The number of requests that are not answered.
    #[must_use]
    pub fn open_requests(&self) -> usize {
        self.requests.len()
    }

    /// The number of requests that wait for a worker.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.services.iter().map(|service| service.waiting.len()).sum()
    }

    /// The number of registered workers.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// When something is due next, or sooner: then nothing is.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.first_due().map(|(deadline, _)| deadline)
    }

    /// Takes a message of a worker; returns whether the worker has registered by it.
    ///
    /// # Errors
    /// The message is malformed. Nothing has changed.
    pub fn handle_message(
        &mut self,
        now: Instant,
        from: Sender<'_>,
        message: &Frames,
        out: &mut Outbox,
    ) -> Result<bool, DecodeError> {
        let workers = self.workers.len();
        let (dialect, message) = FromWorker::decode(message)?;
        self.accept(dialect)?;
        self.take_from_worker(now, from, dialect, message, out);
        Ok(self.workers.len() > workers)
    }

    /// The connection of this peer is gone: what it had open is for others.
    pub fn handle_gone(&mut self, now: Instant, peer: &[u8], out: &mut Outbox) {
        if let Some(place) = self.workers.find(peer) {
            self.counts.lost_workers += 1;
            self.remove_worker(now, place, "its worker is gone", out);
        }
    }

    /// Refuses a dialect that was not asked for.
    pub(crate) fn accept(&self, dialect: Dialect) -> Result<(), DecodeError> {
        match dialect {
            Dialect::Majortomo if !self.accepts_majortomo => Err(Fault::UnknownWord.of("header")),
            _ => Ok(()),
        }
    }
}
