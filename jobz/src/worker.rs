//! A worker: registers a service with a broker, and gives each request to a handler, on a separate thread.
//!
//! The worker sends heartbeats whether it is busy or not, because its handlers have separate threads. If the broker is silent for
//! too long, or its connection breaks, or it sends DISCONNECT, the worker begins again on a new socket, with the next
//! broker. What was open then is given to another worker by the broker: the handlers learn that no client waits any more.

mod drain;
mod registration;
mod request;
mod ward;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use rand::RngExt as _;
use sockets::{Context, Endpoint, SocketError, Stop, Value, bell::Bell};
use thiserror::Error;
use wire::{
    Frames,
    job::{JOBS, Service},
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

pub use self::{
    drain::Drain,
    request::{Cancelled, Request},
};
use self::{
    registration::{End, Registration},
    request::Said,
};
use crate::count::Count;

/// What `jobz worker` reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "jobz", role: "worker", sockets: &[DEALER], values: &[DONE, FAILED, OPEN] };

const DEALER: DeclaredSocket =
    DeclaredSocket { name: "jobz.worker", kind: "DEALER", channel: JOBS, binds: Some(false) };
const DONE: DeclaredValue = DeclaredValue { name: "done", unit: "requests" };
const FAILED: DeclaredValue = DeclaredValue { name: "failed", unit: "requests" };
const OPEN: DeclaredValue = DeclaredValue { name: "open", unit: "requests" };

/// The wait before the first attempt to begin again.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest wait before an attempt to begin again.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// How much handlers may have said that is not sent yet.
const SAID_MAX: usize = 100;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// The brokers, at least one: the next one is tried when one is gone.
    pub brokers: Vec<Endpoint>,
    /// What it does.
    pub service: Service,
    /// How many requests it does at once.
    pub credit: u64,
    /// The interval of heartbeats, as the broker has it.
    pub heartbeat: Duration,
    /// How many heartbeats the broker may miss.
    pub liveness: u32,
}

/// Does requests.
pub trait Handler: Send + Sync + 'static {
    /// Does one, and returns the body of the final reply.
    ///
    /// # Errors
    /// It is not done; the reason. Another worker may try.
    fn handle(&self, request: &Request) -> Result<Frames, String>;
}

/// Why a worker ended.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The process has no file descriptors left.
    #[error("cannot make a bell: {0}")]
    Bell(#[from] std::io::Error),
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// A worker. Its loop runs on the thread that calls [`Worker::run`].
pub struct Worker {
    context: Context,
    config: WorkerConfig,
    handler: Arc<dyn Handler>,
    bell: Bell,
    sender: SyncSender<Said>,
    said: Receiver<Said>,
    /// How often it has begun.
    registration: u64,
    drain: Option<Drain>,
    values: Values,
}

/// What observers see of it.
struct Values {
    done: Count,
    failed: Count,
    open: Value,
}

impl Worker {
    /// A worker that is not registered yet.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn new(context: &Context, config: WorkerConfig, handler: Arc<dyn Handler>) -> Result<Self, WorkerError> {
        let (sender, said) = sync_channel(SAID_MAX);
        let values = Values {
            done: Count::of(context.declared(DONE)),
            failed: Count::of(context.declared(FAILED)),
            open: context.declared(OPEN),
        };
        Ok(Self {
            context: context.clone(),
            config,
            handler,
            bell: Bell::new()?,
            sender,
            said,
            registration: 0,
            drain: None,
            values,
        })
    }

    /// The same, but at `stop` it finishes what it has open.
    #[must_use]
    pub fn with_drain(self, drain: Drain) -> Self {
        Self { drain: Some(drain), ..self }
    }

    /// Does requests until `stop`, or until the broker has drained it. What is open at `stop` is left to other workers, unless there
    /// is a [`Drain`].
    ///
    /// # Errors
    /// A socket fails, which happens only when its context ends.
    pub fn run(mut self, stop: &Stop) -> Result<(), WorkerError> {
        let mut pause = PAUSE_MIN;
        for broker in (0..self.config.brokers.len()).cycle() {
            let endpoint = self.config.brokers[broker].clone();
            self.registration += 1;
            let end = Registration::new(&mut self, &endpoint)?.run(stop)?;
            match end {
                End::Stopped => return Ok(()),
                End::Lost { was_up: true } => pause = PAUSE_MIN,
                End::Lost { was_up: false } => {}
            }
            let jittered = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            if stop.wait_until(Instant::now() + jittered) {
                return Ok(());
            }
            pause = PAUSE_MAX.min(pause * 2);
        }
        Ok(())
    }
}
