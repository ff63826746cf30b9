//! What a pattern runs in: its process's context and stop signal.

use std::{
    fmt::Display,
    io::Write as _,
    time::{Duration, Instant},
};

use clap::Args;
use sockets::{BlockingSocket, Context, Ended, Endpoint, Output, Role, Security, Stop, Value};
use tracing::info;
use wire::{
    Channel, Limits,
    report::{DeclaredSocket, DeclaredValue},
};

use crate::declared::QUEUE;

/// Where a socket binds and connects.
#[derive(Debug, Clone, Default, Args)]
#[group(required = true, multiple = true)]
pub struct Ends {
    /// Bind here; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Vec<Endpoint>,
    /// Connect to this; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub connect: Vec<Endpoint>,
}

impl Ends {
    /// A socket that binds here.
    #[must_use]
    pub fn bound(endpoint: &Endpoint) -> Self {
        Self { bind: vec![endpoint.clone()], connect: Vec::new() }
    }

    /// A socket that connects to this.
    #[must_use]
    pub fn connected(endpoint: &Endpoint) -> Self {
        Self { bind: Vec::new(), connect: vec![endpoint.clone()] }
    }
}

/// A node of the network: makes sockets and counters that observers see.
#[derive(Debug, Clone)]
pub struct Node {
    context: Context,
    stop: Stop,
    queue: u16,
    routing_id: Option<String>,
}

/// A number that observers see.
#[derive(Debug)]
pub struct Counter {
    value: Value,
    number: u64,
}

impl Node {
    /// A node of this process.
    #[must_use]
    pub fn new(context: &Context, stop: &Stop) -> Self {
        Self { context: context.clone(), stop: stop.clone(), queue: QUEUE, routing_id: None }
    }

    /// The same, for sockets whose queues hold this many messages.
    #[must_use]
    pub fn with_queue(&self, messages: u16) -> Self {
        Self { queue: messages, ..self.clone() }
    }

    /// The same, for sockets that a ROUTER knows by this routing id.
    #[must_use]
    pub fn with_routing_id(&self, id: Option<&str>) -> Self {
        Self { routing_id: id.map(str::to_owned), ..self.clone() }
    }

    /// The same, for sockets with other credentials.
    ///
    /// # Errors
    /// The allow-list cannot be read.
    pub fn with_security(&self, security: Security) -> anyhow::Result<Self> {
        Ok(Self { context: self.context.with_security(security)?, ..self.clone() })
    }

    /// A socket that is bound and connected there.
    ///
    /// # Errors
    /// An address is in use or cannot be connected to.
    pub fn socket(&self, role: Role, declared: DeclaredSocket, ends: &Ends) -> anyhow::Result<BlockingSocket> {
        let limits = Limits { queue: self.queue, ..declared.channel.limits };
        let channel = Channel { limits, ..declared.channel };
        let mut socket = self.context.socket(role, channel)?;
        socket.watch(declared.name)?;
        if let Some(id) = &self.routing_id {
            socket.set_routing_id(id.as_bytes());
        }
        for endpoint in &ends.bind {
            let endpoint = socket.bind(endpoint)?;
            info!(channel = declared.name, %endpoint, "listening");
        }
        for endpoint in &ends.connect {
            socket.connect(endpoint)?;
        }
        Ok(BlockingSocket::new(socket, channel, &self.stop))
    }

    /// A declared value, zero at first.
    #[must_use]
    pub fn counter(&self, declared: DeclaredValue) -> Counter {
        Counter { value: self.context.declared(declared), number: 0 }
    }

    /// Prints a line.
    ///
    /// # Errors
    /// The reader is gone.
    pub fn say(&self, line: impl Display) -> anyhow::Result<()> {
        let mut output = Output::new(&self.stop);
        writeln!(output.line()?, "{line}")?;
        Ok(output.flush()?)
    }

    /// Does nothing for this time; a program with a socket has [`BlockingSocket::pause`].
    ///
    /// # Errors
    /// The stop signal was given.
    pub fn pause(&self, time: Duration) -> Result<(), Ended> {
        if self.stop.wait_until(Instant::now() + time) { Err(Ended::Stopped) } else { Ok(()) }
    }
}

impl Counter {
    /// Adds to the number.
    pub fn add(&mut self, more: u64) {
        self.set(self.number.saturating_add(more));
    }

    /// Replaces the number.
    pub fn set(&mut self, number: u64) {
        self.number = number;
        self.value.set(number as f64);
    }

    /// The number.
    #[must_use]
    pub const fn get(&self) -> u64 {
        self.number
    }
}
