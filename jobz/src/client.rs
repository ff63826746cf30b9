//! A client: sends a request, and again if no reply comes (Lazy Pirate), to one broker after another.
//!
//! Each try has a new socket, so that a late reply to an earlier one can reach nothing. A try ends without a reply if the
//! broker is not there, if its connection breaks, or if nothing comes in time; a partial reply gives it its time again. Between two
//! tries the client waits: twice as long each time, and not quite, so that many clients of a broker that comes back do not
//! all ask at the same moment.

use std::time::{Duration, Instant};

use rand::RngExt as _;
use sockets::{Connection, Context, Endpoint, Role, Socket, SocketError, State, Stop, wait};
use thiserror::Error;
use tracing::{debug, info};
use wire::{
    Frames,
    job::{Body, Dialect, JOBS, Reply, Request},
    plural,
    report::DeclaredSocket,
};

use crate::count::Count;

/// The socket of a client.
pub(crate) const DEALER: DeclaredSocket =
    DeclaredSocket { name: "jobz.ask", kind: "DEALER", channel: JOBS, binds: Some(false) };

/// The wait after the first try without a reply.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest wait between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// How a client asks.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The brokers, at least one: the first is asked first, and the next one after each try without a reply.
    pub brokers: Vec<Endpoint>,
    /// How long a try waits for a connection.
    pub connect: Duration,
    /// How long a try waits for each reply, partial or final.
    pub patience: Duration,
    /// How often a request is sent.
    pub tries: u32,
}

/// A client. It belongs to one thread, and asks one thing at a time.
#[derive(Debug)]
pub struct Client {
    context: Context,
    config: ClientConfig,
    /// The place of the broker that is asked next.
    broker: usize,
    /// The connection of the last request that got its reply.
    open: Option<Open>,
    /// How many tries came after the first one of their request.
    retries: u64,
    /// The same number, for observers.
    retried: Option<Count>,
}

/// A socket, and what is known of its connection.
#[derive(Debug)]
struct Open {
    dealer: Socket,
    connection: Connection,
}

/// Why a request has no final reply.
#[derive(Debug, Error)]
pub enum AskError {
    /// Every try ended without one; why the last one did.
    #[error("no reply, tried {}: {last}", plural(*.tries as usize, "time"))]
    NoReply {
        /// How often it was sent, or could not be.
        tries: u32,
        /// The reason of the last try.
        last: Silence,
    },
    /// The stop signal was given.
    #[error("stopped before the reply came")]
    Stopped,
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// Why a try ended without a reply.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Silence {
    /// There was no connection in time: nothing was sent.
    #[error("no broker at {endpoint}: {}", absence(.state))]
    NoBroker {
        /// Where.
        endpoint: Endpoint,
        /// The last state of the connection.
        state: State,
    },
    /// The connection broke. The request may be done or not.
    #[error("the broker at {endpoint} is gone")]
    Gone {
        /// Where.
        endpoint: Endpoint,
    },
    /// Nothing came in time. The request may be done or not.
    #[error("the broker at {endpoint} took the request, and no worker replied in time")]
    NoReply {
        /// Where.
        endpoint: Endpoint,
    },
}

/// A state as the reason why nothing could be sent.
fn absence(state: &State) -> String {
    match state {
        State::Down | State::Connecting | State::Retrying(_) => {
            "nothing answers there; `jobz broker` starts one".to_owned()
        }
        state => state.to_string(),
    }
}

/// How a try ended.
enum Try {
    Reply(Frames),
    Silence(Silence),
}

impl Client {
    /// A client of these brokers. Nothing is connected before the first request.
    #[must_use]
    pub const fn new(context: Context, config: ClientConfig) -> Self {
        Self { context, config, broker: 0, open: None, retries: 0, retried: None }
    }

    /// The same, whose retries observers see.
    pub(crate) fn counting_retries(self, retried: Count) -> Self {
        Self { retried: Some(retried), ..self }
    }

    /// How many tries came after the first one of their request.
    #[must_use]
    pub const fn retries(&self) -> u64 {
        self.retries
    }

    /// How long a try waits for each reply.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        self.config.patience
    }

    /// Changes how long a try waits for each reply.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.config.patience = patience;
    }

    /// Sends a request, and returns the body of its final reply; `on_partial` gets those before it. After a try without
    /// a final reply the next one may bring partial replies again.
    ///
    /// # Errors
    /// As [`AskError`] lists.
    pub fn ask(
        &mut self,
        service: &str,
        body: &Frames,
        mut on_partial: impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Frames, AskError> {
        let mut request = Frames::new();
        if let Ok(body) = Body::of(body, 0) {
            Request { dialect: Dialect::Mdp2, service, body }.encode(&mut request);
        }
        let mut pause = PAUSE_MIN;
        let mut tries = 1;
        loop {
            let silence = match self.try_once(&request, &mut on_partial, stop)? {
                Try::Reply(reply) => return Ok(reply),
                Try::Silence(silence) => silence,
            };
            self.open = None;
            self.broker = (self.broker + 1) % self.config.brokers.len();
            if tries == self.config.tries {
                return Err(AskError::NoReply { tries, last: silence });
            }
            info!(%silence, "trying again");
            tries += 1;
            self.retries += 1;
            self.retried.iter_mut().for_each(Count::add_one);
            let jittered = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            if stop.wait_until(Instant::now() + jittered) {
                return Err(AskError::Stopped);
            }
            pause = PAUSE_MAX.min(pause * 2);
        }
    }

    fn try_once(
        &mut self,
        request: &Frames,
        on_partial: &mut impl FnMut(Body<'_>),
        stop: &Stop,
    ) -> Result<Try, AskError> {
        let endpoint = self.config.brokers[self.broker].clone();
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.context, &endpoint)?,
        };
        if !open.send(request, Instant::now() + self.config.connect, stop)? {
            return Ok(Try::Silence(Silence::NoBroker { endpoint, state: open.connection.state() }));
        }
        let mut frames = Frames::new();
        let mut deadline = Instant::now() + self.config.patience;
        loop {
            while open.dealer.receive(&mut frames)? {
                match Reply::decode(&frames) {
                    Ok(Reply { is_final: true, body, .. }) => {
                        let reply = body.iter().collect();
                        self.open = Some(open);
                        return Ok(Try::Reply(reply));
                    }
                    Ok(Reply { body, .. }) => {
                        on_partial(body);
                        deadline = Instant::now() + self.config.patience;
                    }
                    Err(error) => debug!(%error, "malformed reply"),
                }
            }
            if open.connection.state() != State::Up {
                return Ok(Try::Silence(Silence::Gone { endpoint }));
            }
            if Instant::now() >= deadline {
                return Ok(Try::Silence(Silence::NoReply { endpoint }));
            }
            if wait(stop, [open.dealer.readable(), open.dealer.events()], Some(deadline))?.stopped {
                return Err(AskError::Stopped);
            }
            open.follow()?;
        }
    }
}

impl Open {
    fn new(context: &Context, endpoint: &Endpoint) -> Result<Self, SocketError> {
        let mut dealer = context.socket(Role::Dealer, JOBS)?;
        dealer.only_to_connected()?;
        dealer.set_linger(Duration::ZERO)?;
        dealer.watch(DEALER.name)?;
        dealer.connect(endpoint)?;
        Ok(Self { dealer, connection: Connection::new(JOBS, endpoint.clone()) })
    }

    /// Sends the request once there is a connection; `false` if there is none in time.
    fn send(&mut self, request: &Frames, deadline: Instant, stop: &Stop) -> Result<bool, AskError> {
        loop {
            self.follow()?;
            if self.connection.state() == State::Up && self.dealer.send(request)? {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            let next = self.connection.next_deadline().map_or(deadline, |next| next.min(deadline));
            if wait(stop, [self.dealer.events()], Some(next))?.stopped {
                return Err(AskError::Stopped);
            }
        }
    }

    fn follow(&mut self) -> Result<(), SocketError> {
        self.connection.follow(Instant::now(), &mut self.dealer, |_| {})
    }
}
