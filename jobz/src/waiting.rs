//! The requests of one service that wait for a worker: one of each client after another.
//!
//! When there is no room for another one, the client that has most of them waiting loses its last. So a client that floods a
//! service takes no place from the others. Jobs wait as if they were all of one client, but none is lost: they were accepted.
//! A job that another one waits for is before all others, the deepest first. Questions of other brokers come last.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, VecDeque},
};

use crate::requests::{Number, Origin, RoutingId};

/// Those whose requests take turns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// A client.
    Client(RoutingId),
    /// All jobs.
    Jobs,
    /// Other brokers, that ask for places.
    Peers,
}

impl From<&Origin> for Lane {
    fn from(origin: &Origin) -> Self {
        match origin {
            Origin::Client { routing_id, .. } => Self::Client(routing_id.clone()),
            Origin::Job => Self::Jobs,
            Origin::Peer(_) => Self::Peers,
        }
    }
}

/// Requests that wait.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Those that other requests wait for, the deepest first, then the oldest.
    below: BTreeSet<(Reverse<u8>, Number)>,
    /// The lanes that have requests, in the order of their turns.
    turns: VecDeque<Lane>,
    /// Their requests, in the order in which they came.
    of: BTreeMap<Lane, VecDeque<Number>>,
    /// How many each client has: the one with most is last.
    counts: BTreeSet<(usize, RoutingId)>,
    /// How many are in lanes.
    len: usize,
    /// Questions of other brokers, the oldest first.
    last: BTreeSet<Number>,
}

impl Waiting {
    /// The number of requests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len + self.below.len() + self.last.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of clients' requests among them.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.len - self.of.get(&Lane::Jobs).map_or(0, VecDeque::len)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Number> {
        let below = self.below.iter().map(|(_, number)| *number);
        below.chain(self.of.values().flatten().copied()).chain(self.last.iter().copied())
    }

    /// The number of jobs among them.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.below.len() + self.of.get(&Lane::Jobs).map_or(0, VecDeque::len)
    }

    /// Adds a lane's newest request.
    pub fn push(&mut self, lane: &Lane, depth: u8, number: Number) {
        if depth > 0 {
            self.below.insert((Reverse(depth), number));
        } else if *lane == Lane::Peers {
            self.last.insert(number);
        } else {
            self.change(lane, |requests| requests.push_back(number));
        }
    }

    /// Adds a request that has waited before: it is its lane's next, and this lane is the next.
    pub fn push_again(&mut self, lane: &Lane, depth: u8, number: Number) {
        if depth > 0 {
            self.below.insert((Reverse(depth), number));
            return;
        }
        self.change(lane, |requests| requests.push_front(number));
        self.turns.retain(|other| other != lane);
        self.turns.push_front(lane.clone());
    }

    /// How deep the next request is.
    #[must_use]
    pub fn next_depth(&self) -> Option<u8> {
        match self.below.first() {
            Some((Reverse(depth), _)) => Some(*depth),
            None => (!self.is_empty()).then_some(0),
        }
    }

    /// Takes the next request.
    pub fn pop(&mut self) -> Option<Number> {
        if let Some((_, number)) = self.below.pop_first() {
            return Some(number);
        }
        let Some(lane) = self.turns.pop_front() else { return self.last.pop_first() };
        let (number, is_left) = self.change(&lane, |requests| (requests.pop_front(), !requests.is_empty()));
        if is_left {
            self.turns.push_back(lane);
        }
        number
    }

    /// Takes the last request of the client that has most of them.
    pub fn pop_of_most(&mut self) -> Option<Number> {
        let (_, client) = self.counts.last()?.clone();
        let lane = Lane::Client(client);
        let number = self.change(&lane, VecDeque::pop_back);
        self.forget_turn(&lane);
        number
    }

    /// Removes a request, wherever it is; `false` if it does not wait here.
    pub fn remove(&mut self, lane: &Lane, depth: u8, number: Number) -> bool {
        if depth > 0 {
            return self.below.remove(&(Reverse(depth), number));
        }
        if *lane == Lane::Peers {
            return self.last.remove(&number);
        }
        let Some(at) = self.of.get(lane).and_then(|requests| requests.iter().position(|other| *other == number)) else {
            return false;
        };
        self.change(lane, |requests| requests.remove(at));
        self.forget_turn(lane);
        true
    }

    /// Changes the requests of a lane, and counts them again.
    fn change<T>(&mut self, lane: &Lane, change: impl FnOnce(&mut VecDeque<Number>) -> T) -> T {
        let requests = self.of.entry(lane.clone()).or_default();
        let before = requests.len();
        let result = change(requests);
        let after = requests.len();
        if after == 0 {
            self.of.remove(lane);
        }
        if before == 0 && after > 0 {
            self.turns.push_back(lane.clone());
        }
        if let Lane::Client(client) = lane {
            if before > 0 {
                self.counts.remove(&(before, client.clone()));
            }
            if after > 0 {
                self.counts.insert((after, client.clone()));
            }
        }
        self.len = self.len + after - before;
        result
    }

    /// Takes the turn of a lane that has no request any more.
    fn forget_turn(&mut self, lane: &Lane) {
        if !self.of.contains_key(lane) {
            self.turns.retain(|other| other != lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn client(name: u8) -> Lane {
        Lane::Client(RoutingId::from(&[name][..]))
    }

    #[test]
    fn clients_are_served_alternately_however_many_requests_each_has() {
        let mut waiting = Waiting::default();
        for number in 1..=3 {
            waiting.push(&client(b'a'), 0, number);
        }
        waiting.push(&client(b'b'), 0, 4);
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 4, 2, 3]);
    }

    #[test]
    fn the_client_with_most_requests_loses_its_last() {
        let mut waiting = Waiting::default();
        waiting.push(&client(b'b'), 0, 1);
        for number in 2..=4 {
            waiting.push(&client(b'a'), 0, number);
        }
        assert_eq!(waiting.pop_of_most(), Some(4));
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn what_waits_again_is_next() {
        let mut waiting = Waiting::default();
        waiting.push(&client(b'a'), 0, 2);
        waiting.push(&client(b'b'), 0, 3);
        waiting.push_again(&client(b'b'), 0, 1);
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn what_others_wait_for_is_first_and_no_job_is_lost() {
        let mut waiting = Waiting::default();
        for number in 1..=3 {
            waiting.push(&Lane::Jobs, 0, number);
        }
        waiting.push(&client(b'a'), 0, 4);
        waiting.push(&Lane::Jobs, 1, 5);
        waiting.push(&Lane::Jobs, 2, 6);
        waiting.push(&Lane::Jobs, 1, 7);
        assert_eq!((waiting.len(), waiting.jobs(), waiting.next_depth()), (7, 6, Some(2)));
        assert!(waiting.remove(&Lane::Jobs, 1, 7) && !waiting.remove(&Lane::Jobs, 1, 7));
        assert_eq!((waiting.pop_of_most(), waiting.pop_of_most()), (Some(4), None));
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [6, 5, 1, 2, 3]);
        assert_eq!(waiting.next_depth(), None);
    }

    proptest! {
        /// Whatever is done, nothing is lost, nothing is there twice, and the counts are right.
        #[test]
        fn what_was_added_and_not_taken_is_there_once(acts in vec((0u8..6, 0u8..4), 0..200)) {
            let mut waiting = Waiting::default();
            let mut expected: Vec<(u8, Number)> = Vec::new();
            for (number, (act, name)) in (1..).zip(acts) {
                let taken = match act {
                    0..=2 => {
                        waiting.push(&client(name), 0, number);
                        expected.push((name, number));
                        None
                    }
                    3 => {
                        waiting.push_again(&client(name), 0, number);
                        expected.push((name, number));
                        None
                    }
                    4 => waiting.pop(),
                    _ => waiting.pop_of_most(),
                };
                if let Some(taken) = taken {
                    let at = expected.iter().position(|(_, number)| *number == taken);
                    prop_assert!(at.is_some(), "{taken} was not there");
                    expected.remove(at.unwrap_or_default());
                }
                prop_assert_eq!(waiting.len(), expected.len());
                prop_assert_eq!(waiting.turns.len(), waiting.of.len());
                prop_assert_eq!(waiting.counts.len(), waiting.of.len());
            }
            let at = expected.len() / 2;
            if let Some((name, number)) = expected.get(at).copied() {
                prop_assert!(waiting.remove(&client(name), 0, number));
                prop_assert!(!waiting.remove(&client(name), 0, number));
                expected.remove(at);
            }
            let mut left: Vec<_> = std::iter::from_fn(|| waiting.pop()).collect();
            left.sort_unstable();
            let mut numbers: Vec<_> = expected.into_iter().map(|(_, number)| number).collect();
            numbers.sort_unstable();
            prop_assert_eq!(left, numbers);
        }
    }
}
