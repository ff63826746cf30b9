//! How fast a source sends its orders: pure, time is passed in.
//!
//! The loop is closed: an order that waited for a worker with room delays those after it, so that orders never leave in a
//! flood after a pause. (`tickz` has the open loop, which catches up.)

use std::{
    fmt,
    ops::RangeInclusive,
    str::FromStr,
    time::{Duration, Instant},
};

/// The orders a second that can be asked for.
const RATE_RANGE: RangeInclusive<f64> = 0.001..=1e6;

/// How late an order may be without delaying the next one: a wait ends up to some milliseconds late.
const SLACK: Duration = Duration::from_millis(20);

/// How fast orders are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Pace {
    /// As fast as the workers take them.
    #[default]
    Max,
    /// So many a second.
    PerSecond(f64),
    /// One for each [`Pacer::step`].
    Step,
}

impl Pace {
    /// So many orders a second.
    ///
    /// # Errors
    /// The limits, in words.
    pub fn per_second(rate: f64) -> Result<Self, String> {
        let (least, most) = (RATE_RANGE.start(), RATE_RANGE.end());
        if RATE_RANGE.contains(&rate) {
            Ok(Self::PerSecond(rate))
        } else {
            Err(format!("must be from {least} to {most} orders per second, or max"))
        }
    }

    /// The time between two orders; zero if there need be none.
    #[must_use]
    pub fn period(self) -> Duration {
        match self {
            Self::PerSecond(rate) => Duration::from_secs_f64(1.0 / rate),
            Self::Max | Self::Step => Duration::ZERO,
        }
    }
}

impl FromStr for Pace {
    type Err = String;

    /// Reads orders per second, or `max`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        // What is no number is outside all limits.
        Self::per_second(text.parse().unwrap_or(f64::NAN))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::PerSecond(rate) => write!(f, "{rate}"),
            Self::Step => f.write_str("step"),
        }
    }
}

/// Decides when the next order may leave.
#[derive(Debug, Clone, Copy)]
pub struct Pacer {
    pace: Pace,
    /// The time as it was passed in last.
    now: Instant,
    /// When the next order is due; only for a rate.
    due: Instant,
    /// Steps that have not sent their order yet.
    steps: u64,
}

impl Pacer {
    /// The first order is due at once.
    #[must_use]
    pub const fn new(pace: Pace, now: Instant) -> Self {
        Self { pace, now, due: now, steps: 0 }
    }

    /// The pace.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// Changes the pace; the next order is due at once. The pace that it has already changes nothing.
    pub fn set(&mut self, pace: Pace) {
        if self.pace != pace {
            *self = Self::new(pace, self.now);
        }
    }

    /// One more order may leave. From now on that takes a step for each.
    pub fn step(&mut self) {
        self.set(Pace::Step);
        self.steps = self.steps.saturating_add(1);
    }

    /// Forgets steps that were not used.
    pub const fn forget_steps(&mut self) {
        self.steps = 0;
    }

    /// Passes the time in.
    pub const fn handle_time(&mut self, now: Instant) {
        self.now = now;
    }

    /// Whether the next order may leave, at the time that was passed in last.
    #[inline]
    #[must_use]
    pub fn may_send(&self) -> bool {
        match self.pace {
            Pace::Max => true,
            Pace::PerSecond(_) => self.due <= self.now,
            Pace::Step => self.steps > 0,
        }
    }

    /// An order has left.
    #[inline]
    pub fn handle_sent(&mut self) {
        match self.pace {
            Pace::Max => {}
            Pace::PerSecond(_) => {
                let late = self.now.saturating_duration_since(self.due).min(SLACK);
                self.due = self.now + self.pace.period() - late;
            }
            Pace::Step => self.steps = self.steps.saturating_sub(1),
        }
    }

    /// When the next order may leave, if time alone decides.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        (matches!(self.pace, Pace::PerSecond(_)) && !self.may_send()).then_some(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    /// The milliseconds at which orders leave, if the time is looked at every `step_ms` from `from_ms` on.
    fn sent(pacer: &mut Pacer, start: Instant, from_ms: u64, until_ms: u64, step_ms: usize) -> Vec<u64> {
        let mut sent = Vec::new();
        for ms in (from_ms..until_ms).step_by(step_ms) {
            pacer.handle_time(at(start, ms));
            while sent.len() < 10_000 && pacer.may_send() {
                pacer.handle_sent();
                sent.push(ms);
            }
        }
        sent
    }

    #[test]
    fn at_a_rate_orders_leave_one_by_one_from_the_first_on() {
        let start = Instant::now();
        let mut pacer = Pacer::new("5".parse().unwrap(), start);
        assert_eq!(sent(&mut pacer, start, 0, 1000, 1), [0, 200, 400, 600, 800]);
        assert_eq!(pacer.next_deadline(), Some(at(start, 1000)));
    }

    #[test]
    fn a_rate_is_held_by_waits_that_end_late() {
        let start = Instant::now();
        let mut pacer = Pacer::new("100".parse().unwrap(), start);
        assert_eq!(sent(&mut pacer, start, 0, 1000, 7).len(), 100);
        let mut pacer = Pacer::new("100000".parse().unwrap(), start);
        let many = sent(&mut pacer, start, 0, 50, 1).len();
        assert!((4_800..=5_000).contains(&many), "{many}");
    }

    #[test]
    fn after_a_pause_nothing_is_caught_up() {
        let start = Instant::now();
        let mut pacer = Pacer::new("5".parse().unwrap(), start);
        assert_eq!(sent(&mut pacer, start, 60_000, 60_600, 10), [60_000, 60_180, 60_380, 60_580]);
    }

    #[test]
    fn each_step_sends_one_order_and_without_one_none_leaves() {
        let start = Instant::now();
        let mut pacer = Pacer::new(Pace::Max, start);
        assert!(pacer.may_send() && pacer.next_deadline().is_none());
        pacer.step();
        pacer.step();
        assert_eq!(pacer.pace(), Pace::Step);
        assert_eq!(sent(&mut pacer, start, 0, 1000, 10), [0, 0]);
        assert!(pacer.next_deadline().is_none());
        pacer.step();
        pacer.forget_steps();
        assert!(!pacer.may_send());
    }

    #[test]
    fn a_pace_can_change_and_the_next_order_is_then_due_at_once() {
        let start = Instant::now();
        let mut pacer = Pacer::new("0.1".parse().unwrap(), start);
        assert_eq!(sent(&mut pacer, start, 0, 1000, 1), [0]);
        pacer.set(Pace::PerSecond(0.1));
        assert!(!pacer.may_send());
        pacer.set(Pace::PerSecond(1.0));
        assert_eq!(sent(&mut pacer, start, 1000, 2500, 1), [1000, 1999]);
        pacer.set(Pace::Max);
        assert!(pacer.may_send());
    }

    #[test]
    fn a_rate_beyond_its_limits_is_refused_with_them() {
        assert_eq!("max".parse(), Ok(Pace::Max));
        for text in ["0.25", "1", "1000000", "max"] {
            assert_eq!(text.parse::<Pace>().unwrap().to_string(), text);
        }
        for text in ["0", "-1", "1e7", "NaN", "inf", "step", ""] {
            let error = text.parse::<Pace>().unwrap_err();
            assert_eq!(error, "must be from 0.001 to 1000000 orders per second, or max");
        }
    }
}
