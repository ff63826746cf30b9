//! Which requests are below which: a sub-job is below the one that has submitted it, and any job below those that wait for it.

use std::collections::HashMap;

use crate::requests::Number;

/// How often each request is below another one.
#[derive(Debug, Default)]
pub(super) struct Tree {
    below: HashMap<Number, HashMap<Number, usize>>,
}

impl Tree {
    /// A request is below another one, for one reason more.
    pub(super) fn link(&mut self, above: Number, below: Number) {
        *self.below.entry(above).or_default().entry(below).or_default() += 1;
    }

    /// One of the reasons is gone.
    pub(super) fn unlink(&mut self, above: Number, below: Number) {
        let Some(links) = self.below.get_mut(&above) else { return };
        if let Some(count) = links.get_mut(&below) {
            *count -= 1;
            if *count == 0 {
                links.remove(&below);
            }
        }
        if links.is_empty() {
            self.below.remove(&above);
        }
    }

    /// Those that are directly below it.
    pub(super) fn below(&self, above: Number) -> Vec<Number> {
        self.below.get(&above).into_iter().flat_map(HashMap::keys).copied().collect()
    }

    /// Whether nothing is below anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.below.is_empty()
    }
}
