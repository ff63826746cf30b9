//! How requests move: they are taken, wait, are given to a worker, wait again, and end.

use std::{mem, time::Instant};

use wire::{
    job::{self, Body, Request},
    plural,
};

use super::{DEAD_LETTERS_MAX, DeadLetter, Dispatcher, Event, Outbox, PeerEvent, Sender, drain::DRAIN, replies::reply};
use crate::{
    requests::{Number, Origin, RoutingId, State, Taken, cost},
    waiting::Lane,
};

/// How many requests that wait for other workers than the free ones are looked through for one that does not.
const PUT_BACK_MAX: usize = 100;

impl Dispatcher {
    /// Takes a client's request: the broker answers it itself, or it waits for a worker.
    pub(crate) fn take_request(&mut self, now: Instant, from: Sender<'_>, request: &Request<'_>, out: &mut Outbox) {
        let client = from.routing_id;
        if job::Service::is_reserved(request.service) {
            let body = match request.service {
                DRAIN => self.drain(now, from.user, request.body, out),
                service => self.answer(now, service, request.body),
            };
            if let Ok(body) = Body::of(&body, 0) {
                reply(client, request.dialect, request.service, true, body, out);
            }
            return;
        }
        let bytes = cost(request.body);
        let place = self.services.find_or_add(request.service, &self.limits);
        let (Some(place), true) = (place, self.requests.bytes() + bytes <= self.limits.bytes_max) else {
            self.counts.refused += 1;
            return;
        };
        let origin = Origin::Client { routing_id: RoutingId::from(client), dialect: request.dialect };
        let number = self.requests.copy(origin, place, request.body);
        if let Some(worker) = self.idle(place) {
            self.give(now, worker, number, out);
            return;
        }
        self.queue(now, number);
        let Some(service) = self.services.get_mut(place) else { return };
        if service.waiting.clients() > service.limits.waiting_max
            && let Some(number) = service.waiting.pop_of_most()
        {
            self.counts.refused += 1;
            self.end(number, out);
        }
        self.dispatch(now, place, out);
    }

    /// The worker that gets the next request of a service at once: it is free, and no other request waits.
    fn idle(&self, place: usize) -> Option<usize> {
        let service = self.services.get(place).filter(|service| service.waiting.is_empty())?;
        service.free.first().map(|turn| turn.place)
    }

    /// A request that no worker has had waits for one.
    pub(super) fn queue(&mut self, now: Instant, number: Number) {
        let Some(taken) = self.requests.get_mut(number) else { return };
        let Some(service) = self.services.get_mut(taken.service) else { return };
        service.waiting.push(&Lane::from(&taken.origin), taken.depth, number);
        self.begin_to_wait(now, number);
    }

    /// Takes a request out of the queue.
    pub(super) fn unqueue(&mut self, number: Number) {
        let Some(taken) = self.requests.get(number) else { return };
        let Some(service) = self.services.get_mut(taken.service) else { return };
        service.waiting.remove(&Lane::from(&taken.origin), taken.depth, number);
    }

    /// Gives waiting requests to workers that are free, in the order of their turns.
    pub(super) fn dispatch(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let mut put_back = Vec::new();
        while put_back.len() < PUT_BACK_MAX {
            let Some(service) = self.services.get_mut(place) else { return };
            let Some(depth) = service.waiting.next_depth() else { break };
            let free = service.free.first().map(|turn| turn.place);
            let Some(worker_place) = free.or_else(|| self.lender(place, depth)) else { break };
            let Some(number) = self.services.get_mut(place).and_then(|service| service.waiting.pop()) else { break };
            let Some(taken) = self.requests.get(number) else { continue };
            let Some(worker_place) = self.suitable(now, taken, worker_place) else {
                put_back.push(number);
                continue;
            };
            match taken.origin {
                Origin::Peer(token) => self.keep(now, worker_place, number, token, out),
                Origin::Job if taken.must_be_noted() => self.hold_to_note(number, out),
                _ => self.give(now, worker_place, number, out),
            }
        }
        self.put_back(put_back);
        self.services.forget_unused(place);
    }

    /// The least recently used worker that has a lent place for a request as deep as this.
    fn lender(&self, place: usize, depth: u8) -> Option<usize> {
        let lending = self.services.get(place)?.lending.iter().copied();
        let workers = lending.filter_map(|place| Some((self.workers.get(place)?, place)));
        let fit = workers.filter(|(worker, _)| worker.takes_from().is_some_and(|least| least <= depth));
        fit.min_by_key(|(worker, _)| worker.last_used).map(|(_, place)| place)
    }

    /// A worker does not have its request at this position any more.
    pub(super) fn close(&mut self, worker_place: usize, position: usize) {
        let Some(worker) = self.workers.get_mut(worker_place) else { return };
        worker.open.remove(position);
        if let Some(service) = self.services.get_mut(worker.service) {
            service.open -= 1;
        }
        self.offer(worker_place);
    }

    /// Lists a worker as free, or as one with a lent place, or not.
    pub(super) fn offer(&mut self, place: usize) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        let Some(service) = self.services.get_mut(worker.service) else { return };
        let takes_from = worker.takes_from();
        let turn = takes_from.filter(|depth| *depth == 0).map(|_| worker.turn_at(place, self.limits.balance));
        if turn != worker.turn {
            if let Some(before) = mem::replace(&mut worker.turn, turn) {
                service.free.remove(&before);
            }
            service.free.extend(turn);
        }
        match takes_from {
            Some(1..) => drop(service.lending.insert(place)),
            _ => drop(service.lending.remove(&place)),
        }
    }

    /// A request that has lost its worker waits again or, if its tries are used up, is a dead letter.
    pub(super) fn retry(&mut self, now: Instant, number: Number, reason: &str, out: &mut Outbox) {
        self.requests.forget_joined(number);
        let Some(taken) = self.requests.get_mut(number) else { return };
        if let Origin::Peer(token) = taken.origin {
            out.report_to_peers(PeerEvent::NotDone(token, reason.to_owned()));
            self.end(number, out);
            return;
        }
        let Some(service) = self.services.get_mut(taken.service) else { return };
        if taken.is_used_up(&service.limits) {
            self.counts.dead += 1;
            let attempts = taken.attempts;
            match taken.origin {
                Origin::Client { .. } => {
                    if self.dead.len() == DEAD_LETTERS_MAX {
                        self.dead.pop_front();
                    }
                    self.dead.push_back(DeadLetter { number, service: service.name.clone(), attempts });
                }
                Origin::Job => {
                    let reason = format!("{}; the last: {reason}", plural(attempts, "attempt"));
                    out.report(Event::Dead(number, reason));
                }
                Origin::Peer(_) => {}
            }
            self.end(number, out);
            return;
        }
        self.counts.retried += 1;
        if taken.origin == Origin::Job {
            out.report(Event::Again(number));
        }
        service.waiting.push_again(&Lane::from(&taken.origin), taken.depth, number);
        self.begin_to_wait(now, number);
    }

    /// A request is in the queue.
    pub(super) fn begin_to_wait(&mut self, now: Instant, number: Number) {
        let Some(taken) = self.requests.get_mut(number) else { return };
        let Some(service) = self.services.get(taken.service) else { return };
        let deadline = taken.expires(now, service.limits.age_max);
        taken.state = State::Waiting(deadline);
        if service.workers == 0 && !matches!(taken.origin, Origin::Peer(_)) {
            self.unserved.insert(number);
        }
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, number, &self.requests);
        }
    }

    /// A request is in the queue no more: it has a place, or is over.
    pub(super) fn leave_queue(&mut self, number: Number, out: &mut Outbox) {
        self.unserved.remove(&number);
        if let Some(taken) = self.requests.get_mut(number) {
            recall(number, taken, out);
        }
    }

    /// A request is over.
    pub(super) fn end(&mut self, number: Number, out: &mut Outbox) {
        if let Some(taken) = self.take(number, out) {
            self.requests.reuse(taken);
        }
    }

    /// Takes a request that is over.
    pub(super) fn take(&mut self, number: Number, out: &mut Outbox) -> Option<Box<Taken>> {
        self.unserved.remove(&number);
        let mut taken = self.requests.remove(number)?;
        recall(number, &mut taken, out);
        if self.requests.is_empty() {
            self.deadlines.clear();
        }
        Some(taken)
    }
}

/// No other broker is asked for a place for a request any more.
pub(super) fn recall(number: Number, taken: &mut Taken, out: &mut Outbox) {
    if mem::take(&mut taken.is_asked) {
        out.report_to_peers(PeerEvent::Recalled(number));
    }
}
