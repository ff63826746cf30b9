//! Whether the broker is alive, and when it has to hear that the worker is: heartbeats, without socket and clock.

use std::time::{Duration, Instant};

/// The heartbeats in both directions.
#[derive(Debug)]
pub(super) struct Ward {
    interval: Duration,
    /// How long the broker may be silent.
    patience: Duration,
    last_received: Instant,
    last_sent: Instant,
}

impl Ward {
    /// Both have just last_received each other.
    pub(super) fn new(now: Instant, interval: Duration, liveness: u32) -> Self {
        Self { interval, patience: interval * liveness, last_received: now, last_sent: now }
    }

    /// The broker has sent something.
    pub(super) const fn handle_received(&mut self, now: Instant) {
        self.last_received = now;
    }

    /// The worker has sent something.
    pub(super) const fn handle_sent(&mut self, now: Instant) {
        self.last_sent = now;
    }

    /// Whether the worker has to send a heartbeat.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.last_sent + self.interval <= now
    }

    /// Whether the broker has been silent for too long.
    pub(super) fn is_lost(&self, now: Instant) -> bool {
        self.last_received + self.patience <= now
    }

    /// When one of them is.
    pub(super) fn next_deadline(&self) -> Instant {
        (self.last_sent + self.interval).min(self.last_received + self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_due_after_an_interval_and_the_broker_lost_after_some() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut ward = Ward::new(start, second, 3);
        assert!(!ward.is_due(start) && ward.next_deadline() == start + second);
        assert!(ward.is_due(start + second) && !ward.is_lost(start + second));
        ward.handle_sent(start + second);
        assert!(!ward.is_due(start + second));
        assert!(ward.is_lost(start + second * 3));
        ward.handle_received(start + second * 2);
        assert!(!ward.is_lost(start + second * 4) && ward.is_lost(start + second * 5));
    }
}
