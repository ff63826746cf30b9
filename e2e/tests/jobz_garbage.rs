//! Malformed messages to a broker of jobz: a client is served meanwhile, the memory of the broker stays bounded, and it counts each of
//! them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    io::Write as _,
    net::TcpStream,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use e2e::{
    ANY, chance,
    garbage::{Message, Stranger, changed, is_malformed, originals},
    good::GoodService,
    length_up_to,
    observer::{Observer, hub, reporting},
};
use observatory::{Observatory, Process};
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_xoshiro::Xoshiro256PlusPlus;
use testkit::{free_endpoints, raw::greeting};

/// The most that the memory of the broker may grow: what its limits let strangers have in it.
const GROWTH_MAX: u64 = 64 << 20;

/// The bytes of a greeting before its mechanism.
const VERSION_BYTES: usize = 12;

/// How many messages a stranger sends before it waits until the broker has taken them.
const BURST: usize = 250;

#[test]
fn a_client_is_served_among_malformed_messages_and_each_of_them_is_counted() {
    let [reports, observations] = free_endpoints();
    let _hub = hub(&reports, &observations);
    let mut observer = Observer::connect(&observations);
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let limits = ["--waiting", "1000", "--age", "2s", "--store-max", "4MiB", "--store", store.to_str().unwrap()];
    let broker = reporting(&reports, "jobz", &[&["broker", "--jobs", ANY][..], &limits].concat());
    let endpoint = broker.endpoint("jobs");
    let mut service = GoodService::start(&broker, &endpoint);
    let (originals, mut chance) = (originals(), chance());
    let count = length_up_to(10_000, 100_000, 1_000_000) as u64;
    let sent = [(); 2].map(|()| AtomicU64::new(0));
    let seen = service.serve_while(|| {
        thread::scope(|scope| {
            for (by_libzmq, sent) in [true, false].into_iter().zip(&sent) {
                let (chance, originals, endpoint) =
                    (Xoshiro256PlusPlus::seed_from_u64(chance.next_u64()), &originals, &endpoint);
                scope.spawn(move || send_malformed(endpoint, by_libzmq, count / 2, sent, originals, chance));
            }
            for _ in 0..count / 50 {
                send_bytes(&endpoint, &mut chance);
            }
        });
    });
    let sent: Vec<u64> = sent.iter().map(|sent| sent.load(Ordering::Relaxed)).collect();
    let all = sent.iter().sum();
    observer.until("all malformed messages are counted", |seen| malformed(seen, broker.pid()) >= Some(all));
    assert_eq!(malformed(&observer.observatory, broker.pid()), Some(all));
    report(&format!("malformed messages by libzmq and by bytes: {sent:?}, all counted; {seen:?}"));
    assert!(seen.grown < GROWTH_MAX, "{seen:?}");
}

#[expect(clippy::print_stdout, reason = "shown in a soak")]
fn report(line: &str) {
    println!("{line}");
}

/// Sends changed messages until so many of them were malformed; the others are valid by chance.
fn send_malformed(
    endpoint: &str,
    by_libzmq: bool,
    count: u64,
    sent: &AtomicU64,
    originals: &[Message],
    mut chance: impl Rng,
) {
    while sent.load(Ordering::Relaxed) < count {
        let mut stranger = if by_libzmq { Stranger::libzmq(endpoint) } else { Stranger::raw(endpoint).unwrap() };
        for _ in 0..chance.random_range(1..=4) {
            for _ in 0..BURST {
                let message = changed(originals, &mut chance);
                sent.fetch_add(is_malformed(&message).into(), Ordering::Relaxed);
                stranger.send(&message);
            }
            stranger.settle();
        }
    }
}

/// Sends bytes that are no messages: a handshake of no known mechanism, or what is not allowed after a handshake. Without the beginning of
/// a handshake libzmq takes anything for messages of ZMTP 1.0.
fn send_bytes(endpoint: &str, chance: &mut impl Rng) {
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("tcp://")).unwrap();
    let mut bytes = greeting("DEALER");
    if chance.random() {
        bytes.truncate(VERSION_BYTES);
    } else {
        // The flags of a frame, with reserved bits.
        bytes.push(0xf8);
    }
    let mut garbage = vec![0; chance.random_range(0..500)];
    chance.fill_bytes(&mut garbage);
    bytes.append(&mut garbage);
    // The broker may disconnect during this write.
    let _ = stream.write_all(&bytes);
}

/// How many malformed messages the broker has reported.
fn malformed(seen: &Observatory, pid: u32) -> Option<u64> {
    let state = seen.processes().iter().map(Process::state).find(|state| state.pid == pid)?;
    state.sockets.iter().find(|socket| socket.name.as_str() == "jobz.jobs").map(|socket| socket.malformed)
}
