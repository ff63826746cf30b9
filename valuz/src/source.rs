//! The source: sends the orders of a batch to the workers that are connected.
//!
//! `PUSH` binds **orders**; `SUB` connects to **control** for START, REPEAT and EXIT. One loop on the caller's
//! thread; [`Batch`] decides what is sent, [`Pacer`] when.

use std::time::Instant;

use sockets::{BindError, Context, Endpoint, Interest, Listener, Role, Socket, SocketError, Stop, Value, wait};
use tracing::{debug, info};
use wire::{
    Frames,
    report::{Declaration, DeclaredSocket, DeclaredValue},
    value::{CONTROL, Control, ORDERS},
};

use crate::{
    batch::Batch,
    commands::Commands,
    orders::Orders,
    pace::{Pace, Pacer},
};

/// What it reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "valuz", role: "source", sockets: &[COMMANDS, OUTGOING], values: &[SENT, REPEATED] };

const COMMANDS: DeclaredSocket =
    DeclaredSocket { name: "valuz.source.control", kind: "SUB", channel: CONTROL, binds: Some(false) };
const OUTGOING: DeclaredSocket =
    DeclaredSocket { name: "valuz.source.orders", kind: "PUSH", channel: ORDERS, binds: Some(true) };
const SENT: DeclaredValue = DeclaredValue { name: "sent", unit: "orders" };
const REPEATED: DeclaredValue = DeclaredValue { name: "repeated", unit: "orders" };

/// How many orders are sent, or commands taken, before the loop does anything else.
const BURST: usize = 1_000;

/// A source's endpoints and its batch.
#[derive(Debug)]
pub struct SourceConfig {
    /// Bound: to the workers.
    pub orders: Endpoint,
    /// Connected: from reduce.
    pub control: Endpoint,
    /// The batch.
    pub batch: Orders,
    /// How fast it is sent.
    pub pace: Pace,
}

/// A source, bound and not yet running.
pub struct Source {
    context: Context,
    orders: Socket,
    listener: Listener,
    commands: Commands,
    endpoint: Endpoint,
    batch: Batch,
    /// The orders of the batch that are sent, and those sent again, for observers.
    values: [Value; 2],
    pacer: Pacer,
    /// The order to send next, encoded; empty if there is none.
    outgoing: Frames,
}

impl Source {
    /// Binds orders and connects to control.
    ///
    /// # Errors
    /// The port is in use, or a socket cannot be made.
    pub fn bind(context: &Context, config: SourceConfig) -> Result<Self, BindError> {
        let topics = [Control::START_TOPIC, Control::REPEAT_TOPIC, Control::EXIT_TOPIC];
        let commands = Commands::connect(context, config.control, COMMANDS.name, &topics)?;
        let mut orders = context.socket(Role::Push, ORDERS)?;
        orders.watch(OUTGOING.name)?;
        let endpoint = orders.bind(&config.orders)?;
        info!(channel = ORDERS.name, %endpoint, "listening");
        Ok(Self {
            context: context.clone(),
            orders,
            listener: Listener::of(ORDERS),
            commands,
            endpoint,
            batch: Batch::new(config.batch),
            values: [SENT, REPEATED].map(|value| context.declared(value)),
            pacer: Pacer::new(config.pace, Instant::now()),
            outgoing: Frames::new(),
        })
    }

    /// The endpoint that orders is bound to.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends the batch at START, and again the orders that REPEAT names, until EXIT or stop.
    ///
    /// # Errors
    /// A socket fails for a reason that waiting does not mend.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        self.follow_connections()?;
        loop {
            let more = self.send_burst()?;
            self.show_counts();
            // With more to send, the loop only glances at the others; else it sleeps until something happens.
            let writable = if self.outgoing.is_empty() && !more { Interest::never() } else { self.orders.writable() };
            let paced = self.pacer.next_deadline().filter(|_| self.batch.has_next());
            let [commands, connection] = self.commands.interests();
            let interests = [writable, commands, connection, self.orders.events()];
            let deadline =
                [self.commands.next_deadline(), self.listener.next_deadline(), paced].into_iter().flatten().min();
            let wake = wait(stop, interests, deadline)?;
            self.follow_connections()?;
            if wake.stopped {
                info!(unsent = self.batch.unsent(), "stopped");
                return Ok(());
            }
            if self.handle_commands()? {
                break;
            }
        }
        info!(orders = self.batch.orders().count(), repeated = self.batch.repeated(), "done");
        // The batch is complete, so the orders still queued for workers are useless. They get time to leave all the same:
        // if a connection breaks while its socket discards a message half sent, libzmq 4.3 ends the process by an
        // assertion (libzmq issue 3442), and the workers break theirs now.
        let Self { context, orders, commands, .. } = self;
        drop((orders, commands));
        context.close(stop)
    }

    /// Logs what became of the connections.
    fn follow_connections(&mut self) -> Result<(), SocketError> {
        let now = Instant::now();
        self.listener.follow(now, &mut self.orders, |_| {})?;
        self.commands.follow(now)
    }

    fn show_counts(&self) {
        let [sent, repeated] = &self.values;
        let held = u64::from(!self.outgoing.is_empty());
        sent.set(self.batch.sent().saturating_sub(held) as f64);
        repeated.set(self.batch.repeated() as f64);
    }

    /// Sends until nothing is left, no worker has room, or a burst is sent; returns whether a burst was sent.
    /// Sends until nothing is left or due, no worker has room, or a burst is sent; returns whether a burst was sent.
    fn send_burst(&mut self) -> Result<bool, SocketError> {
        self.pacer.handle_time(Instant::now());
        for _ in 0..BURST {
            if self.outgoing.is_empty() {
                if !self.pacer.may_send() {
                    return Ok(false);
                }
                let Some(order) = self.batch.next_order() else {
                    return Ok(false);
                };
                order.encode(&mut self.outgoing);
            }
            if !self.orders.send(&self.outgoing)? {
                return Ok(false);
            }
            self.outgoing.clear();
            self.pacer.handle_sent();
        }
        Ok(true)
    }

    /// Handles the commands that have arrived; returns whether EXIT was among them.
    fn handle_commands(&mut self) -> Result<bool, SocketError> {
        for _ in 0..BURST {
            match self.commands.next()? {
                Some(Control::Start { base }) => {
                    if self.batch.handle_start(base.unwrap_or(0)) {
                        // An order of the batch as another reduce had started it.
                        self.outgoing.clear();
                        info!(orders = self.batch.orders().count(), base, "started");
                    }
                }
                Some(Control::Repeat(numbers)) => {
                    debug!(numbers = numbers.len(), "repeat");
                    self.batch.handle_repeat(&numbers);
                }
                Some(Control::Exit) => return Ok(true),
                Some(Control::Packs) => {}
                None => break,
            }
        }
        Ok(false)
    }
}
