//! The requests of one service that wait for a worker: one of each client after another.
//!
//! When there is no room for another one, the client that has most of them waiting loses its last. So a client that floods a
//! service takes no place from the others.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::requests::{Number, RoutingId};

/// Requests that wait, by client.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The clients that have requests, in the order of their turns.
    turns: VecDeque<RoutingId>,
    /// Their requests, in the order in which they came.
    of: HashMap<RoutingId, VecDeque<Number>>,
    /// How many each client has: the one with most is last.
    counts: BTreeSet<(usize, RoutingId)>,
    len: usize,
}

impl Waiting {
    /// The number of requests.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds the newest request of a client.
    pub fn push(&mut self, client: &RoutingId, number: Number) {
        self.change(client, |requests| requests.push_back(number));
    }

    /// Adds a request that has waited before: it is its client's next, and this client is the next.
    pub fn push_again(&mut self, client: &RoutingId, number: Number) {
        self.change(client, |requests| requests.push_front(number));
        self.turns.retain(|other| other != client);
        self.turns.push_front(client.clone());
    }

    /// Takes the next request.
    pub fn pop(&mut self) -> Option<Number> {
        let client = self.turns.pop_front()?;
        let number = self.change(&client, VecDeque::pop_front);
        if self.of.contains_key(&client) {
            self.turns.push_back(client);
        }
        number
    }

    /// Takes the last request of the client that has most of them.
    pub fn pop_of_most(&mut self) -> Option<Number> {
        let (_, client) = self.counts.last()?.clone();
        let number = self.change(&client, VecDeque::pop_back);
        self.forget_turn(&client);
        number
    }

    /// Removes a request, wherever it is; `false` if it does not wait here.
    pub fn remove(&mut self, client: &RoutingId, number: Number) -> bool {
        let Some(at) = self.of.get(client).and_then(|requests| requests.iter().position(|other| *other == number))
        else {
            return false;
        };
        self.change(client, |requests| requests.remove(at));
        self.forget_turn(client);
        true
    }

    /// Changes the requests of a client, and counts them again.
    fn change<T>(&mut self, client: &RoutingId, change: impl FnOnce(&mut VecDeque<Number>) -> T) -> T {
        let requests = self.of.entry(client.clone()).or_default();
        let before = requests.len();
        let result = change(requests);
        let after = requests.len();
        if after == 0 {
            self.of.remove(client);
        }
        if before == 0 && after > 0 {
            self.turns.push_back(client.clone());
        }
        if before > 0 {
            self.counts.remove(&(before, client.clone()));
        }
        if after > 0 {
            self.counts.insert((after, client.clone()));
        }
        self.len = self.len + after - before;
        result
    }

    /// Takes the turn of a client that has no request any more.
    fn forget_turn(&mut self, client: &RoutingId) {
        if !self.of.contains_key(client) {
            self.turns.retain(|other| other != client);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn client(name: u8) -> RoutingId {
        RoutingId::from(&[name][..])
    }

    #[test]
    fn clients_are_served_alternately_however_many_requests_each_has() {
        let mut waiting = Waiting::default();
        for number in 1..=3 {
            waiting.push(&client(b'a'), number);
        }
        waiting.push(&client(b'b'), 4);
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 4, 2, 3]);
    }

    #[test]
    fn the_client_with_most_requests_loses_its_last() {
        let mut waiting = Waiting::default();
        waiting.push(&client(b'b'), 1);
        for number in 2..=4 {
            waiting.push(&client(b'a'), number);
        }
        assert_eq!(waiting.pop_of_most(), Some(4));
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn what_waits_again_is_next() {
        let mut waiting = Waiting::default();
        waiting.push(&client(b'a'), 2);
        waiting.push(&client(b'b'), 3);
        waiting.push_again(&client(b'b'), 1);
        assert_eq!(std::iter::from_fn(|| waiting.pop()).collect::<Vec<_>>(), [1, 2, 3]);
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
                        waiting.push(&client(name), number);
                        expected.push((name, number));
                        None
                    }
                    3 => {
                        waiting.push_again(&client(name), number);
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
                prop_assert!(waiting.remove(&client(name), number));
                prop_assert!(!waiting.remove(&client(name), number));
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
