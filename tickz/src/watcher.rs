//! The watcher: owns the socket that ticks arrive by, on the thread that calls [`Watcher::run`].
//!
//! It takes ticks in batches and looks at everything else between two of them: the stop signal, the monitor, its
//! deadlines. A clock is read for each tick only where latency is asked for.

use std::{
    io,
    time::{Duration, Instant, SystemTime},
};

use sockets::{
    Connection, Context, Endpoint, Limits, MalformedMessages, Role, Socket, SocketError, State, Stop,
    connection::Change, wait,
};
use thiserror::Error;
use tracing::{info, warn};
use wire::{Channel, DecodeError, Frames, Symbol, tick::Tick};

use crate::{
    delay::{Delays, milliseconds},
    tally::Tally,
    view::{Show, Summary, View},
};

/// The most messages taken before the watcher looks at anything else.
const BATCH_MAX: usize = 1000;

/// What a watcher is told to do.
#[derive(Debug, Clone)]
pub struct WatchConfig {
    /// Where the publisher is, or will be.
    pub ticks: Endpoint,
    /// What to watch; one that is there twice counts once.
    pub symbols: Vec<Symbol>,
    /// How to show it.
    pub show: Show,
    /// Measure how old ticks are when they arrive.
    pub latency: bool,
    /// End after so many ticks.
    pub count: Option<u64>,
    /// End after so long.
    pub duration: Option<Duration>,
}

/// Why a watcher did not go on.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Standard output is closed.
    #[error("standard output")]
    Output(#[from] io::Error),
}

/// A watcher that has subscribed and connects.
#[derive(Debug)]
pub struct Watcher {
    socket: Socket,
    /// Sorted, each once: a symbol's place here is its index everywhere.
    symbols: Vec<Symbol>,
    connection: Connection,
    tally: Tally,
    malformed: Malformed,
    view: View,
    frames: Frames,
    count: u64,
    deadline: Option<Instant>,
    latency: Option<Delays>,
    /// When the first tick came and when the last.
    span: Option<(Instant, Instant)>,
}

/// Messages that were no ticks.
#[derive(Debug, Default)]
struct Malformed {
    messages: MalformedMessages,
    /// Those that are only counted, for a log line would tear the table, and the last one's fault.
    unsaid: u64,
    fault: Option<DecodeError>,
}

/// What a batch was.
#[derive(PartialEq, Eq)]
enum Batch {
    /// There is more.
    Full,
    /// There is no more now.
    Emptied,
    /// It brought the last tick wanted.
    Last,
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
        let mut socket = context.socket(Role::Sub, Limits::of(Channel::Ticks))?;
        socket.watch("tickz.sub")?;
        for symbol in &symbols {
            socket.subscribe(symbol.as_bytes())?;
        }
        socket.connect(&config.ticks)?;
        Ok(Self {
            socket,
            connection: Connection::new(Channel::Ticks, config.ticks),
            tally: Tally::new(symbols.len()),
            malformed: Malformed::default(),
            view: View::new(config.show, &symbols, stop)?,
            symbols,
            frames: Frames::new(),
            count: config.count.unwrap_or(u64::MAX),
            deadline: config.duration.and_then(|duration| Instant::now().checked_add(duration)),
            latency: config.latency.then(Delays::default),
            span: None,
        })
    }

    /// Watches until the count or the time is reached or the stop signal comes, then shows what was counted.
    ///
    /// # Errors
    /// The socket fails; standard output is closed.
    pub fn run(mut self, stop: &Stop) -> Result<(), WatchError> {
        self.show_state(Instant::now());
        while self.tally.received() < self.count {
            let deadlines = [self.deadline, self.view.next_deadline(), self.connection.next_deadline()];
            let deadline = deadlines.into_iter().flatten().min();
            let wake = wait(stop, [self.socket.readable(), self.socket.events()], deadline)?;
            if wake.stopped {
                break;
            }
            self.take_events()?;
            let batch = if wake.ready[0] { self.take_ticks()? } else { Batch::Emptied };
            let now = Instant::now();
            if batch == Batch::Emptied {
                self.tally.handle_empty_queue();
                self.view.flush()?;
            }
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break;
            }
            self.show_state(now);
        }
        let (summary, status) = (self.summary(), (!stop.is_stopped()).then(|| self.status()));
        Ok(self.view.finish(&summary, status)?)
    }

    /// Takes what is there, up to a bound.
    fn take_ticks(&mut self) -> Result<Batch, WatchError> {
        let before = self.tally.received();
        let mut batch = Batch::Full;
        for _ in 0..BATCH_MAX {
            if !self.socket.receive(&mut self.frames)? {
                batch = Batch::Emptied;
                break;
            }
            self.take_message()?;
            if self.tally.received() >= self.count {
                batch = Batch::Last;
                break;
            }
        }
        if self.tally.received() > before
            && let Some((_, last)) = &mut self.span
        {
            *last = Instant::now();
        }
        Ok(batch)
    }

    /// One message: a tick of a symbol that is watched, or of one that only begins like it, or no tick at all.
    #[inline]
    fn take_message(&mut self) -> Result<(), WatchError> {
        let tick = match Tick::decode(&self.frames) {
            Ok(tick) => tick,
            Err(error) => {
                self.complain(error);
                return Ok(());
            }
        };
        let Ok(index) = self.symbols.binary_search(&tick.symbol) else {
            return Ok(());
        };
        if self.tally.is_step_back(index, tick.sequence) {
            self.take_events()?;
        }
        if let Some(latency) = &mut self.latency {
            let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let delay = wall.as_secs_f64() - tick.timestamp;
            latency.record(Duration::try_from_secs_f64(delay).unwrap_or_default());
        }
        if self.span.is_none() {
            let now = Instant::now();
            self.span = Some((now, now));
        }
        let arrival = self.tally.handle_tick(index, tick.sequence);
        self.view.tick(index, &tick, arrival)?;
        Ok(())
    }

    fn complain(&mut self, error: DecodeError) {
        if self.view.is_table() {
            self.malformed.unsaid += 1;
            self.malformed.fault = Some(error);
            return;
        }
        self.malformed.messages.record(Instant::now(), self.socket.peer_address(), &error, &self.frames);
    }

    fn take_events(&mut self) -> Result<(), SocketError> {
        self.connection.follow(Instant::now(), &mut self.socket, |change| {
            if change == Change::Up {
                self.tally.handle_connection();
            }
        })
    }

    /// Tells of the connection: in the table, or else in the log.
    fn show_state(&mut self, now: Instant) {
        if self.view.is_table() {
            if self.view.next_deadline().is_some_and(|deadline| now >= deadline) {
                let status = self.status();
                self.view.redraw(now, status);
            }
            return;
        }
        match self.connection.news(now) {
            None => {}
            Some(State::Connecting) => {
                info!(channel = Channel::Ticks.name(), endpoint = %self.connection.endpoint(), "connecting");
            }
            Some(State::Up) => info!("{}", self.sentence()),
            Some(_) => warn!("{}", self.sentence()),
        }
    }

    /// What a table says below its lines.
    fn status(&self) -> String {
        let (sentence, malformed) = (self.sentence(), &self.malformed);
        match malformed.fault {
            None => sentence,
            Some(fault) => format!("{sentence}; {} malformed, the last: {fault}", malformed.unsaid),
        }
    }

    /// Where the connection stands.
    fn sentence(&self) -> String {
        let endpoint = self.connection.endpoint();
        match self.connection.state() {
            State::Connecting => format!("connecting to {endpoint}"),
            State::Up => format!("connected to {endpoint}"),
            State::Refused(refusal) => format!("{endpoint} refused: {refusal}"),
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
            malformed: self.malformed.unsaid + self.malformed.messages.count(),
            restarts: self.tally.restarts(),
            latency_us: self.latency.as_ref().map(Delays::percentiles),
        }
    }
}
