//! The link: one loop that owns the door, the faults and the connections.

use std::{
    io,
    os::{fd::AsFd as _, unix::net},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sockets::{BindError, Context, Endpoint, Stop, limits};
use tokio::{
    net::{TcpStream, UnixStream},
    runtime::{self, Runtime},
    select,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, sleep_until},
};
use tracing::{info, warn};

use crate::{
    command::Command,
    commands::{self, Ask},
    connection::{self, Passage},
    door::Door,
    fault::Fault,
    faults::{Effect, Faults},
    find::Find,
    values::{FOUND, Values},
};

/// The name of the link as a socket.
pub const SOCKET: &str = "link";

/// The most clients at a time, if the process may have so many files open: each takes two, and up to 2 MiB.
const CLIENTS_MAX: u32 = 256;

/// The wait after a connection could not be accepted.
const NOT_ACCEPTED: Duration = Duration::from_millis(100);

/// Between which two places a link is, and how it fails from the beginning.
#[derive(Debug, Clone)]
pub struct LinkConfig {
    /// Where clients connect.
    pub from: Endpoint,
    /// Where their connections lead.
    pub to: Endpoint,
    /// The faults that are on at first.
    pub faults: Vec<Fault>,
    /// A text whose passing is counted.
    pub find: Option<String>,
}

/// A link that is bound.
#[derive(Debug)]
pub struct Link {
    owner: Owner,
    /// After the sockets that it drives.
    runtime: Runtime,
}

/// What the loop owns.
#[derive(Debug)]
struct Owner {
    door: Door,
    faults: Faults,
    effect: watch::Sender<Effect>,
    connections: JoinSet<()>,
    passage: Passage,
    clients_max: usize,
    /// Whether a client was disconnected for lack of room: that is logged once.
    is_full: bool,
    values: Values,
}

/// Why the loop woke.
enum Event {
    Stop,
    Ask(Ask),
    Client(io::Result<TcpStream>),
    ConnectionEnded,
    FaultEnds,
}

impl Link {
    /// Binds the link, and opens it unless it is down at first.
    ///
    /// # Errors
    /// The address cannot be bound.
    pub fn bind(context: &Context, config: LinkConfig) -> anyhow::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let owner = {
            let _entered = runtime.enter();
            Owner::bind(context, config)?
        };
        info!(channel = SOCKET, endpoint = %owner.passage.from, to = %owner.passage.to, "listening");
        Ok(Self { owner, runtime })
    }

    /// Where clients connect, with the actual port.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.owner.passage.from
    }

    /// Passes bytes on, and takes commands from standard input, until `stop`.
    ///
    /// # Errors
    /// The address cannot be bound again after the link was down; the system refuses what every process needs.
    pub fn run(self, stop: &Stop) -> anyhow::Result<()> {
        let Self { mut owner, runtime } = self;
        let asks = commands::read(stop).context("cannot read standard input")?;
        runtime.block_on(async {
            owner.serve(asks, stop).await?;
            owner.connections.shutdown().await;
            Ok(())
        })
    }
}

impl Owner {
    fn bind(context: &Context, config: LinkConfig) -> Result<Self, BindError> {
        let door = Door::bind(&config.from)?;
        let (effect, effects) = watch::channel(Effect::default());
        let report = context.link(SOCKET);
        report.bound(door.endpoint());
        report.connects_to(&config.to);
        let mut faults = Faults::default();
        config.faults.into_iter().for_each(|fault| faults.set(fault, None));
        let passage = Passage {
            from: door.endpoint().clone(),
            to: config.to,
            effect: effects,
            report: Arc::new(report),
            is_unreachable: Arc::default(),
            find: config.find.map(|text| Arc::new(Find::new(&text, context.declared(FOUND)))),
        };
        let mut owner = Self {
            door,
            faults,
            effect,
            connections: JoinSet::new(),
            passage,
            clients_max: CLIENTS_MAX.min(limits::connection_descriptor_max() / 2) as usize,
            is_full: false,
            values: Values::of(context),
        };
        owner.apply()?;
        Ok(owner)
    }

    async fn serve(&mut self, mut asks: mpsc::Receiver<Ask>, stop: &Stop) -> anyhow::Result<()> {
        let stopped = awaitable(stop)?;
        loop {
            let ends = self.faults.next_end();
            let event = select! {
                _ = stopped.readable() => Event::Stop,
                Some(ask) = asks.recv() => Event::Ask(ask),
                () = sleep_until(ends.unwrap_or_else(Instant::now).into()), if ends.is_some() => Event::FaultEnds,
                client = self.door.accept() => Event::Client(client),
                Some(_) = self.connections.join_next() => Event::ConnectionEnded,
            };
            match event {
                Event::Stop => return Ok(()),
                Event::Ask(ask) => self.handle(ask).await?,
                Event::FaultEnds => self.end_faults().await?,
                Event::Client(Ok(client)) => self.admit(client),
                Event::Client(Err(error)) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(NOT_ACCEPTED).await;
                }
                Event::ConnectionEnded => self.is_full = false,
            }
        }
    }

    async fn handle(&mut self, Ask { command, status }: Ask) -> Result<(), BindError> {
        let now = Instant::now();
        match command {
            Command::On { fault, lasts } => {
                self.faults.set(fault, lasts.map(|lasts| now + lasts));
                self.follow().await?;
            }
            Command::Clear => {
                self.faults.clear();
                self.follow().await?;
            }
            Command::Status => {}
        }
        // The thread that reads commands may have ended.
        let _ = status.send(self.faults.status(now));
        Ok(())
    }

    async fn end_faults(&mut self) -> Result<(), BindError> {
        for fault in self.faults.end_due(Instant::now()) {
            info!(%fault, "ended by itself");
        }
        self.follow().await
    }

    /// Has changed faults take effect before anything else happens.
    async fn follow(&mut self) -> Result<(), BindError> {
        self.apply()?;
        info!(faults = self.faults.status(Instant::now()), "now on");
        let Effect { is_down, resets, .. } = *self.effect.borrow();
        if is_down || resets {
            self.connections.shutdown().await;
            self.is_full = false;
        }
        Ok(())
    }

    /// Has the door and the connections follow the faults.
    fn apply(&mut self) -> Result<(), BindError> {
        let effect = self.faults.effect();
        self.effect.send_replace(effect);
        self.values.show(&self.faults);
        let Passage { from, report, .. } = &self.passage;
        match (effect.is_down, self.door.is_open()) {
            (true, true) => {
                self.door.close();
                report.closed(from);
            }
            (false, false) => {
                self.door.open()?;
                report.opened(from);
            }
            _ => {}
        }
        Ok(())
    }

    /// Serves a client, if there is room for it.
    fn admit(&mut self, client: TcpStream) {
        if self.effect.borrow().resets {
            // It fails only if the connection has ended already.
            let _ = client.set_zero_linger();
        } else if self.connections.len() < self.clients_max {
            self.connections.spawn(connection::task(client, self.passage.clone()));
        } else if !std::mem::replace(&mut self.is_full, true) {
            warn!(clients = self.clients_max, "full: further clients are disconnected");
        }
    }
}

/// The stop signal as a stream that becomes readable with it.
fn awaitable(stop: &Stop) -> io::Result<UnixStream> {
    let stream = net::UnixStream::from(stop.as_fd().try_clone_to_owned()?);
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}
