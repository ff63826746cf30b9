//! What is said of jobs, as JSON.

use std::time::Instant;

use serde::Serialize;

use super::{Job, Phase};
use crate::{
    dispatcher::Dispatcher,
    requests::{Id, Number, State},
    store::{DeadLetter, Ending, Found},
};

/// A job that is not done.
#[derive(Debug, Serialize)]
pub(super) struct Entry<'a> {
    id: String,
    service: &'a str,
    state: &'static str,
    attempts: u32,
    parts: u64,
    age_ms: u64,
}

/// Any job. Of one that is done less is kept.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Status<'a> {
    Known(Entry<'a>),
    Ended {
        id: String,
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    },
}

/// A dead letter.
#[derive(Debug, Serialize)]
pub(super) struct Letter<'a> {
    id: String,
    service: &'a str,
    reason: &'a str,
    at: u64,
}

impl<'a> Entry<'a> {
    pub(super) fn of(now: Instant, number: Number, job: &'a Job, dispatcher: &Dispatcher) -> Self {
        let taken = dispatcher.request(number);
        let is_open = taken.is_some_and(|taken| matches!(taken.state, State::Open { .. }));
        Self {
            id: Id(number).to_string(),
            service: &job.service,
            state: if is_open { "open" } else { "waiting" },
            attempts: taken.map_or(0, |taken| taken.attempts),
            parts: job.parts,
            age_ms: u64::try_from(now.saturating_duration_since(job.since).as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl<'a> Status<'a> {
    pub(super) fn of(now: Instant, number: Number, job: &'a Job, dispatcher: &Dispatcher) -> Self {
        let (state, reason) = match &job.phase {
            Phase::Accepting { .. } | Phase::Accepted => return Self::Known(Entry::of(now, number, job, dispatcher)),
            Phase::Ending(Ending::Reply(_)) => ("done", None),
            Phase::Ending(Ending::Dead(reason)) => ("dead", Some(reason.as_str())),
            Phase::Ending(Ending::Cancelled) => ("cancelled", None),
        };
        Self::Ended { id: Id(number).to_string(), state, reason }
    }

    pub(super) fn of_found(number: Number, found: &'a Found) -> Self {
        let (state, reason) = match found {
            Found::Open => ("waiting", None),
            Found::Reply(_) => ("done", None),
            Found::Dead(reason) => ("dead", Some(reason.as_str())),
            Found::Cancelled => ("cancelled", None),
        };
        Self::Ended { id: Id(number).to_string(), state, reason }
    }
}

impl<'a> Letter<'a> {
    pub(super) fn of(letter: &'a DeadLetter) -> Self {
        let DeadLetter { number, service, reason, at } = letter;
        Self { id: Id(*number).to_string(), service, reason, at: *at }
    }
}
