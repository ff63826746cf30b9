//! The workers that have failed a request, which prefers others.

use std::{collections::VecDeque, time::Instant};

use super::RoutingId;

/// The most of them that are remembered: the last ones.
const SHUNNED_MAX: usize = 16;

/// The workers that have failed a request.
#[derive(Debug)]
pub struct Shunned {
    workers: VecDeque<RoutingId>,
    /// Until when it waits for others.
    pub until: Instant,
}

impl Shunned {
    /// Adds a worker.
    pub fn add(shunned: &mut Option<Box<Self>>, worker: RoutingId, until: Instant) {
        let shunned = shunned.get_or_insert_with(|| Box::new(Self { workers: VecDeque::new(), until }));
        shunned.until = until;
        if !shunned.has(&worker) {
            shunned.workers.truncate(SHUNNED_MAX - 1);
            shunned.workers.push_front(worker);
        }
    }

    /// Whether this worker is one of them.
    #[must_use]
    pub fn has(&self, worker: &RoutingId) -> bool {
        self.workers.contains(worker)
    }

    /// All of them.
    pub fn workers(&self) -> impl Iterator<Item = &RoutingId> {
        self.workers.iter()
    }
}
