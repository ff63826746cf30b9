//! What a failure means for the request, which prefers other workers from now on, and for the worker, which may get nothing for a time.

use std::time::Instant;

use tracing::warn;
use wire::{Frames, foreign, job::ToWorker};

use super::{Dispatcher, services::Service};
use crate::{
    requests::{Address, Number, Origin, Shunned, State, Taken},
    trust::Trust,
    waiting::Lane,
    workers::Worker,
};

impl Dispatcher {
    /// A worker has failed a request. It pauses if it has failed too many in a row, and another worker of its service is trusted: a
    /// client whose requests cannot be done takes no service from the others.
    pub(super) fn distrust(&mut self, now: Instant, place: usize) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        let Some(service) = self.services.get_mut(worker.service) else { return };
        let was_trusted = worker.trust.is_full();
        let others = service.workers - service.distrusted - usize::from(was_trusted);
        let Some(pause) = worker.trust.fail(now, others > 0) else { return };
        service.distrusted += usize::from(was_trusted);
        self.counts.paused += 1;
        let failures = worker.trust.failures();
        warn!(service = %foreign(&service.name), failures, "a worker fails: it gets nothing for {} s", pause.as_secs());
        self.look_by(place, now + pause);
    }

    /// A worker that has failed has done a request.
    pub(super) fn trust(&mut self, place: usize) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        if let (Some(service), false) = (self.services.get_mut(worker.service), worker.trust.is_full()) {
            service.distrusted -= 1;
        }
        worker.trust = Trust::default();
    }

    /// No worker of a service is trusted: then all are, since no other can do its requests.
    pub(super) fn trust_all_if_none(&mut self, service: usize) {
        let has_none = |service: &Service| service.distrusted > 0 && service.distrusted == service.workers;
        if !self.services.get(service).is_some_and(has_none) {
            return;
        }
        let of_service = self.workers.places().filter(|(_, worker)| worker.service == service);
        for place in of_service.map(|(place, _)| place).collect::<Vec<_>>() {
            self.trust(place);
            self.offer(place);
        }
    }

    /// A request prefers other workers to this one, for as long as it can wait for them: for half of the time after which it expires,
    /// and not longer than another worker may be busy.
    pub(super) fn shun(&mut self, now: Instant, number: Number, place: usize) {
        let (Some(worker), Some(taken)) = (self.workers.get(place), self.requests.get_mut(number)) else { return };
        let Some(limits) = self.services.get(taken.service).map(|service| service.limits) else { return };
        let patience = match taken.origin {
            Origin::Client { .. } => limits.busy_max.min(limits.age_max / 2),
            Origin::Job => limits.busy_max,
            // It does not wait again here.
            Origin::Peer(_) => return,
        };
        Shunned::add(&mut taken.shunned, worker.routing_id.clone(), now + patience);
        self.look_by(place, now + patience);
    }

    /// The worker that gets a request if this one is free; `None` if the request waits for another one than those that have failed it.
    pub(super) fn suitable(&self, now: Instant, taken: &Taken, free: usize) -> Option<usize> {
        let Some(shunned) = taken.shunned.as_deref().filter(|shunned| now < shunned.until) else { return Some(free) };
        let has_failed = |place: &usize| self.workers.get(*place).is_some_and(|it| shunned.has(&it.routing_id));
        if !has_failed(&free) {
            return Some(free);
        }
        let service = self.services.get(taken.service)?;
        if let Some(other) = service.free.iter().map(|turn| turn.place).find(|place| !has_failed(place)) {
            return Some(other);
        }
        let failed = shunned.workers().filter_map(|id| self.workers.get(self.workers.find(id)?));
        let failed = failed.filter(|worker| worker.service == taken.service && worker.trust.is_full()).count();
        let others = service.workers - service.distrusted - failed;
        (others == 0).then_some(free)
    }

    /// Requests that were taken from the queue and wait for other workers are the next again.
    pub(super) fn put_back(&mut self, numbers: Vec<Number>) {
        for number in numbers.into_iter().rev() {
            let Some(taken) = self.requests.get(number) else { continue };
            let Some(service) = self.services.get_mut(taken.service) else { continue };
            service.waiting.push_again(&Lane::from(&taken.origin), taken.depth, number);
        }
    }

    /// Has the broker look at a worker at this time, or sooner.
    fn look_by(&mut self, place: usize, time: Instant) {
        let Some(worker) = self.workers.get_mut(place).filter(|worker| time < worker.look) else { return };
        self.looks.remove(&(worker.look, place));
        worker.look = time;
        self.looks.insert((time, place));
    }

    /// A message that could not be sent, if it is a request to a worker, counts no try.
    pub(crate) fn give_back_undelivered(&mut self, message: &Frames) {
        let mut frames = Frames::new();
        frames.append_from(message, 1);
        let Ok((_, ToWorker::Request { address, .. })) = ToWorker::decode(&frames) else { return };
        let Some(Address { number, attempt }) = Address::decode(address) else { return };
        let is_it = |taken: &&mut Taken| taken.attempts == attempt && matches!(taken.state, State::Open { .. });
        if let Some(taken) = self.requests.get_mut(number).filter(is_it) {
            taken.give_back_try();
        }
    }

    /// The requests that a worker has when it takes leave count no try: they may have been on their way to it.
    pub(super) fn give_back_tries(&mut self, worker: &Worker) {
        for open in worker.open.iter().filter(|open| open.is_wanted) {
            if let Some(taken) = self.requests.get_mut(open.number) {
                taken.give_back_try();
            }
        }
    }
}
