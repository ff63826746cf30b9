//! The counters of a watcher: ticks received, lost, out of order, and restarts of the publisher. Pure.
//!
//! Per symbol it keeps the greatest number seen and which of the 64 numbers up to it have been seen, as
//! `protocol-docs/tickz.md` specifies under "Extension: sequence". A restarted publisher starts at 0 again, so a step
//! back after a reconnection is a restart, and a step back without one is a late or repeated tick.

/// The number of sequence numbers remembered, the greatest included.
const REMEMBERED: u64 = 64;

/// The sequence numbers of one symbol.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    /// The greatest number seen; `None` before the first.
    greatest: Option<u64>,
    /// Bit `i` is set if `greatest - i` must not be subtracted from `lost`: it was seen, or sent before the watcher joined.
    accounted: u64,
    /// The publisher was reconnected to; the queue may still hold ticks of the previous connection, or the first ones of
    /// the new one.
    may_restart: bool,
}

/// A tick as the counters see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// In order, after this many lost ones.
    Next {
        /// Ticks of the symbol lost before it.
        lost: u64,
    },
    /// The symbol's first tick from a restarted publisher.
    Restart,
    /// Late or repeated.
    OutOfOrder {
        /// It had been counted as lost, and no longer is.
        was_lost: bool,
    },
}

/// The counters of all symbols.
#[derive(Debug)]
pub struct Tally {
    received: u64,
    lost: u64,
    out_of_order: u64,
    restarts: u64,
    before_joining: u64,
    symbols: Vec<Numbers>,
    /// There was a reconnection whose restart, if it was one, is not counted yet.
    reconnected: bool,
    /// The queue may hold ticks of the previous connection.
    mixed: bool,
}

impl Tally {
    /// Counters for a number of symbols, at zero.
    #[must_use]
    pub fn new(symbols: usize) -> Self {
        let symbols = vec![Numbers::UNKNOWN; symbols];
        Self {
            received: 0,
            lost: 0,
            out_of_order: 0,
            restarts: 0,
            before_joining: 0,
            symbols,
            reconnected: false,
            mixed: false,
        }
    }

    /// Forgets the sequence numbers of a symbol: its next tick is again the first. The counters stay.
    pub fn forget(&mut self, symbol: usize) {
        if let Some(numbers) = self.symbols.get_mut(symbol) {
            *numbers = Numbers::UNKNOWN;
        }
    }

    /// The connection was established, for the first time or again.
    pub fn handle_connection(&mut self) {
        self.reconnected = true;
        self.mixed = true;
        for numbers in &mut self.symbols {
            numbers.may_restart = numbers.greatest.is_some();
        }
    }

    /// Nothing is left in the queue, so every tick of an earlier connection has been counted.
    #[inline]
    pub fn handle_empty_queue(&mut self) {
        self.mixed = false;
    }

    /// Whether a tick of a symbol with this number is a step back. If so, the caller handles all waiting monitor events
    /// before this tick, because ticks and events arrive on two sockets.
    #[inline]
    #[must_use]
    pub fn is_step_back(&self, symbol: usize, sequence: Option<u64>) -> bool {
        let greatest = self.symbols.get(symbol).and_then(|numbers| numbers.greatest);
        matches!((greatest, sequence), (Some(greatest), Some(sequence)) if sequence <= greatest)
    }

    /// A tick of a symbol arrived; one without a number is always the next.
    #[inline]
    pub fn handle_tick(&mut self, symbol: usize, sequence: Option<u64>) -> Arrival {
        self.handle_run(symbol, sequence, 1).0
    }

    /// Ticks of a symbol arrived, at least one, with consecutive numbers or none. Returns how the first arrived, and how many of
    /// them are counted: all, as those after it are in order, or it alone if it is out of order itself.
    #[inline]
    pub fn handle_run(&mut self, symbol: usize, sequence: Option<u64>, ticks: usize) -> (Arrival, usize) {
        let arrival = self.count(symbol, sequence);
        if matches!(arrival, Arrival::OutOfOrder { .. }) {
            return (arrival, 1);
        }
        let others = ticks as u64 - 1;
        self.received += others;
        if let (Some(numbers), Some(sequence)) = (self.symbols.get_mut(symbol), sequence) {
            numbers.advance_all(others, sequence);
        }
        (arrival, ticks)
    }

    #[inline]
    fn count(&mut self, symbol: usize, sequence: Option<u64>) -> Arrival {
        self.received += 1;
        let (Some(numbers), Some(sequence)) = (self.symbols.get_mut(symbol), sequence) else {
            return Arrival::Next { lost: 0 };
        };
        let Some(greatest) = numbers.greatest else {
            *numbers = Numbers { greatest: Some(sequence), ..*numbers };
            self.before_joining = self.before_joining.saturating_add(sequence);
            return Arrival::Next { lost: 0 };
        };
        if sequence > greatest {
            numbers.may_restart &= self.mixed;
            let lost = numbers.advance(sequence - greatest, sequence);
            self.lost = self.lost.saturating_add(lost);
            return Arrival::Next { lost };
        }
        if numbers.may_restart {
            *numbers = Numbers { greatest: Some(sequence), accounted: u64::MAX, may_restart: false };
            self.before_joining = self.before_joining.saturating_add(sequence);
            self.restarts += u64::from(self.reconnected);
            self.reconnected = false;
            return Arrival::Restart;
        }
        self.out_of_order += 1;
        let was_lost = numbers.take_back(greatest - sequence);
        self.lost = self.lost.saturating_sub(u64::from(was_lost));
        Arrival::OutOfOrder { was_lost }
    }

    /// Ticks received.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Ticks lost.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Ticks that arrived after one with a greater number, or twice.
    #[must_use]
    pub const fn out_of_order(&self) -> u64 {
        self.out_of_order
    }

    /// Ticks that the publisher had numbered before the first one that arrived of their symbol, and of a restarted publisher
    /// again: they were never on their way to this watcher.
    #[must_use]
    pub const fn before_joining(&self) -> u64 {
        self.before_joining
    }

    /// Restarts of the publisher.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }
}

impl Arrival {
    /// The number of lost ticks that this one adds or, if it was lost itself, takes back.
    #[inline]
    #[must_use]
    pub fn lost(self) -> i64 {
        match self {
            Self::Next { lost } => i64::try_from(lost).unwrap_or(i64::MAX),
            Self::Restart => 0,
            Self::OutOfOrder { was_lost } => -i64::from(was_lost),
        }
    }
}

impl Numbers {
    /// Before the first tick.
    const UNKNOWN: Self = Self { greatest: None, accounted: u64::MAX, may_restart: false };

    /// Advances to a greater number; returns how many were skipped.
    #[inline]
    fn advance(&mut self, step: u64, sequence: u64) -> u64 {
        self.greatest = Some(sequence);
        self.accounted = if step < REMEMBERED { (self.accounted << step) | 1 } else { 1 };
        step - 1
    }

    /// Advances over numbers that were all seen, after this one.
    #[inline]
    fn advance_all(&mut self, count: u64, sequence: u64) {
        self.greatest = Some(sequence.saturating_add(count));
        self.accounted = if count < REMEMBERED { !(!self.accounted << count) } else { u64::MAX };
    }

    /// Handles a number behind the greatest; returns whether it had been counted as lost.
    fn take_back(&mut self, behind: u64) -> bool {
        if behind >= REMEMBERED || self.accounted & (1 << behind) != 0 {
            return false;
        }
        self.accounted |= 1 << behind;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sequences: &[u64]) -> Tally {
        let mut tally = Tally::new(1);
        tally.handle_connection();
        tally.handle_empty_queue();
        for &sequence in sequences {
            tally.handle_tick(0, Some(sequence));
        }
        tally
    }

    fn counts(tally: &Tally) -> (u64, u64, u64, u64) {
        (tally.received(), tally.lost(), tally.out_of_order(), tally.restarts())
    }

    #[test]
    fn ticks_from_before_it_joined_are_not_lost() {
        let tally = after(&[1000, 1001, 1002]);
        assert_eq!((counts(&tally), tally.before_joining()), ((3, 0, 0, 0), 1000));
        assert_eq!(after(&[0, 1, 2]).before_joining(), 0);
    }

    #[test]
    fn a_gap_is_lost() {
        assert_eq!(counts(&after(&[7, 10])), (2, 2, 0, 0));
        assert_eq!(counts(&after(&[0, u64::MAX])), (2, u64::MAX - 1, 0, 0));
        assert_eq!(counts(&after(&[0, 1_000_000, 1_000_001])), (3, 999_999, 0, 0));
    }

    #[test]
    fn a_late_tick_is_subtracted_from_the_lost_once() {
        assert_eq!(counts(&after(&[7, 10, 9])), (3, 1, 1, 0));
        assert_eq!(counts(&after(&[7, 10, 9, 9])), (4, 1, 2, 0));
        assert_eq!(counts(&after(&[7, 10, 9, 8, 11])), (5, 0, 2, 0));
    }

    #[test]
    fn a_repeated_tick_is_out_of_order_and_nothing_more() {
        assert_eq!(counts(&after(&[7, 7, 8, 7])), (4, 0, 2, 0));
    }

    #[test]
    fn a_tick_sent_before_the_first_one_received_was_never_lost() {
        assert_eq!(counts(&after(&[7, 10, 6])), (3, 2, 1, 0));
    }

    #[test]
    fn a_tick_that_is_64_behind_or_more_stays_lost() {
        assert_eq!(counts(&after(&[0, 64, 1])), (3, 62, 1, 0));
        assert_eq!(counts(&after(&[0, 65, 1])), (3, 64, 1, 0));
        assert_eq!(counts(&after(&[0, 1000, 1])), (3, 999, 1, 0));
    }

    #[test]
    fn a_step_back_after_a_reconnection_is_one_restart_for_all_symbols() {
        let mut tally = Tally::new(2);
        tally.handle_connection();
        for sequence in 5..9 {
            tally.handle_tick(0, Some(sequence));
            tally.handle_tick(1, Some(sequence));
        }
        tally.handle_empty_queue();
        tally.handle_connection();
        for sequence in 0..3 {
            tally.handle_tick(0, Some(sequence));
            tally.handle_tick(1, Some(sequence));
        }
        assert_eq!(counts(&tally), (14, 0, 0, 1));
        tally.handle_tick(0, Some(4));
        tally.handle_tick(0, Some(3));
        assert_eq!(counts(&tally), (16, 0, 1, 1));
    }

    #[test]
    fn ticks_of_the_old_connection_in_the_queue_do_not_hide_a_restart() {
        let mut tally = after(&[5, 6]);
        tally.handle_connection();
        let arrivals = [7, 8, 0, 1].map(|sequence| tally.handle_tick(0, Some(sequence)));
        let next = Arrival::Next { lost: 0 };
        assert_eq!(arrivals, [next, next, Arrival::Restart, next]);
        assert_eq!(counts(&tally), (6, 0, 0, 1));
    }

    #[test]
    fn a_reconnection_without_a_restart_is_a_gap() {
        let mut tally = after(&[5, 6]);
        tally.handle_connection();
        tally.handle_empty_queue();
        for sequence in [9, 8] {
            tally.handle_tick(0, Some(sequence));
        }
        assert_eq!(counts(&tally), (4, 1, 1, 0));
    }

    #[test]
    fn a_forgotten_symbol_starts_over_and_the_others_continue() {
        let mut tally = Tally::new(2);
        tally.handle_tick(0, Some(5));
        tally.handle_tick(1, Some(5));
        tally.forget(0);
        tally.handle_tick(0, Some(90));
        tally.handle_tick(1, Some(7));
        assert_eq!(counts(&tally), (4, 1, 0, 0));
    }

    #[test]
    fn ticks_with_consecutive_numbers_count_as_one_after_another() {
        // Whatever came before: in order, after a gap, late, repeated, in part late, beyond what is remembered, restarted.
        for (before, first, ticks) in [
            (&[][..], 7, 6),
            (&[7], 8, 64),
            (&[7], 8, 65),
            (&[7], 8, 500),
            (&[7, 20], 22, 4),
            (&[7, 20], 10, 5),
            (&[7, 20], 18, 7),
            (&[7], 7, 1),
            (&[500], 100, 4),
        ] {
            for reconnects in [false, true] {
                let (mut together, mut alone) = (after(before), after(before));
                if reconnects {
                    together.handle_connection();
                    alone.handle_connection();
                }
                let mut next = first;
                while next < first + ticks {
                    let (arrival, counted) = together.handle_run(0, Some(next), (first + ticks - next) as usize);
                    assert_eq!(alone.handle_tick(0, Some(next)), arrival);
                    for sequence in next + 1..next + counted as u64 {
                        assert_eq!(alone.handle_tick(0, Some(sequence)), Arrival::Next { lost: 0 });
                    }
                    next += counted as u64;
                }
                // What is remembered shows in late ticks.
                for late in (0..first + ticks).rev().step_by(3) {
                    assert_eq!(together.handle_tick(0, Some(late)), alone.handle_tick(0, Some(late)));
                }
                assert_eq!(counts(&together), counts(&alone), "{before:?} {first} {ticks}");
                assert_eq!(together.before_joining(), alone.before_joining());
            }
        }
        let mut tally = after(&[]);
        assert_eq!(tally.handle_run(0, None, 5), (Arrival::Next { lost: 0 }, 5));
        assert_eq!(counts(&tally), (5, 0, 0, 0));
    }

    #[test]
    fn a_tick_without_a_number_is_the_next() {
        let mut tally = after(&[5]);
        assert_eq!(tally.handle_tick(0, None), Arrival::Next { lost: 0 });
        tally.handle_tick(0, Some(6));
        assert_eq!(counts(&tally), (3, 0, 0, 0));
    }
}
