//! A request and the worker that has a place for it.

use std::time::Instant;

use wire::job::{Body, ToWorker};

use super::{Dispatcher, Outbox, queue::recall, services::Service};
use crate::{
    requests::{Address, Number, State, Taken},
    workers::{Open, Worker},
};

/// What belongs together while a worker gets a request: each is found once.
pub(super) struct Assignment<'a> {
    number: Number,
    pub(super) taken: &'a mut Taken,
    service: &'a mut Service,
    worker_place: usize,
    pub(super) worker: &'a mut Worker,
}

impl Dispatcher {
    /// A request and a worker; `None` if one of them is gone.
    pub(super) fn assignment(&mut self, number: Number, worker_place: usize) -> Option<Assignment<'_>> {
        let taken = self.requests.get_mut(number)?;
        let service = self.services.get_mut(taken.service)?;
        let worker = self.workers.get_mut(worker_place)?;
        Some(Assignment { number, taken, service, worker_place, worker })
    }

    /// Sends a request to a worker.
    pub(super) fn give(&mut self, now: Instant, worker_place: usize, number: Number, out: &mut Outbox) {
        let Some(mut assignment) = self.take_place(worker_place, number, out) else { return };
        let deadline = assignment.send(now, out);
        self.deadlines.add(deadline, number, &self.requests);
        self.offer(worker_place);
    }

    /// A worker has a place less, for this request, which waits no more.
    pub(super) fn take_place(
        &mut self,
        worker_place: usize,
        number: Number,
        out: &mut Outbox,
    ) -> Option<Assignment<'_>> {
        self.unserved.remove(&number);
        self.given += 1;
        let given = self.given;
        let mut assignment = self.assignment(number, worker_place)?;
        recall(number, assignment.taken, out);
        assignment.open(given);
        Some(assignment)
    }
}

impl Assignment<'_> {
    /// The request takes a place of the worker, which is the `given`-th that any request has taken.
    fn open(&mut self, given: u64) {
        let Self { number, taken, service, worker, .. } = self;
        taken.attempts += 1;
        service.open += 1;
        worker.last_used = given;
        let is_borrower = !worker.is_free();
        let (attempt, depth) = (taken.attempts, taken.depth);
        worker.open.push_back(Open { number: *number, attempt, is_wanted: true, depth, waits: 0, is_borrower });
    }

    /// Sends the request; returns when its time is over.
    pub(super) fn send(&mut self, now: Instant, out: &mut Outbox) -> Instant {
        let Self { number, taken, service, worker_place, worker } = self;
        let deadline = now + service.limits.busy_max;
        taken.state = State::Open { worker: *worker_place, deadline };
        (worker.last_sent, worker.last_given) = (now, now);
        let address = Address { number: *number, attempt: taken.attempts }.encode();
        if let Ok(body) = Body::of(&taken.body, 0) {
            let message = ToWorker::Request { address: &address, body };
            message.encode(worker.dialect, out.to(&worker.routing_id));
        }
        deadline
    }
}
