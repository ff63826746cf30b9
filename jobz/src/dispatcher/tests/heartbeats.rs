//! Heartbeats in random sequences, with a model of each worker: which are gone, and who hears from the broker how often.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker},
};

use super::{Bench, HEARTBEAT, Sent};
use crate::{
    dispatcher::Dispatcher,
    limits::{BrokerLimits, ServiceLimits},
};

/// How many heartbeats a worker may miss.
const LIVENESS: u32 = 3;

/// A worker, as everybody can see it.
#[derive(Debug)]
struct Model {
    dialect: Dialect,
    heard: Instant,
    /// When the broker last sent it something.
    last_sent: Instant,
    given: Instant,
    open: Vec<Vec<u8>>,
    beats_when_busy: bool,
}

impl Model {
    /// When its silence means that it is gone, if it does.
    fn lost_at(&self) -> Option<Instant> {
        (self.open.is_empty() || self.beats_when_busy).then(|| self.heard + HEARTBEAT * LIVENESS)
    }
}

struct World {
    bench: Bench,
    workers: BTreeMap<String, Model>,
    asked: usize,
}

impl World {
    fn new() -> Self {
        let hour = Duration::from_secs(3_600);
        let service = ServiceLimits { age_max: hour, busy_max: hour, tries_max: 1_000, ..ServiceLimits::default() };
        let limits = BrokerLimits { heartbeat: HEARTBEAT, liveness: LIVENESS, service, ..BrokerLimits::default() };
        let mut bench = Bench::new();
        bench.dispatcher = Dispatcher::new(limits, 7);
        Self { bench, workers: BTreeMap::new(), asked: 0 }
    }

    fn see(&mut self, sent: Vec<Sent>) {
        let now = self.bench.now;
        for sent in sent {
            let (name, address) = match sent {
                Sent::Request { worker, address, .. } => (worker, Some(address)),
                Sent::Heartbeat(worker) => (worker, None),
                Sent::Reply { .. } => continue,
                other => panic!("{other:?}"),
            };
            let worker =
                self.workers.get_mut(&name).unwrap_or_else(|| panic!("{name} is gone and hears from the broker"));
            worker.last_sent = now;
            if let Some(address) = address {
                worker.given = now;
                worker.open.push(address);
            }
        }
    }

    fn say(&mut self, name: &str, message: FromWorker<'_>) {
        let Some(worker) = self.workers.get_mut(name) else { return };
        worker.heard = self.bench.now;
        let dialect = worker.dialect;
        let sent = self.bench.message(name, |frames| message.encode(dialect, frames));
        self.see(sent);
    }

    fn ready(&mut self, name: String, dialect: Dialect, credit: u64) {
        if self.workers.contains_key(&name) {
            return;
        }
        let now = self.bench.now;
        let model = Model { dialect, heard: now, last_sent: now, given: now, open: Vec::new(), beats_when_busy: false };
        self.workers.insert(name.clone(), model);
        let credit = (dialect == Dialect::Mdp2).then_some(credit);
        self.say(&name, FromWorker::Ready { service: "echo", credit });
    }

    fn beat(&mut self, name: &str) {
        let now = self.bench.now;
        if let Some(worker) = self.workers.get_mut(name) {
            worker.beats_when_busy |= !worker.open.is_empty() && worker.given + HEARTBEAT <= now;
        }
        self.say(name, FromWorker::Heartbeat);
    }

    fn reply(&mut self, name: &str) {
        let Some(worker) = self.workers.get_mut(name).filter(|worker| !worker.open.is_empty()) else { return };
        let address = worker.open.remove(0);
        let body: Frames = ["done"].into_iter().collect();
        let body = Body::of(&body, 0).unwrap();
        self.say(name, FromWorker::Reply { is_final: true, address: &address, body });
    }

    fn ask(&mut self) {
        self.asked += 1;
        let sent = self.bench.ask("ada", "echo", &self.asked.to_string());
        self.see(sent);
    }

    /// Lets time pass. At each moment at which the broker does something, those whose time is over are gone, and no others.
    fn after(&mut self, time: Duration) {
        let end = self.bench.now + time;
        while let Some(deadline) = self.bench.dispatcher.next_deadline().filter(|deadline| *deadline <= end) {
            self.bench.now = deadline;
            self.bench.dispatcher.handle_timeout(deadline, &mut self.bench.out);
            self.workers.retain(|_, worker| worker.lost_at().is_none_or(|lost_at| deadline < lost_at));
            let sent = self.bench.sent();
            self.see(sent);
            self.check();
        }
        self.bench.now = end;
        self.check();
    }

    fn check(&self) {
        let Bench { dispatcher, now, .. } = &self.bench;
        for (name, worker) in &self.workers {
            assert!(dispatcher.workers.find(name.as_bytes()).is_some(), "{name} is gone too soon: {worker:?}");
            assert!(worker.lost_at().is_none_or(|lost_at| *now < lost_at), "{name} should be gone: {worker:?}");
            assert!(*now < worker.last_sent + HEARTBEAT, "{name} hears nothing: {worker:?}");
        }
        assert_eq!(dispatcher.workers(), self.workers.len());
    }
}

#[derive(Debug, Clone)]
enum Act {
    Ready { worker: u8, is_old: bool, credit: u64 },
    Beat(u8),
    Reply(u8),
    Ask,
    After(u64),
}

fn acts() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u8..6, any::<bool>(), 1u64..4).prop_map(|(worker, is_old, credit)| Act::Ready { worker, is_old, credit }),
        6 => (0u8..6).prop_map(Act::Beat),
        2 => (0u8..6).prop_map(Act::Reply),
        2 => Just(Act::Ask),
        5 => (1u64..1_800).prop_map(Act::After),
    ]
}

proptest! {
    /// Whatever workers of both versions do, in whatever order: idle and busy ones hear from the broker in each interval; one that is
    /// silent for too long is gone at that moment, unless it is busy and never beats then; and no other one is.
    #[test]
    fn a_silent_worker_is_gone_and_no_other(acts in vec(acts(), 0..200)) {
        let mut world = World::new();
        for act in acts {
            match act {
                Act::Ready { worker, is_old, credit } => {
                    let dialect = if is_old { Dialect::Mdp1 } else { Dialect::Mdp2 };
                    world.ready(format!("w{worker}"), dialect, credit);
                }
                Act::Beat(worker) => world.beat(&format!("w{worker}")),
                Act::Reply(worker) => world.reply(&format!("w{worker}")),
                Act::Ask => world.ask(),
                Act::After(millis) => world.after(Duration::from_millis(millis)),
            }
        }
        // Those that are never silent stay, whatever became of the others.
        let names: Vec<String> = world.workers.keys().step_by(2).cloned().collect();
        for _ in 0..12 {
            for name in &names {
                world.beat(name);
            }
            world.after(HEARTBEAT);
        }
        prop_assert!(names.iter().all(|name| world.workers.contains_key(name)));
    }
}

#[test]
fn a_heartbeat_that_crosses_a_request_does_not_mean_that_the_worker_beats_when_it_is_busy() {
    let mut world = World::new();
    world.ready("w".to_owned(), Dialect::Mdp1, 1);
    world.after(HEARTBEAT / 2);
    world.ask();
    // The worker has not seen the request when it sends this.
    world.beat("w");
    world.after(HEARTBEAT * 20);
    assert_eq!(world.bench.dispatcher.workers(), 1);
    world.reply("w");
    assert_eq!(world.bench.dispatcher.counts().answered, 1);
}
