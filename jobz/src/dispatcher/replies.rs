//! What workers reply, and whom it reaches.

use std::time::Instant;

use tracing::debug;
use wire::{
    foreign,
    job::{Body, Dialect, Reply},
};

use super::{Dispatcher, Outbox};

impl Dispatcher {
    /// Passes a reply on to the client, if the worker has its request.
    pub(super) fn take_reply(
        &mut self,
        now: Instant,
        place: usize,
        is_final: bool,
        address: &[u8],
        body: Body<'_>,
        out: &mut Outbox,
    ) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        let service = worker.service;
        let open = worker.open_at(address);
        let Some(open) = open.filter(|open| open.is_wanted) else {
            self.counts.late += 1;
            if let (Some(open), true) = (open, is_final) {
                self.close(place, open);
                self.dispatch(now, service, out);
            }
            return;
        };
        let number = open.number;
        let Some(taken) = self.requests.get(number) else { return };
        let (client, dialect) = (taken.client.clone(), taken.dialect);
        let name = self.services.get(service).map_or("", |service| service.name.as_str());
        if !is_final {
            if dialect == Dialect::Mdp1 {
                self.requests.join(number, body, self.limits.bytes_max);
            } else {
                reply(&client, dialect, name, false, body, out);
            }
            self.extend_time(now, number);
            return;
        }
        if taken.joined.is_empty() {
            reply(&client, dialect, name, true, body, out);
        } else {
            let mut joined = taken.joined.clone();
            body.push_to(&mut joined);
            if let Ok(joined) = Body::of(&joined, 0) {
                reply(&client, dialect, name, true, joined, out);
            }
        }
        self.counts.answered += 1;
        self.close(place, open);
        self.end(number);
        if let Some(service) = self.services.get_mut(service) {
            service.answered += 1;
        }
        self.dispatch(now, service, out);
    }

    /// A worker could not do a request: another one may try.
    pub(super) fn take_failure(&mut self, now: Instant, place: usize, address: &[u8], reason: &str, out: &mut Outbox) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        worker.is_extended = true;
        let service = worker.service;
        let Some(open) = worker.open_at(address) else {
            self.counts.late += 1;
            return;
        };
        debug!(number = open.number, reason = %foreign(reason), "not done");
        self.counts.failed += 1;
        self.close(place, open);
        if open.is_wanted {
            self.retry(now, open.number);
        }
        self.dispatch(now, service, out);
    }
}

pub(super) fn reply(client: &[u8], dialect: Dialect, service: &str, is_final: bool, body: Body<'_>, out: &mut Outbox) {
    let service = Some(service);
    Reply { dialect, is_final, service, body }.encode(out.to(client));
}
