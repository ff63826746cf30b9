//! The broker and workers of jobz are killed with SIGKILL, and workers suspended, at random moments of many requests that the broker
//! keeps in a store: every request gets its reply, none is lost, and one that is executed more than once has a reason for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use e2e::{
    blows::{Blow, Place, SERVICE, Stage},
    chance,
    doubles::Doubles,
    journal::{Entry, Execution, Journal},
    length_up_to,
};
use jobz::{
    ClientConfig, JobClient, JobOptions,
    requests::Id,
    store::{Found, Store},
    vault::VaultConfig,
};
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use sockets::{Context, KeepAlive, Security, Stop};
use testkit::{BOUND, eventually};
use wire::{Frames, job::Body};

const CLIENTS: usize = 24;

/// How many requests a client submits before it waits for their replies.
const BATCH: usize = 8;

#[test]
fn what_the_broker_has_accepted_is_done_although_it_and_its_workers_are_killed() {
    let requests = length_up_to(2_000, 10_000, 100_000);
    let blows = [
        (Blow::KillWorker, length_up_to(10, 100, 1_000)),
        (Blow::KillBroker, length_up_to(3, 20, 200)),
        (Blow::Suspend, length_up_to(0, 1, 30)),
    ];
    let mut chance = chance();
    let mut plan: Vec<(usize, Blow)> = blows
        .iter()
        .flat_map(|(blow, count)| vec![*blow; *count])
        .map(|blow| (chance.random_range(1..requests), blow))
        .collect();
    plan.sort_unstable_by_key(|(at, _)| *at);

    let mut stage = Stage::start();
    let run = Run { requests, next: AtomicUsize::new(0), replies: Mutex::default(), place: stage.place.clone() };
    let started = Instant::now();
    thread::scope(|scope| {
        // If this panics, it is dropped, and the clients end.
        let (_stopper, stop) = Stop::pair().unwrap();
        for _ in 0..CLIENTS {
            let (stop, run, chance) = (stop.clone(), &run, Xoshiro256PlusPlus::seed_from_u64(chance.next_u64()));
            scope.spawn(move || run.be_client(chance, &stop));
        }
        for (at, blow) in plan {
            run.until(at, &mut stage);
            stage.strike(blow, &mut chance);
        }
        run.until(requests, &mut stage);
    });
    let elapsed = started.elapsed();
    stage.end();
    let replies = run.replies.into_inner().unwrap();
    let kept = assert_stored(&stage.place, &replies);
    let entries = Journal::read(&stage.place.journal()).unwrap();
    let Doubles { executions, reasons, faults } = Doubles::of(&entries);
    let doubles = executions.saturating_sub(requests);
    report(&format!(
        "{requests} requests in {:.1} s, all answered, {kept} replies still in the store; {blows:?}; {executions} executions, {doubles} of \
         them without use: {reasons:?}",
        elapsed.as_secs_f64()
    ));
    assert!(faults.is_empty(), "{} faults: {:#?}", faults.len(), &faults[..faults.len().min(20)]);
    assert_eq!((replies.len(), doubles), (requests, reasons.values().sum()));
}

#[expect(clippy::print_stdout, reason = "shown in a soak")]
fn report(line: &str) {
    println!("{line}");
}

/// Each accepted request is in the store once, with the reply that its client got, unless its client has closed it.
fn assert_stored(place: &Place, replies: &[Replied]) -> usize {
    let ids: HashSet<u128> = replies.iter().map(|replied| replied.id.0).collect();
    assert_eq!(ids.len(), replies.len(), "requests have the same id");
    let store = Store::open(&VaultConfig { path: Some(place.store()), ..VaultConfig::default() }).unwrap();
    assert!(store.open_requests().unwrap().is_empty());
    assert!(store.dead_letters("", 1).unwrap().is_empty());
    let mut kept = 0;
    for Replied { id, reply, is_closed } in replies {
        let expected = (!is_closed).then(|| Found::Reply(reply.clone()));
        assert_eq!(store.find(id.0).unwrap(), expected, "{id}");
        kept += usize::from(!is_closed);
    }
    assert_eq!(store.keys().unwrap(), kept as u64);
    kept
}

/// All requests, and their replies.
struct Run {
    requests: usize,
    /// The number of the request that is submitted next.
    next: AtomicUsize,
    replies: Mutex<Vec<Replied>>,
    place: Place,
}

/// A request that has its reply.
struct Replied {
    id: Id,
    reply: Frames,
    is_closed: bool,
}

impl Run {
    /// Waits until this many requests have their replies.
    fn until(&self, count: usize, stage: &mut Stage) {
        let answered = || self.replies.lock().unwrap().len();
        while answered() < count {
            let before = answered();
            eventually("another request has its reply", || {
                stage.resume_due();
                answered() > before
            });
        }
    }

    /// Submits requests and waits for their replies until there are no more.
    fn be_client(&self, mut chance: impl Rng, stop: &Stop) {
        let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
        let config = ClientConfig {
            brokers: vec![self.place.endpoint.parse().unwrap()],
            connect: Duration::from_secs(2),
            patience: BOUND / 4,
            tries: 1_000,
        };
        let journal = Journal::open(&self.place.journal()).unwrap();
        let mut client = Client { jobs: JobClient::new(context, config), journal, stop };
        loop {
            let first = self.next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= self.requests {
                return;
            }
            let submitted: Vec<(Order, Option<Id>)> = (first..self.requests.min(first + BATCH))
                .map(|number| {
                    let order = Order::new(number, &mut chance);
                    client.journal.write(&Entry::Asked(order.key.clone()));
                    // Some wait in the call that submits them.
                    let id = chance.random_ratio(3, 4).then(|| client.submit(&order));
                    (order, id)
                })
                .collect();
            for (order, id) in submitted {
                let reply = client.reply(&order, id);
                let id = id.unwrap_or_else(|| client.submit(&order));
                assert!(chance.random_ratio(4, 5) || client.submit(&order) == id, "{} has two ids", order.key);
                let is_closed = chance.random();
                if is_closed {
                    client.jobs.close(id, stop).unwrap();
                }
                self.replies.lock().unwrap().push(Replied { id, reply, is_closed });
            }
        }
    }
}

/// A request: its key, and its text, which begins with the key.
struct Order {
    key: String,
    text: String,
}

impl Order {
    fn new(number: usize, chance: &mut impl Rng) -> Self {
        let key = format!("key-{number}");
        let length = if chance.random_ratio(1, 50) { 20_000 } else { chance.random_range(0..200) };
        let words: String = (0..length).map(|_| char::from(chance.random_range(b'a'..=b'z'))).collect();
        Self { text: format!("{key} {words}"), key }
    }

    fn body(&self) -> Frames {
        [&self.text].into_iter().collect()
    }

    fn options(&self) -> JobOptions {
        JobOptions { key: Some(self.key.clone()), ..JobOptions::default() }
    }
}

/// A client of the library.
struct Client<'a> {
    jobs: JobClient,
    journal: Journal,
    stop: &'a Stop,
}

impl Client<'_> {
    fn submit(&mut self, order: &Order) -> Id {
        self.jobs.submit(SERVICE, &order.body(), &order.options(), self.stop).unwrap()
    }

    /// Waits for the reply, and checks it: the name of an execution, and the text in capital letters.
    fn reply(&mut self, order: &Order, id: Option<Id>) -> Frames {
        // A request that loses its worker or its broker begins again.
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let on_partial = |part: Body<'_>| parts.extend(part.iter().map(<[u8]>::to_vec));
        let rest = match id {
            Some(id) => self.jobs.wait(id, None, on_partial, self.stop),
            None => self.jobs.run(SERVICE, &order.body(), &order.options(), on_partial, self.stop),
        };
        parts.extend(rest.unwrap().iter().map(<[u8]>::to_vec));
        let reply = &parts[parts.len() - 2..];
        let execution: Execution = str::from_utf8(&reply[0]).unwrap().parse().unwrap();
        assert_eq!(str::from_utf8(&reply[1]).unwrap(), order.text.to_uppercase());
        self.journal.write(&Entry::Answered(order.key.clone(), execution));
        reply.iter().collect()
    }
}
