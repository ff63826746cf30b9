//! How jobs end. An end is kept by the vault before any client learns of it.

use std::time::Instant;

use tracing::warn;

use super::{
    AGAIN, Jobs, Pending, Phase,
    call::Refusal,
    caller::{CANCELLED, Caller, DEAD, FAILED, OK},
};
use crate::{
    dispatcher::{Dispatcher, Outbox},
    requests::Number,
    store::{Change, Ending},
    vault::Ask,
};

impl Jobs {
    /// A job has ended, and the dispatcher has its request no more.
    pub(super) fn end(&mut self, number: Number, ending: Ending, caller: Option<Caller>, out: &mut Outbox) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        if matches!(job.phase, Phase::Ending(_)) {
            return;
        }
        if let Some(deadline) = job.deadline.take() {
            self.due.remove(&(deadline, number));
        }
        job.phase = Phase::Ending(ending.clone());
        self.keep_end(number, ending, caller, out);
    }

    /// Gives an end to the vault.
    pub(super) fn keep_end(&mut self, number: Number, ending: Ending, caller: Option<Caller>, out: &mut Outbox) {
        self.ask(Ask::Change(Change::End(number, ending)), Pending::End { number, caller }, out);
    }

    /// Cancels a job, and its sub-jobs with theirs.
    pub(super) fn cancel_job(
        &mut self,
        now: Instant,
        number: Number,
        caller: Option<Caller>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let mut callers = Some(caller);
        let mut numbers = vec![number];
        while let Some(number) = numbers.pop() {
            let Some(job) = self.jobs.get_mut(&number) else { continue };
            let caller = callers.take().flatten();
            match &mut job.phase {
                Phase::Accepting { is_cancelled } => {
                    *is_cancelled = true;
                    // Only a client that knows an id can name it, and this one is not known yet.
                    if let Some(caller) = caller {
                        caller.refuse(&Refusal::new(FAILED, "the job is not accepted yet"), out);
                    }
                }
                Phase::Ending(_) => continue,
                Phase::Accepted => {
                    dispatcher.withdraw(now, number, out);
                    dispatcher.count_cancelled();
                    self.end(number, Ending::Cancelled, caller, out);
                }
            }
            let below = self.tree.below(number).into_iter();
            numbers.extend(below.filter(|below| self.jobs.get(below).is_some_and(|job| job.parent == Some(number))));
        }
    }

    /// The vault has kept a job's end: those that wait get it.
    pub(super) fn finish(
        &mut self,
        number: Number,
        caller: Option<&Caller>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        if let Some(caller) = caller {
            caller.answer(OK, None, out);
        }
        let waiters = self.take_waiters(number, dispatcher);
        let Some(job) = self.jobs.remove(&number) else { return };
        if let Some(parent) = job.parent {
            self.tree.unlink(parent, number);
        }
        let Phase::Ending(ending) = job.phase else { return };
        for waiter in waiters {
            tell_end(&waiter.caller, &ending, waiter.received, out);
        }
    }

    /// The vault could not keep a job's end: it will be asked again, and those that wait learn of it.
    pub(super) fn fail_end(
        &mut self,
        now: Instant,
        number: Number,
        reason: &str,
        caller: Option<&Caller>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        warn!(reason, "the end of a job is not kept; trying again");
        let waiters = self.take_waiters(number, dispatcher);
        let refusal = Refusal::new(FAILED, reason);
        for caller in waiters.iter().map(|waiter| &waiter.caller).chain(caller) {
            caller.refuse(&refusal, out);
        }
        self.due.insert((now + AGAIN, number));
    }

    /// A job that the vault has not accepted is forgotten.
    pub(super) fn forget(&mut self, now: Instant, number: Number, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        dispatcher.withdraw(now, number, out);
        if let Some(parent) = self.jobs.remove(&number).and_then(|job| job.parent) {
            self.tree.unlink(parent, number);
        }
    }
}

/// Sends a client the end of a job, of whose reply it has this many frames.
pub(super) fn tell_end(caller: &Caller, ending: &Ending, received: usize, out: &mut Outbox) {
    match ending {
        Ending::Reply(reply) => caller.send_reply(reply, received.min(reply.len()), out),
        Ending::Dead(reason) => caller.refuse(&Refusal::new(DEAD, reason), out),
        Ending::Cancelled => caller.refuse(&Refusal::new(CANCELLED, "the job was cancelled"), out),
    }
}
