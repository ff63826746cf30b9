//! In which form a watcher takes ticks: in bursts, if the publisher knows them, otherwise one by one. Pure.
//!
//! A watcher asks each new connection for both. The first burst answers it; without one the ticks that come are the
//! answer. Between the two a tick may come in both forms, and counts once: a publisher sends each tick before the burst
//! with it, so a symbol's first burst begins with what has come already.

use std::{
    mem,
    time::{Duration, Instant},
};

use wire::tick::{Burst, Tick};

/// How long single ticks come before the publisher is taken for one that knows no bursts.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a watcher subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Single ticks.
    pub ticks: bool,
    /// Bursts.
    pub bursts: bool,
}

/// The form of the ticks of one connection.
#[derive(Debug)]
pub struct Forms {
    form: Form,
    /// By symbol.
    seen: Vec<Seen>,
    /// Single ticks have come since the question.
    has_ticks: bool,
    /// Bursts have come, but perhaps those of an earlier connection.
    has_bursts: bool,
    /// The queue may hold messages of an earlier connection.
    is_mixed: bool,
    /// When that was noticed.
    since: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The publisher has not answered.
    Unknown,
    Ticks,
    Bursts,
    /// The publisher is not asked.
    OnlyTicks,
}

/// What has come of one symbol on this connection.
#[derive(Debug, Clone, Copy)]
enum Seen {
    Nothing,
    /// Single ticks, the last of them this.
    Tick(Tick),
    Bursts,
}

impl Forms {
    /// For a number of symbols, before the first connection.
    #[must_use]
    pub fn new(symbols: usize, asks: bool) -> Self {
        let form = if asks { Form::Unknown } else { Form::OnlyTicks };
        let seen = vec![Seen::Nothing; symbols];
        Self { form, seen, has_ticks: false, has_bursts: false, is_mixed: false, since: None }
    }

    /// What to subscribe to now.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted { ticks: self.form != Form::Bursts, bursts: matches!(self.form, Form::Unknown | Form::Bursts) }
    }

    /// Forgets what has come of a symbol: its place is for another one.
    pub fn forget(&mut self, symbol: usize) {
        if let Some(seen) = self.seen.get_mut(symbol) {
            *seen = Seen::Nothing;
        }
    }

    /// The connection has ended: the next one is asked again, as there may be another publisher.
    pub fn handle_down(&mut self) {
        if self.form != Form::OnlyTicks {
            *self = Self { is_mixed: true, ..Self::new(self.seen.len(), true) };
        }
    }

    /// Nothing is left in the queue, so what comes is of this connection.
    #[inline]
    pub const fn handle_empty_queue(&mut self) {
        self.is_mixed = false;
    }

    /// A single tick of a symbol arrived; `false` if it is for the bursts to bring it.
    #[inline]
    pub fn handle_tick(&mut self, symbol: usize, tick: &Tick) -> bool {
        if matches!(self.form, Form::Ticks | Form::OnlyTicks) {
            return true;
        }
        self.has_ticks = true;
        match self.seen.get_mut(symbol) {
            Some(Seen::Bursts) => false,
            Some(seen) => {
                *seen = Seen::Tick(*tick);
                true
            }
            None => true,
        }
    }

    /// A burst of a symbol arrived; returns how many of its ticks came before.
    #[inline]
    pub fn handle_burst(&mut self, symbol: usize, burst: &Burst<'_>) -> usize {
        if matches!(self.form, Form::Ticks | Form::OnlyTicks) {
            return burst.len();
        }
        self.has_bursts = true;
        if !self.is_mixed {
            self.form = Form::Bursts;
        }
        match self.seen.get_mut(symbol).map(|seen| mem::replace(seen, Seen::Bursts)) {
            Some(Seen::Tick(last)) => burst.ticks().rposition(|tick| tick == last).map_or(0, |position| position + 1),
            _ => 0,
        }
    }

    /// To be called after messages were taken, and when [`Forms::next_deadline`] is over.
    pub fn handle_time(&mut self, now: Instant) {
        if self.form != Form::Unknown || !self.has_ticks {
            return;
        }
        if now < *self.since.get_or_insert(now) + PATIENCE {
            return;
        }
        if mem::take(&mut self.has_bursts) {
            // Never was the queue empty. By now it has nothing of an earlier connection, and the next burst is an answer.
            (self.is_mixed, self.since) = (false, Some(now));
        } else {
            self.form = Form::Ticks;
        }
    }

    /// When the publisher has had its time to answer.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.since.filter(|_| self.form == Form::Unknown).map(|since| since + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use wire::{Frames, Symbol, tick::Pack};

    use super::*;

    const BOTH: Wanted = Wanted { ticks: true, bursts: true };
    const TICKS: Wanted = Wanted { ticks: true, bursts: false };
    const BURSTS: Wanted = Wanted { ticks: false, bursts: true };

    fn tick(number: u64) -> Tick {
        let symbol = Symbol::decode(b"MSFT").unwrap();
        Tick { symbol, timestamp: number as f64, price: 1.0, sequence: Some(number) }
    }

    /// A burst of ticks with these numbers; returns how many of them count.
    fn burst(forms: &mut Forms, symbol: usize, numbers: std::ops::Range<u64>) -> usize {
        let mut pack = Pack::new(&tick(numbers.start));
        (numbers.start + 1..numbers.end).for_each(|number| pack.push(number as f64, 1.0));
        let mut frames = Frames::new();
        pack.encode(&mut frames);
        let burst = Burst::decode(&frames).unwrap();
        burst.len() - forms.handle_burst(symbol, &burst)
    }

    #[test]
    fn a_burst_answers_and_what_came_before_counts_once() {
        let mut forms = Forms::new(2, true);
        assert_eq!(forms.wanted(), BOTH);
        assert!(forms.handle_tick(0, &tick(5)) && forms.handle_tick(0, &tick(6)));
        assert!(forms.handle_tick(1, &tick(5)));
        assert_eq!(burst(&mut forms, 0, 5..9), 2);
        assert_eq!(forms.wanted(), BURSTS);
        // They were on their way.
        assert!(!forms.handle_tick(0, &tick(9)) && forms.handle_tick(1, &tick(6)));
        assert_eq!((burst(&mut forms, 0, 9..12), burst(&mut forms, 1, 5..7)), (3, 0));
        assert_eq!(burst(&mut forms, 1, 7..8), 1);
    }

    #[test]
    fn a_burst_of_other_ticks_than_those_that_came_counts_as_a_whole() {
        let mut forms = Forms::new(1, true);
        assert!(forms.handle_tick(0, &tick(5)));
        assert_eq!(burst(&mut forms, 0, 6..9), 3);
        let mut forms = Forms::new(1, true);
        assert_eq!(burst(&mut forms, 0, 6..9), 3);
    }

    #[test]
    fn ticks_for_a_second_without_a_burst_are_the_answer() {
        let (mut forms, start) = (Forms::new(1, true), Instant::now());
        forms.handle_time(start);
        assert_eq!(forms.next_deadline(), None, "a quiet publisher has no time to keep");
        assert!(forms.handle_tick(0, &tick(5)));
        forms.handle_time(start);
        assert_eq!((forms.wanted(), forms.next_deadline()), (BOTH, Some(start + PATIENCE)));
        forms.handle_time(start + PATIENCE);
        assert_eq!((forms.wanted(), forms.next_deadline()), (TICKS, None));
        // One that was on its way has what comes one by one.
        assert_eq!(burst(&mut forms, 0, 6..9), 0);
        assert!(forms.handle_tick(0, &tick(6)));
    }

    #[test]
    fn each_connection_is_asked() {
        let (mut forms, start) = (Forms::new(1, true), Instant::now());
        assert_eq!(burst(&mut forms, 0, 6..9), 3);
        forms.handle_down();
        assert_eq!(forms.wanted(), BOTH);
        assert!(forms.handle_tick(0, &tick(0)), "the next publisher knows no bursts");
        forms.handle_time(start);
        forms.handle_time(start + PATIENCE);
        assert_eq!(forms.wanted(), TICKS);
        forms.handle_down();
        assert_eq!(forms.wanted(), BOTH);
    }

    #[test]
    fn a_burst_of_an_earlier_connection_is_no_answer() {
        let (mut forms, start) = (Forms::new(1, true), Instant::now());
        assert_eq!(burst(&mut forms, 0, 6..9), 3);
        forms.handle_down();
        assert_eq!(burst(&mut forms, 0, 9..12), 3);
        assert_eq!(forms.wanted(), BOTH);
        forms.handle_empty_queue();
        assert_eq!(burst(&mut forms, 0, 0..2), 2);
        assert_eq!(forms.wanted(), BURSTS);
        // The same without an empty queue, first from a publisher that knows bursts, then from one that does not.
        for (bursts, wanted) in [(true, BURSTS), (false, TICKS)] {
            forms.handle_down();
            assert_eq!(burst(&mut forms, 0, 2..4), 2);
            forms.handle_tick(0, &tick(0));
            forms.handle_time(start);
            forms.handle_time(start + PATIENCE);
            assert_eq!(forms.wanted(), BOTH);
            if bursts {
                assert_eq!(burst(&mut forms, 0, 4..6), 2);
            }
            forms.handle_time(start + PATIENCE * 2);
            assert_eq!(forms.wanted(), wanted);
        }
    }

    #[test]
    fn one_that_asks_for_no_bursts_never_does() {
        let mut forms = Forms::new(1, false);
        assert!(forms.handle_tick(0, &tick(0)));
        forms.handle_down();
        assert_eq!((forms.wanted(), burst(&mut forms, 0, 1..9)), (TICKS, 0));
    }
}
