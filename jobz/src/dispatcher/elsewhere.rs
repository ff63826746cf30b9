//! Requests that another broker does, and those that this one does for others ([`crate::federation`]).

use std::time::Instant;

use wire::{
    Frames,
    job::{Body, Token},
};

use super::{Dispatcher, Outbox, PeerEvent};
use crate::requests::{Address, Number, Origin, State, Taken};

impl Dispatcher {
    /// A request that waits in a service without workers, and its service: other brokers are asked for a place from now on.
    pub(crate) fn take_unserved(&mut self) -> Option<(Number, String)> {
        while let Some(number) = self.unserved.pop_first() {
            let Some(taken) = self.requests.get_mut(number) else { continue };
            let Some(service) = self.services.get(taken.service).filter(|service| service.workers == 0) else {
                continue;
            };
            if matches!(taken.state, State::Waiting(_)) {
                taken.is_asked = true;
                return Some((number, service.name.clone()));
            }
        }
        None
    }

    /// Another broker keeps a place for this request, which waits no more: its body.
    pub(crate) fn send_away(&mut self, now: Instant, number: Number, out: &mut Outbox) -> Option<&Frames> {
        let taken = self.requests.get_mut(number).filter(|taken| matches!(taken.state, State::Waiting(_)))?;
        taken.is_asked = false;
        let service = self.services.get_mut(taken.service)?;
        service.away += 1;
        let busy_max = service.limits.busy_max;
        self.unqueue(number);
        self.leave_queue(number, out);
        self.counts.passed += 1;
        let taken = self.requests.get_mut(number)?;
        taken.attempts += 1;
        let deadline = now + busy_max;
        taken.state = State::Away(deadline);
        self.deadlines.add(deadline, number, &self.requests);
        self.requests.get(number).map(|taken| &taken.body)
    }

    /// Another broker has a reply to this request.
    pub(crate) fn take_from_away(
        &mut self,
        now: Instant,
        number: Number,
        is_final: bool,
        body: Body<'_>,
        out: &mut Outbox,
    ) {
        let Some(taken) = self.requests.get(number).filter(|taken| matches!(taken.state, State::Away(_))) else {
            return;
        };
        let place = taken.service;
        if is_final {
            self.count_back(place);
            self.deliver(number, body, out);
            self.services.forget_unused(place);
        } else {
            self.deliver_part(now, number, body, out);
        }
    }

    /// Another broker could not do this request.
    pub(crate) fn take_back_from_away(&mut self, now: Instant, number: Number, reason: &str, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number).filter(|taken| matches!(taken.state, State::Away(_))) else {
            return;
        };
        let place = taken.service;
        self.count_back(place);
        self.retry(now, number, reason, out);
        self.dispatch(now, place, out);
    }

    /// Another broker has a request of this service no more.
    pub(super) fn count_back(&mut self, service: usize) {
        if let Some(service) = self.services.get_mut(service) {
            service.away -= 1;
        }
    }

    /// Another broker asks for a place: the number of its question, if there is room for it.
    pub(crate) fn seek(&mut self, now: Instant, token: Token, service: &str, out: &mut Outbox) -> Option<Number> {
        let place = self.services.find_or_add(service, &self.limits)?;
        let number = self.requests.add(Taken::new(Origin::Peer(token), place, Frames::new(), State::Held));
        self.queue(now, number);
        self.dispatch(now, place, out);
        Some(number)
    }

    /// The place of a worker is kept for a question of another broker.
    pub(super) fn keep(&mut self, now: Instant, worker: usize, number: Number, token: Token, out: &mut Outbox) {
        let deadline = now + self.limits.heartbeat * self.limits.liveness;
        let Some(assignment) = self.take_place(worker, number, out) else { return };
        assignment.worker.kept += 1;
        assignment.taken.state = State::Kept { worker, deadline };
        self.deadlines.add(deadline, number, &self.requests);
        out.report_to_peers(PeerEvent::Kept(token));
        self.offer(worker);
    }

    /// The request for a place that was kept.
    pub(crate) fn run(&mut self, now: Instant, number: Number, body: Frames, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        let State::Kept { worker, .. } = taken.state else { return };
        let place = taken.service;
        self.leave_queue(number, out);
        if self.requests.fill(number, body, self.limits.bytes_max) {
            let Some(mut assignment) = self.assignment(number, worker) else { return };
            assignment.worker.kept -= 1;
            let deadline = assignment.send(now, out);
            self.deadlines.add(deadline, number, &self.requests);
        } else {
            self.free_kept(number);
            self.retry(now, number, "the broker has no room for another request", out);
            self.dispatch(now, place, out);
        }
    }

    /// A place that is kept is free again.
    pub(super) fn free_kept(&mut self, number: Number) {
        let Some(Taken { state: State::Kept { worker, .. }, attempts, .. }) = self.requests.get(number) else { return };
        let (place, address) = (*worker, Address { number, attempt: *attempts });
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.kept -= 1;
        if let Some(position) = worker.position(address) {
            self.close(place, position);
        }
    }
}
