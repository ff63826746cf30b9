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
    last_awake: Instant,
}

impl Ward {
    /// Both have just last_received each other.
    pub(super) fn new(now: Instant, interval: Duration, liveness: u32) -> Self {
        let patience = interval * liveness;
        Self { interval, patience, last_received: now, last_sent: now, last_awake: now }
    }

    /// The worker is awake. It is so at least once in an interval, unless its process was suspended. What the broker sent
    /// meanwhile has not been read yet, so that pause is no silence of the broker.
    pub(super) fn handle_awake(&mut self, now: Instant) {
        let pause = (now - self.last_awake).saturating_sub(self.interval);
        self.last_awake = now;
        self.last_received += pause;
        // After so long the broker has given the worker up. It would answer a heartbeat with DISCONNECT, before the worker can
        // send what its handlers have finished meanwhile.
        if pause >= self.patience {
            self.last_sent = now;
        }
    }

    /// The broker has sent something.
    pub(super) const fn handle_received(&mut self, now: Instant) {
        self.last_received = now;
    }

    /// The worker has sent something, or has something that waits for room in the socket and says as much as a heartbeat.
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

    #[test]
    fn a_heartbeat_that_is_put_off_is_due_after_another_interval() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut ward = Ward::new(start, second, 3);
        ward.handle_sent(start + second);
        assert_eq!(ward.next_deadline(), start + second * 2);
        // The broker's silence is not.
        ward.handle_sent(start + second * 2);
        assert_eq!(ward.next_deadline(), start + second * 3);
        assert!(ward.is_lost(start + second * 3));
    }

    #[test]
    fn the_time_for_which_the_worker_was_suspended_is_no_silence_of_the_broker() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut ward = Ward::new(start, second, 3);
        ward.handle_awake(start + second);
        ward.handle_awake(start + second * 7 / 2);
        assert!(!ward.is_lost(start + second * 4) && ward.is_due(start + second * 4));
        // A broker that is silent from then on is lost in the end.
        for seconds in 4..6 {
            ward.handle_awake(start + second * seconds);
        }
        assert!(ward.is_lost(start + second * 5));
    }

    #[test]
    fn a_worker_that_was_given_up_while_it_was_suspended_sends_its_replies_before_a_heartbeat() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let mut ward = Ward::new(start, second, 3);
        ward.handle_awake(start + second * 4);
        assert!(!ward.is_due(start + second * 4) && !ward.is_lost(start + second * 4));
        assert!(ward.is_due(start + second * 5));
    }
}
