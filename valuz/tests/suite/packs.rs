//! Extension `pack`: a worker packs results for a reduce that takes packs, and for no other.

use testkit::{Peer, eventually, peer};
use valuz::progress::Progress;

use super::{Channels, assert_ends, assert_total};

const READY: &[u8] = &[2];
const PACK: &[u8] = &[5];
const START: &[u8] = &[0];
const EXIT: &[u8] = &[1];
const PACKS: &[u8] = &[6];

/// The tail of a result, and whether it came in a pack.
type Answer = (Vec<Vec<u8>>, bool);

/// An order of one share of MSFT at the price of 2.5.
fn order(tail: &[&[u8]]) -> Vec<Vec<u8>> {
    let head = [&b"MSFT"[..], &[0], &1_i32.to_le_bytes(), &2.5_f64.to_le_bytes()];
    head.iter().chain(tail).map(|frame| frame.to_vec()).collect()
}

/// A result of 2.5 for MSFT as it is in a pack.
fn record(number: u64) -> Vec<u8> {
    [&b"MSFT\0\0\0\0\0\0\0\0\0\0\0\0"[..], &2.5_f64.to_le_bytes(), &number.to_le_bytes()].concat()
}

/// A worker between the sockets of a test.
struct Rig {
    orders: Peer,
    results: Peer,
    control: Peer,
    worker: testkit::Program,
}

impl Rig {
    /// Starts a worker, which has said READY and subscribed.
    fn start(arguments: &[&str]) -> Self {
        let [orders, results, control] = [peer::PUSH, peer::PULL, peer::XPUB].map(Peer::bind);
        let worker = Channels::of(&orders, &results, &control).worker(arguments);
        assert_eq!(results.receive(), [READY]);
        assert_eq!(control.receive(), [[1, 1]]);
        Self { orders, results, control, worker }
    }

    /// The next answers, in order: those of a pack, or a single one.
    fn answers(&self) -> Vec<Answer> {
        let frames = self.results.receive();
        if frames[0] != PACK {
            assert_eq!(frames[..2], [b"MSFT".to_vec(), 2.5_f64.to_le_bytes().to_vec()]);
            return vec![(frames[2..].to_vec(), false)];
        }
        let records = frames[1].chunks(32);
        records.map(|record| (vec![record[24..].to_vec()], true)).inspect(|_| assert_eq!(frames.len(), 2)).collect()
    }

    /// Sends orders until a result comes as wanted.
    fn until_packed(&self, wanted: bool) {
        eventually("the form of the results changes", || {
            self.orders.send(order(&[&7_u64.to_le_bytes()]));
            self.answers().iter().all(|(_, is_packed)| *is_packed == wanted)
        });
    }
}

#[test]
fn a_worker_packs_what_it_can_once_reduce_takes_it_and_keeps_the_order() {
    let rig = Rig::start(&[]);
    assert_eq!(rig.control.receive(), [[1, 6]]);
    rig.orders.send(order(&[&7_u64.to_le_bytes()]));
    assert_eq!(rig.answers(), [(vec![7_u64.to_le_bytes().to_vec()], false)], "reduce has not said that it takes packs");

    rig.control.send([PACKS]);
    rig.until_packed(true);
    let mut expected = Vec::new();
    for number in 0..1_000_u64 {
        let number = number.to_le_bytes();
        let tails: [&[&[u8]]; 5] = [&[&number], &[&number], &[], &[&number[..7]], &[&number, b"more"]];
        for tail in tails {
            rig.orders.send(order(tail));
            expected.push((tail.iter().map(|frame| frame.to_vec()).collect(), tail == [number]));
        }
    }
    let mut seen = Vec::new();
    while seen.len() < expected.len() {
        seen.extend(rig.answers());
    }
    assert_eq!(seen, expected);
    rig.control.send([EXIT]);
    assert_ends([rig.worker]);
}

#[test]
fn a_worker_sends_single_results_to_the_next_reduce_until_that_takes_packs() {
    let mut rig = Rig::start(&[]);
    rig.control.send([PACKS]);
    rig.until_packed(true);

    let endpoint = rig.control.endpoint().to_owned();
    drop(rig.control);
    // With the control connection alone: results go to the same socket.
    rig.control = eventually_bound(&endpoint);
    let mut topics = [rig.control.receive(), rig.control.receive()].concat();
    topics.sort();
    assert_eq!(topics, [[1, 1], [1, 6]]);
    rig.until_packed(false);
    for number in 0..100_u64 {
        rig.orders.send(order(&[&number.to_le_bytes()]));
        assert_eq!(rig.answers(), [(vec![number.to_le_bytes().to_vec()], false)]);
    }
    rig.control.send([PACKS]);
    rig.until_packed(true);
}

fn eventually_bound(endpoint: &str) -> Peer {
    let mut bound = None;
    eventually("the endpoint is free", || {
        bound = Peer::try_bind_at(peer::XPUB, endpoint);
        bound.is_some()
    });
    bound.unwrap()
}

#[test]
fn a_worker_that_values_slowly_or_may_not_pack_does_not_ask_for_packs() {
    for arguments in [&["--no-packs"][..], &["--delay", "1ms"], &["--valuation", "var", "--scenarios", "100"]] {
        let rig = Rig::start(arguments);
        // Commands that it has not asked for do not change that.
        rig.control.send([PACKS]);
        rig.orders.send(order(&[&7_u64.to_le_bytes()]));
        assert_eq!(rig.results.receive()[0], b"MSFT", "{arguments:?}");
        rig.control.send([EXIT]);
        assert_ends([rig.worker]);
        let others: Vec<_> = std::iter::from_fn(|| rig.control.receive_within(std::time::Duration::ZERO)).collect();
        assert!(!others.contains(&vec![vec![1, 6]]), "{arguments:?}: {others:?}");
    }
}

#[test]
fn reduce_counts_each_result_of_a_pack_and_drops_a_malformed_pack_whole() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "70"]);
    let source = Peer::connect(peer::SUB, &channels.control);
    source.subscribe(START);
    let worker = Peer::connect(peer::PUSH, &channels.results);
    worker.send([READY]);
    let start = source.receive();
    let base = u64::from_le_bytes(start[1].as_slice().try_into().unwrap());
    // A worker that joins in mid-batch, and another one.
    for _ in 0..2 {
        let late = Peer::connect(peer::SUB, &channels.control);
        late.subscribe(PACKS);
        assert_eq!(late.receive(), [PACKS]);
    }

    let pack = |numbers: &[u64]| -> Vec<u8> { numbers.iter().flat_map(|number| record(base + number)).collect() };
    let all: Vec<u64> = (0..64).collect();
    worker.send([PACK, &pack(&all)]);
    let nan = [&b"MSFT\0\0\0\0\0\0\0\0\0\0\0\0"[..], &f64::NAN.to_le_bytes(), &(base + 65).to_le_bytes()].concat();
    for malformed in [&[&pack(&[64]), &nan[..]].concat(), &pack(&[64])[..31], &[]] {
        worker.send([PACK, malformed]);
    }
    worker.send([PACK]);
    // An order twice in one pack, another for the second time, and numbers outside the batch.
    worker.send([PACK, &pack(&[64, 64, 0, u64::MAX - base, 70]), b"later"]);
    worker.send([PACK, &record(base - 1)]);
    worker.send([&b"MSFT"[..], &2.5_f64.to_le_bytes(), &(base + 65).to_le_bytes()]);
    // The last of all, and more behind it.
    worker.send([PACK, &pack(&[66, 67, 68, 69, 69, 3])]);
    let finished = reduce.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let summary = finished.json();
    assert_eq!((&summary["value"], &summary["duplicates"]), (&175.0.into(), &4.into()), "{summary}");
    assert!(finished.stderr.contains("messages were dropped malformed=4 late=1 foreign=2"), "{}", finished.stderr);
}

#[test]
fn a_reduce_that_may_take_no_packs_says_nothing_of_them_and_drops_one() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "1", "--no-packs"]);
    let control = Peer::connect(peer::SUB, &channels.control);
    for topic in [PACKS, EXIT, START] {
        control.subscribe(topic);
    }
    let worker = Peer::connect(peer::PUSH, &channels.results);
    worker.send([READY]);
    let start = control.receive();
    assert_eq!(start[0], START);
    let base = u64::from_le_bytes(start[1].as_slice().try_into().unwrap());
    worker.send([PACK, &record(base)]);
    worker.send([&b"MSFT"[..], &2.5_f64.to_le_bytes(), &base.to_le_bytes()]);
    assert_eq!(control.receive(), [EXIT]);
    let finished = reduce.finish();
    assert_eq!((finished.code, &finished.json()["value"]), (Some(0), &2.5.into()), "{}", finished.stderr);
    assert!(finished.stderr.contains("malformed=1"), "{}", finished.stderr);
}

#[test]
fn the_total_is_the_same_with_packs_and_without() {
    for (of_reduce, of_workers) in [(&[][..], &[][..]), (&["--no-packs"], &[]), (&[], &["--no-packs"])] {
        let channels = Channels::free();
        let reduce = channels.reduce(&[&["--workers", "2", "--count", "30000"], of_reduce].concat());
        let source = channels.source(&["--count", "30000"]);
        let workers = [&["--report"][..], &[]].map(|report| channels.worker(&[report, of_workers].concat()));
        let summary = assert_total(&reduce.finish(), 30_000);
        assert_eq!(summary["duplicates"], 0, "{summary}");
        assert_ends([source].into_iter().chain(workers));
    }
}

#[test]
fn a_worker_that_is_killed_while_it_packs_costs_no_order() {
    let channels = Channels::free();
    let reduce = channels.reduce(&[
        "--workers",
        "2",
        "--count",
        "300000",
        "--patience",
        "200ms",
        "--give-up",
        "2m",
        "--progress",
    ]);
    let (survivor, victim) = (channels.worker(&[]), channels.worker(&[]));
    let source = channels.source(&["--count", "300000"]);
    reduce.line_where(|line| matches!(Progress::parse(line), Some(Progress::Counted(counted)) if counted > 0));
    victim.kill();
    assert_total(&reduce.finish_within(3 * testkit::BOUND), 300_000);
    assert_ends([survivor, source]);
}
