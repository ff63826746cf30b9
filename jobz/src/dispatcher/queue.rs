//! How requests move: they are taken, wait, are given to a worker, wait again, and end.

use std::time::Instant;

use wire::job::{self, Body, Request, ToWorker};

use super::{DEAD_LETTERS_MAX, DeadLetter, Dispatcher, Due, Outbox, Sender, drain::DRAIN, replies::reply};
use crate::{
    requests::{Address, Number, RoutingId, State, cost},
    workers::Open,
};

impl Dispatcher {
    /// Takes a client's request: the broker answers it itself, or it waits for a worker.
    pub(super) fn take_request(&mut self, now: Instant, from: Sender<'_>, request: &Request<'_>, out: &mut Outbox) {
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

    /// Gives waiting requests to workers that are free, in the order of their turns.
    pub(super) fn dispatch(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        loop {
            let Some(service) = self.services.get_mut(place) else { return };
            if service.waiting.is_empty() {
                break;
            }
            let Some(turn) = service.free.first().copied() else { break };
            let Some(number) = service.waiting.pop() else { break };
            self.give(now, turn.place, number, out);
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
        worker.last_used = self.given;
        worker.open.push(Open { number, attempt: taken.attempts, is_wanted: true });
        worker.last_sent = now;
        let address = Address { number, attempt: taken.attempts }.encode();
        if let Ok(body) = Body::of(&taken.body, 0) {
            let message = ToWorker::Request { address: &address, body };
            message.encode(worker.dialect, out.to(&worker.routing_id));
        }
        self.offer(worker_place);
    }

    /// A worker does not have this request any more.
    pub(super) fn close(&mut self, worker_place: usize, closed: Open) {
        let Some(worker) = self.workers.get_mut(worker_place) else { return };
        worker.open.retain(|open| *open != closed);
        if let Some(service) = self.services.get_mut(worker.service) {
            service.open -= 1;
        }
        self.offer(worker_place);
    }

    /// Lists a worker as free, or not.
    pub(super) fn offer(&mut self, place: usize) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        let Some(service) = self.services.get_mut(worker.service) else { return };
        if let Some(turn) = worker.turn.take() {
            service.free.remove(&turn);
        }
        if worker.is_free() {
            worker.turn = Some(worker.turn_at(place, self.limits.balance));
            service.free.extend(worker.turn);
        }
    }

    /// A request that has lost its worker waits again, or is a dead letter.
    pub(super) fn retry(&mut self, now: Instant, number: Number) {
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
    pub(super) fn end(&mut self, number: Number) {
        let Some(taken) = self.requests.remove(number) else { return };
        let (State::Waiting(deadline) | State::Open { deadline, .. }) = taken.state;
        self.due.remove(&(deadline, Due::Request(number)));
    }
}
