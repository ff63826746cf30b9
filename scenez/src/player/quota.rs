//! How many lines of one process are shown: a fast one would hide all others. Pure.

use std::time::{Duration, Instant};

/// How many lines are shown in [`SPAN`].
const LINES_MAX: u32 = 4;

/// How long a quota lasts.
const SPAN: Duration = Duration::from_secs(4);

/// The lines of one process.
#[derive(Debug, Default)]
pub(super) struct Quota {
    since: Option<Instant>,
    shown: u32,
    left_out: u64,
}

impl Quota {
    /// Whether one more line is shown.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        self.since.get_or_insert(now);
        let is_admitted = self.shown < LINES_MAX;
        if is_admitted {
            self.shown += 1;
        } else {
            self.left_out += 1;
        }
        is_admitted
    }

    /// Begins a new span if the last one is over, and returns how many lines were left out in it, if any.
    pub(super) fn turn(&mut self, now: Instant) -> Option<u64> {
        if self.next_deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        (self.since, self.shown) = (None, 0);
        Some(std::mem::take(&mut self.left_out)).filter(|count| *count > 0)
    }

    /// When to call [`Quota::turn`].
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + SPAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_process_is_shown_a_few_times_and_the_rest_is_counted() {
        let (mut quota, begin) = (Quota::default(), Instant::now());
        assert_eq!((0..100).filter(|_| quota.admits(begin)).count(), 4);
        assert_eq!(quota.turn(begin + SPAN / 2), None);
        assert_eq!(quota.turn(begin + SPAN), Some(96));
        assert!(quota.admits(begin + SPAN));
        assert_eq!(quota.turn(begin + SPAN * 2), None);
        assert_eq!(quota.next_deadline(), None);
    }
}
