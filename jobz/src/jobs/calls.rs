//! What is done when a client calls one of the broker's services.

use std::time::{Duration, Instant};

use wire::job::Request;

use super::{
    Job, Jobs, Pending, Phase, Sought,
    call::{Call, NewJob, Refusal},
    caller::{BAD, CONFLICT, Caller, NO_ROOM, OK, UNKNOWN},
    status::{Entry, Status},
};
use crate::{
    dispatcher::{Dispatcher, JobRequest, Outbox},
    requests::{Id, Number},
    store::{Change, Ending, Record},
    vault::Ask,
    workers::DEPTH_MAX,
};

/// The most jobs in an answer.
const LISTED_MAX: usize = 1_000;

impl Jobs {
    /// Takes a client's request to one of these services; returns whether the client waits for a job, so that its end has to be
    /// noticed.
    pub fn handle_request(
        &mut self,
        now: Instant,
        from: &[u8],
        request: &Request<'_>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) -> bool {
        let caller = Caller::of(from, request);
        let call = match Call::read(request.service, request.body) {
            Ok(_) if !self.has_room() => Err(Refusal::new(NO_ROOM, "too many wait for the store")),
            other => other,
        };
        match call {
            Ok(call) => self.do_call(now, caller, call, dispatcher, out),
            Err(refusal) => {
                caller.refuse(&refusal, out);
                false
            }
        }
    }

    fn do_call(
        &mut self,
        now: Instant,
        caller: Caller,
        call: Call<'_>,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) -> bool {
        match call {
            Call::Submit { job, waits } => return self.submit(now, caller, job, waits, dispatcher, out),
            Call::Wait { number, parent } => {
                self.wait(now, number, parent, caller, dispatcher, out);
                return true;
            }
            Call::Status(number) => self.tell_status(now, number, caller, dispatcher, out),
            Call::Cancel(number) => self.cancel(now, number, caller, dispatcher, out),
            Call::Close(number) => self.close(now, number, caller, dispatcher, out),
            Call::List(service) => {
                let entries: Vec<Entry<'_>> = self.list(now, service, dispatcher);
                caller.answer_json(&entries, out);
            }
            Call::Dead(service) => {
                self.ask(Ask::Dead { service: service.to_owned() }, Pending::Dead { caller }, out);
            }
            Call::Resend(number) if self.jobs.contains_key(&number) => {
                caller.refuse(&Refusal::new(UNKNOWN, "this job is not dead"), out);
            }
            Call::Resend(number) => {
                self.ask(Ask::Change(Change::Revive(number)), Pending::Revive { number, caller }, out);
            }
            Call::Fetch(number) => self.find(number, caller, Sought::ReplyNow, out),
        }
        false
    }

    /// Gives a new job to the vault. The dispatcher holds its request until the vault has accepted it.
    fn submit(
        &mut self,
        now: Instant,
        caller: Caller,
        job: NewJob,
        waits: bool,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) -> bool {
        let NewJob { service, body, options, parent } = job;
        let depth = match parent.and_then(|parent| dispatcher.request(parent)) {
            Some(taken) if taken.depth >= DEPTH_MAX => {
                caller.refuse(&Refusal::new(BAD, format!("more than {DEPTH_MAX} jobs would wait for each other")), out);
                return false;
            }
            Some(taken) => taken.depth + 1,
            None => 0,
        };
        let parent = parent.filter(|_| depth > 0);
        let request =
            JobRequest { service: service.clone(), body: body.clone(), tries_max: options.tries, attempts: 0, depth };
        let number = match dispatcher.hold(request) {
            Ok(number) => number,
            Err(reason) => {
                caller.refuse(&Refusal::new(NO_ROOM, reason), out);
                return false;
            }
        };
        let deadline = options.deadline_ms.map(|time| now + Duration::from_millis(time));
        let record = Record {
            service: service.clone(),
            key: options.key.unwrap_or_default().into_bytes(),
            deadline: deadline.map_or(0, |deadline| self.clock.unix_ms(deadline)),
            tries: options.tries.unwrap_or(0),
            attempts: 0,
            parent: parent.unwrap_or(0),
            body,
        };
        self.jobs.insert(number, Job { deadline, ..Job::new(now, service, parent) });
        if let Some(parent) = parent {
            self.tree.link(parent, number);
        }
        let pending = Pending::Accept { number, caller, waits: waits.then_some(parent) };
        self.ask(Ask::Change(Change::Accept(number, record)), pending, out);
        waits
    }

    /// Asks the vault about a job.
    pub(super) fn find(&mut self, number: Number, caller: Caller, what: Sought, out: &mut Outbox) {
        self.ask(Ask::Find(number), Pending::Find { number, caller, what }, out);
    }

    fn tell_status(&mut self, now: Instant, number: Number, caller: Caller, dispatcher: &Dispatcher, out: &mut Outbox) {
        match self.jobs.get(&number) {
            Some(job) => caller.answer_json(&Status::of(now, number, job, dispatcher), out),
            None => self.find(number, caller, Sought::Status, out),
        }
    }

    fn cancel(&mut self, now: Instant, number: Number, caller: Caller, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        match self.jobs.get(&number).map(|job| &job.phase) {
            Some(Phase::Accepting { .. } | Phase::Accepted) => {
                self.cancel_job(now, number, Some(caller), dispatcher, out)
            }
            Some(Phase::Ending(Ending::Reply(_) | Ending::Dead(_))) => {
                caller.refuse(&Refusal::new(CONFLICT, "this job is done or dead"), out);
            }
            // The vault keeps its end before it answers.
            Some(Phase::Ending(Ending::Cancelled)) | None => self.find(number, caller, Sought::Cancelled, out),
        }
    }

    fn close(
        &mut self,
        now: Instant,
        number: Option<Number>,
        caller: Caller,
        dispatcher: &mut Dispatcher,
        out: &mut Outbox,
    ) {
        let Some(number) = number else { return caller.answer(OK, None, out) };
        if self.jobs.get(&number).is_some_and(|job| !matches!(job.phase, Phase::Ending(_))) {
            self.cancel_job(now, number, None, dispatcher, out);
        }
        self.ask(Ask::Change(Change::Close(number)), Pending::Close { caller }, out);
    }

    fn list<'a>(&'a self, now: Instant, service: &str, dispatcher: &Dispatcher) -> Vec<Entry<'a>> {
        let jobs = self.jobs.iter().filter(|(_, job)| !matches!(job.phase, Phase::Ending(_) | Phase::Accepting { .. }));
        let of_service = jobs.filter(|(_, job)| service.is_empty() || job.service == service);
        of_service.take(LISTED_MAX).map(|(number, job)| Entry::of(now, *number, job, dispatcher)).collect()
    }

    /// Answers a client that a job is accepted.
    pub(super) fn tell_id(number: Number, caller: &Caller, out: &mut Outbox) {
        caller.answer(OK, Some(Id(number).to_string().as_bytes()), out);
    }
}
