//! The followed symbols and their prices: a pure fold, no sockets and no clock.
//!
//! A tick costs a look through at most [`FOLLOWED_MAX`] symbols and no allocation. Rates and points of the charts are
//! made every tenth of a second, in [`Quotes::handle_time`].

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tickz::{
    Tally,
    reference::{Reference, Since},
    tally::Arrival,
};
use wire::{Symbol, tick::Tick};

use crate::view::{PricePoint, PriceReference, PriceStart, Quote, TickzView};

/// How many symbols can be followed.
pub(crate) const FOLLOWED_MAX: usize = 16;

/// How long each point of a chart lasts.
const TENTH: Duration = Duration::from_millis(100);

/// A rate is counted over this many tenths.
const TENTHS: usize = 10;

/// How many points wait to be told: ten seconds of all symbols.
const POINTS_MAX: usize = FOLLOWED_MAX * 100;

/// What is known of the followed symbols.
#[derive(Debug)]
pub(crate) struct Quotes {
    followed: Vec<Followed>,
    tally: Tally,
    /// Oldest first, not told yet.
    points: VecDeque<PricePoint>,
    /// When the running tenth ends.
    tenth_end: Instant,
}

/// What is known of one symbol.
#[derive(Debug)]
struct Followed {
    symbol: Symbol,
    /// Its place in the tally, its own as long as it is followed.
    place: usize,
    /// The price that the last one is compared with.
    reference: Option<Reference>,
    last: Option<Last>,
    received: u64,
    lost: u64,
    /// Ticks of the running tenth.
    count: u64,
    /// Ticks of the tenths before, the newest first.
    counts: [u64; TENTHS],
    /// Ticks lost since the point before.
    gap: u64,
    /// Why prices have started again since the point before, if they have.
    start: Option<PriceStart>,
    point_ms: f64,
}

/// The last tick of a symbol.
#[derive(Debug, Clone, Copy)]
struct Last {
    price: f64,
    /// Its own time, in seconds since the Unix epoch.
    timestamp: f64,
    /// When it arrived, in milliseconds since the Unix epoch.
    arrived_ms: f64,
}

impl Quotes {
    /// Nothing is followed yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self { followed: Vec::new(), tally: Tally::new(FOLLOWED_MAX), points: VecDeque::new(), tenth_end: now + TENTH }
    }

    /// Follows a symbol; says `false` where it is followed already or there is no room.
    pub(crate) fn follow(&mut self, symbol: Symbol) -> bool {
        let free = (0..FOLLOWED_MAX).find(|&place| self.followed.iter().all(|followed| followed.place != place));
        let (None, Some(place)) = (self.find(symbol), free) else { return false };
        self.tally.forget(place);
        self.followed.push(Followed::new(symbol, place));
        true
    }

    /// Forgets a symbol; says `false` where it is not followed.
    pub(crate) fn forget(&mut self, symbol: Symbol) -> bool {
        let Some(index) = self.find(symbol) else { return false };
        self.followed.remove(index);
        self.points.retain(|point| point.symbol != symbol.as_str());
        true
    }

    /// Begins anew with the same symbols.
    pub(crate) fn reset(&mut self) {
        self.tally = Tally::new(FOLLOWED_MAX);
        self.points.clear();
        for followed in &mut self.followed {
            // Points go on where they were: their times rise strictly whatever is forgotten.
            *followed = Followed { point_ms: followed.point_ms, ..Followed::new(followed.symbol, followed.place) };
        }
    }

    /// The symbol's index, if it is followed: of it alone, not of those that begin with it.
    #[inline]
    pub(crate) fn find(&self, symbol: Symbol) -> Option<usize> {
        self.followed.iter().position(|followed| followed.symbol == symbol)
    }

    /// The connection was made, for the first time or again.
    pub(crate) fn handle_connection(&mut self) {
        self.tally.handle_connection();
    }

    /// Every tick that has arrived was handled.
    pub(crate) fn handle_empty_queue(&mut self) {
        self.tally.handle_empty_queue();
    }

    /// Whether this tick steps back, so that the caller must look for news of the connection before it hands it in.
    #[inline]
    pub(crate) fn is_step_back(&self, index: usize, tick: &Tick) -> bool {
        self.followed.get(index).is_some_and(|followed| self.tally.is_step_back(followed.place, tick.sequence))
    }

    /// A tick of the symbol at `index` arrived, at `arrived_ms` since the Unix epoch.
    #[inline]
    pub(crate) fn handle_tick(&mut self, index: usize, tick: &Tick, arrived_ms: f64) {
        let Some(followed) = self.followed.get_mut(index) else { return };
        let arrival = self.tally.handle_tick(followed.place, tick.sequence);
        if !matches!(arrival, Arrival::OutOfOrder { .. }) {
            let since = Reference::follow(&mut followed.reference, tick, arrival == Arrival::Restart);
            followed.start = since.map(start).or(followed.start);
        }
        let lost = arrival.lost();
        if lost != 0 {
            followed.lost = followed.lost.saturating_add_signed(lost);
            followed.gap = followed.gap.saturating_add_signed(lost);
        }
        followed.received += 1;
        followed.count += 1;
        followed.last = Some(Last { price: tick.price, timestamp: tick.timestamp, arrived_ms });
    }

    /// Ends the tenths that are over.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        if now < self.tenth_end {
            return;
        }
        let over = 1 + (now - self.tenth_end).as_millis() / TENTH.as_millis();
        for _ in 0..over.min(1 + TENTHS as u128) {
            for followed in &mut self.followed {
                self.points.extend(followed.end_tenth());
            }
        }
        self.tenth_end += TENTH * u32::try_from(over).unwrap_or(u32::MAX);
        while self.points.len() > POINTS_MAX {
            self.drop_oldest_point();
        }
    }

    /// When [`Quotes::handle_time`] must be called even if nothing arrives; never where nothing would change.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.followed.iter().any(Followed::is_moving).then_some(self.tenth_end)
    }

    /// All that is known.
    pub(crate) fn view(&self) -> TickzView {
        TickzView {
            quotes: self.followed.iter().map(Followed::quote).collect(),
            received: self.tally.received(),
            lost: self.tally.lost(),
            out_of_order: self.tally.out_of_order(),
            restarts: self.tally.restarts(),
        }
    }

    /// Whether there are points to tell.
    pub(crate) fn has_points(&self) -> bool {
        !self.points.is_empty()
    }

    /// Takes the points that were not told yet, oldest first.
    pub(crate) fn take_points(&mut self) -> Vec<PricePoint> {
        self.points.drain(..).collect()
    }

    /// Takes points back that could not be told.
    pub(crate) fn give_back(&mut self, points: Vec<PricePoint>) {
        points.into_iter().rev().for_each(|point| self.points.push_front(point));
    }

    /// Drops a point but not its gap: the symbol's next point tells it.
    fn drop_oldest_point(&mut self) {
        let Some(oldest) = self.points.pop_front() else { return };
        if let Some(next) = self.points.iter_mut().find(|point| point.symbol == oldest.symbol) {
            next.lost = next.lost.saturating_add(oldest.lost);
            next.start = next.start.or(oldest.start);
        }
    }
}

impl Followed {
    const fn new(symbol: Symbol, place: usize) -> Self {
        Self {
            symbol,
            place,
            reference: None,
            last: None,
            received: 0,
            lost: 0,
            count: 0,
            counts: [0; TENTHS],
            gap: 0,
            start: None,
            point_ms: 0.0,
        }
    }

    /// Whether the end of a tenth changes anything.
    fn is_moving(&self) -> bool {
        self.count > 0 || self.counts.iter().any(|&count| count > 0)
    }

    /// The running tenth is over; its point, if there were ticks.
    fn end_tenth(&mut self) -> Option<PricePoint> {
        let count = std::mem::take(&mut self.count);
        self.counts.rotate_right(1);
        self.counts[0] = count;
        let last = self.last.filter(|_| count > 0)?;
        // The clock of the machine may be set back.
        self.point_ms = if last.arrived_ms > self.point_ms { last.arrived_ms } else { self.point_ms + 1.0 };
        Some(PricePoint {
            symbol: self.symbol.to_string(),
            time_ms: self.point_ms,
            price: last.price,
            lost: std::mem::take(&mut self.gap),
            start: self.start.take(),
        })
    }

    fn quote(&self) -> Quote {
        let reference = self.reference.map(|reference| PriceReference {
            price: reference.price,
            tick_ms: milliseconds(reference.timestamp),
            since: start(reference.since),
        });
        Quote {
            symbol: self.symbol.to_string(),
            last: self.last.map(|last| last.price),
            tick_ms: self.last.and_then(|last| milliseconds(last.timestamp)),
            reference,
            change_percent: self.last.zip(self.reference).and_then(|(last, first)| first.change_percent(last.price)),
            per_second: self.counts.iter().sum::<u64>() as f64,
            received: self.received,
            lost: self.lost,
        }
    }
}

/// A time in milliseconds. JSON has no infinity, so a time beyond all clocks is none.
fn milliseconds(timestamp: f64) -> Option<f64> {
    Some(timestamp * 1000.0).filter(|time| time.is_finite())
}

const fn start(since: Since) -> PriceStart {
    match since {
        Since::FirstSeen => PriceStart::FirstSeen,
        Since::Loop => PriceStart::Loop,
        Since::Restart => PriceStart::Restart,
    }
}

#[cfg(test)]
mod tests;
