//! Thousands of workers, services, clients and brokers that no one needs: the memory of a broker of jobz stays bounded, and a client is
//! served meanwhile.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use e2e::{
    ANY,
    garbage::Stranger,
    good::{GoodService, Seen},
    length,
};
use sockets::limits;
use testkit::{Program, sibling};
use wire::{
    Frames,
    job::{Body, BrokerId, Dialect, FromWorker, HOPS_MAX, PeerMessage, Request, Token},
};

/// The most that the memory of the broker may grow for each message or connection of a flood, and for its beginning.
const GROWTH_MAX: (u64, u64) = (32 << 10, 16 << 20);

/// How many messages a stranger sends before it waits until the broker has taken them.
const BURST: usize = 250;

/// How many messages or connections a flood has.
fn count() -> usize {
    length(400, 10_000)
}

/// A broker, and where it is. The tests have one after another: each connection is an open file, of this process as well.
struct Broker {
    program: Program,
    endpoint: String,
    _turn: MutexGuard<'static, ()>,
}

impl Broker {
    fn start(flags: &[&str]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        // A test that has failed does not matter to the next one.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        limits::raise_open_files().unwrap();
        let program = Program::start(sibling("jobz"), [&["broker", "--jobs", ANY, "--observe", "off"], flags].concat());
        let endpoint = program.endpoint("jobs");
        Self { program, endpoint, _turn: turn }
    }

    fn good_service(&self) -> GoodService<'_> {
        GoodService::start(&self.program, &self.endpoint)
    }
}

/// So many strangers that are connected; each has sent what it sends first.
fn strangers(endpoint: &str, numbers: Range<usize>, first: impl Fn(usize) -> Frames) -> Vec<Stranger> {
    let strangers = numbers.map(|number| {
        let mut stranger = Stranger::raw(endpoint).unwrap();
        send(&mut stranger, &first(number));
        stranger
    });
    strangers.collect()
}

fn send(stranger: &mut Stranger, frames: &Frames) {
    stranger.send(&frames.iter().collect::<Vec<_>>());
}

/// Sends one message after another.
fn send_all(stranger: &mut Stranger, messages: impl Iterator<Item = Frames>) {
    for (number, message) in messages.enumerate() {
        send(stranger, &message);
        if number % BURST == BURST - 1 {
            stranger.settle();
        }
    }
    stranger.settle();
}

fn assert_bounded(what: &str, seen: Seen) {
    report(what, seen);
    assert!(seen.served > 1 && seen.grown < GROWTH_MAX.0 * count() as u64 + GROWTH_MAX.1, "{what}: {seen:?}");
}

#[expect(clippy::print_stdout, reason = "shown in a soak")]
fn report(what: &str, seen: Seen) {
    println!("{} {what}: {seen:?}, {} bytes each", count(), seen.grown / count() as u64);
}

fn request(service: &str) -> Frames {
    let body: Frames = ["hi"].into_iter().collect();
    let mut frames = Frames::new();
    Request { dialect: Dialect::Mdp2, service, body: Body::of(&body, 0).unwrap() }.encode(&mut frames);
    frames
}

fn ready(service: &str) -> Frames {
    let mut frames = Frames::new();
    FromWorker::Ready { service, credit: Some(1) }.encode(Dialect::Mdp2, &mut frames);
    frames
}

fn peer(message: PeerMessage<'_>) -> Frames {
    let mut frames = Frames::new();
    message.encode(&mut frames);
    frames
}

fn broker_id(number: usize) -> BrokerId {
    BrokerId((number as u128).to_le_bytes())
}

#[test]
fn a_client_is_served_among_thousands_of_workers() {
    // They never send heartbeats.
    let broker = Broker::start(&["--heartbeat", "10m"]);
    let mut service = broker.good_service();
    let mut workers = Vec::new();
    let seen = service.serve_while(|| {
        workers = strangers(&broker.endpoint, 0..count(), |number| ready(&format!("service-{}", number % 100)));
        workers.iter_mut().for_each(Stranger::settle);
        // The second READY of a worker ends it, the third begins again.
        let mut stranger = Stranger::raw(&broker.endpoint).unwrap();
        send_all(&mut stranger, (0..count()).map(|_| ready("echo")));
    });
    assert_bounded("workers", seen);
    // The broker knows 10,000.
    assert_eq!(service.stat("workers"), 10_000.min(count() as u64 + 1));
    drop(workers);
    service.until_stat("workers", 1);
    service.serve();
}

#[test]
fn a_client_is_served_among_requests_to_thousands_of_services() {
    let broker = Broker::start(&["--age", "3s"]);
    let mut service = broker.good_service();
    // Some more than the broker knows at once.
    let services = count() + count() / 10;
    let seen = service.serve_while(|| {
        let mut stranger = Stranger::raw(&broker.endpoint).unwrap();
        send_all(&mut stranger, (0..services).map(|number| request(&format!("service-{number}"))));
    });
    assert_bounded("services", seen);
    service.until_stat("waiting", 0);
    assert_eq!(service.stat("expired") + service.stat("refused"), services as u64);
    service.serve();
}

#[test]
fn a_client_is_served_among_thousands_of_clients() {
    let broker = Broker::start(&["--age", "5s", "--waiting", "100"]);
    let mut service = broker.good_service();
    let mut clients = Vec::new();
    let seen = service.serve_while(|| {
        clients = strangers(&broker.endpoint, 0..count(), |_| request("nothing"));
        clients.iter_mut().for_each(Stranger::settle);
    });
    assert_bounded("clients", seen);
    assert!(service.stat("waiting") <= 100);
    assert!(service.stat("refused") + service.stat("expired") >= count() as u64 - 100);
    drop(clients);
    service.until_stat("waiting", 0);
    service.serve();
}

#[test]
fn a_client_is_served_among_thousands_of_brokers_and_their_questions() {
    let broker = Broker::start(&[]);
    let mut service = broker.good_service();
    let mut peers = Vec::new();
    let seen = service.serve_while(|| {
        peers = strangers(&broker.endpoint, 0..count(), |number| peer(PeerMessage::Hello(broker_id(number))));
        peers.iter_mut().for_each(Stranger::settle);
        for (number, stranger) in peers.iter_mut().enumerate().take(3) {
            let questions = (0..count() as u64).map(|question| {
                let token = Token { broker: broker_id(number), number: question };
                peer(PeerMessage::Ask { token, hops: HOPS_MAX, service: "nothing" })
            });
            send_all(stranger, questions);
        }
    });
    assert_bounded("brokers", seen);
    drop(peers);
    service.until_stat("waiting", 0);
    service.serve();
}
