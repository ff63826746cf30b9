//! The workers that reduce has heard of: how many are ready, and what each says it has done.

use std::collections::BTreeMap;

use wire::WorkerName;

/// How many names are kept. Workers beyond that still count as ready, each time they say so.
const NAMES_MAX: usize = 10_000;

/// Who is ready. A worker that gives its name is counted once, however often it says READY.
#[derive(Debug, Default)]
pub struct Roster {
    /// Orders done by each worker that gave its name, as it last reported.
    named: BTreeMap<WorkerName, u64>,
    /// How often READY came without a name.
    nameless: u64,
}

impl Roster {
    /// A worker said READY; without a name it counts once a connection. Returns whether it is new.
    pub(crate) fn ready(&mut self, worker: Option<&WorkerName>, is_new_connection: bool) -> bool {
        match worker {
            Some(name) if self.named.contains_key(name) => false,
            Some(name) if self.named.len() < NAMES_MAX => {
                self.named.insert(name.clone(), 0);
                true
            }
            _ => {
                self.nameless += u64::from(is_new_connection);
                is_new_connection
            }
        }
    }

    /// A worker that said READY told how many orders it has done; what others tell is passed over.
    pub(crate) fn report(&mut self, worker: &WorkerName, done: u64) {
        if let Some(known) = self.named.get_mut(worker) {
            *known = done;
        }
    }

    /// How many workers have said READY.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.named.len() as u64 + self.nameless
    }

    /// Whether no worker has said READY.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are workers that report.
    #[must_use]
    pub fn is_reporting(&self) -> bool {
        !self.named.is_empty()
    }

    /// Orders done by all workers that report.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.named.values().fold(0, |sum, &done| sum.saturating_add(done))
    }

    /// Each worker that gave its name, and the orders it has done.
    pub fn iter(&self) -> impl Iterator<Item = (&WorkerName, u64)> {
        self.named.iter().map(|(name, &done)| (name, done))
    }
}
