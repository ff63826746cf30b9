//! The workers known to reduce: how many are ready, and how many orders each has valued, by its reports.

use std::collections::BTreeMap;

use wire::WorkerName;

/// How many names are kept. Workers beyond that count as ready once a connection, like those without a name.
const NAMES_MAX: usize = 10_000;

/// The ready workers. A worker with a name is counted once, however often it sends READY.
#[derive(Debug, Default)]
pub struct Roster {
    /// Orders valued by each worker with a name, by its last report.
    named: BTreeMap<WorkerName, u64>,
    /// On how many connections READY came without a name.
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

    /// A worker reported how many orders it has valued. Reports of workers that have not sent READY are ignored.
    pub(crate) fn report(&mut self, worker: &WorkerName, done: u64) {
        if let Some(known) = self.named.get_mut(worker) {
            *known = done;
        }
    }

    /// How many workers have sent READY.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.named.len() as u64 + self.nameless
    }

    /// Whether no worker has sent READY.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there are workers that report.
    #[must_use]
    pub fn is_reporting(&self) -> bool {
        !self.named.is_empty()
    }

    /// Orders valued by all workers that report.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.named.values().fold(0, |sum, &done| sum.saturating_add(done))
    }

    /// Each worker with a name, and the orders that it has valued.
    pub fn iter(&self) -> impl Iterator<Item = (&WorkerName, u64)> {
        self.named.iter().map(|(name, &done)| (name, done))
    }
}
