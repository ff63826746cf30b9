//! Percentiles of delays: of sending, and of receipt.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest delay that can be measured, an hour; longer ones count as this.
const DELAY_NS_MAX: u64 = 3_600_000_000_000;

/// Delays, counted with three significant digits.
#[derive(Debug)]
pub struct Delays(Histogram<u64>);

/// Percentiles in microseconds; all 0 if there are no delays.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The 99.9th percentile.
    pub p99_9: f64,
}

impl Default for Delays {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "these constants are valid bounds")]
        Self(Histogram::new_with_bounds(1, DELAY_NS_MAX, 3).expect("valid bounds"))
    }
}

impl Delays {
    /// Counts a delay.
    #[inline]
    pub fn record(&mut self, delay: Duration) {
        self.0.saturating_record(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The percentiles of all delays so far.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        let micros = |quantile| {
            let nanos = if self.0.is_empty() { 0 } else { self.0.value_at_quantile(quantile) };
            (nanos as f64 / 100.0).round() / 10.0
        };
        Percentiles { p50: micros(0.5), p99: micros(0.99), p99_9: micros(0.999) }
    }
}

/// A duration in milliseconds, to the microsecond.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_microseconds_and_zero_without_delays() {
        let mut delays = Delays::default();
        assert_eq!(delays.percentiles(), Percentiles { p50: 0.0, p99: 0.0, p99_9: 0.0 });
        (1..=1000).for_each(|micros| delays.record(Duration::from_micros(micros)));
        let found = delays.percentiles();
        assert!(
            (found.p50 - 500.0).abs() < 1.0 && (found.p99 - 990.0).abs() < 1.0 && (found.p99_9 - 999.0).abs() < 1.0
        );
        delays.record(Duration::MAX);
    }
}
