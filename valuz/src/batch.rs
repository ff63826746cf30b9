//! What a source has sent and what it must still send: a pure state machine, no sockets and no clock.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use wire::value::{Order, Tail};

use crate::orders::Orders;

/// The number of the first order of a batch that begins now: greater than every number of earlier batches, of any run, as
/// long as the clock is right.
///
/// It is the milliseconds since the Unix epoch times 2^22, so two batches share a number only if the earlier one sent
/// more than four million orders a millisecond.
#[must_use]
pub fn new_base() -> u64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    (since_epoch.as_millis() as u64) << 22
}

/// A batch of orders as its source sends it. On the wire the number of an order is its place in the batch plus the base
/// that START gave, modulo 2^64.
#[derive(Debug)]
pub struct Batch {
    orders: Arc<Orders>,
    /// The base; `None` before START.
    base: Option<u64>,
    /// The next order that was never sent.
    fresh: u64,
    /// Orders to send again. Each is there once and below `fresh`, so it holds no more than the batch.
    again: BTreeSet<u64>,
    repeated: u64,
}

impl Batch {
    /// A batch of which no order was sent.
    #[must_use]
    pub fn new(orders: impl Into<Arc<Orders>>) -> Self {
        Self { orders: orders.into(), base: None, fresh: 0, again: BTreeSet::new(), repeated: 0 }
    }

    /// START: there are orders to send, numbered from `base`. Returns whether the batch begins, or begins again since
    /// another reduce has started it under another base; a START with the same base changes nothing.
    pub fn handle_start(&mut self, base: u64) -> bool {
        if self.base == Some(base) {
            return false;
        }
        self.base = Some(base);
        self.fresh = 0;
        self.again.clear();
        true
    }

    /// REPEAT: send the orders with these numbers again. Ignores numbers that are not in the batch, and those that were
    /// never sent, which are still to come.
    pub fn handle_repeat(&mut self, numbers: &[u64]) {
        let Some(base) = self.base else { return };
        let places = numbers.iter().map(|number| number.wrapping_sub(base));
        self.again.extend(places.filter(|&place| place < self.fresh));
    }

    /// The order to send now, its number as the tail; `None` if there is nothing to send. Repeats come first: reduce
    /// has waited for them.
    #[inline]
    pub fn next_order(&mut self) -> Option<Order> {
        let base = self.base?;
        let place = self.again.pop_first();
        self.repeated += u64::from(place.is_some());
        let place = place.unwrap_or(self.fresh);
        let order = self.orders.get(place)?;
        self.fresh = self.fresh.max(place + 1);
        Some(Order { tail: Tail::Number(base.wrapping_add(place)), ..order })
    }

    /// Whether there is an order to send.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.base.is_some() && (!self.again.is_empty() || self.fresh < self.orders.count())
    }

    /// All orders of the batch.
    #[must_use]
    pub const fn orders(&self) -> &Arc<Orders> {
        &self.orders
    }

    /// How many orders are to be sent, for the first time or again.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        self.orders.count() - self.fresh + self.again.len() as u64
    }

    /// How many orders of the batch were sent, each counted once: those at the places below.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.fresh
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

    const BASE: u64 = 77;

    fn batch(count: u64) -> Batch {
        Batch::new(Orders::simulated(1, count))
    }

    fn started(count: u64) -> Batch {
        let mut batch = batch(count);
        assert!(batch.handle_start(BASE));
        batch
    }

    /// The numbers of all orders that are to be sent.
    fn drained(batch: &mut Batch) -> Vec<u64> {
        std::iter::from_fn(|| batch.next_order()?.tail.number()).collect()
    }

    #[test]
    fn nothing_is_sent_before_start_not_even_a_repeat() {
        let mut batch = batch(3);
        batch.handle_repeat(&[0, 1]);
        assert!(drained(&mut batch).is_empty() && !batch.has_next());
        assert!(batch.handle_start(0) && batch.has_next());
        assert_eq!(drained(&mut batch), [0, 1, 2]);
        assert_eq!((batch.unsent(), batch.repeated(), batch.sent()), (0, 0, 3));
        assert!(!batch.has_next());
    }

    #[test]
    fn orders_are_numbered_from_the_base_modulo_the_largest_number() {
        let mut batch = batch(3);
        batch.handle_start(u64::MAX);
        assert_eq!(drained(&mut batch), [u64::MAX, 0, 1]);
        batch.handle_repeat(&[u64::MAX, 1, 2]);
        assert_eq!(drained(&mut batch), [u64::MAX, 1]);
        assert_eq!(batch.orders().get(2), Orders::simulated(1, 3).get(2));
    }

    #[test]
    fn a_second_start_sends_nothing_again_unless_its_base_is_another() {
        let mut batch = started(2);
        assert_eq!(drained(&mut batch), [BASE, BASE + 1]);
        assert!(!batch.handle_start(BASE));
        assert!(drained(&mut batch).is_empty());
        batch.handle_repeat(&[BASE]);
        assert!(batch.handle_start(99));
        assert_eq!(drained(&mut batch), [99, 100]);
        batch.handle_repeat(&[BASE]);
        assert!(drained(&mut batch).is_empty());
    }

    #[test]
    fn repeats_come_first_in_order_and_each_once() {
        let mut batch = started(10);
        for _ in 0..4 {
            batch.next_order();
        }
        batch.handle_repeat(&[3, 1, 3, 7, 99, u64::MAX - BASE].map(|place| BASE + place));
        assert_eq!(batch.unsent(), 8);
        assert_eq!(drained(&mut batch), [1, 3, 4, 5, 6, 7, 8, 9].map(|place| BASE + place));
        batch.handle_repeat(&[BASE + 3]);
        assert_eq!(drained(&mut batch), [BASE + 3]);
        assert_eq!(batch.repeated(), 3);
    }

    #[test]
    fn a_base_is_far_from_that_of_a_batch_a_millisecond_before() {
        let base = new_base();
        assert!(base.is_multiple_of(1 << 22) && base > 1_700_000_000_000 << 22);
        assert!(new_base() >= base);
    }

    proptest! {
        #[test]
        fn every_order_is_sent_and_only_orders_of_the_batch(
            count in 0..50_u64,
            repeats in prop::collection::vec(prop::collection::vec(0..80_u64, 0..10), 0..10),
        ) {
            let mut batch = batch(count);
            batch.handle_start(0);
            let mut sent = Vec::new();
            for repeat in &repeats {
                sent.extend(batch.next_order().and_then(|order| order.tail.number()));
                batch.handle_repeat(repeat);
            }
            sent.extend(drained(&mut batch));
            prop_assert!(sent.iter().all(|&number| number < count));
            prop_assert_eq!(sent.iter().collect::<BTreeSet<_>>().len() as u64, count);
            prop_assert_eq!(sent.len() as u64, count + batch.repeated());
        }
    }
}
