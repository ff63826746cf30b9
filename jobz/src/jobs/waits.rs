//! Clients that wait for a job's reply. One that waits on behalf of a request that a worker has lends the worker's place meanwhile.

use std::time::Instant;

use wire::Frames;

use super::{
    Jobs, Pending, Phase, Sought,
    call::Refusal,
    caller::{BAD, Caller, NO_ROOM},
};
use crate::{
    dispatcher::{Dispatcher, Lent, Outbox},
    requests::Number,
    workers::{DEPTH_MAX, LENT_MAX},
};

/// The most clients that wait for a job.
const WAITERS_OF_A_JOB_MAX: usize = 100;

/// The most clients that wait for jobs.
const WAITERS_MAX: usize = 10_000;

/// A client that waits for a job.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) caller: Caller,
    /// The request on whose behalf it waits, and the place that this one has lent.
    parent: Option<Number>,
    lent: Option<Lent>,
    /// How many frames of the job's reply it has.
    pub(super) received: usize,
}

impl Jobs {
    /// A client waits for a job; if it is not in memory, the vault may know its end.
    pub(super) fn wait(
        &mut self,
        now: Instant,
        number: Number,
        parent: Option<Number>,
        caller: Caller,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        if !self.jobs.contains_key(&number) {
            self.find(number, caller, Sought::Reply { parent }, out);
        } else if let Err(refusal) = self.add_waiter(now, number, parent, &caller, dispatcher, out) {
            caller.refuse(&refusal, out);
        }
    }

    fn add_waiter(
        &mut self,
        now: Instant,
        number: Number,
        parent: Option<Number>,
        caller: &Caller,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let Some(job) = self.jobs.get(&number) else { return Ok(()) };
        if job.waiters.len() >= WAITERS_OF_A_JOB_MAX || self.waiters >= WAITERS_MAX {
            return Err(Refusal::new(NO_ROOM, "too many wait for jobs"));
        }
        let is_over = matches!(job.phase, Phase::Ending(_));
        let parent = parent.filter(|parent| !is_over && dispatcher.request(*parent).is_some());
        let depth = parent.and_then(|parent| Some(dispatcher.request(parent)?.depth));
        if let Some(parent) = parent {
            self.tree.link(parent, number);
        }
        let raised = depth.is_none_or(|depth| self.raise(now, number, depth.saturating_add(1), dispatcher, out));
        let unlink = |jobs: &mut Self, refusal| {
            if let Some(parent) = parent {
                jobs.tree.unlink(parent, number);
            }
            Err(refusal)
        };
        if !raised {
            let reason = format!("more than {DEPTH_MAX} jobs would wait for each other");
            return unlink(self, Refusal::new(BAD, reason));
        }
        // What it lacks of the reply is sent before its place is lent: that may change where the request is.
        let joined = dispatcher.request(number).map(|taken| &taken.joined);
        let received = joined.filter(|_| caller.gets_parts()).map_or(0, Frames::len);
        if let Some(joined) = joined.filter(|_| received > 0) {
            caller.send_part(joined, 0, out);
        }
        let Ok(lent) = parent.map_or(Ok(None), |parent| dispatcher.lend(now, parent, out)) else {
            let reason = format!("this worker waits for {LENT_MAX} jobs already");
            return unlink(self, Refusal::new(NO_ROOM, reason));
        };
        let Some(job) = self.jobs.get_mut(&number) else { return Ok(()) };
        job.waiters.push(Waiter { caller: caller.clone(), parent, lent, received });
        self.waiters += 1;
        self.waited.entry(caller.routing_id.clone()).or_default().insert(number);
        Ok(())
    }

    /// Something this deep waits for a job, and so for all that is below it; `false` if it would be too deep, as it is when two wait for
    /// each other.
    fn raise(
        &mut self,
        now: Instant,
        number: Number,
        depth: u8,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) -> bool {
        match dispatcher.request(number) {
            Some(taken) if taken.depth < depth => {}
            _ => return true,
        }
        if depth > DEPTH_MAX {
            return false;
        }
        dispatcher.raise(now, number, depth, out);
        self.tree.below(number).into_iter().all(|below| self.raise(now, below, depth + 1, dispatcher, out))
    }

    /// A client's connection is gone: it waits for nothing, and its worker's place is its own again.
    pub fn handle_gone(&mut self, peer: &[u8], dispatcher: &mut Dispatcher) {
        for number in self.waited.remove(peer).into_iter().flatten() {
            let Some(job) = self.jobs.get_mut(&number) else { continue };
            let gone: Vec<Waiter> = job.waiters.extract_if(.., |waiter| *waiter.caller.routing_id == *peer).collect();
            for waiter in gone {
                self.forget_waiter(number, &waiter, dispatcher);
            }
        }
        for pending in self.pending.values_mut() {
            if let Pending::Accept { caller, waits, .. } = pending
                && *caller.routing_id == *peer
            {
                *waits = None;
            }
        }
        self.pending.retain(|_, pending| {
            !matches!(pending, Pending::Find { caller, what: Sought::Reply { .. }, .. } if *caller.routing_id == *peer)
        });
    }

    /// What a waiter has borrowed and counted for is given back.
    pub(super) fn forget_waiter(&mut self, number: Number, waiter: &Waiter, dispatcher: &mut Dispatcher) {
        self.waiters -= 1;
        if let Some(parent) = waiter.parent {
            self.tree.unlink(parent, number);
        }
        if let Some(lent) = waiter.lent {
            dispatcher.take_back(lent);
        }
    }

    /// Takes all waiters of a job.
    pub(super) fn take_waiters(&mut self, number: Number, dispatcher: &mut Dispatcher) -> Vec<Waiter> {
        let Some(job) = self.jobs.get_mut(&number) else { return Vec::new() };
        let waiters = std::mem::take(&mut job.waiters);
        for waiter in &waiters {
            self.forget_waiter(number, waiter, dispatcher);
            if let Some(numbers) = self.waited.get_mut(&waiter.caller.routing_id) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    self.waited.remove(&waiter.caller.routing_id);
                }
            }
        }
        waiters
    }

    /// Passes a partial reply on to those that wait.
    pub(super) fn pass_part(&mut self, number: Number, part: &Frames, out: &mut Outbox) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        job.parts += 1;
        for waiter in job.waiters.iter_mut().filter(|waiter| waiter.caller.gets_parts()) {
            waiter.caller.send_part(part, 0, out);
            waiter.received += part.len();
        }
    }

    /// A job begins again: its reply has no frames yet.
    pub(super) fn void_parts(&mut self, number: Number) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        job.parts = 0;
        job.waiters.iter_mut().for_each(|waiter| waiter.received = 0);
    }
}
