//! The watcher: owns the socket that ticks arrive by, on the thread that calls [`Watcher::run`].
//!
//! It takes ticks in batches and handles everything else between two of them: the stop signal, the monitor, its
//! deadlines. It reads a clock for each tick only if latency is measured.

use std::{
    io, iter, mem,
    time::{Duration, Instant, SystemTime},
};

use sockets::{
    Connection, Context, Endpoint, Events, MalformedMessages, Role, Socket, SocketError, State, Stop, Value,
    connection::Change,
};
use thiserror::Error;
use tracing::{info, warn};
use wire::{
    DecodeError, Frames, Symbol,
    report::{Declaration, DeclaredSocket, DeclaredValue},
    tick::{Burst, TICKS, Tick},
};

use crate::{
    delay::{Delays, milliseconds},
    forms::Forms,
    subscriptions::Subscriptions,
    tally::Tally,
    view::{Show, Summary, View},
};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration {
    program: "tickz",
    role: "watch",
    sockets: &[SOCKET],
    values: &[LOST, RECEIVED, BEFORE_JOINING, OUT_OF_ORDER, DELAY],
};

const SOCKET: DeclaredSocket = DeclaredSocket { name: "tickz.sub", kind: "SUB", channel: TICKS, binds: Some(false) };
const LOST: DeclaredValue = DeclaredValue { name: "lost", unit: "ticks" };
const RECEIVED: DeclaredValue = DeclaredValue { name: "received", unit: "ticks" };
const BEFORE_JOINING: DeclaredValue = DeclaredValue { name: "before_joining", unit: "ticks" };
const OUT_OF_ORDER: DeclaredValue = DeclaredValue { name: "out_of_order", unit: "ticks" };
/// From the last tick's timestamp to its receipt; only if latency is measured.
const DELAY: DeclaredValue = DeclaredValue { name: "delay", unit: "ms" };

/// The most messages taken before the watcher handles anything else.
const BATCH_MAX: usize = 1000;

/// The configuration of a watcher.
#[derive(Debug, Clone)]
pub struct WatchConfig {
    /// The publisher's endpoint.
    pub ticks: Endpoint,
    /// The symbols to watch; duplicates are ignored.
    pub symbols: Vec<Symbol>,
    /// Ask the publisher for bursts.
    pub bursts: bool,
    /// How to show ticks.
    pub show: Show,
    /// Measure the age of ticks at their receipt.
    pub latency: bool,
    /// Stop after this many ticks.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
}

/// Why a watcher failed.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Standard output is closed.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// A watcher that has subscribed and is connecting.
#[derive(Debug)]
pub struct Watcher {
    socket: Socket,
    /// Sorted, without duplicates: the position of a symbol is its index everywhere.
    symbols: Vec<Symbol>,
    connection: Connection,
    forms: Forms,
    subscriptions: Subscriptions,
    tally: Tally,
    values: Values,
    malformed: Malformed,
    view: View,
    frames: Frames,
    count: u64,
    deadline: Option<Instant>,
    latency: Option<Delays>,
    /// The times of the first and the last tick.
    span: Option<(Instant, Instant)>,
}

/// The counters, for observers.
#[derive(Debug)]
struct Values {
    lost: Value,
    received: Value,
    before_joining: Value,
    out_of_order: Value,
    delay: Option<Value>,
}

/// Malformed messages.
#[derive(Debug, Default)]
struct Malformed {
    messages: MalformedMessages,
    /// Those that are only counted because a log line would tear the table.
    unlogged: u64,
    /// The last fault of these.
    fault: Option<DecodeError>,
}

/// What a turn of the loop handles.
#[derive(Debug)]
enum Event {
    Stop,
    Connection,
    Ticks,
    Deadline,
}

impl Watcher {
    /// Subscribes and starts to connect; the publisher may come later.
    ///
    /// # Errors
    /// The address cannot be understood, or CURVE lacks the publisher's key.
    pub fn connect(context: &Context, config: WatchConfig, stop: &Stop) -> Result<Self, SocketError> {
        let mut symbols = config.symbols;
        symbols.sort_unstable();
        symbols.dedup();
        let mut socket = context.socket(Role::Sub, TICKS)?;
        socket.watch(SOCKET.name)?;
        let forms = Forms::new(symbols.len(), config.bursts);
        let mut subscriptions = Subscriptions::new(forms.wanted());
        for &symbol in &symbols {
            subscriptions.add(&mut socket, symbol)?;
        }
        socket.connect(&config.ticks)?;
        Ok(Self {
            socket,
            connection: Connection::new(TICKS, config.ticks),
            forms,
            subscriptions,
            tally: Tally::new(symbols.len()),
            values: Values::declared(context, config.latency),
            malformed: Malformed::default(),
            view: View::new(config.show, &symbols, stop),
            symbols,
            frames: Frames::new(),
            count: config.count.unwrap_or(u64::MAX),
            deadline: config.duration.and_then(|duration| Instant::now().checked_add(duration)),
            latency: config.latency.then(Delays::default),
            span: None,
        })
    }

    /// Watches until the count or the time is reached or the stop signal is given, then shows the totals.
    ///
    /// # Errors
    /// The socket fails; standard output is closed.
    pub fn run(mut self, stop: &Stop) -> Result<(), WatchError> {
        let mut events = Events::new();
        self.show_state(Instant::now());
        while self.tally.received() < self.count {
            match self.next_event(&mut events, stop)? {
                Event::Stop => break,
                Event::Ticks => self.take_ticks()?,
                Event::Connection | Event::Deadline => self.follow_connection()?,
            }
            let now = Instant::now();
            self.forms.handle_time(now);
            self.subscriptions.change(&mut self.socket, self.forms.wanted())?;
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break;
            }
            self.show_state(now);
        }
        let (summary, status) = (self.summary(), (!stop.is_stopped()).then(|| self.status()));
        Ok(self.view.finish(&summary, status)?)
    }

    fn next_event(&self, events: &mut Events<Event>, stop: &Stop) -> Result<Event, SocketError> {
        let deadlines =
            [self.deadline, self.view.next_deadline(), self.connection.next_deadline(), self.forms.next_deadline()];
        events.next(deadlines.into_iter().flatten().min(), Event::Deadline, || {
            [
                (Event::Stop, stop.interest()),
                (Event::Connection, self.socket.events()),
                (Event::Ticks, self.socket.readable()),
            ]
        })
    }

    /// Takes and shows the ticks that have arrived, up to a bound or to the last one wanted.
    fn take_ticks(&mut self) -> Result<(), WatchError> {
        let before = self.tally.received();
        for _ in 0..BATCH_MAX {
            if !self.socket.receive(&mut self.frames)? {
                self.tally.handle_empty_queue();
                self.forms.handle_empty_queue();
                break;
            }
            self.take_message()?;
            if self.tally.received() >= self.count {
                break;
            }
        }
        if self.tally.received() > before
            && let Some((_, last)) = &mut self.span
        {
            *last = Instant::now();
        }
        self.values.set(&self.tally);
        self.view.flush()?;
        Ok(())
    }

    /// Handles one message: ticks of a watched symbol, those of a longer symbol with the same prefix, or a malformed one.
    #[inline]
    fn take_message(&mut self) -> Result<(), WatchError> {
        // Ticks are borrowed from the message.
        let frames = mem::take(&mut self.frames);
        let taken = if Burst::is(&frames) {
            Burst::decode(&frames).map(|burst| self.take_burst(&burst))
        } else {
            Tick::decode(&frames).map(|tick| self.take_single(&tick))
        };
        let taken = taken.unwrap_or_else(|error| {
            self.record_malformed(error, &frames);
            Ok(())
        });
        self.frames = frames;
        taken
    }

    #[inline]
    fn take_single(&mut self, tick: &Tick) -> Result<(), WatchError> {
        match self.symbols.binary_search(&tick.symbol) {
            Ok(index) if self.forms.handle_tick(index, tick) => self.take_ticks_of(index, iter::once(*tick)),
            _ => Ok(()),
        }
    }

    #[inline]
    fn take_burst(&mut self, burst: &Burst<'_>) -> Result<(), WatchError> {
        let Ok(index) = self.symbols.binary_search(&burst.symbol) else { return Ok(()) };
        let known = self.forms.handle_burst(index, burst);
        self.take_ticks_of(index, burst.ticks().skip(known))
    }

    /// Counts and shows the ticks of one message, up to the last one wanted.
    #[inline]
    fn take_ticks_of(
        &mut self,
        index: usize,
        ticks: impl ExactSizeIterator<Item = Tick> + Clone,
    ) -> Result<(), WatchError> {
        if self.span.is_none() {
            let now = Instant::now();
            self.span = Some((now, now));
        }
        let wanted = self.count - self.tally.received();
        let mut ticks = ticks.take(usize::try_from(wanted).unwrap_or(usize::MAX));
        self.measure(ticks.clone());
        while let Some(Tick { sequence, .. }) = ticks.clone().next() {
            if self.tally.is_step_back(index, sequence) {
                self.follow_connection()?;
            }
            let (arrival, counted) = self.tally.handle_run(index, sequence, ticks.len());
            self.view.ticks(index, ticks.clone().take(counted), arrival)?;
            ticks.nth(counted - 1);
        }
        Ok(())
    }

    /// Measures how old ticks are, if that is wanted.
    #[inline]
    fn measure(&mut self, ticks: impl Iterator<Item = Tick>) {
        let Some(latency) = &mut self.latency else { return };
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        for tick in ticks {
            let delay = Duration::try_from_secs_f64(wall.as_secs_f64() - tick.timestamp).unwrap_or_default();
            latency.record(delay);
            self.values.delay.iter().for_each(|value| value.set(milliseconds(delay)));
        }
    }

    fn record_malformed(&mut self, error: DecodeError, frames: &Frames) {
        if self.view.is_table() {
            self.malformed.unlogged += 1;
            self.malformed.fault = Some(error);
            return;
        }
        self.malformed.messages.record(Instant::now(), &mut self.socket, &error, frames);
    }

    fn follow_connection(&mut self) -> Result<(), SocketError> {
        self.connection.follow(Instant::now(), &mut self.socket, |change| {
            if change == Change::Up {
                self.tally.handle_connection();
            } else {
                self.forms.handle_down();
            }
        })
    }

    /// Shows the state of the connection in the table, or logs it.
    fn show_state(&mut self, now: Instant) {
        if self.view.is_table() {
            if self.view.next_deadline().is_some_and(|deadline| now >= deadline) {
                let status = self.status();
                self.view.redraw(now, status);
            }
            return;
        }
        match self.connection.state_to_report(now) {
            None => {}
            Some(State::Connecting) => {
                info!(channel = TICKS.name, endpoint = %self.connection.endpoint(), "connecting");
            }
            Some(State::Up) => info!("{}", self.sentence()),
            Some(_) => warn!("{}", self.sentence()),
        }
    }

    /// The status line of a table.
    fn status(&self) -> String {
        let (sentence, malformed) = (self.sentence(), &self.malformed);
        match malformed.fault {
            None => sentence,
            Some(fault) => format!("{sentence}; {} malformed, the last: {fault}", malformed.unlogged),
        }
    }

    /// The state of the connection as a sentence.
    fn sentence(&self) -> String {
        let endpoint = self.connection.endpoint();
        match self.connection.state() {
            State::Connecting => format!("connecting to {endpoint}"),
            State::Up => format!("connected to {endpoint}"),
            State::Refused(refusal) => format!("no connection to {endpoint}: {refusal}"),
            _ => format!("no publisher at {endpoint}: waiting"),
        }
    }

    fn summary(&self) -> Summary {
        let elapsed = self.span.map_or(Duration::ZERO, |(first, last)| last - first);
        Summary {
            received: self.tally.received(),
            lost: self.tally.lost(),
            out_of_order: self.tally.out_of_order(),
            elapsed_ms: milliseconds(elapsed),
            malformed: self.malformed.unlogged + self.malformed.messages.count(),
            restarts: self.tally.restarts(),
            latency_us: self.latency.as_ref().map(Delays::percentiles),
        }
    }
}

impl Values {
    fn declared(context: &Context, latency: bool) -> Self {
        Self {
            lost: context.declared(LOST),
            received: context.declared(RECEIVED),
            before_joining: context.declared(BEFORE_JOINING),
            out_of_order: context.declared(OUT_OF_ORDER),
            delay: latency.then(|| context.declared(DELAY)),
        }
    }

    fn set(&self, tally: &Tally) {
        self.lost.set(tally.lost() as f64);
        self.received.set(tally.received() as f64);
        self.before_joining.set(tally.before_joining() as f64);
        self.out_of_order.set(tally.out_of_order() as f64);
    }
}
