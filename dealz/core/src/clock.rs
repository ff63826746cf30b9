//! The time of day, as pages are told it.

use std::time::SystemTime;

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> f64 {
    ms(SystemTime::now())
}

/// A time as milliseconds since the Unix epoch.
pub(crate) fn ms(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1e3
}
