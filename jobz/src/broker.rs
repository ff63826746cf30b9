//! The broker: owns the ROUTER, and runs one loop on the thread that calls [`Broker::run`].
//!
//! Nothing here waits for a peer: what does not fit into a peer's queue is dropped for that peer. A worker that loses a request
//! that way answers nothing, and the request goes to another one in time.

mod values;

use std::{
    collections::HashMap,
    mem,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sockets::{
    BindError, Context, Delivery, Endpoint, Interest, Listener, MalformedMessages, Role, Socket, SocketError, Stop,
    wait,
};
use thiserror::Error;
use tracing::{info, warn};
use wire::{
    Frames,
    job::{BrokerId, JOBS},
    monitor::EventKind,
    report::{Declaration, DeclaredSocket},
};

use self::values::Values;
use crate::{
    dispatcher::{Dispatcher, Outbox, Sender},
    federation::Federation,
    jobs::Clock,
    limits::BrokerLimits,
    links::Links,
    majordomo::Majordomo,
    metrics::Metrics,
    permits::{Permit, Permits},
    uplinks::{self, Uplinks},
    vault::{Vault, VaultConfig, VaultError},
};

/// What it reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "jobz", role: "broker", sockets: &[ROUTER, uplinks::DEALER], values: values::DECLARED };

const ROUTER: DeclaredSocket = DeclaredSocket { name: "jobz.jobs", kind: "ROUTER", channel: JOBS, binds: Some(true) };

/// How many messages are taken before the loop waits again: libzmq learns what a peer has read only while it waits.
const MESSAGES_AT_A_TIME: usize = 100;

/// How long a peer whose connection has ended is kept if there are always more messages to take.
const GONE_PATIENCE: Duration = Duration::from_secs(1);

/// Where a broker binds, and its limits.
#[derive(Debug, Clone)]
pub struct BrokerConfig {
    /// The endpoint for clients and workers.
    pub jobs: Endpoint,
    /// The limits.
    pub limits: BrokerLimits,
    /// Whether peers may speak as the Python package majortomo does.
    pub accepts_majortomo: bool,
    /// Where jobs are kept.
    pub vault: VaultConfig,
    /// Which users may register for which services; without any permit, every peer may.
    pub permits: Vec<Permit>,
    /// Other brokers, to pass requests to and from.
    pub uplinks: Vec<Endpoint>,
}

/// Why there is no broker.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// The port is in use, the address is not of this machine, or the security lacks an allow-list.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The store cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A bound broker, not yet running.
#[derive(Debug)]
pub struct Broker {
    jobs: Socket,
    endpoint: Endpoint,
    majordomo: Majordomo,
    vault: Vault,
    uplinks: Uplinks,
    malformed: MalformedMessages,
    listener: Listener,
    /// The routing ids of workers, and of clients that wait for jobs, by the numbers of their connections: when one ends, its peer is
    /// gone, and no missing heartbeats have to be waited for.
    connections: HashMap<u64, Vec<u8>>,
    /// Peers whose connections have ended, since when. What they sent before has to be taken first: a reply may be among it.
    gone: Vec<(Instant, Vec<u8>)>,
    /// For observers.
    values: Values,
    /// For Prometheus.
    metrics: Option<Metrics>,
    /// The current message, without its sender; reused.
    incoming: Frames,
    /// Its sender; reused.
    sender: Vec<u8>,
    out: Outbox,
}

impl Broker {
    /// Opens the store, and binds the socket.
    ///
    /// # Errors
    /// As [`BrokerError`] lists.
    pub fn bind(context: &Context, config: &BrokerConfig) -> Result<Self, BrokerError> {
        // No client is heard before everything that was accepted is there.
        let (vault, records) = Vault::open(&config.vault)?;
        let mut jobs = context.socket(Role::Broker, JOBS).map_err(BindError::from)?;
        jobs.watch(ROUTER.name).map_err(BindError::from)?;
        let endpoint = jobs.bind(&config.jobs)?;
        info!(channel = JOBS.name, %endpoint, "listening");
        let clock = Clock { start: Instant::now(), start_us: microseconds_since_1970() };
        let dispatcher =
            Dispatcher::new(config.limits.clone(), clock.start_us).with_permits(Permits::of(config.permits.clone()));
        let dispatcher = if config.accepts_majortomo { dispatcher.accepting_majortomo() } else { dispatcher };
        let mut out = Outbox::default();
        let BrokerLimits { heartbeat, liveness, .. } = config.limits;
        let links = Links::new(Federation::new(BrokerId(rand::random()), heartbeat, liveness));
        let majordomo = Majordomo::new(dispatcher, links, clock, records, &mut out);
        let uplinks = Uplinks::connect(context, &config.uplinks).map_err(BindError::from)?;
        if !majordomo.jobs().is_empty() {
            info!(jobs = majordomo.jobs().len(), "jobs of an earlier run wait again");
        }
        Ok(Self {
            jobs,
            endpoint,
            majordomo,
            vault,
            uplinks,
            malformed: MalformedMessages::default(),
            listener: Listener::of(JOBS),
            connections: HashMap::new(),
            gone: Vec::new(),
            values: Values::of(context),
            metrics: None,
            incoming: Frames::new(),
            sender: Vec::new(),
            out,
        })
    }

    /// The same with its numbers for Prometheus.
    #[must_use]
    pub fn with_metrics(self, metrics: Option<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Where the broker is bound.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Passes requests and replies on until `stop`.
    ///
    /// # Errors
    /// The socket fails, which happens only when its context ends.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        // Some of the jobs of an earlier run may have ended.
        self.send(Instant::now())?;
        loop {
            let deadlines =
                [self.listener.next_deadline(), self.majordomo.next_deadline(), self.uplinks.next_deadline()];
            let deadline = deadlines.into_iter().flatten().min();
            let metrics = self.metrics.as_ref().map_or_else(Interest::never, Metrics::interest);
            let interests = [self.jobs.events(), self.vault.bell(), metrics, self.jobs.readable()];
            let wake = wait(stop, interests.into_iter().chain(self.uplinks.interests()), deadline)?;
            let [has_events, has_answers, is_asked] = wake.first();
            let now = Instant::now();
            if wake.stopped {
                self.majordomo.end(now, &mut self.out);
                return self.send(now);
            }
            // To look at what is not ready would be a system call for each of them.
            if has_events || self.listener.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.take_events(now)?;
            }
            if has_answers {
                self.take_answers(now)?;
            }
            let has_taken_all = self.take_messages(now)?;
            self.take_gone(now, has_taken_all)?;
            self.uplinks.take(now, &mut self.majordomo, &mut self.out)?;
            self.majordomo.handle_timeout(now, &mut self.out);
            self.send(now)?;
            self.values.set(&self.majordomo);
            if let Some(metrics) = self.metrics.as_ref().filter(|_| is_asked) {
                metrics.answer(|| self.majordomo.dispatcher().stats(None));
            }
        }
    }

    fn take_events(&mut self, now: Instant) -> Result<(), SocketError> {
        let Self { connections, gone, .. } = self;
        self.listener.follow(now, &mut self.jobs, |event| {
            if event.kind == EventKind::Disconnected {
                gone.extend(connections.remove(&u64::from(event.value)).map(|peer| (now, peer)));
            }
        })
    }

    fn take_answers(&mut self, now: Instant) -> Result<(), SocketError> {
        let (majordomo, out) = (&mut self.majordomo, &mut self.out);
        self.vault.take_answers(|token, answer| majordomo.handle_answer(now, token, answer, out));
        self.send(now)
    }

    /// Gives up the peers that are gone, once what they sent before is taken.
    fn take_gone(&mut self, now: Instant, has_taken_all: bool) -> Result<(), SocketError> {
        let Self { gone, majordomo, out, .. } = self;
        gone.retain(|(since, peer)| {
            let is_over = has_taken_all || *since + GONE_PATIENCE <= now;
            if is_over {
                majordomo.handle_gone(now, peer, out);
            }
            !is_over
        });
        self.send(now)
    }

    /// Takes messages; returns whether there are no more.
    fn take_messages(&mut self, now: Instant) -> Result<bool, SocketError> {
        for _ in 0..MESSAGES_AT_A_TIME {
            if !self.jobs.receive_from(&mut self.sender, &mut self.incoming)? {
                return Ok(true);
            }
            let user = if self.majordomo.dispatcher().needs_users() { self.jobs.peer_user() } else { None };
            let from = Sender { routing_id: &self.sender, user };
            match self.majordomo.handle_message(now, from, &self.incoming, &mut self.out) {
                Ok(false) => {}
                Ok(true) => {
                    // The end of an earlier connection with the same number comes before this message, and is not this peer's.
                    self.take_events(now)?;
                    // A peer that is back with the same routing id.
                    self.gone.retain(|(_, peer)| *peer != self.sender);
                    if let Some(connection) = self.jobs.peer_connection() {
                        self.connections.insert(connection, mem::take(&mut self.sender));
                    }
                }
                Err(error) => self.malformed.record(now, &mut self.jobs, &error, &self.incoming),
            }
            self.send(now)?;
        }
        Ok(false)
    }

    /// Sends what there is to send, to peers and to the vault. A worker that is gone loses its requests to others, which makes more to send.
    fn send(&mut self, now: Instant) -> Result<(), SocketError> {
        let mut undelivered: Vec<Frames> = Vec::new();
        loop {
            for message in self.out.messages() {
                match self.jobs.send_to_peer(message)? {
                    Delivery::Sent => {}
                    Delivery::Full => warn!("a peer reads nothing: a message to it is dropped"),
                    Delivery::Gone => undelivered.push(message.clone()),
                }
            }
            self.out.clear();
            while let Some((token, ask)) = self.out.take_ask() {
                self.vault.ask(token, ask);
            }
            self.uplinks.send(now, &mut self.majordomo, &mut self.out)?;
            if undelivered.is_empty() && self.out.messages().is_empty() {
                return Ok(());
            }
            for message in undelivered.drain(..) {
                self.majordomo.handle_undelivered(now, &message, &mut self.out);
            }
        }
    }
}

/// The time in addresses: two runs of a broker never begin at the same one.
fn microseconds_since_1970() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_micros()).unwrap_or(0)
}
