//! The next tick and when it is due: simulated by a market, or replayed from a price history.
//!
//! It reads no clock: the publisher says what time it is. It lives on the publisher's thread.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime},
};

use records::{Origin, Refusals};
use sockets::Interest;
use tracing::info;
use wire::{Symbol, tick::Tick};

use crate::{
    market::{Market, Stocks},
    pace::{Pace, Rhythm, Speed},
    replay::{Found, ReplayError, Rows},
    row::Row,
};

/// How many lines without a price are passed over before the publisher does something else.
const PASSED_OVER_MAX: usize = 256;

/// A wait that is worth a line in the log.
const LONG_WAIT: Duration = Duration::from_secs(60);

/// Where ticks come from.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedConfig {
    /// From a simulated market.
    Simulation {
        /// What is simulated.
        stocks: Stocks,
        /// What the random numbers begin with.
        seed: u64,
        /// How fast.
        pace: Pace,
    },
    /// From a price history.
    Replay {
        /// Which.
        origin: Origin,
        /// How much faster than it was.
        speed: Speed,
        /// Start again at its end.
        again: bool,
        /// Ticks carry the time at which they are due instead of the history's.
        restamp: bool,
        /// The first refused line is the end.
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

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub enum Next {
    /// A tick to send now, and when it was due; `None` where nothing is ever early. It always has its sequence.
    Tick(Tick, Option<Instant>),
    /// Nothing before then.
    At(Instant),
    /// Nothing before [`Feed::ring`].
    Starved,
    /// Nothing ever.
    End,
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
    Replay(Replay),
}

#[derive(Debug)]
struct Replay {
    rows: Rows,
    rhythm: Rhythm,
    restamp: bool,
    strict: bool,
    /// The row that is not due yet.
    held: Option<(Row, Option<Duration>)>,
    sequences: HashMap<Symbol, u64>,
    refusals: Refusals,
    /// Good lines.
    understood: u64,
    /// The history has begun again: its bad lines are known.
    known: bool,
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
            FeedConfig::Replay { origin, speed, again, restamp, strict } => Source::Replay(Replay {
                rows: Rows::open(origin.clone(), again)?,
                refusals: Refusals::of(origin),
                rhythm: Rhythm::new(speed),
                restamp,
                strict,
                held: None,
                sequences: HashMap::new(),
                understood: 0,
                known: false,
            }),
        };
        Ok(Self { start: None, source })
    }

    /// What comes next. The first call starts the clock.
    ///
    /// # Errors
    /// A price history cannot be read on, or has a bad line and is to be strict.
    #[inline]
    pub fn next(&mut self, now: Now) -> Result<Next, ReplayError> {
        let start = *self.start.get_or_insert(now);
        match &mut self.source {
            Source::Simulation { market, pace, index } => {
                let offset = pace.offset(*index);
                if let Some(due) = not_before(start, offset, now) {
                    return Ok(Next::At(due));
                }
                let Some(quote) = market.step() else {
                    return Ok(Next::End);
                };
                *index += 1;
                let timestamp = offset.map_or(now.wall, |offset| start.wall + offset.as_secs_f64());
                let sequence = Some(quote.sequence);
                let tick = Tick { symbol: quote.symbol, timestamp, price: quote.price, sequence };
                Ok(Next::Tick(tick, offset.map(|offset| start.instant + offset)))
            }
            Source::Replay(replay) => replay.next(start, now),
        }
    }

    /// To wait until there may be more, after [`Next::Starved`].
    #[must_use]
    pub fn ring(&self) -> Interest<'_> {
        match &self.source {
            Source::Simulation { .. } => Interest::never(),
            Source::Replay(replay) => replay.rows.ring(),
        }
    }

    /// How many lines were refused; `None` where there are no lines.
    #[must_use]
    pub fn refused_lines(&self) -> Option<u64> {
        match &self.source {
            Source::Simulation { .. } => None,
            Source::Replay(replay) => Some(replay.refusals.count()),
        }
    }
}

impl Replay {
    fn next(&mut self, start: Now, now: Now) -> Result<Next, ReplayError> {
        let (row, offset) = match self.held.take() {
            Some(held) => held,
            None => match self.row(now)? {
                Ok(row) => {
                    let offset = self.rhythm.offset(row.timestamp);
                    self.tell_of_long_wait(start, offset, now);
                    (row, offset)
                }
                Err(nothing) => return Ok(nothing),
            },
        };
        if let Some(due) = not_before(start, offset, now) {
            self.held = Some((row, offset));
            return Ok(Next::At(due));
        }
        let count = self.sequences.entry(row.symbol).or_insert(0);
        let sequence = Some(*count);
        *count += 1;
        let timestamp = match (self.restamp, offset) {
            (false, _) => row.timestamp,
            (true, Some(offset)) => start.wall + offset.as_secs_f64(),
            (true, None) => now.wall,
        };
        let tick = Tick { symbol: row.symbol, timestamp, price: row.price, sequence };
        Ok(Next::Tick(tick, offset.map(|offset| start.instant + offset)))
    }

    /// The next good line, or what there is instead.
    fn row(&mut self, now: Now) -> Result<Result<Row, Next>, ReplayError> {
        for _ in 0..PASSED_OVER_MAX {
            match self.rows.take() {
                None => return Ok(Err(Next::Starved)),
                Some(Found::Row(row)) => {
                    self.understood += 1;
                    return Ok(Ok(row));
                }
                Some(Found::Refused { line, reason }) if self.strict => {
                    return Err(ReplayError::Refused { origin: self.refusals.origin().clone(), line, reason });
                }
                Some(Found::Refused { .. }) if self.known => {}
                Some(Found::Refused { line, reason }) => self.refusals.record(now.instant, line, reason),
                Some(Found::Again) => {
                    self.known = true;
                    self.rhythm.again();
                }
                Some(Found::Failed(error)) => return Err(error),
                Some(Found::End(header)) => {
                    self.refusals.check(self.understood, &header)?;
                    return Ok(Err(Next::End));
                }
            }
        }
        Ok(Err(Next::At(now.instant)))
    }

    /// A history of months looks like a hang at its own speed.
    fn tell_of_long_wait(&self, start: Now, offset: Option<Duration>, now: Now) {
        if let Some(due) = not_before(start, offset, now) {
            let wait = due - now.instant;
            if wait > LONG_WAIT {
                let wait = humantime::format_duration(Duration::from_secs(wait.as_secs()));
                info!(%wait, "the history's next tick is far off (--speed brings it nearer)");
            }
        }
    }
}

/// When something with this offset is due, if that is later than now. An offset beyond what the clock can hold is
/// ten years off, again and again.
#[inline]
fn not_before(start: Now, offset: Option<Duration>, now: Now) -> Option<Instant> {
    const FAR: Duration = Duration::from_secs(10 * 365 * 86_400);
    let due = start.instant.checked_add(offset?).unwrap_or(now.instant + FAR);
    (due > now.instant).then_some(due)
}
