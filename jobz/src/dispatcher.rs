//! Which worker gets which request, and how each request ends: a pure state machine without sockets and clock.
//!
//! `handle_*` take the current time, and leave what has to be sent in the [`Outbox`]; [`Dispatcher::next_deadline`] is when
//! [`Dispatcher::handle_timeout`] is due.
//!
//! A request is taken, waits, is open at one worker, and ends: by the worker's final reply; or because it waited too long; or
//! because its tries are used up, and then it is a dead letter. A request that loses its worker waits again, before all others.

mod management;
mod outbox;
mod services;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Instant,
};

use serde::Serialize;
use tracing::debug;
use wire::{
    DecodeError, Fault, Frames, foreign,
    job::{self, Body, Dialect, FromWorker, Reply, Request, ToWorker},
};

use self::services::{Service, Services};
use crate::{
    limits::BrokerLimits,
    requests::{Address, Number, Requests, RoutingId, State, cost},
    workers::{Open, Worker, Workers},
};

pub use outbox::Outbox;

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
    /// Replies that no client waits for: their request went to another worker, or is answered.
    pub late: u64,
    /// Workers that did what the protocol forbids, and had to begin again.
    pub disconnected: u64,
    /// Workers that were silent for too long.
    pub lost_workers: u64,
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

/// What is due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The end of a request's waiting, or of its worker's time.
    Request(Number),
    /// A look at a worker: to send it a heartbeat, or to give it up.
    Worker(usize),
}

/// The broker without its socket.
#[derive(Debug)]
pub struct Dispatcher {
    limits: BrokerLimits,
    /// Whether messages in [`Dialect::Majortomo`] are accepted.
    accepts_majortomo: bool,
    services: Services,
    workers: Workers,
    requests: Requests,
    due: BTreeSet<(Instant, Due)>,
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
            services: Services::default(),
            workers: Workers::default(),
            requests: Requests::new(start),
            due: BTreeSet::new(),
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

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(deadline, _)| *deadline)
    }

    /// Takes a message of the peer with this routing id; returns whether the peer has registered by it.
    ///
    /// # Errors
    /// The message is malformed. Nothing has changed.
    pub fn handle_message(
        &mut self,
        now: Instant,
        from: &[u8],
        message: &Frames,
        out: &mut Outbox,
    ) -> Result<bool, DecodeError> {
        let workers = self.workers.len();
        match job::Side::of_message(message) {
            Some(job::Side::Client) => {
                let request = Request::decode(message)?;
                self.accept(request.dialect)?;
                self.take_request(now, from, &request, out);
            }
            _ => {
                let (dialect, message) = FromWorker::decode(message)?;
                self.accept(dialect)?;
                self.take_from_worker(now, from, dialect, message, out);
            }
        }
        Ok(self.workers.len() > workers)
    }

    /// The connection of this peer is gone: what it had open is for others.
    pub fn handle_gone(&mut self, now: Instant, peer: &[u8], out: &mut Outbox) {
        if let Some(place) = self.workers.find(peer) {
            self.counts.lost_workers += 1;
            self.remove_worker(now, place, out);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(&(deadline, due)) = self.due.first()
            && deadline <= now
        {
            self.due.pop_first();
            match due {
                Due::Request(number) => self.end_time_of(now, number, out),
                Due::Worker(place) => self.look_at(now, place, out),
            }
        }
    }

    fn accept(&self, dialect: Dialect) -> Result<(), DecodeError> {
        match dialect {
            Dialect::Majortomo if !self.accepts_majortomo => Err(Fault::UnknownWord.of("header")),
            _ => Ok(()),
        }
    }

    /// Takes a client's request: the broker answers it itself, or it waits for a worker.
    fn take_request(&mut self, now: Instant, client: &[u8], request: &Request<'_>, out: &mut Outbox) {
        if job::Service::is_reserved(request.service) {
            let body = self.answer(now, request.service, request.body);
            if let Ok(body) = Body::of(&body, 0) {
                reply(client, request.dialect, request.service, true, body, out);
            }
            return;
        }
        let bytes = cost(request.body);
        let place = self.services.find_or_add(request.service, self.limits.service, self.limits.services_max);
        let (Some(place), true) = (place, self.requests.bytes() + bytes <= self.limits.bytes_max) else {
            self.counts.refused += 1;
            return;
        };
        let Some(service) = self.services.get_mut(place) else { return };
        let client = RoutingId::from(client);
        let deadline = now + service.limits.age_max;
        let number = self.requests.add(client.clone(), request.dialect, place, request.body, deadline);
        service.waiting.push(&client, number);
        self.due.insert((deadline, Due::Request(number)));
        if service.waiting.len() > service.limits.waiting_max
            && let Some(number) = service.waiting.pop_of_most()
        {
            self.counts.refused += 1;
            self.end(number);
        }
        self.dispatch(now, place, out);
    }

    fn take_from_worker(
        &mut self,
        now: Instant,
        from: &[u8],
        dialect: Dialect,
        message: FromWorker<'_>,
        out: &mut Outbox,
    ) {
        let known = self.workers.find(from);
        match (message, known) {
            (FromWorker::Ready { service, credit }, None) => self.register(now, from, dialect, service, credit, out),
            (FromWorker::Disconnect, Some(place)) => self.remove_worker(now, place, out),
            (FromWorker::Disconnect, None) => {}
            (FromWorker::Heartbeat, Some(place)) => {
                if let Some(worker) = self.workers.get_mut(place) {
                    worker.last_received = now;
                    worker.beats_when_busy |= !worker.open.is_empty();
                }
            }
            (FromWorker::Reply { is_final, address, body }, Some(place)) => {
                self.take_reply(now, place, is_final, address, body, out);
            }
            (FromWorker::Credit(credit), Some(place)) => self.set_credit(now, place, credit, out),
            (FromWorker::Fail { address, reason }, Some(place)) => self.take_failure(now, place, address, reason, out),
            // A second READY, or anything from a peer that is no worker, or no longer.
            (FromWorker::Ready { .. }, Some(place)) => {
                self.disconnect(from, dialect, out);
                self.remove_worker(now, place, out);
            }
            (_, None) => self.disconnect(from, dialect, out),
        }
    }

    fn register(
        &mut self,
        now: Instant,
        from: &[u8],
        dialect: Dialect,
        service: &str,
        credit: Option<u64>,
        out: &mut Outbox,
    ) {
        let is_full = self.workers.len() >= self.limits.workers_max;
        let place = if is_full || job::Service::is_reserved(service) {
            None
        } else {
            self.services.find_or_add(service, self.limits.service, self.limits.services_max)
        };
        let Some(service) = place else {
            self.disconnect(from, dialect, out);
            return;
        };
        let place = self.workers.add(Worker {
            routing_id: RoutingId::from(from),
            dialect,
            service,
            credit: usize::try_from(credit.unwrap_or(1)).unwrap_or(1),
            is_extended: credit.is_some(),
            open: Vec::new(),
            last_received: now,
            last_sent: now,
            look: now + self.limits.heartbeat,
            beats_when_busy: false,
            last_used: 0,
        });
        if let Some(service) = self.services.get_mut(service) {
            service.workers += 1;
            service.free.insert((0, place));
        }
        self.due.insert((now + self.limits.heartbeat, Due::Worker(place)));
        self.dispatch(now, service, out);
    }

    /// Passes a reply on to the client, if the worker has its request.
    fn take_reply(
        &mut self,
        now: Instant,
        place: usize,
        is_final: bool,
        address: &[u8],
        body: Body<'_>,
        out: &mut Outbox,
    ) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        let service = worker.service;
        let open = worker.open_at(address);
        let Some(open) = open.filter(|open| open.is_wanted) else {
            self.counts.late += 1;
            if let (Some(open), true) = (open, is_final) {
                self.close(place, open);
                self.dispatch(now, service, out);
            }
            return;
        };
        let number = open.number;
        let Some(taken) = self.requests.get(number) else { return };
        let (client, dialect) = (taken.client.clone(), taken.dialect);
        let name = self.services.get(service).map_or("", |service| service.name.as_str());
        if !is_final {
            if dialect == Dialect::Mdp1 {
                self.requests.join(number, body, self.limits.bytes_max);
            } else {
                reply(&client, dialect, name, false, body, out);
            }
            self.extend_time(now, number);
            return;
        }
        if taken.joined.is_empty() {
            reply(&client, dialect, name, true, body, out);
        } else {
            let mut joined = taken.joined.clone();
            body.push_to(&mut joined);
            if let Ok(joined) = Body::of(&joined, 0) {
                reply(&client, dialect, name, true, joined, out);
            }
        }
        self.counts.answered += 1;
        self.close(place, open);
        self.end(number);
        if let Some(service) = self.services.get_mut(service) {
            service.answered += 1;
        }
        self.dispatch(now, service, out);
    }

    /// A worker could not do a request: another one may try.
    fn take_failure(&mut self, now: Instant, place: usize, address: &[u8], reason: &str, out: &mut Outbox) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        worker.is_extended = true;
        let service = worker.service;
        let Some(open) = worker.open_at(address) else {
            self.counts.late += 1;
            return;
        };
        debug!(number = open.number, reason = %foreign(reason), "not done");
        self.counts.failed += 1;
        self.close(place, open);
        if open.is_wanted {
            self.retry(now, open.number);
        }
        self.dispatch(now, service, out);
    }

    fn set_credit(&mut self, now: Instant, place: usize, credit: u64, out: &mut Outbox) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        worker.is_extended = true;
        worker.credit = usize::try_from(credit).unwrap_or(0);
        let service = worker.service;
        self.offer(place);
        self.dispatch(now, service, out);
    }

    /// Gives waiting requests to workers that are free, the least recently used first.
    fn dispatch(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        loop {
            let Some(service) = self.services.get_mut(place) else { return };
            if service.waiting.is_empty() {
                break;
            }
            let Some((_, worker_place)) = service.free.first().copied() else { break };
            let Some(number) = service.waiting.pop() else { break };
            self.give(now, worker_place, number, out);
        }
        self.services.forget_unused(place);
    }

    /// Sends a request to a worker.
    fn give(&mut self, now: Instant, worker_place: usize, number: Number, out: &mut Outbox) {
        let (Some(worker), Some(taken)) = (self.workers.get_mut(worker_place), self.requests.get_mut(number)) else {
            return;
        };
        let Some(service) = self.services.get_mut(taken.service) else { return };
        self.given += 1;
        taken.attempts += 1;
        if let State::Waiting(deadline) = taken.state {
            self.due.remove(&(deadline, Due::Request(number)));
        }
        let deadline = now + service.limits.busy_max;
        taken.state = State::Open { worker: worker_place, deadline };
        self.due.insert((deadline, Due::Request(number)));
        service.open += 1;
        service.free.remove(&(worker.last_used, worker_place));
        worker.last_used = self.given;
        worker.open.push(Open { number, attempt: taken.attempts, is_wanted: true });
        worker.last_sent = now;
        if worker.is_free() {
            service.free.insert((worker.last_used, worker_place));
        }
        let address = Address { number, attempt: taken.attempts }.encode();
        if let Ok(body) = Body::of(&taken.body, 0) {
            let message = ToWorker::Request { address: &address, body };
            message.encode(worker.dialect, out.to(&worker.routing_id));
        }
    }

    /// A worker does not have this request any more.
    fn close(&mut self, worker_place: usize, closed: Open) {
        let Some(worker) = self.workers.get_mut(worker_place) else { return };
        worker.open.retain(|open| *open != closed);
        if let Some(service) = self.services.get_mut(worker.service) {
            service.open -= 1;
        }
        self.offer(worker_place);
    }

    /// Lists a worker as free, or not.
    fn offer(&mut self, place: usize) {
        let Some(worker) = self.workers.get(place) else { return };
        let Some(service) = self.services.get_mut(worker.service) else { return };
        let entry = (worker.last_used, place);
        if worker.is_free() {
            service.free.insert(entry);
        } else {
            service.free.remove(&entry);
        }
    }

    /// Removes a worker; its requests wait again.
    fn remove_worker(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let Some(worker) = self.workers.remove(place) else { return };
        if let Some(service) = self.services.get_mut(worker.service) {
            service.workers -= 1;
            service.open -= worker.open.len();
            service.free.remove(&(worker.last_used, place));
        }
        self.due.remove(&(worker.look, Due::Worker(place)));
        for open in worker.open.iter().rev().filter(|open| open.is_wanted) {
            self.retry(now, open.number);
        }
        self.dispatch(now, worker.service, out);
    }

    /// A request that has lost its worker waits again, or is a dead letter.
    fn retry(&mut self, now: Instant, number: Number) {
        let Some(taken) = self.requests.get_mut(number) else { return };
        let Some(service) = self.services.get_mut(taken.service) else { return };
        if taken.attempts >= service.limits.tries_max {
            self.counts.dead += 1;
            if self.dead.len() == DEAD_LETTERS_MAX {
                self.dead.pop_front();
            }
            let (service, attempts) = (service.name.clone(), taken.attempts);
            self.dead.push_back(DeadLetter { number, service, attempts });
            self.end(number);
            return;
        }
        self.counts.retried += 1;
        if let State::Open { deadline, .. } = taken.state {
            self.due.remove(&(deadline, Due::Request(number)));
        }
        let deadline = now + service.limits.age_max;
        taken.state = State::Waiting(deadline);
        service.waiting.push_again(&taken.client, number);
        self.due.insert((deadline, Due::Request(number)));
    }

    /// A request is over.
    fn end(&mut self, number: Number) {
        let Some(taken) = self.requests.remove(number) else { return };
        let (State::Waiting(deadline) | State::Open { deadline, .. }) = taken.state;
        self.due.remove(&(deadline, Due::Request(number)));
    }

    /// A worker that reports progress gets more time.
    fn extend_time(&mut self, now: Instant, number: Number) {
        let Some(taken) = self.requests.get_mut(number) else { return };
        let busy_max = self.services.get(taken.service).map(|service| service.limits.busy_max);
        if let (State::Open { deadline, .. }, Some(busy_max)) = (&mut taken.state, busy_max) {
            self.due.remove(&(*deadline, Due::Request(number)));
            *deadline = now + busy_max;
            self.due.insert((*deadline, Due::Request(number)));
        }
    }

    /// A request has waited too long, or its worker is too slow: then another one gets it, and the worker learns of it.
    fn end_time_of(&mut self, now: Instant, number: Number, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        let place = taken.service;
        match taken.state {
            State::Waiting(_) => {
                if let Some(service) = self.services.get_mut(place) {
                    service.waiting.remove(&taken.client, number);
                }
                self.counts.expired += 1;
                self.end(number);
                self.services.forget_unused(place);
            }
            State::Open { worker: at, .. } => {
                let attempt = taken.attempts;
                let Some(worker) = self.workers.get_mut(at) else { return };
                if worker.is_extended {
                    worker.open.iter_mut().filter(|open| open.number == number).for_each(|open| open.is_wanted = false);
                    worker.last_sent = now;
                    let address = Address { number, attempt }.encode();
                    ToWorker::Cancel { address: &address }.encode(worker.dialect, out.to(&worker.routing_id));
                    self.retry(now, number);
                    self.dispatch(now, place, out);
                } else {
                    // It knows no CANCEL: it would get the next request while it is still busy with this one.
                    let (routing_id, dialect) = (worker.routing_id.clone(), worker.dialect);
                    self.disconnect(&routing_id, dialect, out);
                    self.remove_worker(now, at, out);
                }
            }
        }
    }

    /// Sends a worker a heartbeat if one is due, or gives it up if it has been silent for too long.
    fn look_at(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let BrokerLimits { heartbeat, liveness, .. } = self.limits;
        let Some(worker) = self.workers.get_mut(place) else { return };
        let lost_at = worker.last_received + heartbeat * liveness;
        if worker.must_beat() && lost_at <= now {
            self.counts.lost_workers += 1;
            self.remove_worker(now, place, out);
            return;
        }
        if worker.last_sent + heartbeat <= now {
            worker.last_sent = now;
            ToWorker::Heartbeat.encode(worker.dialect, out.to(&worker.routing_id));
        }
        let next = worker.last_sent + heartbeat;
        worker.look = if worker.must_beat() { next.min(lost_at) } else { next };
        self.due.insert((worker.look, Due::Worker(place)));
    }

    /// Answers a peer that is no worker: it has to begin again.
    fn disconnect(&mut self, peer: &[u8], dialect: Dialect, out: &mut Outbox) {
        self.counts.disconnected += 1;
        ToWorker::Disconnect.encode(dialect, out.to(peer));
    }
}

fn reply(client: &[u8], dialect: Dialect, service: &str, is_final: bool, body: Body<'_>, out: &mut Outbox) {
    let service = Some(service);
    Reply { dialect, is_final, service, body }.encode(out.to(client));
}

impl Service {
    /// Whether a worker has registered it.
    fn is_offered(&self) -> bool {
        self.workers > 0
    }
}
