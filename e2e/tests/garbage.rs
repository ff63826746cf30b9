//! Random malformed messages to every socket of every service: well-behaved peers are served meanwhile, and memory does
//! not grow.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use e2e::{ANY, Batch, LoneWorker, chance, chatz, length, tickz};
use rand::{Rng, RngExt as _};
use testkit::{BOUND, Peer, Program, RawPeer, peer};
use wire::value::Outcome;

/// The most that memory may grow.
const GROWTH_MAX: u64 = 20 << 20;

/// Sends `count` random messages of 0 to 8 frames of 0 to 70,000 bytes, as a `socket_type`; reconnects
/// whenever it is disconnected. An error means that no process listens any more.
fn flood(endpoint: &str, socket_type: &str, count: usize, chance: &mut impl Rng) -> io::Result<()> {
    let mut peer = RawPeer::connect(endpoint, socket_type)?;
    for _ in 0..count {
        let frames: Vec<Vec<u8>> = (0..chance.random_range(0..=8)).map(|_| frame(chance)).collect();
        // A random message is now and then a valid result, which would be counted.
        if Outcome::decode(&frames.iter().collect()).is_ok() {
            continue;
        }
        if peer.send(&frames).is_err() {
            peer = RawPeer::connect(endpoint, socket_type)?;
        }
    }
    Ok(())
}

/// Mostly small, so that most get past libzmq's own limit and reach the decoder.
fn frame(chance: &mut impl Rng) -> Vec<u8> {
    let length_max = [0, 1, 8, 16, 64, 2_000, 70_000][chance.random_range(0..7)];
    let mut bytes = vec![0; chance.random_range(0..=length_max)];
    chance.fill_bytes(&mut bytes);
    bytes
}

/// Runs `serve` over and over on this thread while `disturb` runs on another.
fn meanwhile(mut serve: impl FnMut(), disturb: impl FnOnce() + Send) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            disturb();
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            serve();
        }
    });
    serve();
}

fn assert_memory(program: &Program, before: u64) {
    let grown = program.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "memory grew by {} MiB", grown >> 20);
}

#[test]
fn the_chat_server_answers_through_garbage() {
    let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
    let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
    let ada = Peer::connect(peer::REQ, &requests);
    // The garbage now and then contains a valid name, which is then present as well.
    let ask = || {
        ada.send(["ada"]);
        assert!(ada.receive().contains(&b"ada".to_vec()));
    };
    ask();
    let before = server.resident_bytes();
    let count = length(1_000, 10_000);
    let mut chance = chance();
    meanwhile(ask, || {
        flood(&requests, "DEALER", count, &mut chance).unwrap();
        flood(&requests, "REQ", count, &mut chance).unwrap();
        flood(&broadcasts, "SUB", count, &mut chance).unwrap();
    });
    assert_memory(&server, before);
}

#[test]
fn the_publisher_serves_through_garbage() {
    let publisher = tickz(&["publish", "--ticks", ANY, "--rate", "1000", "--sequence"]);
    let ticks = publisher.endpoint("ticks");
    let watcher = Peer::connect_with(peer::SUB, &ticks, |socket| socket.set_subscribe(b"MSFT").unwrap());
    let number = |frames: &[Vec<u8>]| u64::from_le_bytes(frames[3].as_slice().try_into().unwrap());
    let mut last = number(&watcher.receive());
    let before = publisher.resident_bytes();
    let mut chance = chance();
    meanwhile(
        || {
            let next = number(&watcher.receive());
            assert_eq!(next, last + 1, "a tick was lost");
            last = next;
        },
        || flood(&ticks, "SUB", length(1_000, 10_000), &mut chance).unwrap(),
    );
    assert_memory(&publisher, before);
}

#[test]
fn a_batch_goes_through_garbage() {
    let orders = length(50_000, 500_000);
    let batch = Batch::start(orders, 1, "1s");
    let [orders_at, results, control] =
        [batch.source.endpoint("orders"), batch.reduce.endpoint("results"), batch.reduce.endpoint("control")];
    let before = (batch.source.resident_bytes(), batch.reduce.resident_bytes());
    let count = length(1_000, 10_000);
    let mut chance = chance();
    // Before the batch, whose programs exit when it is done.
    flood(&results, "PUSH", count, &mut chance).unwrap();
    flood(&control, "SUB", count, &mut chance).unwrap();
    // A PUSH receives nothing, and a peer that sends much is disconnected.
    let mut sent = 0;
    while sent < count {
        let mut peer = RawPeer::connect(&orders_at, "PULL").unwrap();
        peer.wait_at_most(Duration::from_millis(20)).unwrap();
        sent += (0..1_000).take_while(|_| peer.send(&[small(&mut chance)]).is_ok()).count();
    }
    assert_memory(&batch.source, before.0);
    assert_memory(&batch.reduce, before.1);
    let _worker = batch.worker(&[]);
    // And during it, unless it is done first.
    let _ = flood(&results, "PUSH", count, &mut chance);
    let finished = batch.reduce.finish_within(3 * BOUND);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(
        (finished.json()["count"].as_u64(), finished.json()["missing"].as_u64()),
        (Some(orders as u64), Some(0))
    );
}

#[test]
fn a_worker_works_through_garbage() {
    // Its three sockets connect; garbage comes from their servers.
    let LoneWorker { worker, orders, results, control } = LoneWorker::start();
    let before = worker.resident_bytes();
    let mut chance = chance();
    for _ in 0..length(1_000, 10_000) {
        let frames: Vec<Vec<u8>> = (0..chance.random_range(1..=8)).map(|_| small(&mut chance)).collect();
        orders.send(frames);
        control.send([[7], [chance.random::<u8>()]]);
    }
    orders.send([&b"MSFT"[..], &[0], &100_i32.to_le_bytes(), &41.5_f64.to_le_bytes(), b"tail"]);
    assert_eq!(results.receive(), [&b"MSFT"[..], &4150_f64.to_le_bytes(), b"tail"]);
    assert_memory(&worker, before);
}

fn small(chance: &mut impl Rng) -> Vec<u8> {
    let mut bytes = vec![0; chance.random_range(0..=64)];
    chance.fill_bytes(&mut bytes);
    bytes
}

#[test]
fn bytes_that_are_not_even_zmtp_do_no_harm() {
    let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
    let requests = server.endpoint("requests");
    let mut chance = chance();
    for _ in 0..200 {
        let mut stream = std::net::TcpStream::connect(requests.trim_start_matches("tcp://")).unwrap();
        let mut bytes = vec![0; chance.random_range(0..500)];
        chance.fill_bytes(&mut bytes);
        // The server may disconnect during this write.
        let _ = io::Write::write_all(&mut stream, &bytes);
    }
    let ada = Peer::connect(peer::REQ, &requests);
    ada.send(["ada"]);
    assert_eq!(ada.receive(), [b"ada"]);
}
