//! What the subscriptions of one connection may cost.

use std::time::{Duration, Instant};

use super::Subscription;

/// How many messages a subscriber may send at once: it subscribes to all its topics when it connects.
const MESSAGES: u32 = 20_000;

/// How many more it may send a second.
const MESSAGES_A_SECOND: u32 = 1_000;

/// How many bytes of topics a subscriber may be subscribed to: libzmq keeps some 50 bytes for each of them.
const TOPIC_BYTES: u64 = 256 * 1024;

/// What a connection has spent.
#[derive(Debug, Default)]
pub(super) struct Budget {
    messages: u32,
    /// Since when `messages` are counted, less what was forgiven.
    since: Option<Instant>,
    topic_bytes: u64,
    is_over: bool,
}

/// Whether a connection keeps within its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    Within,
    /// Not any more.
    JustOver,
    /// Not for a while: its end is under way.
    Over,
}

impl Budget {
    /// A subscriber sent a message.
    pub(super) fn spend(&mut self, now: Instant, bytes: usize, message: Subscription<'_>) -> Spent {
        let since = *self.since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since);
        if elapsed >= Duration::from_secs(1) {
            let forgiven = u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX).saturating_mul(MESSAGES_A_SECOND);
            self.messages = self.messages.saturating_sub(forgiven);
            self.since = Some(now);
        }
        self.messages += 1;
        match message {
            Subscription::Begin(_) => self.topic_bytes += bytes as u64,
            Subscription::End(_) => self.topic_bytes = self.topic_bytes.saturating_sub(bytes as u64),
            Subscription::Malformed(_) => {}
        }
        self.judge(self.messages > MESSAGES || self.topic_bytes > TOPIC_BYTES)
    }

    /// The connection is gone.
    pub(super) const fn end(&mut self) {
        self.is_over = true;
    }

    const fn judge(&mut self, is_over: bool) -> Spent {
        match (self.is_over, is_over) {
            (true, _) => Spent::Over,
            (false, false) => Spent::Within,
            (false, true) => {
                self.is_over = true;
                Spent::JustOver
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(budget: &mut Budget, now: Instant, count: u32, message: Subscription<'_>) -> Vec<Spent> {
        (0..count).map(|_| budget.spend(now, 5, message)).collect()
    }

    #[test]
    fn a_burst_is_allowed_and_a_flood_is_not() {
        let (mut budget, now) = (Budget::default(), Instant::now());
        let (begin, end) = (Subscription::Begin(b"MSFT"), Subscription::End(b"MSFT"));
        for _ in 0..MESSAGES / 2 {
            assert_eq!(budget.spend(now, 5, begin), Spent::Within);
            assert_eq!(budget.spend(now, 5, end), Spent::Within);
        }
        assert_eq!(budget.spend(now, 5, begin), Spent::JustOver);
        assert_eq!(budget.spend(now + Duration::from_secs(100), 5, end), Spent::Over);
    }

    #[test]
    fn changes_of_subscriptions_at_a_steady_rate_are_allowed_for_ever() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            for message in [Subscription::Begin(b"MSFT"), Subscription::End(b"MSFT")] {
                let spent = spend(&mut budget, now, MESSAGES_A_SECOND / 2, message);
                assert!(spent.iter().all(|spent| *spent == Spent::Within), "{second}");
            }
        }
    }

    #[test]
    fn subscriptions_that_are_held_count_for_ever() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let mut seconds = 0..;
        let over = seconds.find(|second| {
            let now = start + Duration::from_secs(*second);
            spend(&mut budget, now, 100, Subscription::Begin(b"MSFT")).contains(&Spent::JustOver)
        });
        assert_eq!(over, Some(TOPIC_BYTES / 500));
    }
}
