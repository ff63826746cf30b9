//! What a client asks of the broker's services `job.*` and `titanic.*`. Their bodies are in `protocol-docs/jobz.md`, *Jobs* and
//! *Titanic*.

use serde::Deserialize;
use wire::{
    Frames,
    job::{Body, Service},
};

use super::caller::{BAD, NO_SERVICE, UNKNOWN};
use crate::requests::{Id, Number};

/// The most bytes in a client's key.
const KEY_BYTES_MAX: usize = 255;

/// The longest deadline: a year.
const DEADLINE_MS_MAX: u64 = 365 * 24 * 3_600 * 1_000;

/// The most tries.
const TRIES_MAX: u32 = 1_000;

/// A call.
#[derive(Debug)]
pub(super) enum Call<'a> {
    /// Accept a job; the client waits for its reply, or not.
    Submit {
        job: NewJob,
        waits: bool,
    },
    Wait {
        number: Number,
        parent: Option<Number>,
    },
    Status(Number),
    Cancel(Number),
    Close(Option<Number>),
    /// Jobs that are not done, of this service or all.
    List(&'a str),
    Dead(&'a str),
    Resend(Number),
    /// The reply, if there is one.
    Fetch(Number),
}

/// A job that is to be accepted.
#[derive(Debug)]
pub(super) struct NewJob {
    pub(super) service: String,
    pub(super) body: Frames,
    pub(super) options: Options,
    pub(super) parent: Option<Number>,
}

/// What a client may say about a job. A misspelt member would be lost without a word, so it is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    pub(super) key: Option<String>,
    pub(super) deadline_ms: Option<u64>,
    pub(super) tries: Option<u32>,
    parent: Option<String>,
}

/// Why a call is not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) reason: String,
}

impl Refusal {
    pub(super) fn new(status: u16, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }
}

impl<'a> Call<'a> {
    /// Reads the body of a request to one of these services.
    pub(super) fn read(service: &str, body: Body<'a>) -> Result<Self, Refusal> {
        let mut frames = body.iter();
        let first = frames.next().unwrap_or_default();
        let id = Id::decode(first).map(|id| id.0);
        let known = || id.ok_or_else(|| Refusal::new(UNKNOWN, "this is no id"));
        Ok(match service {
            "job.submit" | "job.run" => {
                let options = Options::read(first)?;
                Self::Submit { job: NewJob::read(options, frames)?, waits: service == "job.run" }
            }
            "titanic.request" => Self::Submit { job: NewJob::read(Options::default(), body.iter())?, waits: false },
            "job.wait" => Self::Wait { number: known()?, parent: frames.next().and_then(Id::decode).map(|id| id.0) },
            "job.status" => Self::Status(known()?),
            "job.cancel" => Self::Cancel(known()?),
            "job.close" | "titanic.close" => Self::Close(id),
            "job.resend" => Self::Resend(known()?),
            "titanic.reply" => Self::Fetch(known()?),
            "job.list" => Self::List(str::from_utf8(first).unwrap_or("?")),
            "job.dead" => Self::Dead(str::from_utf8(first).unwrap_or("?")),
            _ => return Err(Refusal::new(NO_SERVICE, "the broker has no such service")),
        })
    }
}

impl NewJob {
    fn read<'a>(options: Options, mut frames: impl Iterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        let bad = |reason: &str| Refusal::new(BAD, reason);
        let name = frames.next().ok_or_else(|| bad("the service is missing"))?;
        let name = str::from_utf8(name).map_err(|_| bad("the service is not UTF-8"))?;
        let service: Service = name.parse().map_err(|error| Refusal::new(BAD, format!("the service: {error}")))?;
        if Service::is_reserved(service.as_str()) {
            return Err(bad("the broker itself does this service"));
        }
        let body: Frames = frames.collect();
        if body.is_empty() {
            return Err(bad("the body is missing"));
        }
        let parent = match &options.parent {
            None => None,
            Some(text) => Some(Id::decode(text.as_bytes()).ok_or_else(|| bad("parent: this is no id"))?.0),
        };
        Ok(Self { service: service.as_str().to_owned(), body, options, parent })
    }
}

impl Options {
    fn read(json: &[u8]) -> Result<Self, Refusal> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let options: Self =
            serde_json::from_slice(json).map_err(|error| Refusal::new(BAD, format!("the options: {error}")))?;
        let is_key = |key: &String| (1..=KEY_BYTES_MAX).contains(&key.len());
        if !options.key.as_ref().is_none_or(is_key) {
            return Err(Refusal::new(BAD, format!("key: it has 1 to {KEY_BYTES_MAX} bytes")));
        }
        if !options.deadline_ms.is_none_or(|time| (1..=DEADLINE_MS_MAX).contains(&time)) {
            return Err(Refusal::new(BAD, format!("deadline_ms: it is 1 to {DEADLINE_MS_MAX}")));
        }
        if !options.tries.is_none_or(|tries| (1..=TRIES_MAX).contains(&tries)) {
            return Err(Refusal::new(BAD, format!("tries: it is 1 to {TRIES_MAX}")));
        }
        Ok(options)
    }
}
