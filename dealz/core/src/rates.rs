//! A socket's messages received and sent per second, over the last second. Pure.

use std::collections::VecDeque;

use crate::event::Counts;

/// The period over which a rate is computed, in milliseconds.
const OVER_MS: f64 = 1_000.0;

/// The most counts that are kept, however often they arrive.
const SAMPLES_MAX: usize = 64;

/// The latest counts of one socket, with their times.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Oldest first. The first is the newest of those outside of the period: the rate is computed from there.
    samples: VecDeque<(f64, Counts)>,
}

impl Rates {
    /// Adds the counts so far. If they are smaller than the previous ones, counting has restarted.
    pub(crate) fn handle_counts(&mut self, now_ms: f64, counts: Counts) {
        let has_restarted = |&(at, before): &(f64, Counts)| {
            at >= now_ms || before.received > counts.received || before.sent > counts.sent
        };
        if self.samples.back().is_some_and(has_restarted) {
            self.samples.clear();
        }
        self.samples.push_back((now_ms, counts));
        while self.samples.get(1).is_some_and(|&(at, _)| at <= now_ms - OVER_MS) || self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
    }

    /// Messages received and sent per second, rounded to a tenth.
    pub(crate) fn per_second(&self) -> (f64, f64) {
        let (Some(&(since, first)), Some(&(until, last))) = (self.samples.front(), self.samples.back()) else {
            return (0.0, 0.0);
        };
        let seconds = (until - since) / 1e3;
        let rate = |before: u64, after: u64| {
            if seconds > 0.0 { ((after - before) as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 }
        };
        (rate(first.received, last.received), rate(first.sent, last.sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(received: u64, sent: u64) -> Counts {
        Counts { received, sent }
    }

    #[test]
    fn a_rate_is_that_of_the_last_second() {
        let mut rates = Rates::default();
        assert_eq!(rates.per_second(), (0.0, 0.0));
        for quarter in 0..20_u64 {
            rates.handle_counts(250.0 * quarter as f64, counts(25 * quarter, quarter));
        }
        assert_eq!(rates.per_second(), (100.0, 4.0));
        for quarter in 20..25_u64 {
            rates.handle_counts(250.0 * quarter as f64, counts(475, 19));
        }
        assert_eq!(rates.per_second(), (0.0, 0.0));
    }

    #[test]
    fn counts_or_a_clock_that_step_back_restart_the_rate() {
        let mut rates = Rates::default();
        for (at, received) in [(0.0, 900), (500.0, 1000), (1000.0, 3), (1500.0, 8), (100.0, 9), (1100.0, 19)] {
            rates.handle_counts(at, counts(received, 0));
        }
        assert_eq!(rates.per_second(), (10.0, 0.0));
        (0..10_000).for_each(|step| rates.handle_counts(2000.0 + f64::from(step) / 1e3, counts(20, 0)));
        assert!(rates.samples.len() <= SAMPLES_MAX);
    }
}
