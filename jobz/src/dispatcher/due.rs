//! What time brings: heartbeats, silent workers, and requests that waited or took too long.

use std::time::Instant;

use wire::job::ToWorker;

use super::{Dispatcher, Outbox, PeerEvent};
use crate::requests::{Address, Number, State};

/// What is due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The end of a request's waiting, or of its worker's time, unless the deadline is void.
    Request(Number),
    /// A look at a worker.
    Worker(usize),
}

impl Dispatcher {
    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        self.give_up_silent(now, out);
        while let Some((deadline, due)) = self.first_due()
            && deadline <= now
        {
            match due {
                Due::Request(number) => {
                    self.deadlines.pop();
                    if self.requests.is_due_at(number, deadline) {
                        self.end_time_of(now, number, out);
                    }
                }
                Due::Worker(place) => {
                    self.looks.pop_first();
                    self.look_at(now, place, out);
                }
            }
        }
    }

    /// What is due first, and when.
    pub(super) fn first_due(&self) -> Option<(Instant, Due)> {
        let request = self.deadlines.first().map(|(deadline, number)| (deadline, Due::Request(number)));
        let look = self.looks.first().map(|&(time, place)| (time, Due::Worker(place)));
        request.into_iter().chain(look).min()
    }

    /// A worker that reports progress gets more time.
    pub(super) fn extend_time(&mut self, now: Instant, number: Number) {
        let Some(taken) = self.requests.get_mut(number) else { return };
        let busy_max = self.services.get(taken.service).map(|service| service.limits.busy_max);
        if let (State::Open { deadline, .. } | State::Away(deadline), Some(busy_max)) = (&mut taken.state, busy_max) {
            *deadline = now + busy_max;
            self.deadlines.add(now + busy_max, number, &self.requests);
        }
    }

    /// A request has waited too long, or its worker is too slow: then another one gets it, and the worker learns of it.
    fn end_time_of(&mut self, now: Instant, number: Number, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        let place = taken.service;
        match taken.state {
            State::Held => {}
            State::Waiting(_) => {
                self.unqueue(number);
                self.counts.expired += 1;
                self.end(number, out);
                self.services.forget_unused(place);
            }
            State::Kept { .. } => {
                self.free_kept(number);
                self.retry(now, number, "no request came for its place", out);
                self.dispatch(now, place, out);
            }
            State::Away(_) => {
                out.report_to_peers(PeerEvent::Recalled(number));
                self.count_back(place);
                self.retry(now, number, "its time at another broker was over", out);
                self.dispatch(now, place, out);
            }
            State::Open { worker, .. } => {
                if self.revoke(now, worker, number, out) {
                    self.shun(now, number, worker);
                    self.retry(now, number, "its time at a worker was over", out);
                    self.dispatch(now, place, out);
                } else {
                    self.drop_worker(now, worker, out);
                }
            }
        }
    }

    /// A worker that has a request learns that its replies reach no client any more; `false` if it does not know CANCEL.
    pub(super) fn revoke(&mut self, now: Instant, worker: usize, number: Number, out: &mut Outbox) -> bool {
        let Some(worker) = self.workers.get_mut(worker).filter(|worker| worker.is_extended) else { return false };
        for open in worker.open.iter_mut().filter(|open| open.number == number && open.is_wanted) {
            open.is_wanted = false;
            worker.last_sent = now;
            let address = Address { number, attempt: open.attempt }.encode();
            ToWorker::Cancel { address: &address }.encode(worker.dialect, out.to(&worker.routing_id));
        }
        true
    }

    /// A worker that does not know CANCEL begins again: it would get its next request while it is still busy with one that is not wanted.
    pub(super) fn drop_worker(&mut self, now: Instant, worker: usize, out: &mut Outbox) {
        let Some(found) = self.workers.get(worker) else { return };
        let (routing_id, dialect) = (found.routing_id.clone(), found.dialect);
        self.disconnect(&routing_id, dialect, out);
        self.remove_worker(now, worker, "its time at a worker was over", out);
    }
}
