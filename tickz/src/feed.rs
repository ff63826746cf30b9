//! The next tick and when it is due: simulated by a market, or replayed from a price history.
//!
//! It reads no clock: the publisher passes the time. It belongs to the publisher's thread.

use std::{
    collections::HashMap,
    ops::ControlFlow,
    time::{Duration, Instant, SystemTime},
};

use records::{Origin, Refusals};
use sockets::Interest;
use tracing::info;
use wire::{Symbol, tick::Tick};

use crate::{
    market::{Market, Quote, Stocks},
    pace::{Pace, Rhythm, Speed},
    replay::{Found, ReplayError, Rows},
    row::Row,
};

/// The most lines without a price skipped before the publisher handles anything else.
const PASSED_OVER_MAX: usize = 256;

/// Longer waits for the next tick are logged.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// Where ticks come from.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedConfig {
    /// From a simulated market.
    Simulation {
        /// The simulated stocks.
        stocks: Stocks,
        /// The random seed.
        seed: u64,
        /// The rate of ticks.
        pace: Pace,
    },
    /// From a price history.
    Replay {
        /// The file or stream.
        origin: Origin,
        /// The speed relative to the times of the history.
        speed: Speed,
        /// Start again at its end.
        repeat: bool,
        /// Ticks carry the time at which they are due instead of the history's time.
        restamp: bool,
        /// The first refused line is an error.
        strict: bool,
    },
}

/// The same moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For waiting.
    pub instant: Instant,
    /// For timestamps: seconds since the Unix epoch, UTC.
    pub wall: f64,
}

/// Why a feed hands over no more ticks for now.
#[derive(Debug, Clone, Copy)]
pub enum Pause {
    /// Enough were taken.
    Enough,
    /// Nothing is due before this time.
    Until(Instant),
    /// Nothing before [`Feed::ring`].
    Starved,
    /// No more ticks.
    End,
}

/// A tick that is due.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// The place of its symbol among those of the feed, from 0.
    pub place: usize,
    /// Its symbol.
    pub symbol: &'a Symbol,
    /// Seconds since the Unix epoch, UTC.
    pub timestamp: f64,
    /// Finite and above zero.
    pub price: f64,
    /// Its number among the ticks of its symbol.
    pub sequence: u64,
    /// When it was due; `None` at full speed.
    pub at: Option<Instant>,
}

/// A source of ticks.
#[derive(Debug)]
pub struct Feed {
    start: Option<Now>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Simulation { market: Market, pace: Pace, index: u64 },
    Replay(Box<Replay>),
}

#[derive(Debug)]
struct Replay {
    rows: Rows,
    rhythm: Rhythm,
    restamp: bool,
    strict: bool,
    /// The next row, if it is not due yet.
    held: Option<(Row, Option<Duration>)>,
    /// The place of each symbol.
    places: HashMap<Symbol, usize>,
    /// By place: the symbol, and the number of its next tick.
    counts: Vec<(Symbol, u64)>,
    refusals: Refusals,
    /// Good lines.
    understood: u64,
    /// The history has started again: its bad lines are known.
    repeats: bool,
}

impl Now {
    /// Reads both clocks.
    #[must_use]
    pub fn read() -> Self {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), wall: wall.as_secs_f64() }
    }
}

impl Feed {
    /// Opens the source.
    ///
    /// # Errors
    /// A price history cannot be opened.
    pub fn open(config: FeedConfig) -> Result<Self, ReplayError> {
        let source = match config {
            FeedConfig::Simulation { stocks, seed, pace } => {
                Source::Simulation { market: Market::new(&stocks, seed, pace.tick_secs()), pace, index: 0 }
            }
            FeedConfig::Replay { origin, speed, repeat, restamp, strict } => Source::Replay(Box::new(Replay {
                rows: Rows::open(origin.clone(), repeat)?,
                refusals: Refusals::of(origin),
                rhythm: Rhythm::new(speed),
                restamp,
                strict,
                held: None,
                places: HashMap::new(),
                counts: Vec::new(),
                understood: 0,
                repeats: false,
            })),
        };
        Ok(Self { start: None, source })
    }

    /// Hands over due ticks, each once, until none is due or `take` breaks. The first call starts the clock.
    ///
    /// # Errors
    /// A price history cannot be read further, or has a bad line and must not; `take` fails.
    #[inline]
    pub fn take_due<E: From<ReplayError>>(
        &mut self,
        now: Now,
        mut take: impl FnMut(Due<'_>) -> Result<ControlFlow<Pause>, E>,
    ) -> Result<Pause, E> {
        let start = *self.start.get_or_insert(now);
        loop {
            let due = match &mut self.source {
                Source::Simulation { market, pace, index } => {
                    let offset = pace.offset(*index);
                    if let Some(due) = not_before(start, offset, now) {
                        return Ok(Pause::Until(due));
                    }
                    *index += 1;
                    let Some(Quote { place, symbol, price, sequence }) = market.step() else { return Ok(Pause::End) };
                    let timestamp = offset.map_or(now.wall, |offset| start.wall + offset.as_secs_f64());
                    let at = offset.map(|offset| start.instant + offset);
                    Due { place, symbol, timestamp, price, sequence, at }
                }
                Source::Replay(replay) => match replay.next(start, now)? {
                    Ok(due) => due,
                    Err(pause) => return Ok(pause),
                },
            };
            if let ControlFlow::Break(pause) = take(due)? {
                return Ok(pause);
            }
        }
    }

    /// Signals that there may be more ticks, after [`Pause::Starved`].
    #[must_use]
    pub fn ring(&self) -> Interest<'_> {
        match &self.source {
            Source::Simulation { .. } => Interest::never(),
            Source::Replay(replay) => replay.rows.ring(),
        }
    }

    /// The number of refused lines; `None` for a simulation.
    #[must_use]
    pub fn refused_lines(&self) -> Option<u64> {
        match &self.source {
            Source::Simulation { .. } => None,
            Source::Replay(replay) => Some(replay.refusals.count()),
        }
    }
}

impl Due<'_> {
    /// As a tick with its number.
    #[inline]
    #[must_use]
    pub const fn tick(&self) -> Tick {
        let Self { symbol, timestamp, price, sequence, .. } = *self;
        Tick { symbol: *symbol, timestamp, price, sequence: Some(sequence) }
    }
}

impl Replay {
    /// The next tick if it is due, or the reason why there is none now.
    fn next(&mut self, start: Now, now: Now) -> Result<Result<Due<'_>, Pause>, ReplayError> {
        let (row, offset) = match self.held.take() {
            Some(held) => held,
            None => match self.row(now)? {
                Ok(row) => {
                    let offset = self.rhythm.offset(row.timestamp);
                    self.log_long_wait(start, offset, now);
                    (row, offset)
                }
                Err(pause) => return Ok(Err(pause)),
            },
        };
        if let Some(due) = not_before(start, offset, now) {
            self.held = Some((row, offset));
            return Ok(Err(Pause::Until(due)));
        }
        let place = *self.places.entry(row.symbol).or_insert(self.counts.len());
        if place == self.counts.len() {
            self.counts.push((row.symbol, 0));
        }
        let (symbol, count) = &mut self.counts[place];
        let sequence = *count;
        *count += 1;
        let timestamp = match (self.restamp, offset) {
            (false, _) => row.timestamp,
            (true, Some(offset)) => start.wall + offset.as_secs_f64(),
            (true, None) => now.wall,
        };
        let at = offset.map(|offset| start.instant + offset);
        Ok(Ok(Due { place, symbol, timestamp, price: row.price, sequence, at }))
    }

    /// The next good line, or the reason why there is none now.
    fn row(&mut self, now: Now) -> Result<Result<Row, Pause>, ReplayError> {
        for _ in 0..PASSED_OVER_MAX {
            match self.rows.take() {
                None => return Ok(Err(Pause::Starved)),
                Some(Found::Row(row)) => {
                    self.understood += 1;
                    return Ok(Ok(row));
                }
                Some(Found::Refused { line, reason }) if self.strict => {
                    return Err(ReplayError::Refused { origin: self.refusals.origin().clone(), line, reason });
                }
                Some(Found::Refused { .. }) if self.repeats => {}
                Some(Found::Refused { line, reason }) => self.refusals.record(now.instant, line, reason),
                Some(Found::Again) => {
                    self.repeats = true;
                    self.rhythm.again();
                }
                Some(Found::Failed(error)) => return Err(error),
                Some(Found::End(header)) => {
                    self.refusals.check(self.understood, &header)?;
                    return Ok(Err(Pause::End));
                }
            }
        }
        Ok(Err(Pause::Until(now.instant)))
    }

    /// Logs a long wait: at its own speed, a history of months looks like a hang.
    fn log_long_wait(&self, start: Now, offset: Option<Duration>, now: Now) {
        if let Some(due) = not_before(start, offset, now) {
            let wait = due - now.instant;
            if wait > LONG_WAIT {
                let wait = humantime::format_duration(Duration::from_secs(wait.as_secs()));
                info!(%wait, "the next tick of the history is not due for a long time; --speed makes it faster");
            }
        }
    }
}

/// When something with this offset is due, if that is later than now. An offset beyond the range of the clock is always
/// ten years away.
#[inline]
fn not_before(start: Now, offset: Option<Duration>, now: Now) -> Option<Instant> {
    const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);
    let due = start.instant.checked_add(offset?).unwrap_or(now.instant + FAR);
    (due > now.instant).then_some(due)
}
