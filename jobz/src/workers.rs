//! Who has registered, what each worker is doing, and whether it is alive.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use wire::job::Dialect;

use crate::{
    limits::Balance,
    requests::{Address, Number, RoutingId},
    trust::Trust,
};

/// The most requests of which each waits for the next.
pub const DEPTH_MAX: u8 = 32;

/// The most places that a worker lends.
pub const LENT_MAX: usize = 100;

/// A registered worker.
#[derive(Debug)]
pub struct Worker {
    /// Who it is for the `ROUTER`.
    pub routing_id: RoutingId,
    /// How it speaks.
    pub dialect: Dialect,
    /// The place of its service.
    pub service: usize,
    /// How many requests it may have open.
    pub credit: usize,
    /// Whether it has used extension `credit`, so that it knows CANCEL.
    pub is_extended: bool,
    /// Its open requests.
    pub open: VecDeque<Open>,
    /// How many of these are kept places: it has not got a request for them yet.
    pub kept: usize,
    /// Whether its failures matter.
    pub trust: Trust,
    /// When it last sent something.
    pub last_received: Instant,
    /// When it last got a request.
    pub last_given: Instant,
    /// When the broker last sent it something.
    pub last_sent: Instant,
    /// When the broker looks at it next.
    pub look: Instant,
    /// Whether it has sent heartbeats while it was busy. One that never did, as the simplest workers, may be silent while it works.
    pub beats_when_busy: bool,
    /// When it last got a request, as a count of all requests that workers have got.
    pub last_used: u64,
    /// Its turn among the free workers of its service, if it is one of them.
    pub turn: Option<Turn>,
    /// Whether it gets nothing more, and is let go when it has nothing open.
    pub is_drained: bool,
}

/// When a free worker is next: the least is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The share of its credit in use, in units of 2^-32; 0 for [`Balance::Lru`].
    share: u64,
    last_used: u64,
    /// The worker's place.
    pub place: usize,
}

/// A request that a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The request.
    pub number: Number,
    /// Which try it is.
    pub attempt: u32,
    /// Whether its replies are for its client; after CANCEL they are for no client, and it holds a place until it ends.
    pub is_wanted: bool,
    /// How deep it is below the requests that wait for it.
    pub depth: u8,
    /// How many times it waits for another request: while it does, its place is lent to one that is deeper.
    pub waits: u32,
    /// Whether it got a place that was lent.
    pub is_borrower: bool,
}

impl Worker {
    /// How deep a request has to be for this worker to get it now; `None` if it gets none.
    ///
    /// A lent place is for requests that are deeper than its lender. So it never goes to one that waits for what
    /// is above it, and however many wait there is a place for the deepest.
    #[must_use]
    pub fn takes_from(&self) -> Option<u8> {
        let credit = if self.is_drained { 0 } else { self.trust.credit(self.credit) };
        if self.open.len() < credit {
            return Some(0);
        }
        if self.lent() == 0 {
            return None;
        }
        // A worker that takes nothing more still lends the places of what it has.
        let own = credit.max(self.open.iter().filter(|open| !open.is_borrower).count());
        let fits = |depth: &u8| {
            let lent = self.open.iter().filter(|open| open.waits > 0 && open.depth < *depth).count();
            self.open.iter().filter(|open| open.depth <= *depth).count() < own + lent
        };
        (0..=DEPTH_MAX).rev().take_while(fits).last()
    }

    /// Whether it can get any request.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.takes_from() == Some(0)
    }

    /// How many of its places are lent.
    #[must_use]
    pub fn lent(&self) -> usize {
        self.open.iter().filter(|open| open.waits > 0).count()
    }

    /// An open request, to change it.
    pub fn open_mut(&mut self, number: Number, attempt: u32) -> Option<&mut Open> {
        let position = self.position(Address { number, attempt })?;
        self.open.get_mut(position)
    }

    /// When the worker at this place would be next.
    #[must_use]
    pub fn turn_at(&self, place: usize, balance: Balance) -> Turn {
        let share = match balance {
            Balance::Lru => 0,
            Balance::Weighted => ((self.open.len() as u64) << 32) / (self.credit as u64).max(1),
        };
        Turn { share, last_used: self.last_used, place }
    }

    /// The position of the open request with this address.
    #[must_use]
    pub fn position(&self, address: Address) -> Option<usize> {
        self.open.iter().position(|open| (open.number, open.attempt) == (address.number, address.attempt))
    }

    /// Whether it has a request.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.open.len() > self.kept
    }

    /// Whether its silence means that it is gone.
    #[must_use]
    pub fn must_beat(&self) -> bool {
        !self.is_busy() || self.beats_when_busy
    }
}

/// All registered workers, each at a place that it keeps.
#[derive(Debug, Default)]
pub struct Workers {
    places: Vec<Option<Worker>>,
    free_places: Vec<usize>,
    /// Sorted, since few are found sooner so than by a hash that peers cannot guess.
    by_routing_id: BTreeMap<RoutingId, usize>,
}

impl Workers {
    /// The number of workers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_routing_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_routing_id.is_empty()
    }

    /// Adds a worker, and returns its place.
    pub fn add(&mut self, worker: Worker) -> usize {
        let routing_id = worker.routing_id.clone();
        let place = self.free_places.pop().unwrap_or(self.places.len());
        if place == self.places.len() {
            self.places.push(None);
        }
        self.places[place] = Some(worker);
        self.by_routing_id.insert(routing_id, place);
        place
    }

    /// Removes a worker.
    pub fn remove(&mut self, place: usize) -> Option<Worker> {
        let worker = self.places.get_mut(place)?.take()?;
        self.by_routing_id.remove(&worker.routing_id);
        self.free_places.push(place);
        Some(worker)
    }

    /// The place of the worker with this routing id.
    #[must_use]
    pub fn find(&self, routing_id: &[u8]) -> Option<usize> {
        self.by_routing_id.get(routing_id).copied()
    }

    /// A worker.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Worker> {
        self.places.get(place)?.as_ref()
    }

    /// A worker, to change it.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Worker> {
        self.places.get_mut(place)?.as_mut()
    }

    /// All workers, each with its place.
    pub fn places(&self) -> impl Iterator<Item = (usize, &Worker)> {
        self.places.iter().enumerate().filter_map(|(place, worker)| Some((place, worker.as_ref()?)))
    }

    /// All workers.
    pub fn iter(&self) -> impl Iterator<Item = &Worker> {
        self.places.iter().flatten()
    }
}
