//! Draining: the workers that a service has now get nothing more, and are let go once they have nothing open.

use std::time::Instant;

use wire::{
    Frames,
    job::{Body, ToWorker},
};

use super::{Dispatcher, Outbox};

/// The broker's service that drains others.
pub(crate) const DRAIN: &str = "job.drain";

impl Dispatcher {
    /// Drains the workers of the service that the body names, or, for an empty name, of all services that `user` may register;
    /// returns the answer.
    pub(super) fn drain(&mut self, now: Instant, user: Option<&str>, body: Body<'_>, out: &mut Outbox) -> Frames {
        let name = body.iter().next().unwrap_or_default();
        let mut may_any = name.is_empty();
        let mut places = Vec::new();
        let mut is_offered = may_any;
        for (place, worker) in self.workers.places() {
            let Some(service) = self.services.get(worker.service) else { continue };
            if name.is_empty() || service.name.as_bytes() == name {
                is_offered = true;
                if self.permits.allow(user, &service.name) {
                    may_any = true;
                    places.push(place);
                }
            }
        }
        if !is_offered {
            return [b"404"].into_iter().collect();
        }
        if !may_any {
            return [b"403"].into_iter().collect();
        }
        for &place in &places {
            if let Some(worker) = self.workers.get_mut(place) {
                worker.is_drained = true;
            }
            self.offer(place);
            self.let_go(now, place, out);
        }
        ["200", &places.len().to_string()].into_iter().collect()
    }

    /// Lets a drained worker go, if it has nothing open.
    pub(super) fn let_go(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let worker = self.workers.get(place).filter(|worker| worker.is_drained && worker.open.is_empty());
        let Some(worker) = worker else { return };
        let message = if worker.is_extended { ToWorker::End } else { ToWorker::Disconnect };
        message.encode(worker.dialect, out.to(&worker.routing_id));
        self.counts.drained += 1;
        self.remove_worker(now, place, "its worker was drained", out);
    }
}
