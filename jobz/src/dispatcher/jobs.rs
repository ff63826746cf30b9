//! What the jobs' part does with the requests of jobs: it holds them until they are accepted, releases, withdraws and lends.

use std::time::Instant;

use wire::Frames;

use super::{Dispatcher, Event, Outbox, PeerEvent};
use crate::{
    requests::{Address, Number, Origin, State, Taken},
    waiting::Lane,
    workers::LENT_MAX,
};

/// A request of a job.
#[derive(Debug, Clone)]
pub(crate) struct JobRequest {
    pub(crate) service: String,
    pub(crate) body: Frames,
    /// How many workers may get it, if that is not the limit of its service.
    pub(crate) tries_max: Option<u32>,
    /// How many of its tries are used up.
    pub(crate) attempts: u32,
    pub(crate) depth: u8,
}

/// A place that is lent while the request that has it waits for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lent {
    worker: usize,
    address: Address,
}

impl Dispatcher {
    /// Takes a request that does not wait for a worker before [`Self::release`].
    ///
    /// # Errors
    /// There is no room; the reason.
    pub(crate) fn hold(&mut self, request: JobRequest) -> Result<Number, String> {
        if self.requests.bytes() + request.body.byte_len() > self.limits.bytes_max {
            return Err("the broker has no room for another request".to_owned());
        }
        let place = self.services.find_or_add(&request.service, &self.limits);
        let Some((place, service)) = place.and_then(|place| Some((place, self.services.get_mut(place)?))) else {
            return Err("the broker has no room for another service".to_owned());
        };
        let waiting = service.waiting.jobs() + service.held;
        if waiting >= service.limits.waiting_max {
            return Err(format!("{waiting} jobs wait for this service already"));
        }
        service.held += 1;
        Ok(self.requests.add(held(request, place)))
    }

    /// Takes a request that was accepted in an earlier run; it waits for a worker, or is dead if its tries are used up.
    pub(crate) fn restore(&mut self, now: Instant, number: Number, request: JobRequest, out: &mut Outbox) {
        let place = self.services.find(&request.service);
        let place = place.unwrap_or_else(|| self.services.add(&request.service, self.limits.of(&request.service)));
        let attempts = request.attempts;
        self.requests.restore(number, Taken { attempts, noted: attempts, ..held(request, place) });
        let limits = self.services.get(place).map(|service| service.limits);
        if limits.zip(self.requests.get(number)).is_some_and(|(limits, taken)| taken.is_used_up(&limits)) {
            self.retry(now, number, "the broker ended", out);
            self.services.forget_unused(place);
            return;
        }
        self.queue(now, number);
        self.dispatch(now, place, out);
    }

    /// A request waits until the store knows of its next try.
    pub(super) fn hold_to_note(&mut self, number: Number, out: &mut Outbox) {
        self.leave_queue(number, out);
        let Some(taken) = self.requests.get_mut(number) else { return };
        taken.state = State::Held;
        if let Some(service) = self.services.get_mut(taken.service) {
            service.held += 1;
        }
        out.report(Event::Try(number, taken.tries() + 1));
    }

    /// The store knows that so many tries of a request are used up: it is the next.
    pub(crate) fn note(&mut self, now: Instant, number: Number, tries: u32, out: &mut Outbox) {
        let Some(taken) = self.requests.get_mut(number).filter(|taken| taken.state == State::Held) else { return };
        taken.noted = tries;
        let place = taken.service;
        if let Some(service) = self.services.get_mut(place) {
            service.held -= 1;
            service.waiting.push_again(&Lane::from(&taken.origin), taken.depth, number);
        }
        self.begin_to_wait(now, number);
        self.dispatch(now, place, out);
    }

    /// A request that was held waits for a worker.
    pub(crate) fn release(&mut self, now: Instant, number: Number, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number).filter(|taken| taken.state == State::Held) else { return };
        let place = taken.service;
        if let Some(service) = self.services.get_mut(place) {
            service.held -= 1;
        }
        self.queue(now, number);
        self.dispatch(now, place, out);
    }

    /// Forgets a request, wherever it is. A worker that has it learns of it, and keeps its place until it has ended.
    pub(crate) fn withdraw(&mut self, now: Instant, number: Number, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        let (state, place) = (taken.state, taken.service);
        match state {
            State::Held => {
                if let Some(service) = self.services.get_mut(place) {
                    service.held -= 1;
                }
            }
            State::Waiting(_) => self.unqueue(number),
            State::Kept { .. } => self.free_kept(number),
            State::Away(_) => {
                out.report_to_peers(PeerEvent::Recalled(number));
                self.count_back(place);
            }
            State::Open { .. } => {}
        }
        self.end(number, out);
        if let State::Open { worker, .. } = state
            && !self.revoke(now, worker, number, out)
        {
            self.drop_worker(now, worker, out);
        }
        self.dispatch(now, place, out);
    }

    /// Counts a job whose time is over.
    pub(crate) const fn count_dead(&mut self) {
        self.counts.dead += 1;
    }

    /// Counts a job that was cancelled.
    pub(crate) const fn count_cancelled(&mut self) {
        self.counts.cancelled += 1;
    }

    /// A request, as long as it has not ended.
    pub(crate) fn request(&self, number: Number) -> Option<&Taken> {
        self.requests.get(number)
    }

    /// Something that is this deep waits for a request, which is then before those that are less deep.
    pub(crate) fn raise(&mut self, now: Instant, number: Number, depth: u8, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        let (state, place, attempts) = (taken.state, taken.service, taken.attempts);
        let is_waiting = matches!(state, State::Waiting(_));
        if is_waiting {
            self.unqueue(number);
        }
        if let Some(taken) = self.requests.get_mut(number) {
            taken.depth = depth;
        }
        if is_waiting {
            self.queue(now, number);
        }
        if let State::Open { worker, .. } = state {
            if let Some(open) = self.workers.get_mut(worker).and_then(|worker| worker.open_mut(number, attempts)) {
                open.depth = depth;
            }
            self.offer(worker);
        }
        self.dispatch(now, place, out);
    }

    /// Lends the place of a request that waits for another one; `None` if no worker has it.
    ///
    /// # Errors
    /// Its worker lends as many as it can.
    pub(crate) fn lend(&mut self, now: Instant, number: Number, out: &mut Outbox) -> Result<Option<Lent>, ()> {
        let Some(taken) = self.requests.get(number) else { return Ok(None) };
        let State::Open { worker: place, .. } = taken.state else { return Ok(None) };
        let (attempt, service) = (taken.attempts, taken.service);
        let Some(worker) = self.workers.get_mut(place) else { return Ok(None) };
        let lent = worker.lent();
        let Some(open) = worker.open_mut(number, attempt) else { return Ok(None) };
        if open.waits == 0 && lent >= LENT_MAX {
            return Err(());
        }
        open.waits += 1;
        self.offer(place);
        self.dispatch(now, service, out);
        Ok(Some(Lent { worker: place, address: Address { number, attempt } }))
    }

    /// How many times places are lent.
    #[cfg(test)]
    pub(crate) fn lent(&self) -> u32 {
        self.workers.iter().flat_map(|worker| &worker.open).map(|open| open.waits).sum()
    }

    /// The request that has lent its place waits no more.
    pub(crate) fn take_back(&mut self, lent: Lent) {
        let Some(worker) = self.workers.get_mut(lent.worker) else { return };
        if let Some(open) = worker.open_mut(lent.address.number, lent.address.attempt) {
            open.waits = open.waits.saturating_sub(1);
        }
        self.offer(lent.worker);
    }
}

fn held(request: JobRequest, place: usize) -> Taken {
    let JobRequest { body, tries_max, depth, .. } = request;
    Taken { tries_max, depth, ..Taken::new(Origin::Job, place, body, State::Held) }
}
