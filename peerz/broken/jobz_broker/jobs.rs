//! What the broker accepts and keeps: the services `job.*` and `titanic.*`.

mod ends;

use std::{
    fs,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Broker, Request, Worker};
use crate::node::Frames;

/// A request that was accepted.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    id: String,
    service: String,
    body: Frames,
    options: Options,
    phase: Phase,
    /// Its partial replies so far, or its reply.
    reply: Frames,
    #[serde(skip)]
    waits: Vec<Wait>,
    #[serde(skip)]
    deadline: Option<Instant>,
}

/// A client that waits for the end of a job, and how many frames of the reply it has.
struct Wait {
    call: Request,
    has: usize,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Phase {
    Live,
    Done,
    Dead,
    Cancelled,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    key: Option<String>,
    deadline_ms: Option<u64>,
    tries: Option<u32>,
    parent: Option<String>,
}

impl Options {
    fn read(frame: &[u8]) -> Option<Self> {
        if frame.is_empty() {
            return Some(Self::default());
        }
        let options: Self = serde_json::from_slice::<Value>(frame)
            .ok()
            .filter(Value::is_object)
            .and_then(|value| serde_json::from_value(value).ok())?;
        let is_key = options.key.as_ref().is_none_or(|key| (1..=255).contains(&key.len()));
        let is_time = options.deadline_ms.is_none_or(|time| (1..=31_536_000_000).contains(&time));
        (is_key && is_time && options.tries.is_none_or(|tries| (1..=1000).contains(&tries))).then_some(options)
    }
}

impl Broker {
    /// Answers a call, at once or later.
    pub(super) fn take_call(&mut self, call: Request) {
        let about = call.body[0].clone();
        let service = String::from_utf8_lossy(&call.service).into_owned();
        let place = self.jobs.iter().position(|job| job.id.as_bytes() == about);
        let status = place.map(|place| self.status(&self.jobs[place]));
        match (service.as_str(), place) {
            ("job.submit" | "job.run", _) => return self.accept(call),
            ("titanic.request", _) => {
                let body = [&[Vec::new()], call.body.as_slice()].concat();
                return self.accept(Request { body, ..call });
            }
            ("job.wait", Some(place)) => {
                self.jobs[place].waits.push(Wait { call, has: 0 });
                return self.answer_waits(place);
            }
            ("titanic.reply", place) => return self.answer_titanic(&call, place),
            ("job.status", Some(_)) => return self.answer(&call, "200", &[status.unwrap_or_default().to_string()]),
            ("job.list" | "job.dead", _) => return self.answer_list(&call),
            ("job.cancel", Some(place)) => {
                let is_live = self.jobs[place].phase == Phase::Live || self.jobs[place].phase == Phase::Cancelled;
                if is_live && !self.node.is("cancel-says-so") {
                    self.cancel(place);
                }
                return self.answer(&call, if is_live { "200" } else { "409" }, &[]);
            }
            ("job.resend", Some(place)) if self.jobs[place].phase == Phase::Dead => {
                if !self.node.is("resend-says-so") {
                    (self.jobs[place].phase, self.jobs[place].deadline) = (Phase::Live, None);
                    self.give(place);
                }
                return self.answer(&call, "200", &[]);
            }
            ("job.close" | "titanic.close", place) => {
                if let Some(place) = place.filter(|_| service == "job.close" || !self.node.is("never-closes")) {
                    if !self.node.is("close-forgets-only") {
                        self.cancel(place);
                    }
                    self.jobs.remove(place);
                    self.store();
                }
                return self.answer(&call, "200", &[]);
            }
            _ => {}
        }
        let is_service = ["wait", "status", "cancel", "resend"].iter().any(|name| service == format!("job.{name}"));
        self.answer(&call, if is_service { "404" } else { "501" }, &[]);
    }

    fn answer(&self, call: &Request, status: &str, rest: &[String]) {
        let text = if self.node.is("titanic-text") && call.service.starts_with(b"titanic.") { " OK" } else { "" };
        let head = [format!("{status}{text}")];
        self.reply(call, true, true, head.iter().chain(rest).map(|text| text.as_bytes().to_vec()).collect());
    }

    /// `job.submit`, `job.run` or `titanic.request`.
    fn accept(&mut self, call: Request) {
        let is_run = call.service == b"job.run";
        let read = Options::read(&call.body[0]).or_else(|| self.node.is("any-option").then(Options::default));
        let (Some(options), [_, service, body @ ..]) = (read, call.body.as_slice()) else {
            return self.answer(&call, "400", &["no such options".to_owned()]);
        };
        let (service, body) = (String::from_utf8_lossy(service).into_owned(), body.to_vec());
        let known = self
            .jobs
            .iter()
            .position(|job| options.key.is_some() && job.options.key == options.key && !self.node.is("key-is-nothing"));
        let place = match known {
            Some(place) if self.jobs[place].service == service && self.jobs[place].body == body => place,
            Some(_) => return self.answer(&call, "409", &["another job has this key".to_owned()]),
            None => {
                let waits = self.waiting.iter().filter(|request| request.service == service.as_bytes()).count();
                if waits >= self.limits.waiting && !self.node.is("room-for-all") {
                    return self.answer(&call, "503", &["no room".to_owned()]);
                }
                self.insert(service, body, options)
            }
        };
        let id = self.jobs[place].id.clone();
        if is_run && !self.node.is("run-answers-the-id") {
            self.jobs[place].waits.push(Wait { call, has: 0 });
            self.answer_waits(place);
        } else {
            self.answer(&call, "200", &[if self.node.is("short-ids") { id[16..].to_owned() } else { id }]);
        }
    }

    fn insert(&mut self, service: String, body: Frames, options: Options) -> usize {
        // Another one than those of an earlier run.
        let number = self.jobs.iter().filter_map(|job| u128::from_str_radix(&job.id, 16).ok()).max().unwrap_or(0x10);
        let id = format!("{:032x}", number + 1);
        let time = options.deadline_ms.filter(|_| !self.node.is("no-deadline")).map(Duration::from_millis);
        let (waits, deadline) = (Vec::new(), time.map(|time| Instant::now() + time));
        self.jobs.push(Job { id, service, body, options, phase: Phase::Live, reply: Frames::new(), waits, deadline });
        let place = self.jobs.len() - 1;
        self.give(place);
        place
    }

    /// A job waits for a worker.
    fn give(&mut self, place: usize) {
        let Job { id, service, body, options, .. } = &self.jobs[place];
        let tries_max = options.tries.unwrap_or(self.limits.tries);
        let (service, body, job) = (service.as_bytes().to_vec(), body.clone(), Some(id.clone()));
        let (client, joined, since) = (Vec::new(), Frames::new(), Instant::now());
        self.waiting.push_back(Request {
            client,
            is_new: true,
            service,
            body,
            joined,
            since,
            tries: 0,
            tries_max,
            job,
        });
        self.store();
    }

    /// Whether a worker without room may have a request: it is waited for by one that this worker has.
    pub(super) fn is_lent_to(&self, worker: &Worker, request: &Request) -> bool {
        let job = self.jobs.iter().find(|job| Some(&job.id) == request.job.as_ref() && !job.waits.is_empty());
        let parent = job.and_then(|job| job.options.parent.as_ref());
        let is_open = |parent: &String| worker.open.iter().any(|open| open.request.job.as_ref() == Some(parent));
        parent.is_some_and(is_open) && !self.node.is("lends-nothing")
    }

    fn status(&self, job: &Job) -> Value {
        let open = self.workers.iter().flat_map(|worker| &worker.open);
        let open = open.map(|open| &open.request).find(|request| request.job.as_ref() == Some(&job.id));
        let state = match job.phase {
            Phase::Live if open.is_some() && !self.node.is("always-waiting") => "open",
            Phase::Live => "waiting",
            Phase::Done => "done",
            Phase::Dead => "dead",
            Phase::Cancelled => "cancelled",
        };
        let attempts = open.map_or(0, |request| request.tries);
        json!({"id": job.id, "service": job.service, "state": state, "attempts": attempts, "parts": 0, "reason": "time"})
    }

    fn answer_list(&self, call: &Request) {
        let wanted = if call.service == b"job.dead" { Phase::Dead } else { Phase::Live };
        let is_listed = |job: &&Job| {
            (job.phase == wanted || wanted == Phase::Live && self.node.is("lists-all"))
                && (call.body[0].is_empty() || call.body[0] == job.service.as_bytes())
        };
        let list: Vec<Value> = self.jobs.iter().filter(is_listed).map(|job| self.status(job)).collect();
        self.answer(call, "200", &[json!(list).to_string()]);
    }

    fn answer_titanic(&self, call: &Request, place: Option<usize>) {
        let job = place.map(|place| &self.jobs[place]);
        let (status, reply) = match job.map(|job| job.phase) {
            None => ("400", &[][..]),
            Some(Phase::Live) => ("300", &[][..]),
            Some(Phase::Done) => ("200", job.map_or(&[][..], |job| &job.reply)),
            Some(_) => ("500", &[][..]),
        };
        if reply.is_empty() {
            return self.answer(call, status, &[]);
        }
        self.reply(call, true, true, [&[status.as_bytes().to_vec()], reply].concat());
    }

    fn store(&self) {
        let Some(path) = self.limits.store.as_ref().filter(|_| !self.node.is("stores-nothing")) else { return };
        let text = serde_json::to_string(&self.jobs).expect("jobs can be written as JSON");
        let new = path.with_extension("new");
        fs::write(&new, text).and_then(|()| fs::rename(&new, path)).expect("the store can be written");
    }

    /// What an earlier run has left.
    pub(super) fn restore(&mut self) {
        let text = self.limits.store.as_ref().and_then(|path| fs::read_to_string(path).ok());
        self.jobs = text.map_or_else(Vec::new, |text| serde_json::from_str(&text).expect("the store is JSON"));
        let live = (0..self.jobs.len()).filter(|&place| self.jobs[place].phase == Phase::Live);
        live.collect::<Vec<_>>().into_iter().for_each(|place| self.give(place));
    }
}
