//! Which orders were lost with workers that have disconnected, if that can be known: pure.
//!
//! The source sends orders in the order of their numbers, and a worker answers in the order of arrival. So a worker
//! that has answered an order holds none with a lower number, and an order without a result that no connected worker
//! can hold is lost. Being wrong about it (an order was sent twice, a source began again) costs a duplicate and no more.

use std::{
    collections::HashMap,
    ops::Range,
    time::{Duration, Instant},
};

/// How many connections are followed, far more than a machine has workers.
const CONNECTIONS_MAX: usize = 10_000;

/// The least time between two requests: losses become known little by little, and results of a worker that has
/// disconnected may still be on their way.
const PAUSE: Duration = Duration::from_millis(100);

/// The workers that are connected, and what is known of their queues.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// By connection: orders below this place are not in the worker's queue. Only advanced during a search.
    answered: HashMap<u64, u64>,
    search: Option<Search>,
}

/// The search for lost orders, from a worker's disconnection to the end of the batch.
#[derive(Debug, Clone, Copy)]
struct Search {
    /// Orders below this place were asked for.
    asked: u64,
    /// Not before this time; `None` until the loop has looked at the clock.
    next: Option<Instant>,
}

impl Losses {
    /// A worker is ready. Returns whether none was on this connection before.
    pub(crate) fn handle_ready(&mut self, connection: u64) -> bool {
        if self.answered.contains_key(&connection) {
            return false;
        }
        if self.answered.len() < CONNECTIONS_MAX {
            self.answered.insert(connection, 0);
        }
        true
    }

    /// A connection is gone; a search begins if it was a worker's.
    pub(crate) fn handle_disconnected(&mut self, connection: u64) {
        if self.answered.remove(&connection).is_some() {
            self.search = Some(Search { asked: 0, next: None });
        }
    }

    /// Whether [`Losses::handle_answer`] matters: only after a loss, since to know the connection of a result costs time.
    #[inline]
    pub(crate) const fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// A worker has answered the order at this place.
    pub(crate) fn handle_answer(&mut self, connection: u64, place: u64) {
        if let Some(below) = self.answered.get_mut(&connection) {
            *below = place.max(*below);
        }
    }

    /// The next places, of a batch of `count` orders, in which every order without a result is lost.
    pub(crate) fn next_range(&mut self, now: Instant, count: u64) -> Option<Range<u64>> {
        let end = self.known_until(count);
        let search = self.search.as_mut()?;
        let next = *search.next.get_or_insert(now + PAUSE);
        if now < next || end <= search.asked {
            return None;
        }
        let start = std::mem::replace(&mut search.asked, end);
        search.next = Some(now + PAUSE);
        Some(start..end)
    }

    /// When [`Losses::next_range`] has more even if nothing happens.
    pub(crate) fn next_deadline(&self, count: u64) -> Option<Instant> {
        let search = self.search.filter(|search| search.asked < self.known_until(count))?;
        search.next
    }

    /// Orders below this place are in no connected worker's queue.
    fn known_until(&self, count: u64) -> u64 {
        self.answered.values().min().copied().unwrap_or(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_two() -> (Losses, Instant) {
        let mut losses = Losses::default();
        assert!(losses.handle_ready(1) && losses.handle_ready(2) && !losses.handle_ready(2));
        (losses, Instant::now())
    }

    #[test]
    fn nothing_is_lost_while_all_workers_are_connected() {
        let (mut losses, now) = with_two();
        losses.handle_disconnected(3);
        assert!(!losses.is_searching());
        assert_eq!((losses.next_range(now + PAUSE, 10), losses.next_deadline(10)), (None, None));
    }

    #[test]
    fn what_the_survivors_have_passed_is_lost_and_named_once() {
        let (mut losses, now) = with_two();
        assert!(losses.handle_ready(3));
        losses.handle_disconnected(1);
        assert_eq!(losses.next_range(now, 100), None);
        for (connection, place) in [(2, 40), (3, 20), (3, 10), (1, 90), (7, 90)] {
            losses.handle_answer(connection, place);
        }
        assert_eq!(losses.next_deadline(100), Some(now + PAUSE));
        assert_eq!(losses.next_range(now + PAUSE, 100), Some(0..20));
        assert_eq!((losses.next_range(now + 9 * PAUSE, 100), losses.next_deadline(100)), (None, None));
        losses.handle_answer(3, 60);
        assert_eq!(losses.next_range(now + 9 * PAUSE, 100), Some(20..40));
        losses.handle_disconnected(3);
        losses.next_range(now + 9 * PAUSE, 100);
        assert_eq!(losses.next_range(now + 10 * PAUSE, 100), Some(0..40), "what was sent again may be lost again");
    }

    #[test]
    fn a_worker_that_has_not_answered_may_hold_any_order() {
        let (mut losses, now) = with_two();
        losses.handle_disconnected(1);
        losses.next_range(now, 100);
        assert_eq!(losses.next_range(now + PAUSE, 100), None);
    }

    #[test]
    fn all_is_lost_when_no_worker_is_left() {
        let (mut losses, now) = with_two();
        losses.handle_disconnected(1);
        losses.handle_disconnected(2);
        losses.next_range(now, 100);
        assert_eq!(losses.next_range(now + PAUSE, 100), Some(0..100));
    }
}
