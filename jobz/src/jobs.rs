//! Jobs: requests that are accepted, and then done whatever happens to their clients and to the broker. A pure state machine
//! between clients, the [`Dispatcher`] that has the jobs' requests, and the [`crate::vault`] that keeps them.
//!
//! A client gets an answer only after the vault's: what waits for it is *pending*. A job is in memory while it is not done; one
//! that is done is in the vault alone.
//!
//! - `call`: what a client asks of the broker's services `job.*` and `titanic.*`
//! - `caller`: who has asked, and how it is answered
//! - `calls`: what is done then
//! - `answers`: what comes of the vault's answers
//! - `waits`: clients that wait for a job's reply, and the places that are lent meanwhile
//! - `ends`: how jobs end

mod answers;
mod call;
mod caller;
mod calls;
mod ends;
mod status;
#[cfg(test)]
mod tests;
mod tree;
mod waits;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use wire::job::Service;

use self::{caller::Caller, tree::Tree, waits::Waiter};
use crate::{
    dispatcher::{DRAIN, Dispatcher, Event, JobRequest, Outbox},
    requests::{Number, RoutingId},
    store::{Change, Ending, Record},
    vault::Ask,
    workers::DEPTH_MAX,
};

/// The most answers of the vault that clients wait for.
const PENDING_MAX: usize = 10_000;

/// When an end that the vault could not keep is given to it again.
const AGAIN: Duration = Duration::from_secs(1);

/// Two names of one moment: a deadline is kept as a time of day.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The moment.
    pub start: Instant,
    /// The same in microseconds since 1970.
    pub start_us: u64,
}

impl Clock {
    /// A time in milliseconds since 1970.
    fn instant(self, unix_ms: u64) -> Instant {
        self.start + Duration::from_micros(unix_ms.saturating_mul(1_000).saturating_sub(self.start_us))
    }

    fn unix_ms(self, at: Instant) -> u64 {
        let since = u64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX);
        self.start_us.saturating_add(since) / 1_000
    }
}

/// A job that is not done.
#[derive(Debug)]
struct Job {
    service: String,
    /// The request that has submitted it, if its end is this one's.
    parent: Option<Number>,
    /// Since when the broker has had it.
    since: Instant,
    deadline: Option<Instant>,
    /// How many partial replies have come.
    parts: u64,
    waiters: Vec<Waiter>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The vault has not accepted it yet. Whether it is cancelled as soon as it has.
    Accepting { is_cancelled: bool },
    /// The dispatcher has it.
    Accepted,
    /// The vault has not kept its end yet.
    Ending(Ending),
}

/// What waits for an answer of the vault.
#[derive(Debug)]
enum Pending {
    /// Whether a job is accepted. Its client wants the id, or waits for the reply on behalf of a parent.
    Accept { number: Number, caller: Caller, waits: Option<Option<Number>> },
    /// Whether it is kept that so many tries of a job are used up.
    Try { number: Number, tries: u32 },
    /// Whether a job's end is kept. A client that has cancelled it waits.
    End { number: Number, caller: Option<Caller> },
    /// Whether a job is forgotten.
    Close { caller: Caller },
    /// What is known of a job.
    Find { number: Number, caller: Caller, what: Sought },
    /// The dead letters.
    Dead { caller: Caller },
    /// Whether a dead letter is a job again.
    Revive { number: Number, caller: Caller },
}

/// What a client wants to know of a job that is not in memory.
#[derive(Debug, Clone, Copy)]
enum Sought {
    /// Its reply: it would wait for it.
    Reply {
        parent: Option<Number>,
    },
    /// Its reply, if it has one: Titanic.
    ReplyNow,
    Status,
    /// Whether it is cancelled.
    Cancelled,
}

/// All jobs that are not done, and what waits for the vault.
#[derive(Debug)]
pub struct Jobs {
    clock: Clock,
    jobs: BTreeMap<Number, Job>,
    pending: HashMap<u64, Pending>,
    last_token: u64,
    /// When jobs are too late, and when ends are given to the vault again.
    due: BTreeSet<(Instant, Number)>,
    /// Which requests are below which.
    tree: Tree,
    /// The jobs that each client waits for.
    waited: HashMap<RoutingId, BTreeSet<Number>>,
    /// The number of waiters of all jobs.
    waiters: usize,
}

impl Jobs {
    /// No jobs.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            jobs: BTreeMap::new(),
            pending: HashMap::new(),
            last_token: 0,
            due: BTreeSet::new(),
            tree: Tree::default(),
            waited: HashMap::new(),
            waiters: 0,
        }
    }

    /// Whether this service of the broker is one of jobs.
    #[must_use]
    pub fn serves(service: &str) -> bool {
        Service::is_reserved(service) && !service.starts_with("mmi.") && service != DRAIN
    }

    /// The number of jobs that are not done.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Whether all jobs are done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(deadline, _)| *deadline)
    }

    /// Takes the jobs that an earlier run has left: all wait again.
    pub fn restore(
        &mut self,
        now: Instant,
        records: impl IntoIterator<Item = (Number, Record)>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let records: BTreeMap<Number, Record> = records.into_iter().collect();
        for (&number, record) in &records {
            // A parent that is not here has ended, or was the request of a client, which asks again.
            let parent = Some(record.parent).filter(|parent| records.contains_key(parent));
            let deadline = (record.deadline > 0).then(|| self.clock.instant(record.deadline));
            self.due.extend(deadline.map(|deadline| (deadline, number)));
            let job = Job { deadline, phase: Phase::Accepted, ..Job::new(now, record.service.clone(), parent) };
            self.jobs.insert(number, job);
            if let Some(parent) = parent {
                self.tree.link(parent, number);
            }
        }
        for (number, record) in records {
            let Record { service, tries, attempts, body, .. } = record;
            let (tries_max, depth) = ((tries > 0).then_some(tries), self.depth(number));
            dispatcher.restore(now, number, JobRequest { service, body, tries_max, attempts, depth }, out);
        }
    }

    /// How many jobs are above one, at most `DEPTH_MAX`.
    fn depth(&self, mut number: Number) -> u8 {
        let mut depth = 0;
        while let Some(parent) = self.jobs.get(&number).and_then(|job| job.parent)
            && depth < DEPTH_MAX
        {
            depth += 1;
            number = parent;
        }
        depth
    }

    /// Takes what has come of a job's request.
    pub fn handle_event(&mut self, event: Event, out: &mut Outbox) {
        match event {
            Event::Part(number, part) => self.pass_part(number, &part, out),
            Event::Try(number, tries) => {
                self.ask(Ask::Change(Change::Try(number, tries)), Pending::Try { number, tries }, out);
            }
            Event::Again(number) => self.void_parts(number),
            Event::Done(number, reply) => self.end(number, Ending::Reply(reply), None, out),
            Event::Dead(number, reason) => self.end(number, Ending::Dead(reason), None, out),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        while let Some(&(deadline, number)) = self.due.first()
            && deadline <= now
        {
            self.due.pop_first();
            match self.jobs.get(&number).map(|job| &job.phase) {
                Some(Phase::Accepted) => {
                    dispatcher.withdraw(now, number, out);
                    dispatcher.count_dead();
                    self.end(number, Ending::Dead("its time is over".to_owned()), None, out);
                }
                Some(Phase::Ending(ending)) => {
                    let ending = ending.clone();
                    self.keep_end(number, ending, None, out);
                }
                Some(Phase::Accepting { .. }) | None => {}
            }
        }
    }

    /// Asks the vault; what waits for its answer is bounded by [`Self::has_room`].
    fn ask(&mut self, ask: Ask, pending: Pending, out: &mut Outbox) {
        self.last_token += 1;
        self.pending.insert(self.last_token, pending);
        out.ask(self.last_token, ask);
    }

    fn has_room(&self) -> bool {
        self.pending.len() < PENDING_MAX
    }
}

impl Job {
    fn new(now: Instant, service: String, parent: Option<Number>) -> Self {
        Self {
            service,
            parent,
            since: now,
            deadline: None,
            parts: 0,
            waiters: Vec::new(),
            phase: Phase::Accepting { is_cancelled: false },
        }
    }
}
