//! What a source has sent and what it is still to send: a pure state machine, no sockets and no clock.

use std::collections::BTreeSet;

/// The orders of one batch, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    count: u64,
    started: bool,
    /// The next order that was never sent.
    fresh: u64,
    /// Orders to send again. Each is there once and below `fresh`, so it holds no more than the batch.
    again: BTreeSet<u64>,
    repeated: u64,
}

impl Batch {
    /// A batch of `count` orders, none of them sent.
    #[must_use]
    pub const fn new(count: u64) -> Self {
        Self { count, started: false, fresh: 0, again: BTreeSet::new(), repeated: 0 }
    }

    /// START: from now on there are orders to send. A START after the first changes nothing.
    pub const fn handle_start(&mut self) {
        self.started = true;
    }

    /// REPEAT: these orders are to be sent again. Numbers that are not in the batch are passed over, and so are
    /// those that were never sent: their turn comes anyway.
    pub fn handle_repeat(&mut self, numbers: &[u64]) {
        self.again.extend(numbers.iter().filter(|&&number| number < self.fresh));
    }

    /// The number of the order to send now, or `None` where there is nothing to send. Repeats come first:
    /// reduce has waited for them.
    #[inline]
    pub fn next_number(&mut self) -> Option<u64> {
        if let Some(number) = self.again.pop_first() {
            self.repeated += 1;
            return Some(number);
        }
        if !self.started || self.fresh == self.count {
            return None;
        }
        self.fresh += 1;
        Some(self.fresh - 1)
    }

    /// Whether START has come.
    #[must_use]
    pub const fn is_started(&self) -> bool {
        self.started
    }

    /// How many orders were never sent.
    #[must_use]
    pub const fn unsent(&self) -> u64 {
        self.count - self.fresh
    }

    /// How many orders were sent again.
    #[must_use]
    pub const fn repeated(&self) -> u64 {
        self.repeated
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drained(batch: &mut Batch) -> Vec<u64> {
        std::iter::from_fn(|| batch.next_number()).collect()
    }

    #[test]
    fn nothing_is_sent_before_start_not_even_a_repeat() {
        let mut batch = Batch::new(3);
        batch.handle_repeat(&[0, 1]);
        assert!(drained(&mut batch).is_empty());
        batch.handle_start();
        assert_eq!(drained(&mut batch), [0, 1, 2]);
        assert_eq!((batch.unsent(), batch.repeated()), (0, 0));
    }

    #[test]
    fn a_second_start_sends_nothing_again() {
        let mut batch = Batch::new(2);
        batch.handle_start();
        assert_eq!(drained(&mut batch), [0, 1]);
        batch.handle_start();
        assert!(drained(&mut batch).is_empty());
    }

    #[test]
    fn repeats_come_first_in_order_and_each_once() {
        let mut batch = Batch::new(10);
        batch.handle_start();
        for _ in 0..4 {
            batch.next_number();
        }
        batch.handle_repeat(&[3, 1, 3, 7, 99, u64::MAX]);
        assert_eq!(drained(&mut batch), [1, 3, 4, 5, 6, 7, 8, 9]);
        batch.handle_repeat(&[3]);
        assert_eq!(drained(&mut batch), [3]);
        assert_eq!(batch.repeated(), 3);
    }

    proptest! {
        #[test]
        fn every_order_is_sent_and_only_orders_of_the_batch(
            count in 0..50_u64,
            repeats in prop::collection::vec(prop::collection::vec(0..80_u64, 0..10), 0..10),
        ) {
            let mut batch = Batch::new(count);
            batch.handle_start();
            let mut sent = Vec::new();
            for repeat in &repeats {
                sent.extend(batch.next_number());
                batch.handle_repeat(repeat);
            }
            sent.extend(drained(&mut batch));
            prop_assert!(sent.iter().all(|&number| number < count));
            prop_assert_eq!(sent.iter().collect::<BTreeSet<_>>().len() as u64, count);
            prop_assert_eq!(sent.len() as u64, count + batch.repeated());
        }
    }
}
