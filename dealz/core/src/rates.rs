//! Rates over the last second: of the results of a batch, of the reports of a worker. Pure.

use std::{collections::VecDeque, time::Instant};

/// The period over which a rate is computed, in seconds.
const OVER_SECONDS: f64 = 1.0;

/// The most counts that are kept, however often they arrive.
const SAMPLES_MAX: usize = 64;

/// The rate of one count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// Oldest first. The first is the newest of those outside of the period: the rate is computed from there.
    samples: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Adds the count so far. If it is smaller than the previous one, or the clock has stepped back, counting has restarted.
    pub(crate) fn handle_count(&mut self, now: Instant, count: u64) {
        match self.samples.back() {
            Some(&(at, before)) if before > count || seconds(at, now) < 0.0 => self.samples.clear(),
            Some(&(at, _)) if seconds(at, now) == 0.0 => drop(self.samples.pop_back()),
            _ => {}
        }
        self.samples.push_back((now, count));
        let is_outside = |&(at, _): &(Instant, u64)| seconds(at, now) >= OVER_SECONDS;
        while self.samples.get(1).is_some_and(is_outside) || self.samples.len() > SAMPLES_MAX {
            self.samples.pop_front();
        }
    }

    /// The rate per second.
    pub(crate) fn per_second(&self) -> f64 {
        let (Some(&(since, first)), Some(&(until, last))) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = seconds(since, until);
        if seconds > 0.0 { (last - first) as f64 / seconds } else { 0.0 }
    }

    /// When the last count arrived.
    pub(crate) fn last_at(&self) -> Option<Instant> {
        self.samples.back().map(|&(at, _)| at)
    }

    /// Forgets all counts.
    pub(crate) fn clear(&mut self) {
        self.samples.clear();
    }
}

/// Seconds from one time to another; negative if that is the earlier one.
fn seconds(from: Instant, to: Instant) -> f64 {
    to.checked_duration_since(from).map_or(-1.0, |duration| duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_second() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let mut after = |quarter: u32, count| {
            rate.handle_count(start + quarter * Duration::from_millis(250), count);
            rate.per_second()
        };
        assert_eq!((after(0, 0), after(1, 25)), (0.0, 100.0));
        for quarter in 2..20 {
            assert_eq!(after(quarter, 25 * u64::from(quarter)), 100.0);
        }
        assert_eq!((20..25).map(|quarter| after(quarter, 475)).last(), Some(0.0));
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
    fn counts_that_step_back_restart_the_rate_and_no_number_of_them_grows_it() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let mut after = |milliseconds, count| {
            rate.handle_count(start + Duration::from_millis(milliseconds), count);
            rate.per_second()
        };
        assert_eq!((after(0, 900), after(500, 1_000), after(1_000, 3)), (0.0, 200.0, 0.0));
        assert_eq!(after(1_500, 8), 10.0);
        for step in 0..10_000 {
            after(2_000 + step / 100, 20);
        }
        assert!(rate.samples.len() <= SAMPLES_MAX);
    }
}
