//! When each tick is due. Pure: an offset from a start that the caller reads from a clock.
//!
//! The loop is open: tick `i` is due at `start + i × period`, whether or not earlier ticks were late, so the publisher
//! catches up after a delay and keeps the rate over any length of time.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

/// The simulated time between two ticks at full speed.
const FULL_SPEED_TICK: Duration = Duration::from_micros(200);

/// The ticks per second that can be asked for.
const RATE_RANGE: RangeInclusive<f64> = 1e-9..=1e9;

/// The rate of simulated ticks, over all symbols.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as possible.
    Max,
    /// One per period, in nanoseconds; above zero.
    EveryNs(f64),
}

impl Pace {
    /// One tick per `period`.
    #[must_use]
    pub const fn every(period: Duration) -> Self {
        Self::EveryNs(period.as_nanos() as f64)
    }

    /// The time from the start to tick number `index`, from 0; `None` at full speed, where no tick waits.
    #[inline]
    #[must_use]
    pub fn offset(self, index: u64) -> Option<Duration> {
        match self {
            Self::Max => None,
            // The conversion saturates: nothing is due more than 584 years after the start.
            Self::EveryNs(period_ns) => Some(Duration::from_nanos((index as f64 * period_ns) as u64)),
        }
    }

    /// The simulated time between two ticks, in seconds.
    #[must_use]
    pub fn tick_secs(self) -> f64 {
        match self {
            Self::Max => FULL_SPEED_TICK.as_secs_f64(),
            Self::EveryNs(period_ns) => period_ns / 1e9,
        }
    }
}

impl FromStr for Pace {
    type Err = String;

    /// Reads ticks per second, or `max`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(rate) if RATE_RANGE.contains(&rate) => Ok(Self::EveryNs(1e9 / rate)),
            _ => {
                let (least, most) = (RATE_RANGE.start(), RATE_RANGE.end());
                Err(format!("must be from {least} to {most} ticks per second, or max"))
            }
        }
    }
}

/// The speed of a replay: the gaps of the history are divided by it; infinite is as fast as possible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Speed(f64);

impl Default for Speed {
    fn default() -> Self {
        Self(1.0)
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self(f64::INFINITY));
        }
        match text.parse::<f64>() {
            Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(Self(speed)),
            _ => Err("must be a number above zero, or max".to_owned()),
        }
    }
}

/// When each row of a price history is due: the gaps of the history, scaled.
#[derive(Debug)]
pub struct Rhythm {
    speed: Speed,
    /// The time of the previous row, in seconds of the history; `None` before the first.
    previous: Option<f64>,
    /// The last gap above zero: the gap between the end of a loop and its start.
    gap_secs: f64,
    /// The time from the start to the previous row, in seconds.
    offset_secs: f64,
}

impl Rhythm {
    /// The rhythm before the first row.
    #[must_use]
    pub const fn new(speed: Speed) -> Self {
        Self { speed, previous: None, gap_secs: 1.0, offset_secs: 0.0 }
    }

    /// The time from the start to a row with this timestamp; `None` at full speed. A row that steps back in time is due at
    /// once.
    pub fn offset(&mut self, timestamp: f64) -> Option<Duration> {
        let gap_secs = self.previous.map_or(0.0, |previous| timestamp - previous);
        self.previous = Some(timestamp);
        if gap_secs > 0.0 {
            self.gap_secs = gap_secs;
            self.offset_secs += gap_secs / self.speed.0;
        }
        self.due()
    }

    /// The history starts again: the next row is due one gap after the last.
    pub fn again(&mut self) {
        self.previous = None;
        self.offset_secs += self.gap_secs / self.speed.0;
    }

    fn due(&self) -> Option<Duration> {
        // The conversion saturates, as in `Pace::offset`.
        self.speed.0.is_finite().then(|| Duration::from_nanos((self.offset_secs * 1e9) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_held_without_drift() {
        let pace: Pace = "3".parse().unwrap();
        assert_eq!(pace.offset(0), Some(Duration::ZERO));
        assert_eq!(pace.offset(3_000_000_000), Some(Duration::from_secs(1_000_000_000)));
        assert_eq!(Pace::every(Duration::from_millis(500)).offset(7), Some(Duration::from_millis(3500)));
        assert_eq!("max".parse::<Pace>().unwrap().offset(7), None);
    }

    #[test]
    fn a_far_tick_saturates() {
        assert_eq!(Pace::every(Duration::MAX).offset(u64::MAX), Some(Duration::from_nanos(u64::MAX)));
        let mut rhythm = Rhythm::new("1e-300".parse().unwrap());
        rhythm.offset(-1e300);
        assert_eq!(rhythm.offset(1e300), Some(Duration::from_nanos(u64::MAX)));
        assert_eq!(rhythm.offset(f64::MAX), Some(Duration::from_nanos(u64::MAX)));
    }

    #[test]
    fn a_rate_beyond_its_limits_is_refused_with_them() {
        for text in ["-5", "1e12", "1e-10"] {
            let error = text.parse::<Pace>().unwrap_err();
            assert_eq!(error, "must be from 0.000000001 to 1000000000 ticks per second, or max");
        }
    }

    #[test]
    fn a_rate_or_speed_that_is_no_number_above_zero_is_refused() {
        for text in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(text.parse::<Pace>().is_err() && text.parse::<Speed>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_gaps_of_a_history_are_scaled() {
        let mut rhythm = Rhythm::new("10".parse().unwrap());
        let offsets = [100.0, 100.0, 120.0, 110.0, 115.0].map(|timestamp| rhythm.offset(timestamp).unwrap());
        // Equal times go out together, and a step back is no wait.
        assert_eq!(offsets.map(|offset| offset.as_millis()), [0, 0, 2000, 2000, 2500]);
        rhythm.again();
        assert_eq!(rhythm.offset(100.0), Some(Duration::from_millis(3000)));
    }

    #[test]
    fn full_speed_waits_for_nothing() {
        let mut rhythm = Rhythm::new("max".parse().unwrap());
        assert_eq!((rhythm.offset(0.0), rhythm.offset(1e9)), (None, None));
    }
}
