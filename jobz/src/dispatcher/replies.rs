//! What workers reply, and whom it reaches.

use std::time::Instant;

use tracing::debug;
use wire::{
    Frames, foreign,
    job::{Body, Dialect, Reply},
};

use super::{Dispatcher, Event, Outbox, PeerEvent};
use crate::requests::{Address, Number, Origin};

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
        let Some(position) = Address::decode(address).and_then(|address| worker.position(address)) else {
            self.counts.late += 1;
            return;
        };
        let open = worker.open[position];
        if is_final {
            if worker.trust.failures() > 0 {
                self.trust(place);
            }
            self.close(place, position);
            // Before the reply is passed on: the worker does nothing until its next request is there.
            self.dispatch(now, service, out);
        }
        match (open.is_wanted, is_final) {
            (true, true) => self.deliver(open.number, body, out),
            (true, false) => self.deliver_part(now, open.number, body, out),
            (false, _) => self.counts.late += 1,
        }
    }

    /// Passes a partial reply on to where its request came from.
    pub(super) fn deliver_part(&mut self, now: Instant, number: Number, body: Body<'_>, out: &mut Outbox) {
        let Some(taken) = self.requests.get(number) else { return };
        match taken.origin.clone() {
            Origin::Client { dialect: Dialect::Mdp1, .. } => {
                self.requests.join(number, body, self.limits.bytes_max);
            }
            Origin::Client { routing_id, dialect } => {
                let name = self.services.get(taken.service).map_or("", |service| service.name.as_str());
                reply(&routing_id, dialect, name, false, body, out);
            }
            Origin::Job if self.requests.join(number, body, self.limits.bytes_max) => {
                out.report(Event::Part(number, body.iter().collect()));
            }
            Origin::Job => {
                self.withdraw(now, number, out);
                self.counts.dead += 1;
                out.report(Event::Dead(number, "the broker has no room for its reply".to_owned()));
                return;
            }
            Origin::Peer(token) => out.report_to_peers(PeerEvent::Part(token, body.iter().collect())),
        }
        self.extend_time(now, number);
    }

    /// Passes the final reply on, which ends the request.
    pub(super) fn deliver(&mut self, number: Number, body: Body<'_>, out: &mut Outbox) {
        let Some(taken) = self.take(number, out) else { return };
        self.counts.answered += 1;
        let mut name = "";
        if let Some(service) = self.services.get_mut(taken.service) {
            service.answered += 1;
            name = &service.name;
        }
        match &taken.origin {
            Origin::Client { routing_id, dialect } if taken.joined.is_empty() => {
                reply(routing_id, *dialect, name, true, body, out);
            }
            Origin::Client { routing_id, dialect } => {
                if let Ok(whole) = Body::of(&joined_with(&taken.joined, body), 0) {
                    reply(routing_id, *dialect, name, true, whole, out);
                }
            }
            Origin::Job => out.report(Event::Done(number, joined_with(&taken.joined, body))),
            Origin::Peer(token) => out.report_to_peers(PeerEvent::Done(*token, body.iter().collect())),
        }
        self.requests.reuse(taken);
    }

    /// A worker could not do a request: another one may try.
    pub(super) fn take_failure(&mut self, now: Instant, place: usize, address: &[u8], reason: &str, out: &mut Outbox) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        worker.is_extended = true;
        let service = worker.service;
        let Some(position) = Address::decode(address).and_then(|address| worker.position(address)) else {
            self.counts.late += 1;
            return;
        };
        let open = worker.open[position];
        debug!(number = open.number, reason = %foreign(reason), "not done");
        self.counts.failed += 1;
        if open.is_wanted {
            self.distrust(now, place);
            self.shun(now, open.number, place);
        }
        self.close(place, position);
        if open.is_wanted {
            self.retry(now, open.number, reason, out);
        }
        self.dispatch(now, service, out);
    }
}

pub(super) fn reply(client: &[u8], dialect: Dialect, service: &str, is_final: bool, body: Body<'_>, out: &mut Outbox) {
    let service = Some(service);
    Reply { dialect, is_final, service, body }.encode(out.to(client));
}

/// All frames of a reply.
fn joined_with(joined: &Frames, body: Body<'_>) -> Frames {
    let mut frames = joined.clone();
    body.push_to(&mut frames);
    frames
}
