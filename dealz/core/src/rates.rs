//! Rates over the last second: of the messages of a socket, of the results of a batch, of the reports of a worker. Pure.

use std::{collections::VecDeque, time::Instant};

use crate::event::Counts;

/// The period over which a rate is computed, in seconds.
const OVER_SECONDS: f64 = 1.0;

/// The most counts that are kept, however often they arrive.
const SAMPLES_MAX: usize = 64;

/// A time of either clock: of this process, or milliseconds since the Unix epoch.
pub(crate) trait Time: Copy {
    /// Seconds since an earlier time; negative if that is the later one.
    fn seconds_since(self, earlier: Self) -> f64;
}

impl Time for Instant {
    fn seconds_since(self, earlier: Self) -> f64 {
        self.checked_duration_since(earlier).map_or(-1.0, |duration| duration.as_secs_f64())
    }
}

impl Time for f64 {
    fn seconds_since(self, earlier: Self) -> f64 {
        (self - earlier) / 1e3
    }
}

/// The rate of one count that only grows.
#[derive(Debug)]
pub(crate) struct Rate<T> {
    /// Oldest first. The first is the newest of those outside of the period: the rate is computed from there.
    samples: VecDeque<(T, u64)>,
}

impl<T> Default for Rate<T> {
    fn default() -> Self {
        Self { samples: VecDeque::new() }
    }
}

impl<T: Time> Rate<T> {
    /// Adds the count so far. If it is smaller than the previous one, or the clock has stepped back, counting has restarted.
    pub(crate) fn handle_count(&mut self, now: T, count: u64) {
        match self.samples.back() {
            Some(&(at, before)) if before > count || now.seconds_since(at) < 0.0 => self.samples.clear(),
            Some(&(at, _)) if now.seconds_since(at) == 0.0 => drop(self.samples.pop_back()),
            _ => {}
        }
        self.samples.push_back((now, count));
        let is_outside = |&(at, _): &(T, u64)| now.seconds_since(at) >= OVER_SECONDS;
        while self.samples.get(1).is_some_and(is_outside) || self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
    }

    /// The rate per second.
    pub(crate) fn per_second(&self) -> f64 {
        let (Some(&(since, first)), Some(&(until, last))) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = until.seconds_since(since);
        if seconds > 0.0 { (last - first) as f64 / seconds } else { 0.0 }
    }

    /// When the last count arrived.
    pub(crate) fn last_at(&self) -> Option<T> {
        self.samples.back().map(|&(at, _)| at)
    }

    /// Forgets all counts.
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
    }
}

/// The rates of a socket.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    received: Rate<f64>,
    sent: Rate<f64>,
}

impl Rates {
    /// Adds the counts so far.
    pub(crate) fn handle_counts(&mut self, now_ms: f64, counts: Counts) {
        self.received.handle_count(now_ms, counts.received);
        self.sent.handle_count(now_ms, counts.sent);
    }

    /// Messages received and sent per second, rounded to a tenth.
    pub(crate) fn per_second(&self) -> (f64, f64) {
        let rounded = |rate: &Rate<f64>| (rate.per_second() * 10.0).round() / 10.0;
        (rounded(&self.received), rounded(&self.sent))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
    fn a_second_count_at_the_same_time_replaces_the_first() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        for (milliseconds, count) in [(0, 0), (500, 40), (500, 50)] {
            rate.handle_count(start + Duration::from_millis(milliseconds), count);
        }
        assert_eq!((rate.per_second(), rate.last_at()), (100.0, Some(start + Duration::from_millis(500))));
        rate.clear();
        assert_eq!((rate.per_second(), rate.last_at()), (0.0, None));
    }

    #[test]
    fn counts_or_a_clock_that_step_back_restart_the_rate() {
        let mut rates = Rates::default();
        for (at, received) in [(0.0, 900), (500.0, 1000), (1000.0, 3), (1500.0, 8), (100.0, 9), (1100.0, 19)] {
            rates.handle_counts(at, counts(received, 0));
        }
        assert_eq!(rates.per_second(), (10.0, 0.0));
        (0..10_000).for_each(|step| rates.handle_counts(2000.0 + f64::from(step) / 1e3, counts(20, 0)));
        assert!(rates.received.samples.len() <= SAMPLES_MAX);
    }
}
