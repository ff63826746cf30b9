//! Extension `burst`: a publisher and a watcher as processes, with raw peers and with each other.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::{TICKZ, await_idle, file, hear, heard_from, publish};
use testkit::{
    Peer, Program, eventually,
    peer::{SUB, XPUB},
};

const TICKS_MAX: usize = 256;

/// The ticks of a burst: their symbol, times and prices, and the number of the first.
#[derive(Debug, PartialEq)]
struct Burst {
    symbol: String,
    ticks: Vec<(f64, f64)>,
    sequence: Option<u64>,
}

fn hear_burst(peer: &Peer) -> Burst {
    let frames = peer.receive();
    let float = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().unwrap());
    let ticks: Vec<_> = frames[1].chunks(16).map(|tick| (float(&tick[..8]), float(&tick[8..]))).collect();
    assert!((1..=TICKS_MAX).contains(&ticks.len()), "{} ticks", ticks.len());
    Burst {
        symbol: String::from_utf8(frames[0].clone()).unwrap(),
        ticks,
        sequence: frames.get(2).map(|bytes| u64::from_le_bytes(bytes[..].try_into().unwrap())),
    }
}

fn burst(symbol: &str, sequence: Option<u64>, prices: &[f64]) -> Vec<Vec<u8>> {
    let ticks = prices.iter().flat_map(|price| [0_f64.to_le_bytes(), price.to_le_bytes()].concat()).collect();
    let mut frames = vec![symbol.as_bytes().to_vec(), ticks];
    frames.extend(sequence.map(|sequence| sequence.to_le_bytes().to_vec()));
    frames
}

fn tick(symbol: &str, sequence: u64, price: f64) -> Vec<Vec<u8>> {
    [symbol.as_bytes(), &0_f64.to_le_bytes(), &price.to_le_bytes(), &sequence.to_le_bytes()].map(<[u8]>::to_vec).into()
}

fn subscriber(publisher: &Program, topic: &str) -> Peer {
    Peer::connect_with(SUB, &publisher.endpoint("ticks"), |socket| socket.set_subscribe(topic.as_bytes()).unwrap())
}

fn watch(endpoint: &str, arguments: &[&str]) -> Program {
    Program::start(TICKZ, ["watch", "--ticks", endpoint, "MSFT"].iter().chain(arguments))
}

/// A raw publisher, and a watcher of MSFT that has subscribed to both forms.
fn watched(arguments: &[&str]) -> (Peer, Program) {
    let publisher = Peer::bind(XPUB);
    let watcher = watch(publisher.endpoint(), arguments);
    await_question(&publisher);
    (publisher, watcher)
}

fn await_question(publisher: &Peer) {
    assert_eq!(publisher.receive(), [b"\x01+MSFT"]);
    assert_eq!(publisher.receive(), [b"\x01MSFT"]);
}

fn numbers(summary: &Value) -> [u64; 5] {
    ["received", "lost", "out_of_order", "malformed", "restarts"].map(|name| summary[name].as_u64().unwrap())
}

#[test]
fn bursts_have_the_same_ticks_as_messages_of_one() {
    let arguments = ["--rate", "max", "--seed", "7", "--sequence", "--symbols", "AA=1,BB=2", "--count", "20000"];
    let singles = heard_from(&arguments, 20_000);
    let publisher = publish(&[&arguments[..], &["--await-subscribers", "1", "--block"]].concat());
    let peer = subscriber(&publisher, "+BB");
    let mut prices = Vec::new();
    while prices.len() < 10_000 {
        let burst = hear_burst(&peer);
        assert_eq!((&*burst.symbol, burst.sequence), ("+BB", Some(prices.len() as u64)));
        prices.extend(burst.ticks.into_iter().map(|(_, price)| price.to_bits()));
    }
    let expected: Vec<_> = singles.iter().filter(|tick| tick.symbol == "BB").map(|tick| tick.price.to_bits()).collect();
    assert_eq!(prices, expected);
}

#[test]
fn a_publisher_makes_each_form_for_those_who_want_it() {
    let publisher = publish(&["--rate", "1000", "--symbols", "AA=1"]);
    let all = subscriber(&publisher, "");
    assert_eq!(hear(&all).symbol, "AA");
    let bursts = subscriber(&publisher, "+AA");
    assert_eq!(hear_burst(&bursts).sequence, None);
    // One that subscribes to everything gets both from now on, and only single ticks again without the other one.
    eventually("both forms", || all.receive()[0] == b"+AA");
    let single = subscriber(&publisher, "A");
    assert!((0..50).all(|_| hear(&single).symbol == "AA"));
    drop(bursts);
    eventually("single ticks only", || (0..50).all(|_| all.receive()[0] == b"AA"));
}

#[test]
fn a_publisher_waits_for_no_tick_to_fill_a_burst() {
    let publisher =
        publish(&["--interval", "20ms", "--symbols", "AA=1,BB=2", "--count", "10", "--await-subscribers", "1"]);
    let peer = subscriber(&publisher, "+");
    let bursts: Vec<_> = (0..10).map(|_| hear_burst(&peer)).collect();
    assert!(bursts.iter().all(|burst| burst.ticks.len() == 1), "{bursts:?}");
}

#[test]
fn what_is_due_at_one_moment_is_one_burst_of_each_symbol() {
    let rows: String = (0..600).map(|row| format!("{},2000-01-01,{}\n", ["AA", "BB"][row % 2], 1 + row)).collect();
    let (_folder, path) = file(&format!("symbol,date,price\n{rows}AA,2000-01-01,bad\nBB,2000-01-01,9\n"));
    let publisher = publish(&["--replay", &path, "--sequence", "--await-subscribers", "1", "--block"]);
    let peer = subscriber(&publisher, "+");
    let mut counts = [0; 2];
    while counts != [300, 301] {
        let burst = hear_burst(&peer);
        let count = &mut counts[usize::from(burst.symbol == "+BB")];
        assert_eq!(burst.sequence, Some(*count as u64));
        *count += burst.ticks.len();
    }
    assert_eq!(publisher.finish().code, Some(0));
}

#[test]
fn a_publisher_that_waits_loses_nothing_for_a_suspended_watcher_and_counts_what_it_has_sent() {
    let publisher =
        publish(&["--rate", "max", "--sequence", "--block", "--count", "3000000", "--await-subscribers", "1"]);
    let watcher =
        watch(&publisher.endpoint("ticks"), &["AAPL", "GOOG", "YHOO", "BBRY", "--summary", "--count", "3000000"]);
    eventually("ticks flow", || watcher.processor_time() > Duration::from_millis(50));
    watcher.suspend();
    await_idle(publisher.pid());
    watcher.resume();
    assert_eq!(numbers(&watcher.finish().json()), [3_000_000, 0, 0, 0, 0]);
    assert_eq!(publisher.finish().code, Some(0));
}

#[test]
fn a_publisher_that_waits_with_bursts_ends_at_a_signal() {
    let publisher = publish(&["--rate", "max", "--block", "--await-subscribers", "1", "--summary"]);
    let suspended = Peer::connect_with(SUB, &publisher.endpoint("ticks"), |socket| {
        socket.set_rcvhwm(1).unwrap();
        socket.set_rcvbuf(4096).unwrap();
        socket.set_subscribe(b"+").unwrap();
    });
    hear_burst(&suspended);
    await_idle(publisher.pid());
    publisher.interrupt();
    let finished = publisher.finish_within(Duration::from_secs(1));
    assert_eq!(finished.code, Some(0));
    assert!(finished.json()["published"].as_u64().unwrap() > 0);
}

#[test]
fn a_watcher_takes_bursts_from_a_publisher_that_knows_them() {
    let (publisher, watcher) = watched(&["--json", "--count", "9"]);
    // The ticks before the first burst count once.
    publisher.send(tick("MSFT", 4, 1.0));
    publisher.send(tick("MSFT", 5, 2.0));
    publisher.send(burst("+MSFT", Some(4), &[1.0, 2.0, 3.0]));
    assert_eq!(publisher.receive(), [b"\x00MSFT"]);
    publisher.send(tick("MSFT", 6, 3.0));
    publisher.send(burst("+MSFT", Some(9), &[4.0, 5.0]));
    publisher.send(burst("+MSFTX", Some(0), &[1.0]));
    // A bad tick spoils its burst.
    publisher.send(burst("+MSFT", Some(11), &[6.0, -7.0]));
    publisher.send(burst("+MSFT", Some(8), &[3.5]));
    publisher.send(burst("+MSFT", Some(11), &[6.0, 7.0, 8.0, 9.0]));
    let output = watcher.finish().stdout;
    let mut lines: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(numbers(&lines.pop().unwrap()), [9, 1, 1, 1, 0]);
    let prices: Vec<_> = lines.iter().map(|line| line["price"].as_f64().unwrap()).collect();
    assert_eq!(prices, [1.0, 2.0, 3.0, 4.0, 5.0, 3.5, 6.0, 7.0, 8.0]);
    let sequences: Vec<_> = lines.iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, [4, 5, 6, 9, 10, 8, 11, 12, 13]);
}

#[test]
fn a_watcher_takes_single_ticks_from_a_publisher_that_knows_no_bursts() {
    let (publisher, watcher) = watched(&["--summary", "--count", "2"]);
    publisher.send(tick("MSFT", 0, 1.0));
    assert_eq!(publisher.receive(), [b"\x00+MSFT"]);
    publisher.send(burst("+MSFT", Some(1), &[1.0, 2.0, 3.0]));
    publisher.send(tick("MSFT", 1, 1.0));
    assert_eq!(numbers(&watcher.finish().json()), [2, 0, 0, 0, 0]);
}

#[test]
fn a_watcher_asks_every_publisher() {
    let (publisher, watcher) = watched(&["--summary", "--count", "3"]);
    let endpoint = publisher.endpoint().to_owned();
    publisher.send(burst("+MSFT", Some(7), &[1.0]));
    assert_eq!(publisher.receive(), [b"\x00MSFT"]);
    drop(publisher);
    let mut next = None;
    eventually("the port is free", || {
        next = Peer::try_bind_at(XPUB, &endpoint);
        next.is_some()
    });
    let publisher = next.unwrap();
    await_question(&publisher);
    publisher.send(tick("MSFT", 0, 1.0));
    assert_eq!(publisher.receive(), [b"\x00+MSFT"]);
    publisher.send(tick("MSFT", 1, 1.0));
    assert_eq!(numbers(&watcher.finish().json()), [3, 0, 0, 0, 1]);
}

#[test]
fn a_watcher_without_bursts_asks_for_none() {
    let publisher = Peer::bind(XPUB);
    let watcher = watch(publisher.endpoint(), &["--no-bursts", "--summary", "--count", "1"]);
    assert_eq!(publisher.receive(), [b"\x01MSFT"]);
    publisher.send(tick("MSFT", 0, 1.0));
    assert_eq!(numbers(&watcher.finish().json()), [1, 0, 0, 0, 0]);
    assert_eq!(publisher.receive(), [b"\x00MSFT"]);
}

#[test]
fn old_and_new_watchers_of_one_publisher_count_the_same_ticks() {
    let publisher = publish(&[
        "--rate",
        "20000",
        "--sequence",
        "--symbols",
        "MSFT=1",
        "--await-subscribers",
        "2",
        "--count",
        "40000",
    ]);
    let endpoint = publisher.endpoint("ticks");
    let watchers = [&["--summary", "--count", "40000"][..], &["--summary", "--no-bursts", "--count", "40000"]]
        .map(|arguments| watch(&endpoint, arguments));
    let begin = Instant::now();
    for watcher in watchers {
        assert_eq!(numbers(&watcher.finish().json()), [40_000, 0, 0, 0, 0]);
    }
    assert!(begin.elapsed() >= Duration::from_millis(1_900), "the pace is that of the ticks");
}
