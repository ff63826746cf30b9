//! `jobz ask`: a request, once or again and again, and its replies on standard output.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use sockets::{Context, Stop, Value};
use tracing::{info, warn};
use wire::{
    Frames,
    job::Body,
    report::{Declaration, DeclaredValue},
};

use crate::{
    client::{AskError, Client, ClientConfig, DEALER},
    count::Count,
    job_client::{JobClient, JobError, JobOptions},
    parts::{Printer, body},
    requests::Id,
};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration {
    program: "jobz",
    role: "ask",
    sockets: &[DEALER],
    values: &[ASKED, ANSWERED, RETRIED, FAILED, SLOWEST],
};
const ASKED: DeclaredValue = DeclaredValue { name: "asked", unit: "requests" };
const ANSWERED: DeclaredValue = DeclaredValue { name: "answered", unit: "requests" };
const RETRIED: DeclaredValue = DeclaredValue { name: "retried", unit: "tries" };
const FAILED: DeclaredValue = DeclaredValue { name: "failed", unit: "requests" };
const SLOWEST: DeclaredValue = DeclaredValue { name: "slowest", unit: "ms" };

/// What is asked.
#[derive(Debug, Clone)]
pub struct AskConfig {
    /// Whom.
    pub client: ClientConfig,
    /// The service.
    pub service: String,
    /// The parts of the body; none if standard input is the body.
    pub parts: Vec<String>,
    /// How often it is asked; `None`: until it is stopped.
    pub count: Option<u64>,
    /// The time from one request to the next, which is also not sent before the reply to the one before.
    pub every: Duration,
    /// The job that asks: then the request is a job as well, and that one's worker has a place for it.
    pub parent: Option<Id>,
}

/// Asks, and prints each frame of each reply on a line. Nothing is added to the last frame of a request that is asked once, except
/// in a terminal.
///
/// # Errors
/// Standard input cannot be read or is too large, standard output cannot be written, or a request has got no reply. If it
/// is asked more than once, the others are asked all the same.
pub fn run(context: &Context, config: AskConfig, stop: &Stop) -> anyhow::Result<()> {
    let body = body(&config.parts, stop)?;
    let client = Client::new(context.clone(), config.client).counting_retries(Count::of(context.declared(RETRIED)));
    let client = match config.parent {
        Some(parent) => Asker::Job(JobClient::over(client), parent),
        None => Asker::Plain(client),
    };
    let is_one = config.count == Some(1);
    let printer = if is_one { Printer::of_one() } else { Printer::of_many() };
    let mut asking = Asking { client, service: config.service, body, printer, values: Values::of(context) };
    if is_one {
        return asking.once(stop)?;
    }
    asking.repeatedly(config.count, config.every, stop)
}

/// A request that can be sent more than once.
struct Asking {
    client: Asker,
    service: String,
    body: Frames,
    printer: Printer,
    values: Values,
}

/// How it is sent.
enum Asker {
    Plain(Client),
    /// As a job of this one.
    Job(JobClient, Id),
}

impl Asker {
    fn ask(
        &mut self,
        service: &str,
        body: &Frames,
        on_partial: impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Frames, JobError> {
        match self {
            Self::Plain(client) => Ok(client.ask(service, body, on_partial, stop)?),
            Self::Job(client, parent) => {
                let options = JobOptions { parent: Some(*parent), ..JobOptions::default() };
                client.run(service, body, &options, on_partial, stop)
            }
        }
    }

    const fn retries(&self) -> u64 {
        match self {
            Self::Plain(client) => client.retries(),
            Self::Job(client, _) => client.retries(),
        }
    }
}

/// What observers see of it.
struct Values {
    asked: Count,
    answered: Count,
    failed: Count,
    slowest: Value,
}

impl Values {
    fn of(context: &Context) -> Self {
        let count = |value| Count::of(context.declared(value));
        let slowest = context.declared(SLOWEST);
        Self { asked: count(ASKED), answered: count(ANSWERED), failed: count(FAILED), slowest }
    }
}

impl Asking {
    /// Asks once; the inner error is that of standard output.
    fn once(&mut self, stop: &Stop) -> Result<anyhow::Result<()>, JobError> {
        self.values.asked.add_one();
        let printer = &mut self.printer;
        let reply = self.client.ask(&self.service, &self.body, |partial| printer.partial(partial), stop)?;
        self.values.answered.add_one();
        Ok(printer.last(&reply).context("cannot write the reply"))
    }

    /// Asks until `count` requests have ended, or until `stop`.
    fn repeatedly(&mut self, count: Option<u64>, every: Duration, stop: &Stop) -> anyhow::Result<()> {
        let mut slowest = Duration::ZERO;
        loop {
            let begin = Instant::now();
            match self.once(stop) {
                Ok(written) => written?,
                Err(JobError::Ask(AskError::Stopped)) => break,
                Err(error) => {
                    warn!("{error}");
                    self.values.failed.add_one();
                }
            }
            slowest = slowest.max(begin.elapsed());
            self.values.slowest.set(slowest.as_secs_f64() * 1e3);
            let is_last = count.is_some_and(|count| self.values.asked.count() >= count);
            if is_last || stop.wait_until(begin + every) {
                break;
            }
        }
        let (asked, answered) = (self.values.asked.count(), self.values.answered.count());
        let (retried, failed) = (self.client.retries(), self.values.failed.count());
        info!(asked, answered, retried, failed, slowest_ms = slowest.as_millis(), "finished");
        anyhow::ensure!(failed == 0, "{} without a reply", wire::plural(failed as usize, "request"));
        Ok(())
    }
}
