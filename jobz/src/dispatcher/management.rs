//! What the broker answers itself: [8/MMI](https://rfc.zeromq.org/spec/8/), and our additions to it
//! (`protocol-docs/jobz.md`, *Services of the broker*).

use std::time::{Duration, Instant};

use serde::Serialize;
use wire::{
    Frames,
    job::{Body, Dialect},
};

use super::{Dispatcher, services::Service};

/// The most services or workers in an answer.
const ANSWERS_MAX: usize = 1_000;

/// A worker in the answer of `mmi.workers`.
#[derive(Serialize)]
struct WorkerEntry<'a> {
    service: &'a str,
    dialect: &'static str,
    credit: usize,
    open: usize,
    silent_ms: u64,
    failures: u32,
    paused_ms: u64,
}

impl Dispatcher {
    /// The answer to a request to one of the broker's own services.
    pub(super) fn answer(&self, now: Instant, service: &str, body: Body<'_>) -> Frames {
        let first = body.iter().next().and_then(|name| str::from_utf8(name).ok());
        let mut answer = Frames::new();
        answer.push(b"200");
        match service {
            "mmi.service" if self.is_offered(first) => {}
            "mmi.service" => return [b"404"].into_iter().collect(),
            "mmi.services" => {
                let offered = self.services.iter().filter(|service| service.is_offered());
                offered.take(ANSWERS_MAX).for_each(|service| answer.push(service.name.as_bytes()));
            }
            "mmi.workers" => answer.push(&json(&self.worker_entries(now, first.unwrap_or_default()))),
            "mmi.stats" => answer.push(&json(&self.stats(first.filter(|name| !name.is_empty())))),
            _ => return [b"501"].into_iter().collect(),
        }
        answer
    }

    /// Whether at least one worker is registered for this service.
    fn is_offered(&self, name: Option<&str>) -> bool {
        let place = name.and_then(|name| self.services.find(name));
        place.and_then(|place| self.services.get(place)).is_some_and(Service::is_offered)
    }

    /// The workers of a service; of all if it has no name.
    fn worker_entries(&self, now: Instant, service: &str) -> Vec<WorkerEntry<'_>> {
        let entries = self.workers.iter().map(|worker| WorkerEntry {
            service: self.services.get(worker.service).map_or("", |service| service.name.as_str()),
            dialect: match worker.dialect {
                Dialect::Mdp1 => "0.1",
                Dialect::Mdp2 => "0.2",
                Dialect::Majortomo => "majortomo",
            },
            credit: worker.credit,
            open: worker.open.len(),
            silent_ms: milliseconds(now.saturating_duration_since(worker.last_received)),
            failures: worker.trust.failures(),
            paused_ms: worker
                .trust
                .paused_until()
                .map_or(0, |until| milliseconds(until.saturating_duration_since(now))),
        });
        entries.filter(|entry| service.is_empty() || entry.service == service).take(ANSWERS_MAX).collect()
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Text as JSON; these types always have one.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
