//! A worker: registers a service with a broker, and gives each request to a handler, on a separate thread.
//!
//! The worker sends heartbeats whether it is busy or not, because its handlers have separate threads. If the broker is silent for
//! too long, or its connection breaks, or it sends DISCONNECT, the worker begins again on a new socket, with the next
//! broker. What was open then is given to another worker by the broker: the handlers learn that no client waits any more.

mod drain;
mod request;
mod ward;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use rand::RngExt as _;
use sockets::{Connection, Context, Endpoint, Events, Role, Socket, SocketError, State, Stop, Value, bell::Bell};
use thiserror::Error;
use tracing::{debug, info, warn};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, JOBS, Service, ToWorker},
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

pub use self::{
    drain::Drain,
    request::{Cancelled, Request},
};
use self::{
    drain::Draining,
    request::{Line, Said, What},
    ward::Ward,
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

/// Why a registration ended.
enum End {
    Stopped,
    /// The broker is gone, or does not know the worker; whether it was there at all.
    Lost {
        was_up: bool,
    },
}

/// Why the loop wakes.
#[derive(Debug)]
enum Event {
    Stop,
    Message,
    Monitor,
    Said,
    Deadline,
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

/// The time from one READY to the loss of the broker, on one socket.
struct Registration<'a> {
    worker: &'a mut Worker,
    dealer: Socket,
    connection: Connection,
    ward: Option<Ward>,
    /// The requests whose handlers work, by their addresses.
    open: HashMap<Vec<u8>, Arc<Cancelled>>,
    /// The message that the socket had no room for.
    unsent: Option<Frames>,
    /// Whether it takes nothing more, and finishes what it has.
    draining: Option<Draining>,
    frames: Frames,
}

impl<'a> Registration<'a> {
    fn new(worker: &'a mut Worker, endpoint: &Endpoint) -> Result<Self, SocketError> {
        let mut dealer = worker.context.socket(Role::Dealer, JOBS)?;
        dealer.only_to_connected()?;
        dealer.watch(DEALER.name)?;
        dealer.connect(endpoint)?;
        Ok(Self {
            worker,
            dealer,
            connection: Connection::new(JOBS, endpoint.clone()),
            ward: None,
            open: HashMap::new(),
            unsent: None,
            draining: None,
            frames: Frames::new(),
        })
    }

    fn run(mut self, stop: &Stop) -> Result<End, SocketError> {
        let end = self.serve(stop);
        // No client waits for these any more.
        self.open.values().for_each(|cancelled| cancelled.cancel());
        self.worker.values.open.set(0.0);
        end
    }

    fn serve(&mut self, stop: &Stop) -> Result<End, SocketError> {
        let mut events = Events::new();
        loop {
            let deadline = self.next_deadline();
            let stop = self.draining.as_ref().map_or(stop, |draining| &draining.second_stop);
            let event = events.next(deadline, Event::Deadline, || {
                // What cannot be sent waits for room, and so does all that handlers say.
                let said = if self.unsent.is_some() { self.dealer.writable() } else { self.worker.bell.interest() };
                [
                    (Event::Stop, stop.interest()),
                    (Event::Message, self.dealer.readable()),
                    (Event::Monitor, self.dealer.events()),
                    (Event::Said, said),
                ]
            })?;
            let now = Instant::now();
            if let Some(ward) = &mut self.ward {
                ward.handle_awake(now);
            }
            match event {
                Event::Stop if self.begin_draining(now)? => {}
                Event::Stop => return self.leave(now),
                Event::Message => {
                    if let Some(end) = self.take_messages(now)? {
                        return Ok(end);
                    }
                }
                Event::Monitor | Event::Deadline => {}
                Event::Said => self.take_said(now)?,
            }
            self.connection.follow(now, &mut self.dealer, |_| {})?;
            match (&mut self.ward, self.connection.state()) {
                (None, State::Up) => self.register(now)?,
                (None, _) => {}
                (Some(_), state) if state != State::Up => return Ok(End::Lost { was_up: true }),
                (Some(ward), _) if ward.is_lost(now) => {
                    warn!("the broker is silent");
                    return Ok(End::Lost { was_up: true });
                }
                (Some(ward), _) if ward.is_due(now) && self.unsent.is_none() => {
                    self.send(now, FromWorker::Heartbeat)?
                }
                _ => {}
            }
            if self.draining.as_ref().is_some_and(|draining| draining.deadline <= now || self.has_nothing_open()) {
                return self.leave(now);
            }
        }
    }

    /// Has the broker send nothing more; `false` if there is nothing to finish, or no time for it.
    fn begin_draining(&mut self, now: Instant) -> Result<bool, SocketError> {
        let Some(drain) = self.worker.drain.filter(|_| self.draining.is_none() && !self.has_nothing_open()) else {
            return Ok(false);
        };
        let (open, time) = (self.open.len(), humantime::format_duration(drain.time));
        info!(open, "finishing what is open, for at most {time}; a second signal ends it at once");
        self.draining = Some(drain.begin(now)?);
        if self.ward.is_some() && self.unsent.is_none() {
            self.send(now, FromWorker::Credit(0))?;
        }
        Ok(true)
    }

    /// Whether every request is done, and its reply sent.
    fn has_nothing_open(&self) -> bool {
        self.open.is_empty() && self.unsent.is_none()
    }

    /// Ends; the broker learns it at once.
    fn leave(&mut self, now: Instant) -> Result<End, SocketError> {
        self.send(now, FromWorker::Disconnect)?;
        Ok(End::Stopped)
    }

    fn next_deadline(&self) -> Option<Instant> {
        let drained = self.draining.as_ref().map(|draining| draining.deadline);
        let deadlines = [self.ward.as_ref().map(Ward::next_deadline), self.connection.next_deadline(), drained];
        deadlines.into_iter().flatten().min()
    }

    fn register(&mut self, now: Instant) -> Result<(), SocketError> {
        let WorkerConfig { service, credit, heartbeat, liveness, .. } = &self.worker.config;
        info!(%service, credit, endpoint = %self.connection.endpoint(), "ready");
        self.ward = Some(Ward::new(now, *heartbeat, *liveness));
        let (service, credit) = (service.clone(), Some(*credit));
        self.send(now, FromWorker::Ready { service: service.as_str(), credit })
    }

    /// Takes what the broker has sent; returns how the registration ends, if it does.
    fn take_messages(&mut self, now: Instant) -> Result<Option<End>, SocketError> {
        while self.dealer.receive(&mut self.frames)? {
            if let Some(ward) = &mut self.ward {
                ward.handle_received(now);
            }
            match ToWorker::decode(&self.frames) {
                Ok((_, ToWorker::Request { address, body })) => {
                    let (address, body) = (address.to_vec(), body.iter().collect());
                    self.begin(address, body);
                }
                Ok((_, ToWorker::Cancel { address })) => {
                    if let Some(cancelled) = self.open.get(address) {
                        cancelled.cancel();
                    }
                }
                Ok((_, ToWorker::Heartbeat)) => {}
                Ok((_, ToWorker::Disconnect)) => {
                    info!("the broker does not know this worker: it begins again");
                    return Ok(Some(End::Lost { was_up: true }));
                }
                Ok((_, ToWorker::End)) => {
                    info!("the broker has drained this worker");
                    return Ok(Some(End::Stopped));
                }
                Err(error) => debug!(%error, "malformed message"),
            }
        }
        Ok(None)
    }

    /// Gives a request to the handler.
    fn begin(&mut self, address: Vec<u8>, body: Frames) {
        let line = Line {
            sender: self.worker.sender.clone(),
            rope: self.worker.bell.rope(),
            registration: self.worker.registration,
        };
        let cancelled = Arc::new(Cancelled::default());
        let request = Request { address: address.clone(), body, line: line.clone(), cancelled: Arc::clone(&cancelled) };
        let handler = Arc::clone(&self.worker.handler);
        let started = thread::Builder::new().name("jobz.request".to_owned()).spawn(move || {
            let what = handler.handle(&request).map_or_else(What::Failed, What::Final);
            request.line.say(&request.address, what);
        });
        match started {
            Ok(_) => drop(self.open.insert(address, cancelled)),
            Err(error) => line.say(&address, What::Failed(format!("no thread for it: {error}"))),
        }
        self.worker.values.open.set(self.open.len() as f64);
    }

    /// Sends what handlers have said, until there is no more room.
    fn take_said(&mut self, now: Instant) -> Result<(), SocketError> {
        self.worker.bell.silence();
        if let Some(unsent) = self.unsent.take() {
            self.send_frames(now, unsent)?;
        }
        while self.unsent.is_none() {
            let Ok(Said { registration, address, what }) = self.worker.said.try_recv() else { break };
            if registration != self.worker.registration {
                continue;
            }
            match &what {
                What::Partial(body) => self.send_reply(now, false, &address, body)?,
                What::Final(body) => self.send_reply(now, true, &address, body)?,
                What::Failed(reason) => {
                    warn!(%reason, "a request is not done");
                    self.send(now, FromWorker::Fail { address: &address, reason })?;
                }
            }
            let ended = match what {
                What::Partial(_) => continue,
                What::Final(_) => &mut self.worker.values.done,
                What::Failed(_) => &mut self.worker.values.failed,
            };
            ended.add_one();
            self.open.remove(&address);
            self.worker.values.open.set(self.open.len() as f64);
        }
        Ok(())
    }

    fn send_reply(&mut self, now: Instant, is_final: bool, address: &[u8], body: &Frames) -> Result<(), SocketError> {
        match Body::of(body, 0) {
            Ok(body) => self.send(now, FromWorker::Reply { is_final, address, body }),
            Err(_) => self.send(now, FromWorker::Fail { address, reason: "the handler made no reply" }),
        }
    }

    fn send(&mut self, now: Instant, message: FromWorker<'_>) -> Result<(), SocketError> {
        let mut frames = Frames::new();
        message.encode(Dialect::Mdp2, &mut frames);
        self.send_frames(now, frames)
    }

    fn send_frames(&mut self, now: Instant, frames: Frames) -> Result<(), SocketError> {
        if self.dealer.send(&frames)? {
            if let Some(ward) = &mut self.ward {
                ward.handle_sent(now);
            }
        } else {
            self.unsent = Some(frames);
        }
        Ok(())
    }
}
