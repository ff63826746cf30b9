//! The last things of a kind, each with a number, so that a page gets those that it has not seen.

use std::collections::VecDeque;

/// At most so many things, oldest first. Numbers rise by one, also over [`Ring::clear`].
#[derive(Debug)]
pub(crate) struct Ring<T> {
    items: VecDeque<T>,
    /// The number of the next thing.
    next: u64,
    max: usize,
}

impl<T: Clone> Ring<T> {
    pub(crate) const fn new(max: usize) -> Self {
        Self { items: VecDeque::new(), next: 0, max }
    }

    /// Adds what `make` makes of its number; the oldest makes room.
    pub(crate) fn push(&mut self, make: impl FnOnce(u64) -> T) {
        if self.items.len() == self.max {
            self.items.pop_front();
        }
        self.items.push_back(make(self.next));
        self.next += 1;
    }

    /// Those from the number `seen` on that are still kept; `seen` is moved behind them.
    pub(crate) fn news(&self, seen: &mut u64) -> Vec<T> {
        let new = usize::try_from(self.next - (*seen).min(self.next)).unwrap_or(usize::MAX).min(self.items.len());
        *seen = self.next;
        self.items.range(self.items.len() - new..).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_comes_once_and_no_more_than_is_kept() {
        let (mut ring, mut seen, mut late) = (Ring::new(3), 0, 0);
        assert!(ring.news(&mut seen).is_empty());
        (0..2).for_each(|_| ring.push(|id| id));
        assert_eq!(ring.news(&mut seen), [0, 1]);
        assert!(ring.news(&mut seen).is_empty());
        (0..5).for_each(|_| ring.push(|id| id));
        assert_eq!((ring.news(&mut seen), ring.news(&mut late)), (vec![4, 5, 6], vec![4, 5, 6]));
        ring.clear();
        ring.push(|id| id);
        assert_eq!((ring.news(&mut seen), ring.news(&mut 0)), (vec![7], vec![7]));
    }
}
