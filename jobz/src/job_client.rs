//! A client of jobs: requests that the broker keeps until they are done, whether their client waits for them or not.
//!
//! Every job has a key, a random one if the caller gives none: a job that is sent again since no reply came is the same job.

mod messages;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sockets::{Context, Stop};
use thiserror::Error;
use wire::{Frames, foreign, job::Body};

use self::messages::{job, result_of};
use crate::{
    client::{AskError, Client, ClientConfig, Silence},
    requests::Id,
};

/// How long a try waits for the end of a job. A broker that is gone is noticed at once.
const WAIT: Duration = Duration::from_secs(3_600);

/// What a client wants of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobOptions {
    /// Its name for the job: the same again is the same job, until it is closed or too old. A random one if there is none.
    pub key: Option<String>,
    /// How much time it has until it is dead.
    pub deadline: Option<Duration>,
    /// How many workers may get it, one after another; as many as its service says if this is not given.
    pub tries: Option<u32>,
    /// The job for which it is done: it is cancelled with that one.
    pub parent: Option<Id>,
}

/// A job that is not closed. Of one that has ended the broker may know less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStatus {
    /// Its id.
    pub id: String,
    /// Its service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `waiting` for a worker, `open`, `done`, `dead` or `cancelled`.
    pub state: String,
    /// How many workers have got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// How many partial replies have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<u64>,
    /// How long ago it was accepted, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// Why it is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A dead job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadJob {
    /// Its id.
    pub id: String,
    /// Its service.
    pub service: String,
    /// Why it is dead.
    pub reason: String,
    /// When it died, in milliseconds since 1970.
    #[serde(default)]
    pub at: u64,
}

/// Why something of a job could not be done.
#[derive(Debug, Error)]
pub enum JobError {
    /// There was no reply.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The broker does not know the job, or not any more.
    #[error("no such job")]
    Unknown,
    /// The job was cancelled.
    #[error("the job is cancelled")]
    Cancelled,
    /// The job cannot be done.
    #[error("the job is dead: {}", foreign(.0))]
    Dead(String),
    /// The broker refuses it.
    #[error("the broker refuses it ({status}): {}", foreign(.reason))]
    Refused {
        /// Its status.
        status: u16,
        /// Its reason.
        reason: String,
    },
    /// The reply is not what the service of the broker promises.
    #[error("the broker's reply is malformed")]
    Malformed,
}

/// A client of jobs. It belongs to one thread, and asks one thing at a time.
#[derive(Debug)]
pub struct JobClient {
    client: Client,
    patience: Duration,
}

impl JobClient {
    /// A client of these brokers. Nothing is connected before the first request.
    #[must_use]
    pub const fn new(context: Context, config: ClientConfig) -> Self {
        Self::over(Client::new(context, config))
    }

    /// A client of jobs that asks by another one.
    #[must_use]
    pub const fn over(client: Client) -> Self {
        let patience = client.patience();
        Self { client, patience }
    }

    /// How many times something was sent again.
    #[must_use]
    pub const fn retries(&self) -> u64 {
        self.client.retries()
    }

    /// Submits a job, and returns its id once it is accepted.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn submit(&mut self, service: &str, body: &Frames, options: &JobOptions, stop: &Stop) -> Result<Id, JobError> {
        let reply = self.ask("job.submit", &job(service, body, options), stop)?;
        reply.get(0).and_then(Id::decode).ok_or(JobError::Malformed)
    }

    /// Submits a job, waits for its end and returns its reply; `on_partial` gets the replies before that.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn run(
        &mut self,
        service: &str,
        body: &Frames,
        options: &JobOptions,
        on_partial: impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Frames, JobError> {
        self.await_end("job.run", &job(service, body, options), on_partial, stop)
    }

    /// Waits for the end of a job and returns its reply; `on_partial` gets the replies before that, from now on. `parent` is the job
    /// that waits.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn wait(
        &mut self,
        id: Id,
        parent: Option<Id>,
        on_partial: impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Frames, JobError> {
        let body = [Some(id), parent].into_iter().flatten().map(|id| id.to_string()).collect();
        self.await_end("job.wait", &body, on_partial, stop)
    }

    /// What the broker knows of a job.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn status(&mut self, id: Id, stop: &Stop) -> Result<JobStatus, JobError> {
        self.ask_json("job.status", id.to_string(), stop)
    }

    /// Cancels a job that is not done.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn cancel(&mut self, id: Id, stop: &Stop) -> Result<(), JobError> {
        self.ask("job.cancel", &one(id), stop).map(drop)
    }

    /// Closes a job: the broker forgets it and its reply. One that is not done is cancelled.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn close(&mut self, id: Id, stop: &Stop) -> Result<(), JobError> {
        self.ask("job.close", &one(id), stop).map(drop)
    }

    /// Jobs that are not done, at most 1,000; of one service, if it is given.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn list(&mut self, service: Option<&str>, stop: &Stop) -> Result<Vec<JobStatus>, JobError> {
        self.ask_json("job.list", service.unwrap_or_default().to_owned(), stop)
    }

    /// Dead jobs, at most 1,000; of one service, if it is given.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn dead(&mut self, service: Option<&str>, stop: &Stop) -> Result<Vec<DeadJob>, JobError> {
        self.ask_json("job.dead", service.unwrap_or_default().to_owned(), stop)
    }

    /// Gives a dead job to workers again.
    ///
    /// # Errors
    /// As [`JobError`] lists.
    pub fn resend(&mut self, id: Id, stop: &Stop) -> Result<(), JobError> {
        self.ask("job.resend", &one(id), stop).map(drop)
    }

    fn ask(&mut self, service: &str, body: &Frames, stop: &Stop) -> Result<Frames, JobError> {
        self.client.set_patience(self.patience);
        result_of(&self.client.ask(service, body, |_| {}, stop)?)
    }

    fn ask_json<T: for<'a> Deserialize<'a>>(
        &mut self,
        service: &str,
        argument: String,
        stop: &Stop,
    ) -> Result<T, JobError> {
        let reply = self.ask(service, &[argument].into_iter().collect(), stop)?;
        reply.get(0).and_then(|json| serde_json::from_slice(json).ok()).ok_or(JobError::Malformed)
    }

    fn await_end(
        &mut self,
        service: &str,
        body: &Frames,
        mut on_partial: impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Frames, JobError> {
        self.client.set_patience(WAIT.max(self.patience));
        loop {
            match self.client.ask(service, body, &mut on_partial, stop) {
                // The broker is there, and the job takes its time.
                Err(AskError::NoReply { last: Silence::NoReply { .. }, .. }) => {}
                reply => return result_of(&reply?),
            }
        }
    }
}

fn one(id: Id) -> Frames {
    [id.to_string()].into_iter().collect()
}
