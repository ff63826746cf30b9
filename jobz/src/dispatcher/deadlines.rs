//! When requests end by themselves.
//!
//! Nearly all of them are over long before. To find each one's deadline then, and to remove it, would cost as much as all else that
//! the dispatcher does with it. So it stays, void, until its time comes or most are void.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

use crate::requests::{Number, Requests};

/// How many void deadlines are kept even if there are few requests.
const VOID_MAX: usize = 100;

/// The deadlines of requests. One is void if its request has a state with another one.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    sorted: BinaryHeap<Reverse<(Instant, Number)>>,
}

impl Deadlines {
    /// Adds the deadline of a request's new state.
    pub(super) fn add(&mut self, deadline: Instant, number: Number, requests: &Requests) {
        self.sorted.push(Reverse((deadline, number)));
        if self.sorted.len() > 2 * requests.len() + VOID_MAX {
            self.sorted.retain(|Reverse((deadline, number))| requests.is_due_at(*number, *deadline));
        }
    }

    /// The first one. It may be void.
    pub(super) fn first(&self) -> Option<(Instant, Number)> {
        self.sorted.peek().map(|Reverse(first)| *first)
    }

    /// Takes the first one.
    pub(super) fn pop(&mut self) {
        self.sorted.pop();
    }

    /// Takes all: there are no requests.
    pub(super) fn clear(&mut self) {
        self.sorted.clear();
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (Instant, Number)> {
        self.sorted.iter().map(|Reverse(deadline)| *deadline)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::{collection::vec, prelude::*};
    use wire::Frames;

    use super::*;
    use crate::requests::{Origin, State, Taken};

    proptest! {
        #[test]
        fn every_request_is_due_at_its_last_deadline_and_void_ones_are_few(
            steps in vec((0_usize..3, any::<prop::sample::Index>(), 0_u64..10), 1..1_000),
        ) {
            let start = Instant::now();
            let (mut deadlines, mut requests) = (Deadlines::default(), Requests::new(0));
            let mut numbers = Vec::new();
            for (index, (step, which, seconds)) in steps.into_iter().enumerate() {
                if step == 0 || numbers.is_empty() {
                    numbers.push(requests.add(Taken::new(Origin::Job, 0, Frames::new(), State::Held)));
                }
                let at = which.index(numbers.len());
                if step == 1 {
                    requests.remove(numbers.swap_remove(at));
                } else {
                    let deadline = start + Duration::from_secs(seconds) + Duration::from_micros(index as u64);
                    requests.get_mut(numbers[at]).unwrap().state = State::Away(deadline);
                    deadlines.add(deadline, numbers[at], &requests);
                    prop_assert!(deadlines.iter().count() <= 2 * requests.len() + VOID_MAX);
                }
            }
            numbers.retain(|number| requests.get(*number).unwrap().state != State::Held);
            let mut last = start;
            while let Some((deadline, number)) = deadlines.first() {
                prop_assert!(last <= deadline);
                last = deadline;
                deadlines.pop();
                if requests.is_due_at(number, deadline) {
                    numbers.retain(|other| *other != number);
                }
            }
            prop_assert!(numbers.is_empty());
        }
    }
}
