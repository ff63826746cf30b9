//! The services that the broker knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    limits::{BrokerLimits, ServiceLimits},
    waiting::Waiting,
    workers::Turn,
};

/// A service that has workers, or that clients have asked for.
#[derive(Debug)]
pub(super) struct Service {
    /// Its name.
    pub(super) name: String,
    /// Its limits.
    pub(super) limits: ServiceLimits,
    /// What waits for a worker.
    pub(super) waiting: Waiting,
    /// How many requests are not accepted yet.
    pub(super) held: usize,
    /// The workers that can get any request, in the order of their turns.
    pub(super) free: BTreeSet<Turn>,
    /// The workers that can get a request if it is deep enough, since a place is lent.
    pub(super) lending: BTreeSet<usize>,
    /// The number of registered workers.
    pub(super) workers: usize,
    /// How many of them are not trusted since they fail requests.
    pub(super) distrusted: usize,
    /// The requests that its workers have open.
    pub(super) open: usize,
    /// The requests that other brokers have.
    pub(super) away: usize,
    /// The requests that were answered.
    pub(super) answered: u64,
}

impl Service {
    /// Whether a worker has registered it.
    pub(super) const fn is_offered(&self) -> bool {
        self.workers > 0
    }
}

/// All services, each at a place that it keeps.
#[derive(Debug, Default)]
pub(super) struct Services {
    places: Vec<Option<Service>>,
    free_places: Vec<usize>,
    by_name: BTreeMap<String, usize>,
}

impl Services {
    /// The place of a service, which is new if the limits of the broker allow it.
    pub(super) fn find_or_add(&mut self, name: &str, limits: &BrokerLimits) -> Option<usize> {
        if let Some(place) = self.find(name) {
            return Some(place);
        }
        if self.by_name.len() >= limits.services_max {
            return None;
        }
        Some(self.add(name, limits.of(name)))
    }

    /// Adds a service that is not there.
    pub(super) fn add(&mut self, name: &str, limits: ServiceLimits) -> usize {
        let place = self.free_places.pop().unwrap_or(self.places.len());
        if place == self.places.len() {
            self.places.push(None);
        }
        self.by_name.insert(name.to_owned(), place);
        self.places[place] = Some(Service {
            name: name.to_owned(),
            limits,
            waiting: Waiting::default(),
            held: 0,
            free: BTreeSet::new(),
            lending: BTreeSet::new(),
            workers: 0,
            distrusted: 0,
            open: 0,
            away: 0,
            answered: 0,
        });
        place
    }

    /// The place of a service.
    #[must_use]
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A service.
    #[must_use]
    pub(super) fn get(&self, place: usize) -> Option<&Service> {
        self.places.get(place)?.as_ref()
    }

    /// A service, to change it.
    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Service> {
        self.places.get_mut(place)?.as_mut()
    }

    /// All services, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Service> {
        self.places.iter().flatten()
    }

    /// Forgets a service that has no worker and no request.
    pub(super) fn forget_unused(&mut self, place: usize) {
        let is_unused = |service: &Service| {
            let requests = service.waiting.len() + service.open + service.held + service.away;
            service.workers + requests == 0
        };
        if let Some(service) = self.places.get_mut(place).and_then(|found| found.take_if(|found| is_unused(found))) {
            self.by_name.remove(&service.name);
            self.free_places.push(place);
        }
    }
}
