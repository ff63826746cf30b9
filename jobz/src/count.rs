//! A reported number that only grows.

use sockets::Value;

/// A count, and the value by which observers see it.
#[derive(Debug)]
pub(crate) struct Count {
    value: Value,
    count: u64,
}

impl Count {
    pub(crate) const fn of(value: Value) -> Self {
        Self { value, count: 0 }
    }

    pub(crate) fn add_one(&mut self) {
        self.count += 1;
        self.value.set(self.count as f64);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}
