//! What comes of the vault's answers.

use std::time::Instant;

use tracing::warn;

use super::{
    Job, Jobs, Pending, Phase, Sought,
    call::Refusal,
    caller::{CONFLICT, Caller, FAILED, NO_ROOM, NOT_DONE, OK, UNKNOWN},
    ends::tell_end,
    status::{Letter, Status},
};
use crate::{
    dispatcher::{Dispatcher, JobRequest, Outbox},
    requests::Number,
    store::{Accepted, Ending, Found, Record},
    vault::Answer,
};

impl Jobs {
    /// Takes an answer of the vault.
    pub fn handle_answer(
        &mut self,
        now: Instant,
        token: u64,
        answer: Answer,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let Some(pending) = self.pending.remove(&token) else { return };
        match (pending, answer) {
            (Pending::Accept { number, caller, waits }, Answer::Changed(Some(accepted))) => {
                self.take_accepted(now, number, accepted, caller, waits, dispatcher, out);
            }
            (Pending::Try { number, tries }, answer) => {
                if let Answer::Failed(reason) = answer {
                    warn!(reason, "a try of a job is not kept");
                }
                dispatcher.note(now, number, tries, out);
            }
            (Pending::End { number, caller }, Answer::Failed(reason)) => {
                self.fail_end(now, number, &reason, caller.as_ref(), dispatcher, out);
            }
            (Pending::End { number, caller }, _) => self.finish(number, caller.as_ref(), dispatcher, out),
            (Pending::Accept { number, caller, .. }, Answer::Failed(reason)) => {
                self.forget(now, number, dispatcher, out);
                caller.refuse(&Refusal::new(NO_ROOM, reason), out);
            }
            (Pending::Close { caller }, Answer::Changed(_)) => caller.answer(OK, None, out),
            (Pending::Find { number, caller, what }, Answer::Found(found)) => {
                self.take_found(now, number, found, caller, what, dispatcher, out);
            }
            (Pending::Dead { caller }, Answer::Dead(letters)) => {
                caller.answer_json(&letters.iter().map(Letter::of).collect::<Vec<_>>(), out);
            }
            (Pending::Revive { number, caller }, Answer::Revived(Some(record))) => {
                self.revive(now, number, record, dispatcher, out);
                caller.answer(OK, None, out);
            }
            (Pending::Revive { caller, .. }, Answer::Revived(None)) => {
                caller.refuse(&Refusal::new(UNKNOWN, "this job is not dead"), out);
            }
            (pending, answer) => {
                let reason = match answer {
                    Answer::Failed(reason) => reason,
                    _ => "the store has answered something else".to_owned(),
                };
                if let Pending::Accept { number, .. } = pending {
                    self.forget(now, number, dispatcher, out);
                }
                pending.caller().inspect(|caller| caller.refuse(&Refusal::new(FAILED, reason), out));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what was asked, what is answered, and what both change")]
    fn take_accepted(
        &mut self,
        now: Instant,
        number: Number,
        accepted: Accepted,
        caller: Caller,
        waits: Option<Option<Number>>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let number = match accepted {
            Accepted::New => {
                self.accept(now, number, dispatcher, out);
                number
            }
            Accepted::Known(known) => {
                self.forget(now, number, dispatcher, out);
                known
            }
            Accepted::Conflict => {
                self.forget(now, number, dispatcher, out);
                caller.refuse(&Refusal::new(CONFLICT, "another request has this key"), out);
                return;
            }
        };
        match waits {
            Some(parent) => self.wait(now, number, parent, caller, dispatcher, out),
            None => Self::tell_id(number, &caller, out),
        }
    }

    /// The vault has accepted a job: its request waits for a worker.
    fn accept(&mut self, now: Instant, number: Number, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        let Some(job) = self.jobs.get_mut(&number) else { return };
        let is_cancelled = matches!(job.phase, Phase::Accepting { is_cancelled: true });
        job.phase = Phase::Accepted;
        self.due.extend(job.deadline.map(|deadline| (deadline, number)));
        if is_cancelled {
            self.cancel_job(now, number, None, dispatcher, out);
        } else {
            dispatcher.release(now, number, out);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what was asked, what is answered, and what both change")]
    fn take_found(
        &mut self,
        now: Instant,
        number: Number,
        found: Option<Found>,
        caller: Caller,
        what: Sought,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let Some(found) = found else {
            caller.refuse(&Refusal::new(UNKNOWN, "no job has this id"), out);
            return;
        };
        let ending = match (what, found) {
            (Sought::Status, found) => return caller.answer_json(&Status::of_found(number, &found), out),
            (Sought::Cancelled, Found::Cancelled) => return caller.answer(OK, None, out),
            (Sought::Cancelled, Found::Open) => {
                return caller.refuse(&Refusal::new(FAILED, "its end is not stored yet"), out);
            }
            (Sought::Cancelled, _) => {
                return caller.refuse(&Refusal::new(CONFLICT, "this job is done or dead"), out);
            }
            (Sought::ReplyNow, Found::Open) => return caller.answer(NOT_DONE, None, out),
            // It has become a job again since it was asked for.
            (Sought::Reply { parent }, Found::Open) if self.jobs.contains_key(&number) => {
                return self.wait(now, number, parent, caller, dispatcher, out);
            }
            (Sought::Reply { .. }, Found::Open) => {
                return caller.refuse(&Refusal::new(UNKNOWN, "no job has this id"), out);
            }
            (_, Found::Reply(reply)) => Ending::Reply(reply),
            (_, Found::Dead(reason)) => Ending::Dead(reason),
            (_, Found::Cancelled) => Ending::Cancelled,
        };
        tell_end(&caller, &ending, 0, out);
    }

    /// A dead letter is a job again, without its deadline.
    fn revive(&mut self, now: Instant, number: Number, record: Record, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        let Record { service, tries, attempts, body, .. } = record;
        self.jobs.insert(number, Job { phase: Phase::Accepted, ..Job::new(now, service.clone(), None) });
        let tries_max = (tries > 0).then_some(tries);
        dispatcher.restore(now, number, JobRequest { service, body, tries_max, attempts, depth: 0 }, out);
    }
}

impl Pending {
    fn caller(self) -> Option<Caller> {
        match self {
            Self::Try { .. } => None,
            Self::End { caller, .. } => caller,
            Self::Accept { caller, .. }
            | Self::Close { caller }
            | Self::Find { caller, .. }
            | Self::Dead { caller }
            | Self::Revive { caller, .. } => Some(caller),
        }
    }
}
