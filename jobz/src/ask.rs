//! `jobz ask`: a request, once or again and again, and its replies on standard output.

use std::{
    io::{self, Read as _, Write as _},
    time::{Duration, Instant},
};

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

/// The most bytes that are read from standard input: a frame of the channel.
const INPUT_BYTES_MAX: u64 = wire::job::JOBS.limits.frame_bytes as u64;

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
}

/// Asks, and prints each frame of each reply on a line.
///
/// # Errors
/// Standard input cannot be read or is too large, standard output cannot be written, or a request has got no reply. If it
/// is asked more than once, the others are asked all the same.
pub fn run(context: &Context, config: AskConfig, stop: &Stop) -> anyhow::Result<()> {
    let body: Frames = if config.parts.is_empty() { read_input()? } else { config.parts.iter().collect() };
    let client = Client::new(context.clone(), config.client).counting_retries(Count::of(context.declared(RETRIED)));
    let mut asking = Asking { client, service: config.service, body, values: Values::of(context) };
    if config.count == Some(1) {
        return asking.once(stop)?;
    }
    asking.repeatedly(config.count, config.every, stop)
}

/// A request that can be sent more than once.
struct Asking {
    client: Client,
    service: String,
    body: Frames,
    values: Values,
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
    fn once(&mut self, stop: &Stop) -> Result<anyhow::Result<()>, AskError> {
        let mut written = Ok(());
        self.values.asked.add_one();
        let reply = self.client.ask(&self.service, &self.body, |partial| written = print(partial), stop)?;
        self.values.answered.add_one();
        let print_last = || print(Body::of(&reply, 0).map_err(io::Error::other)?);
        Ok(written.and_then(|()| print_last()).context("cannot write the reply"))
    }

    /// Asks until `count` requests have ended, or until `stop`.
    fn repeatedly(&mut self, count: Option<u64>, every: Duration, stop: &Stop) -> anyhow::Result<()> {
        let mut slowest = Duration::ZERO;
        loop {
            let begin = Instant::now();
            match self.once(stop) {
                Ok(written) => written?,
                Err(AskError::Stopped) => break,
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

fn read_input() -> anyhow::Result<Frames> {
    let mut input = Vec::new();
    io::stdin().take(INPUT_BYTES_MAX + 1).read_to_end(&mut input).context("cannot read standard input")?;
    anyhow::ensure!(input.len() as u64 <= INPUT_BYTES_MAX, "a request has at most {INPUT_BYTES_MAX} bytes");
    Ok([input].into_iter().collect())
}

fn print(body: Body<'_>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for frame in body.iter() {
        output.write_all(frame)?;
        if !frame.ends_with(b"\n") {
            output.write_all(b"\n")?;
        }
    }
    output.flush()
}
