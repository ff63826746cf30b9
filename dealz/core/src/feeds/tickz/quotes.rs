//! The followed symbols and their prices: a pure fold, no sockets and no clock.
//!
//! A tick costs a search through at most [`FOLLOWED_MAX`] symbols and no allocation. Rates and chart points are made every
//! tenth of a second, in [`Quotes::handle_time`].

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tickz::{
    Tally,
    forms::{Forms, Wanted},
    reference::{Reference, Since},
    tally::Arrival,
};
use wire::{
    Symbol,
    tick::{Burst, Tick},
};

use crate::view::{PricePoint, PriceReference, PriceStart, Quote, TickzView};

/// The most symbols that can be followed.
pub(crate) const FOLLOWED_MAX: usize = 16;

/// The time that each chart point covers.
const TENTH: Duration = Duration::from_millis(100);

/// The number of tenths of a second over which a rate is computed.
const TENTHS: usize = 10;

/// The most points that wait to be reported: ten seconds of all symbols.
const POINTS_MAX: usize = FOLLOWED_MAX * 100;

/// The state of the followed symbols.
#[derive(Debug)]
pub(crate) struct Quotes {
    followed: Vec<Followed>,
    tally: Tally,
    forms: Forms,
    /// Points that are not reported yet, oldest first.
    points: VecDeque<PricePoint>,
    /// The end of the current tenth.
    tenth_end: Instant,
}

/// The state of one symbol.
#[derive(Debug)]
struct Followed {
    symbol: Symbol,
    /// Its index in the tally and the forms, as long as it is followed.
    place: usize,
    /// The price with which the last one is compared.
    reference: Option<Reference>,
    last: Option<Last>,
    received: u64,
    lost: u64,
    /// Ticks of the current tenth.
    count: u64,
    /// Ticks of the previous tenths, the newest first.
    counts: [u64; TENTHS],
    /// Ticks lost since the previous point.
    gap: u64,
    /// Why prices have started again since the previous point, if they have.
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
    /// Follows no symbol yet.
    pub(crate) fn new(now: Instant, asks_for_bursts: bool) -> Self {
        Self {
            followed: Vec::new(),
            tally: Tally::new(FOLLOWED_MAX),
            forms: Forms::new(FOLLOWED_MAX, asks_for_bursts),
            points: VecDeque::new(),
            tenth_end: now + TENTH,
        }
    }

    /// In which forms ticks are wanted.
    pub(crate) fn wanted(&self) -> Wanted {
        self.forms.wanted()
    }

    /// Follows a symbol; returns `false` if it is already followed or there is no room.
    pub(crate) fn follow(&mut self, symbol: Symbol) -> bool {
        let free = (0..FOLLOWED_MAX).find(|&place| self.followed.iter().all(|followed| followed.place != place));
        let (None, Some(place)) = (self.find(symbol), free) else { return false };
        self.tally.forget(place);
        self.forms.forget(place);
        self.followed.push(Followed::new(symbol, place));
        true
    }

    /// Stops following a symbol; returns `false` if it is not followed.
    pub(crate) fn forget(&mut self, symbol: Symbol) -> bool {
        let Some(index) = self.find(symbol) else { return false };
        self.followed.remove(index);
        self.points.retain(|point| point.symbol != symbol.as_str());
        true
    }

    /// Starts over with the same symbols.
    pub(crate) fn reset(&mut self) {
        self.tally = Tally::new(FOLLOWED_MAX);
        self.points.clear();
        for followed in &mut self.followed {
            // The times of points continue, because they must rise strictly.
            *followed = Followed { point_ms: followed.point_ms, ..Followed::new(followed.symbol, followed.place) };
        }
    }

    /// The symbol's index, if exactly this symbol is followed.
    #[inline]
    pub(crate) fn find(&self, symbol: Symbol) -> Option<usize> {
        self.followed.iter().position(|followed| followed.symbol == symbol)
    }

    /// The connection was established, for the first time or again.
    pub(crate) fn handle_connection(&mut self) {
        self.tally.handle_connection();
    }

    /// The connection has ended, or there is none.
    pub(crate) fn handle_down(&mut self) {
        self.forms.handle_down();
    }

    /// Every tick that has arrived was handled.
    pub(crate) fn handle_empty_queue(&mut self) {
        self.tally.handle_empty_queue();
        self.forms.handle_empty_queue();
    }

    /// A tick of the symbol at `index` arrived by itself; `false` if it counts when it comes in a burst.
    #[inline]
    pub(crate) fn takes_single(&mut self, index: usize, tick: &Tick) -> bool {
        self.followed.get(index).is_some_and(|followed| self.forms.handle_tick(followed.place, tick))
    }

    /// A burst of the symbol at `index` arrived; returns how many of its ticks count no more.
    #[inline]
    pub(crate) fn known_of(&mut self, index: usize, burst: &Burst<'_>) -> usize {
        self.followed.get(index).map_or(0, |followed| self.forms.handle_burst(followed.place, burst))
    }

    /// Whether this tick steps back; then the caller must check for a connection event before it calls `handle_tick`.
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

    /// Completes the tenths that are over.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        self.forms.handle_time(now);
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

    /// When [`Quotes::handle_time`] must be called even if nothing arrives; `None` if nothing would change.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let tenth_end = self.followed.iter().any(Followed::is_moving).then_some(self.tenth_end);
        [tenth_end, self.forms.next_deadline()].into_iter().flatten().min()
    }

    /// The whole state.
    pub(crate) fn view(&self) -> TickzView {
        TickzView {
            quotes: self.followed.iter().map(Followed::quote).collect(),
            received: self.tally.received(),
            lost: self.tally.lost(),
            out_of_order: self.tally.out_of_order(),
            restarts: self.tally.restarts(),
        }
    }

    /// Whether there are points to report.
    pub(crate) fn has_points(&self) -> bool {
        !self.points.is_empty()
    }

    /// Takes the points that are not reported yet, oldest first.
    pub(crate) fn take_points(&mut self) -> Vec<PricePoint> {
        self.points.drain(..).collect()
    }

    /// Takes back points that could not be reported.
    pub(crate) fn give_back(&mut self, points: Vec<PricePoint>) {
        points.into_iter().rev().for_each(|point| self.points.push_front(point));
    }

    /// Drops a point but not its gap, which moves to the symbol's next point.
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

    /// Completes the current tenth; returns its point, if there were ticks.
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

/// A time in milliseconds. JSON has no infinity, so a time beyond all clocks is `None`.
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
