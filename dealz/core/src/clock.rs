//! The time of day, as pages receive it.

use std::time::{Instant, SystemTime};

/// The present, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// On the one that is never put back.
    pub(crate) at: Instant,
    /// Milliseconds since the Unix epoch.
    pub(crate) ms: f64,
}

impl Now {
    /// Reads both clocks.
    pub(crate) fn read() -> Self {
        Self { at: Instant::now(), ms: now_ms() }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    ms(SystemTime::now())
}

/// A time as milliseconds since the Unix epoch.
pub(crate) fn ms(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}

/// An instant as milliseconds since the Unix epoch, to the accuracy of two clocks read one after the other.
pub(crate) fn instant_ms(instant: Instant) -> f64 {
    now_ms() - instant.elapsed().as_secs_f64() * 1e3
}
