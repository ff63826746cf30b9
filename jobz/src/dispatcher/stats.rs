//! What the broker has now and what happened since its start, for `mmi.stats` and for Prometheus.

use serde::Serialize;

use super::{Counts, Dispatcher, services::Service};

/// The most services that are listed.
const SERVICES_MAX: usize = 1_000;

/// The whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Registered workers.
    pub workers: usize,
    /// Requests that wait for a worker.
    pub waiting: usize,
    /// Requests that workers have.
    pub open: usize,
    /// What happened since the start.
    #[serde(flatten)]
    pub counts: Counts,
    /// The services, at most a thousand of them.
    pub services: Vec<ServiceStats>,
}

/// A service that has workers or requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ServiceStats {
    /// Its name.
    pub name: String,
    /// Its registered workers.
    pub workers: usize,
    /// Its requests that wait for a worker.
    pub waiting: usize,
    /// Its requests that workers have.
    pub open: usize,
    /// Its requests that got their final reply since it is known.
    pub answered: u64,
}

impl Dispatcher {
    /// The whole, with all services, or with the one that is named.
    #[must_use]
    pub fn stats(&self, service: Option<&str>) -> Stats {
        let wanted = self.services.iter().filter(|it| service.is_none_or(|name| it.name == name));
        Stats {
            workers: self.workers.len(),
            waiting: self.waiting(),
            open: self.services.iter().map(|service| service.open).sum(),
            counts: self.counts,
            services: wanted.take(SERVICES_MAX).map(ServiceStats::of).collect(),
        }
    }
}

impl ServiceStats {
    fn of(service: &Service) -> Self {
        Self {
            name: service.name.clone(),
            workers: service.workers,
            waiting: service.waiting.len(),
            open: service.open,
            answered: service.answered,
        }
    }
}
