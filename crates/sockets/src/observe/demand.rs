//! The topics to which observers have subscribed: only what they want is made and sent.

use std::collections::BTreeSet;

use crate::Subscription;

/// The most prefixes that are kept; a hub passes on those of all its observers.
const PREFIXES_MAX: usize = 4_096;

/// The longest prefix that is kept, in bytes: no topic is longer.
const PREFIX_BYTES_MAX: usize = 128;

/// The prefixes of topics to which observers have subscribed. A hub passes each on once for each observer, and its end
/// once, when the last one has ended it.
#[derive(Debug, Default)]
pub(super) struct Demand(BTreeSet<Vec<u8>>);

impl Demand {
    /// Takes a subscription.
    pub(super) fn handle(&mut self, subscription: Subscription<'_>) {
        match subscription {
            Subscription::Begin(prefix) if prefix.len() <= PREFIX_BYTES_MAX && self.0.len() < PREFIXES_MAX => {
                self.0.insert(prefix.to_vec());
            }
            Subscription::End(prefix) => {
                self.0.remove(prefix);
            }
            Subscription::Begin(_) | Subscription::Malformed(_) => {}
        }
    }

    /// Whether a message with this topic would reach an observer.
    pub(super) fn wants(&self, topic: &str) -> bool {
        let topic = topic.as_bytes();
        !self.0.is_empty() && (0..=topic.len()).any(|length| self.0.contains(&topic[..length]))
    }

    /// Whether an observer has subscribed to exactly this topic.
    pub(super) fn names(&self, topic: &str) -> bool {
        self.0.contains(topic.as_bytes())
    }

    /// Whether an observer has subscribed to a topic that begins with this.
    pub(super) fn names_any(&self, beginning: &str) -> bool {
        let beginning = beginning.as_bytes();
        self.0.range(beginning.to_vec()..).next().is_some_and(|prefix| prefix.starts_with(beginning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_wanted_by_any_prefix_and_named_by_itself_alone() {
        let mut demand = Demand::default();
        assert!(!demand.wants("state/1"));
        demand.handle(Subscription::Begin(b"state/"));
        demand.handle(Subscription::Begin(b"message/1/a"));
        assert!(demand.wants("state/1") && !demand.wants("event/1/a"));
        assert!(demand.names_any("message/1/") && !demand.names_any("message/2/"));
        assert!(demand.wants("message/1/a-2") && !demand.names("message/1/a-2") && demand.names("message/1/a"));
        demand.handle(Subscription::Begin(b""));
        assert!(demand.wants("event/1/a") && !demand.names("event/1/a"));
        demand.handle(Subscription::End(b""));
        demand.handle(Subscription::End(b"state/"));
        assert!(!demand.wants("state/1"));
    }

    #[test]
    fn no_number_of_subscriptions_grows_it_without_bound() {
        let mut demand = Demand::default();
        for number in 0..100_000_u32 {
            demand.handle(Subscription::Begin(&number.to_le_bytes()));
        }
        demand.handle(Subscription::Begin(&[7; 129]));
        assert_eq!(demand.0.len(), PREFIXES_MAX);
    }
}
