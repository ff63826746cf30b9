//! The worker: receives orders, values them, sends the results.
//!
//! `PULL` connects to **orders**, `PUSH` to **results**, `SUB` to **control** for EXIT. One loop on the caller's
//! thread. A worker holds no more results that cannot be sent yet than its `Outbox` does, and receives no order meanwhile.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::{Duration, Instant},
};

use sockets::{
    Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, Stop, Value,
    connection::Change, wait,
};
use tracing::{debug, info};
use wire::{
    DecodeError, Fault, Frames, WorkerName,
    report::{Declaration, DeclaredSocket, DeclaredValue},
    value::{CONTROL, Control, ORDERS, Order, Outcome, RESULTS, Valued},
};

use crate::{commands::Commands, outbox::Outbox, random::SplitMix64, valuation::Valuation};

/// What it reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "valuz", role: "worker", sockets: &[COMMANDS, OUTGOING, INCOMING], values: &[VALUED] };

const COMMANDS: DeclaredSocket =
    DeclaredSocket { name: "valuz.worker.control", kind: "SUB", channel: CONTROL, binds: Some(false) };
const OUTGOING: DeclaredSocket =
    DeclaredSocket { name: "valuz.worker.results", kind: "PUSH", channel: RESULTS, binds: Some(false) };
const INCOMING: DeclaredSocket =
    DeclaredSocket { name: "valuz.worker.orders", kind: "PULL", channel: ORDERS, binds: Some(false) };
const VALUED: DeclaredValue = DeclaredValue { name: "valued", unit: "orders" };

/// How many orders are valued before the loop does anything else; one if the valuation is heavy.
const BURST: usize = 1_000;

/// The least time between two reports.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// A worker's endpoints and its work.
#[derive(Debug)]
pub struct WorkerConfig {
    /// Connected: from the source.
    pub orders: Endpoint,
    /// Connected: to reduce.
    pub results: Endpoint,
    /// Connected: from reduce.
    pub control: Endpoint,
    /// What it computes.
    pub valuation: Valuation,
    /// How long each result is delayed, for demonstrations.
    pub delay: Option<Delay>,
    /// Extension `pack`: whether results may travel together, if reduce takes that.
    pub packs: bool,
    /// Extension `report`: the worker's name.
    pub name: Option<WorkerName>,
}

/// A random duration, uniform between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

/// A worker, connected and not yet running.
pub struct Worker {
    context: Context,
    orders: Socket,
    orders_connection: Connection,
    results: Socket,
    results_connection: Connection,
    commands: Commands,
    readiness: Readiness,
    valuation: Valuation,
    delay: Option<Delay>,
    random: SplitMix64,
    name: Option<WorkerName>,
    incoming: Frames,
    outbox: Outbox,
    /// What it holds is not sent before this time.
    outgoing_at: Option<Instant>,
    /// Whether results may be packed as long as reduce takes packs.
    packs: bool,
    /// Whether reduce has said so.
    takes_packs: bool,
    done: u64,
    /// The same, for observers.
    valued: Value,
    reported: u64,
    next_report: Instant,
    malformed: MalformedMessages,
}

/// Whether to send READY: once when orders is up for the first time, and again after results was down.
#[derive(Debug, Default)]
struct Readiness {
    orders_up: bool,
    sent: bool,
}

impl Readiness {
    const fn is_due(&self) -> bool {
        self.orders_up && !self.sent
    }
}

impl Worker {
    /// Connects to source and reduce, now or when they start.
    ///
    /// # Errors
    /// An endpoint is invalid, or a socket cannot be made.
    pub fn connect(context: &Context, config: WorkerConfig) -> Result<Self, SocketError> {
        // A result in a pack would wait for the others.
        let packs = config.packs && !config.valuation.is_heavy() && config.delay.is_none();
        let topics: &[_] = if packs { &[Control::EXIT_TOPIC, Control::PACKS_TOPIC] } else { &[Control::EXIT_TOPIC] };
        let commands = Commands::connect(context, config.control, COMMANDS.name, topics)?;
        let mut results = context.socket(Role::Push, RESULTS)?;
        results.watch(OUTGOING.name)?;
        results.connect(&config.results)?;
        let mut orders = context.socket(Role::Pull, ORDERS)?;
        orders.watch(INCOMING.name)?;
        orders.connect(&config.orders)?;
        Ok(Self {
            context: context.clone(),
            orders,
            orders_connection: Connection::new(ORDERS, config.orders),
            results,
            results_connection: Connection::new(RESULTS, config.results),
            commands,
            readiness: Readiness::default(),
            valuation: config.valuation,
            delay: config.delay,
            random: SplitMix64::new(RandomState::new().hash_one(std::process::id())),
            name: config.name,
            incoming: Frames::new(),
            outbox: Outbox::default(),
            outgoing_at: None,
            packs,
            takes_packs: false,
            done: 0,
            valued: context.declared(VALUED),
            reported: 0,
            next_report: Instant::now(),
            malformed: MalformedMessages::default(),
        })
    }

    /// Works until EXIT or stop.
    ///
    /// # Errors
    /// A socket fails for a reason that waiting does not mend.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        self.follow_connections()?;
        loop {
            let more = self.work_burst()?;
            self.report_when_due()?;
            let wake = wait(stop, self.interests(more), self.next_deadline())?;
            self.follow_connections()?;
            if wake.stopped || self.handle_commands()? {
                break;
            }
        }
        self.report()?;
        info!(done = self.done, malformed = self.malformed.count(), "exits");
        let Self { context, orders, results, commands, .. } = self;
        drop((orders, results, commands));
        context.close(stop)
    }

    /// Values orders until there are none, results cannot be sent, or a burst is done; returns whether a burst is done. No
    /// result that can be sent is left.
    fn work_burst(&mut self) -> Result<bool, SocketError> {
        let burst = if self.valuation.is_heavy() { 1 } else { BURST };
        for _ in 0..burst {
            if self.outbox.must_send() && !self.send_results()? {
                return Ok(false);
            }
            if !self.orders.receive(&mut self.incoming)? {
                self.send_results()?;
                return Ok(false);
            }
            self.value();
        }
        self.send_results()
    }

    /// Sends the results that are held; returns whether none is left.
    fn send_results(&mut self) -> Result<bool, SocketError> {
        if self.outgoing_at.is_some_and(|at| Instant::now() < at) {
            return Ok(false);
        }
        self.outgoing_at = None;
        self.done += self.outbox.send(&mut self.results)?;
        self.valued.set(self.done as f64);
        Ok(self.outbox.is_empty())
    }

    /// Turns the received order into a result to send.
    #[inline]
    fn value(&mut self) {
        let valued = Order::decode(&self.incoming).and_then(|order| {
            let value = self.valuation.value(&order);
            let Order { symbol, tail, .. } = order;
            if value.is_finite() { Ok(Valued { symbol, value, tail }) } else { Err(Fault::NotFinite.of("value")) }
        });
        match valued {
            Ok(valued) => {
                self.outbox.push(&valued, self.takes_packs);
                if let Some(Delay { least, most }) = self.delay {
                    let delay = least + (most - least).mul_f64(self.random.next_unit());
                    self.outgoing_at = Some(Instant::now() + delay);
                }
            }
            Err(error) => {
                self.malformed.record(Instant::now(), &mut self.orders, &error, &self.incoming);
            }
        }
    }

    /// Sends a report at most every [`REPORT_EVERY`], and none if nothing has changed.
    fn report_when_due(&mut self) -> Result<(), SocketError> {
        if self.name.is_some() && self.done != self.reported && Instant::now() >= self.next_report {
            self.next_report = Instant::now() + REPORT_EVERY;
            self.report()?;
        }
        Ok(())
    }

    /// Reports how many orders are valued. A report that finds no room is left out; the next one replaces it.
    fn report(&mut self) -> Result<(), SocketError> {
        let Some(worker) = self.name.clone() else {
            return Ok(());
        };
        let mut frames = Frames::new();
        Outcome::Report { worker, done: self.done }.encode(&mut frames);
        if self.results.send(&frames)? {
            self.reported = self.done;
        }
        Ok(())
    }

    fn interests(&self, more: bool) -> [Interest<'_>; 6] {
        let holds = !self.outbox.is_empty();
        let [commands, connection] = self.commands.interests();
        [
            if holds && !more { Interest::never() } else { self.orders.readable() },
            if holds && self.outgoing_at.is_none() { self.results.writable() } else { Interest::never() },
            commands,
            self.orders.events(),
            self.results.events(),
            connection,
        ]
    }

    fn next_deadline(&self) -> Option<Instant> {
        let report = (self.name.is_some() && self.done != self.reported).then_some(self.next_report);
        let connections = [&self.orders_connection, &self.results_connection].map(Connection::next_deadline);
        let others = [self.commands.next_deadline(), self.outgoing_at, report];
        connections.into_iter().chain(others).flatten().min()
    }

    /// Logs what became of the connections, and sends READY when it is due.
    fn follow_connections(&mut self) -> Result<(), SocketError> {
        let readiness = &mut self.readiness;
        let now = Instant::now();
        self.orders_connection.follow(now, &mut self.orders, |change| readiness.orders_up |= change == Change::Up)?;
        self.results_connection.follow(now, &mut self.results, |change| readiness.sent &= change != Change::Down)?;
        self.commands.follow(now)?;
        for connection in [&mut self.orders_connection, &mut self.results_connection] {
            connection.log(now);
        }
        if self.readiness.is_due() {
            let mut frames = Frames::new();
            Outcome::Ready(self.name.clone()).encode(&mut frames);
            // If results is not up yet, READY waits in its queue, before all results.
            self.readiness.sent = self.results.send(&frames)?;
            debug!(sent = self.readiness.sent, "ready");
        }
        Ok(())
    }

    /// Handles the commands that have arrived; returns whether EXIT was among them.
    fn handle_commands(&mut self) -> Result<bool, SocketError> {
        for _ in 0..BURST {
            match self.commands.next()? {
                Some(Control::Exit) => return Ok(true),
                Some(Control::Packs) => self.takes_packs = self.packs,
                Some(Control::Start { .. } | Control::Repeat(_)) => {}
                None => break,
            }
        }
        // All that came on the lost connection is taken by now, and may be of a reduce that is gone.
        if self.commands.take_lost() {
            self.takes_packs = false;
        }
        Ok(false)
    }
}

/// The name of this process as a worker, `rust:HOST:PID`.
///
/// # Errors
/// The name of this machine cannot be part of one.
pub fn own_name() -> Result<WorkerName, DecodeError> {
    let host = rustix::system::uname();
    format!("rust:{}:{}", host.nodename().to_string_lossy(), std::process::id()).parse()
}
