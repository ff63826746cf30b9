//! What observers want: which topics must be subscribed to at the reporters.
//!
//! Each connection holds a set of topics; a topic is wanted while any connection holds it. Changes travel in rounds, at most
//! ten a second, each with at most one change of a topic: an observer that subscribes and unsubscribes as fast as it can costs
//! the reporters no more than that. The first change after a pause travels at once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::{Duration, Instant},
};

/// The least time between two rounds.
const ROUND: Duration = Duration::from_millis(100);

/// How many topics one connection may hold: one for all states and one for all events, and one for each tapped socket.
const TOPICS_OF_ONE_MAX: usize = 256;

/// How many topics all connections may hold; reporters must receive as many when they connect.
pub(super) const TOPICS_MAX: usize = 1_024;

/// A connection, by its number; `None` where the transport has none.
pub(super) type Connection = Option<u64>;

/// What all observers want.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// The topics of each connection.
    held: HashMap<Connection, HashSet<Vec<u8>>>,
    topics: BTreeMap<Vec<u8>, Topic>,
    /// The topics of the next round.
    changed: BTreeSet<Vec<u8>>,
    /// When the last round was.
    last_round: Option<Instant>,
}

/// One topic.
#[derive(Debug, Default)]
struct Topic {
    holders: usize,
    /// The reporters have its subscription.
    is_passed_on: bool,
}

/// What the reporters must be sent of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is wanted now.
    Begin,
    /// It was wanted already, and another observer wants it as well: reporters answer each subscription.
    Repeat,
    /// It is no longer wanted.
    End,
}

impl Demand {
    /// An observer subscribes. A topic beyond the limits is ignored.
    pub(super) fn begin(&mut self, connection: Connection, topic: &[u8]) {
        let held = self.held.entry(connection).or_default();
        if !held.contains(topic) {
            let is_full = held.len() >= TOPICS_OF_ONE_MAX || self.topics.len() >= TOPICS_MAX;
            if is_full && !self.topics.contains_key(topic) {
                return;
            }
            held.insert(topic.to_vec());
            self.topics.entry(topic.to_vec()).or_default().holders += 1;
        }
        self.changed.insert(topic.to_vec());
    }

    /// An observer unsubscribes, perhaps from a topic that it does not hold.
    pub(super) fn end(&mut self, connection: Connection, topic: &[u8]) {
        if self.held.get_mut(&connection).is_some_and(|held| held.remove(topic)) {
            self.release(topic);
        }
    }

    /// A connection has ended, and with it all that it held.
    pub(super) fn end_all(&mut self, connection: Connection) {
        for topic in self.held.remove(&connection).unwrap_or_default() {
            self.release(&topic);
        }
    }

    fn release(&mut self, topic: &[u8]) {
        if let Some(state) = self.topics.get_mut(topic) {
            state.holders -= 1;
            if state.holders == 0 {
                self.changed.insert(topic.to_vec());
            }
        }
    }

    /// When the next round is due, if anything has changed.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let earliest = self.last_round.map_or(now, |last| last + ROUND);
        (!self.changed.is_empty()).then_some(earliest)
    }

    /// The changes of the next round, if it is due.
    pub(super) fn next_round(&mut self, now: Instant) -> Vec<(Vec<u8>, Change)> {
        if self.next_deadline(now).is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.last_round = Some(now);
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|topic| self.settle(&topic).map(|change| (topic, change))).collect()
    }

    /// Marks a topic as passed on, or forgets it; returns what the reporters must be sent.
    fn settle(&mut self, topic: &[u8]) -> Option<Change> {
        let state = self.topics.get_mut(topic)?;
        if state.holders == 0 {
            let was_passed_on = state.is_passed_on;
            self.topics.remove(topic);
            return was_passed_on.then_some(Change::End);
        }
        let repeats = std::mem::replace(&mut state.is_passed_on, true);
        Some(if repeats { Change::Repeat } else { Change::Begin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Connection = Some(10);
    const B: Connection = Some(11);

    /// The changes of the next round, without a wait.
    fn round(demand: &mut Demand) -> Vec<(String, Change)> {
        let now = demand.last_round.map_or_else(Instant::now, |last| last + ROUND);
        let text = |topic| String::from_utf8(topic).unwrap();
        demand.next_round(now).into_iter().map(|(topic, change)| (text(topic), change)).collect()
    }

    fn one(topic: &str, change: Change) -> Vec<(String, Change)> {
        vec![(topic.to_owned(), change)]
    }

    #[test]
    fn a_topic_is_wanted_until_its_last_holder_is_gone() {
        let mut demand = Demand::default();
        demand.begin(A, b"state/");
        assert_eq!(round(&mut demand), one("state/", Change::Begin));
        demand.begin(B, b"state/");
        assert_eq!(round(&mut demand), one("state/", Change::Repeat));
        demand.end(A, b"state/");
        assert_eq!(round(&mut demand), []);
        demand.end_all(B);
        assert_eq!(round(&mut demand), one("state/", Change::End));
        assert!(demand.topics.is_empty());
    }

    #[test]
    fn only_what_a_connection_holds_ends() {
        let mut demand = Demand::default();
        demand.begin(A, b"state/");
        demand.begin(A, b"state/");
        let _ = round(&mut demand);
        for stranger in [B, None] {
            demand.end(stranger, b"state/");
            demand.end_all(stranger);
        }
        assert_eq!(round(&mut demand), []);
        demand.end(A, b"state/");
        demand.end(A, b"state/");
        assert_eq!(round(&mut demand), one("state/", Change::End));
    }

    #[test]
    fn what_begins_and_ends_between_two_rounds_costs_nothing() {
        let mut demand = Demand::default();
        for _ in 0..10_000 {
            demand.begin(A, b"event/");
            demand.end(A, b"event/");
        }
        assert_eq!(round(&mut demand), []);
        assert!(demand.topics.is_empty() && demand.changed.is_empty());
    }

    #[test]
    fn rounds_keep_their_distance_and_the_first_comes_at_once() {
        let (mut demand, now) = (Demand::default(), Instant::now());
        assert_eq!(demand.next_deadline(now), None);
        demand.begin(A, b"state/");
        assert_eq!(demand.next_round(now).len(), 1);
        demand.begin(B, b"state/");
        assert_eq!(demand.next_deadline(now), Some(now + ROUND));
        assert_eq!(demand.next_round(now + ROUND / 2).len(), 0);
        assert_eq!(demand.next_round(now + ROUND).len(), 1);
    }

    #[test]
    fn topics_are_bounded_for_one_and_for_all() {
        let mut demand = Demand::default();
        for connection in 0..100 {
            for topic in 0..1_000 {
                demand.begin(Some(connection), format!("message/{connection}/{topic}").as_bytes());
            }
        }
        assert_eq!(demand.topics.len(), TOPICS_MAX);
        assert!(demand.held.values().all(|held| held.len() <= TOPICS_OF_ONE_MAX));
        assert!(demand.changed.len() <= TOPICS_MAX);
        demand.begin(B, b"message/1/1");
        assert_eq!(demand.topics[&b"message/1/1"[..]].holders, 2, "what others hold already can be held");
    }
}
