//! Detects unusual silence: ticks arrived steadily, and now none arrives although the connection is up. Pure.

use std::time::{Duration, Instant};

use crate::feeds::outlet::Unheard;

/// The shortest silence that is unusual.
const SILENCE_MIN: Duration = Duration::from_secs(3);

/// Silence is unusual if it lasts for this many usual intervals.
const INTERVALS: u32 = 10;

/// The usual rate is computed over this many seconds, up to the last tick.
const SECONDS: usize = 10;

/// The fewest ticks in that time that count as a steady rate.
const STEADY: u64 = 10;

/// The rate of ticks on one connection.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    span: Option<Span>,
}

/// The time from the first tick to the last.
#[derive(Debug)]
struct Span {
    first: Instant,
    last: Instant,
    /// Ticks per second: the second of the last tick, then those before it.
    counts: [u64; SECONDS],
}

impl Silence {
    /// `count` ticks arrived.
    pub(crate) fn handle_ticks(&mut self, now: Instant, count: u64) {
        let span = self.span.get_or_insert(Span { first: now, last: now, counts: [0; SECONDS] });
        let passed = span.second(now).saturating_sub(span.second(span.last));
        for _ in 0..passed.min(SECONDS as u64) {
            span.counts.rotate_right(1);
            span.counts[0] = 0;
        }
        span.counts[0] += count;
        span.last = now;
    }

    /// Forgets the usual rate, because the connection or the subscriptions changed.
    pub(crate) const fn reset(&mut self) {
        self.span = None;
    }

    /// The silence, if it is unusual.
    pub(crate) fn unheard(&self, now: Instant) -> Option<Unheard> {
        let span = self.span.as_ref()?;
        let silent = now.saturating_duration_since(span.last);
        (silent >= span.threshold()?).then(|| {
            let rate = span.count() as f64 / span.length().as_secs_f64();
            Unheard { since: span.last, reason: format!("no tick; {rate:.0} a second came before") }
        })
    }

    /// When [`Silence::unheard`] changes if nothing arrives.
    pub(crate) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let span = self.span.as_ref()?;
        let unusual = span.last + span.threshold()?;
        (now < unusual).then_some(unusual)
    }
}

impl Span {
    /// The second of a time, counted from the first tick.
    fn second(&self, time: Instant) -> u64 {
        time.saturating_duration_since(self.first).as_secs()
    }

    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The time in which the counted ticks arrived.
    fn length(&self) -> Duration {
        let whole = Duration::from_secs((SECONDS as u64).min(1 + self.second(self.last)));
        whole.max(Duration::from_secs(1))
    }

    /// The length from which silence is unusual; `None` without a steady rate.
    fn threshold(&self) -> Option<Duration> {
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX);
        (self.count() >= STEADY).then(|| SILENCE_MIN.max(self.length() * INTERVALS / count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The state after ticks at a steady rate, and the time of the last one.
    fn after(per_second: u32, seconds: u32) -> (Silence, Instant) {
        let (mut silence, start) = (Silence::default(), Instant::now());
        let mut last = start;
        for number in 0..per_second * seconds {
            last = start + SECOND * number / per_second;
            silence.handle_ticks(last, 1);
        }
        (silence, last)
    }

    fn reason(silence: &Silence, now: Instant) -> Option<String> {
        silence.unheard(now).map(|unheard| unheard.reason)
    }

    #[test]
    fn three_seconds_without_a_tick_are_unusual_after_a_steady_rate() {
        let (silence, last) = after(12, 5);
        assert_eq!(silence.unheard(last + 2 * SECOND), None);
        assert_eq!(silence.next_deadline(last + SECOND), Some(last + 3 * SECOND));
        let unheard = silence.unheard(last + 3 * SECOND);
        let reason = "no tick; 12 a second came before".to_owned();
        assert_eq!(unheard, Some(Unheard { since: last, reason }));
        // The reason does not change while it lasts.
        assert_eq!((silence.unheard(last + 75 * SECOND), silence.next_deadline(last + 3 * SECOND)), (unheard, None));
    }

    #[test]
    fn few_ticks_are_no_steady_rate_and_slow_ones_take_longer() {
        let (silence, last) = after(1, 9);
        assert_eq!((silence.unheard(last + 100 * SECOND), silence.next_deadline(last)), (None, None));
        let (silence, last) = after(1, 60);
        assert_eq!(silence.unheard(last + 9 * SECOND), None);
        assert_eq!(reason(&silence, last + 10 * SECOND).unwrap(), "no tick; 1 a second came before");
    }

    #[test]
    fn a_tick_ends_the_silence_and_a_new_connection_forgets_the_usual_rate() {
        let (mut silence, last) = after(100, 2);
        silence.handle_ticks(last + 5 * SECOND, 1);
        assert_eq!(silence.unheard(last + 6 * SECOND), None);
        silence.reset();
        assert_eq!(silence.unheard(last + 60 * SECOND), None);
    }
}
