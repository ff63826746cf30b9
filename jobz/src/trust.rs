//! Whether a worker that fails requests gets more of them.
//!
//! One that cannot do anything, since its program is missing for example, is free again at once, and would get every request before
//! the workers that are busy with theirs. So after some failures in a row a worker gets nothing for a time, which grows; then it gets
//! one request at a time until it has done one.

use std::time::{Duration, Instant};

/// How many failures in a row make a worker pause.
pub const FAILURES_MAX: u32 = 3;

/// The first pause. Each one after it is twice as long.
pub const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The longest pause.
pub const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What a worker's failures have led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    failures: u32,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// It gets as many requests as its credit allows.
    #[default]
    Full,
    /// It gets none until then.
    Paused(Instant),
    /// It gets one at a time.
    Trial,
}

impl Trust {
    /// How many requests it has failed since it did one.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether its failures change nothing for it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.stage == Stage::Full
    }

    /// How many requests a worker with this credit may have.
    #[must_use]
    pub fn credit(&self, credit: usize) -> usize {
        match self.stage {
            Stage::Full => credit,
            Stage::Paused(_) => 0,
            Stage::Trial => credit.min(1),
        }
    }

    /// When its pause is over, if it has one.
    #[must_use]
    pub const fn paused_until(&self) -> Option<Instant> {
        match self.stage {
            Stage::Paused(until) => Some(until),
            Stage::Full | Stage::Trial => None,
        }
    }

    /// The worker has failed a request; returns the length of the pause that begins, if it `may_pause`.
    pub fn fail(&mut self, now: Instant, may_pause: bool) -> Option<Duration> {
        // It got this request before the pause that it has.
        if matches!(self.stage, Stage::Paused(_)) {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.checked_sub(FAILURES_MAX).filter(|_| may_pause)?;
        let pause = PAUSE_MAX.min(PAUSE_MIN * 2_u32.saturating_pow(doublings.min(16)));
        self.stage = Stage::Paused(now + pause);
        Some(pause)
    }

    /// Its pause is over if it is time.
    pub fn handle_time(&mut self, now: Instant) {
        if self.paused_until().is_some_and(|until| until <= now) {
            self.stage = Stage::Trial;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_there_is_one_request_between_them() {
        let mut trust = Trust::default();
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for failure in 1..=12 {
            let pause = trust.fail(now, true);
            assert_eq!(pause.is_some(), failure >= FAILURES_MAX, "at failure {failure}");
            let Some(pause) = pause else { continue };
            assert_eq!((trust.credit(4), trust.paused_until()), (0, Some(now + pause)));
            // What it got before.
            assert_eq!(trust.fail(now, true), None);
            trust.handle_time(now + pause - Duration::from_millis(1));
            assert_eq!(trust.credit(4), 0);
            now += pause;
            trust.handle_time(now);
            assert_eq!((trust.credit(4), trust.credit(0), trust.is_full()), (1, 0, false));
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn a_worker_that_may_not_pause_keeps_its_credit() {
        let mut trust = Trust::default();
        for _ in 0..10 {
            assert_eq!(trust.fail(Instant::now(), false), None);
        }
        assert_eq!((trust.credit(4), trust.is_full(), trust.failures()), (4, true, 10));
    }
}
