//! The extension `jobs`: requests that the broker has accepted, for which no client has to wait.
//!
//! - `accepted`: how they are given to the broker, done, and looked at
//! - `ended`: cancelled, closed, dead
//! - `kept`: in the store
//! - `nested`: sub-jobs

pub(super) mod accepted;
pub(super) mod ended;
pub(super) mod kept;
pub(super) mod nested;

use std::time::{Duration, Instant};

use serde_json::Value;

use super::served::{SERVICE, Served, Speaker};
use crate::kit::{
    Candidate, Check, Finding, Frames, Verdict,
    bytes::{frames, show, text},
    candidate::{ANSWER_WITHIN, LOOK},
    check::ensure,
    jobz::message::Version,
};

/// An id of no job.
pub(super) const NO_ID: &str = "00000000000000000000000000000000";

/// How long the first answer of a broker that has the extension may take: others keep the question for a worker.
const KNOWN_WITHIN: Duration = Duration::from_secs(2);

/// A client that asks for jobs.
pub(super) struct Jobs<'a> {
    pub(super) client: Speaker<'a>,
}

/// A check of the extension.
pub(super) const fn check(name: &'static str, claim: &'static str, run: fn(&Candidate) -> Verdict) -> Check {
    Check { name, section: "jobz.md#jobs", claim, extension: Some("jobs"), run }
}

/// Whether the broker answers a service of an extension: a broker without it keeps the request for a worker, or answers 501.
pub(super) fn is_known(client: &Speaker<'_>, service: &str, body: &str) -> Verdict {
    client.request(service, &[body])?;
    match client.peer.recv_within(KNOWN_WITHIN) {
        Some(answer) if answer.get(3).is_none_or(|status| status != b"501") => Ok(()),
        _ => Err(Finding::Unsupported),
    }
}

impl<'a> Jobs<'a> {
    /// A client of a broker that has the extension.
    pub(super) fn of(served: &'a Served) -> Result<Self, Finding> {
        let client = served.speaker(Version::Mdp02)?;
        is_known(&client, "job.list", "")?;
        Ok(Self { client })
    }

    /// Asks for something, and returns the frames of the answer after its status, which must be this one.
    pub(super) fn ask(&self, service: &str, body: &[&str], status: &str) -> Result<Frames, Finding> {
        let answer = self.client.ask(service, body)?;
        match answer.split_first() {
            Some((seen, rest)) if seen == status.as_bytes() => Ok(rest.to_vec()),
            _ => Err(Finding::failed(format!("expected {status} of {service}; the answer is {}", said(&answer)))),
        }
    }

    /// Submits a job with these options, and returns its id.
    pub(super) fn submit(&self, options: &str, body: &str) -> Result<String, Finding> {
        self.submit_to(SERVICE, options, body)
    }

    pub(super) fn submit_to(&self, service: &str, options: &str, body: &str) -> Result<String, Finding> {
        let answer = self.ask("job.submit", &[options, service, body], "200")?;
        let id = answer.first().and_then(|id| String::from_utf8(id.clone()).ok());
        id.filter(|id| answer.len() == 1 && id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .ok_or_else(|| Finding::failed(format!("expected an id of 32 hexadecimal digits; seen {}", said(&answer))))
    }

    /// Waits for a job; its reply must be this one.
    pub(super) fn is_done(&self, id: &str, reply: &[&str]) -> Verdict {
        let seen = self.ask("job.wait", &[id], "200")?;
        ensure(seen == frames(reply), || format!("expected the reply {reply:?} of the job; seen {}", said(&seen)))
    }

    /// What is said of a job, a list of them, or of the dead.
    pub(super) fn json(&self, service: &str, about: &str) -> Result<Value, Finding> {
        let answer = self.ask(service, &[about], "200")?;
        let value = answer.first().and_then(|frame| serde_json::from_slice(frame).ok());
        value.ok_or_else(|| Finding::failed(format!("expected JSON of {service}; seen {}", said(&answer))))
    }

    /// The job has this state, now or soon.
    pub(super) fn until(&self, id: &str, state: &str) -> Verdict {
        let deadline = Instant::now() + ANSWER_WITHIN;
        loop {
            let status = self.json("job.status", id)?;
            if status["state"] == state {
                return ensure(status["id"] == id, || format!("expected the status of {id}; seen {status}"));
            }
            ensure(Instant::now() < deadline, || format!("expected that the job is {state}; its status is {status}"))?;
            std::thread::sleep(LOOK);
        }
    }

    /// The ids of the jobs in a list, sorted.
    pub(super) fn ids(&self, service: &str, about: &str) -> Result<Vec<String>, Finding> {
        let list = self.json(service, about)?;
        let ids = list.as_array().map(|all| all.iter().map(|job| job["id"].as_str().map(str::to_owned)).collect());
        let mut ids: Vec<String> = ids.flatten().ok_or_else(|| {
            Finding::failed(format!("expected an array of objects with an id of {service}; seen {list}"))
        })?;
        ids.sort();
        Ok(ids)
    }
}

/// Frames of text in words.
pub(super) fn said(frames: &[Vec<u8>]) -> String {
    if frames.len() > 5 {
        return show(frames);
    }
    let texts: Vec<_> = frames.iter().map(|frame| text(frame)).collect();
    format!("[{}]", texts.join(" "))
}
