//! The last items of a kind, each with a number and a version, so that a page gets those that it has not seen.

use std::collections::VecDeque;

/// A bounded number of items, oldest first. Numbers and versions rise by one, also over [`Ring::clear`].
#[derive(Debug)]
pub(crate) struct Ring<T> {
    /// Each with the version at which it was added or changed last.
    items: VecDeque<(u64, T)>,
    /// The number of the next item.
    next: u64,
    /// The version of the next change.
    version: u64,
    max: usize,
}

impl<T: Clone> Ring<T> {
    pub(crate) const fn new(max: usize) -> Self {
        Self { items: VecDeque::new(), next: 0, version: 0, max }
    }

    /// Adds what `make` makes of its number, which is returned; the oldest item makes room.
    pub(crate) fn push(&mut self, make: impl FnOnce(u64) -> T) -> u64 {
        if self.items.len() == self.max {
            self.items.pop_front();
        }
        let number = self.next;
        self.items.push_back((self.version, make(number)));
        self.next += 1;
        self.version += 1;
        number
    }

    /// Changes the item with this number; false if it is no longer kept.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut T)) -> bool {
        let first = self.next - self.items.len() as u64;
        let index = number.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        let Some((version, item)) = index.and_then(|index| self.items.get_mut(index)) else { return false };
        change(item);
        *version = self.version;
        self.version += 1;
        true
    }

    /// The items that are newer than the version `seen`, oldest first; `seen` is advanced.
    pub(crate) fn unseen(&self, seen: &mut u64) -> Vec<T> {
        let from = std::mem::replace(seen, self.version);
        if from == self.version {
            return Vec::new();
        }
        self.items.iter().filter(|(version, _)| *version >= from).map(|(_, item)| item.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_items_come_once_and_no_more_than_are_kept() {
        let (mut ring, mut seen, mut late) = (Ring::new(3), 0, 0);
        assert!(ring.unseen(&mut seen).is_empty());
        for number in 0..2 {
            assert_eq!(ring.push(|id| id), number);
        }
        assert_eq!(ring.unseen(&mut seen), [0, 1]);
        assert!(ring.unseen(&mut seen).is_empty());
        for _ in 0..5 {
            ring.push(|id| id);
        }
        assert_eq!((ring.unseen(&mut seen), ring.unseen(&mut late)), (vec![4, 5, 6], vec![4, 5, 6]));
        ring.clear();
        ring.push(|id| id);
        assert_eq!((ring.unseen(&mut seen), ring.unseen(&mut 0)), (vec![7], vec![7]));
    }

    #[test]
    fn a_changed_item_comes_again_in_its_place() {
        let (mut ring, mut seen) = (Ring::new(2), 0);
        for text in ["a", "b"] {
            ring.push(|_| text.to_owned());
        }
        ring.unseen(&mut seen);
        assert!(ring.change(0, |item| item.push('2')));
        assert_eq!(
            (ring.unseen(&mut seen), ring.unseen(&mut 0)),
            (vec!["a2".to_owned()], vec!["a2".into(), "b".into()])
        );
        ring.push(|_| "c".to_owned());
        assert!(
            !ring.change(0, |_| panic!("it is no longer kept")) && !ring.change(3, |_| panic!("it is not there yet"))
        );
        assert_eq!(ring.unseen(&mut seen), ["c"]);
    }
}
