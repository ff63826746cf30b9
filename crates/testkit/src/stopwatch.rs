//! How long something takes, less the time for which the machine was busy with other work.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Measures a promise such as "ends within a second", which is about the program and not about what else the machine does: time in
/// which some process waits for a processor does not count. Linux keeps that time (`/proc/pressure/cpu`); elsewhere all time counts.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    begin: Instant,
    busy: Duration,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { begin: Instant::now(), busy: busy() }
    }

    /// The time since its start that counts.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begin.elapsed().saturating_sub(busy().saturating_sub(self.busy))
    }
}

/// For how long some process has waited for a processor since the system started.
fn busy() -> Duration {
    let text = fs::read_to_string("/proc/pressure/cpu").unwrap_or_default();
    let total = text.lines().next().and_then(|line| line.split_once("total=")?.1.parse().ok());
    Duration::from_micros(total.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_counts_than_has_passed_and_an_idle_wait_counts() {
        let (watch, begin) = (Stopwatch::start(), Instant::now());
        // The machine may be busy: some of the time is idle in the end.
        crate::eventually("a hundred milliseconds that count", || watch.elapsed() >= Duration::from_millis(100));
        assert!(begin.elapsed() >= Duration::from_millis(100));
    }
}
