//! Raw peers: those that speak only the base protocol, those that swallow orders, those that send garbage.

use std::time::{Duration, Instant};

use testkit::{Kind, Peer, Program, eventually, peer};

use super::{Channels, VALUZ, assert_ends, assert_total, start};

const READY: &[u8] = &[2];
/// The topic of START, and all of it from a reduce of the base protocol.
const START: &[u8] = &[0];
const EXIT: &[u8] = &[1];

/// A reduce bound where the system chose.
fn reduce(arguments: &[&str]) -> (Program, String, String) {
    let bound = ["reduce", "--json", "--results", "tcp://127.0.0.1:*", "--control", "tcp://127.0.0.1:*"];
    let reduce = start(&bound, arguments);
    let (results, control) = (reduce.endpoint("results"), reduce.endpoint("control"));
    (reduce, results, control)
}

/// A source of the base protocol has subscribed to START, and its subscription has arrived.
fn base_source(control: &str) -> Peer {
    let source = Peer::connect(peer::SUB, control);
    source.subscribe(START);
    source
}

/// Takes START; the number that it gives the batch's first order.
fn started(source: &Peer) -> u64 {
    let start = source.receive();
    assert_eq!((start[0].as_slice(), start.len()), (START, 2));
    u64::from_le_bytes(start[1].as_slice().try_into().unwrap())
}

/// A result of 2.5 for MSFT.
fn result(tail: Option<u64>) -> Vec<Vec<u8>> {
    let mut frames = vec![b"MSFT".to_vec(), 2.5_f64.to_le_bytes().to_vec()];
    frames.extend(tail.map(|number| number.to_le_bytes().to_vec()));
    frames
}

#[test]
fn reduce_serves_a_source_and_a_worker_of_the_base_protocol() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "3"]);
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    started(&source);
    let exit = Peer::connect(peer::SUB, &control);
    exit.subscribe(EXIT);
    for _ in 0..3 {
        worker.send(result(None));
    }
    assert_eq!(exit.receive(), [EXIT]);
    let finished = reduce.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.json()["value"], 7.5);
}

#[test]
fn a_worker_serves_a_source_and_a_reduce_of_the_base_protocol() {
    let [orders, results, control] = [peer::PUSH, peer::PULL, peer::PUB].map(Peer::bind);
    let channels = Channels::of(&orders, &results, &control);
    let worker = channels.worker(&[]);
    assert_eq!(results.receive(), [READY]);
    let (shares, price) = (100_i32.to_le_bytes(), 41.78_f64.to_le_bytes());
    let order = |action: u8, tail: &[&[u8]]| {
        let head = [&b"MSFT"[..], &[action], &shares, &price];
        head.iter().chain(tail).map(|frame| frame.to_vec()).collect::<Vec<_>>()
    };
    orders.send(order(0, &[]));
    assert_eq!(results.receive(), [b"MSFT".to_vec(), 4178_f64.to_le_bytes().to_vec()]);
    // Any tail comes back as it was, frame by frame.
    orders.send(order(1, &[b"", b"anything", &[0xff; 9]]));
    let tail = [vec![], b"anything".to_vec(), vec![0xff; 9]];
    assert_eq!(results.receive(), [&[b"MSFT".to_vec(), (-4178_f64).to_le_bytes().to_vec()][..], &tail].concat());

    // What is no order is dropped, and so is one whose value is no number.
    orders.send([b"MSFT"]);
    orders.send(order(7, &[]));
    let huge = f64::MAX.to_le_bytes();
    orders.send([&b"MSFT"[..], &[0], &shares, &huge]);
    orders.send(order(0, &[b"last"]));
    assert_eq!(results.receive().last().unwrap(), b"last");
    worker.wait_for_log("malformed message");

    // A PUB does not report subscriptions: EXIT is sent until it arrives.
    control.send([[9_u8]]);
    eventually("the worker ends at EXIT", || {
        control.send([EXIT]);
        worker.log().contains("exits done=3 malformed=3")
    });
    assert_ends([worker]);
}

#[test]
fn a_worker_that_reports_gives_its_name_and_what_it_has_done() {
    let [orders, results, control] = [peer::PUSH, peer::PULL, peer::PUB].map(Peer::bind);
    let channels = Channels::of(&orders, &results, &control);
    let worker = channels.worker(&["--report"]);
    let ready = results.receive();
    let name = String::from_utf8(ready[1].clone()).unwrap();
    assert_eq!((ready[0].as_slice(), ready.len()), (READY, 2));
    assert!(name.starts_with("rust:") && name.ends_with(&format!(":{}", worker.pid())), "{name}");
    let report = |done: u64| vec![vec![4], name.clone().into_bytes(), done.to_le_bytes().to_vec()];
    let count = 2_000;
    for _ in 0..count {
        orders.send([&b"MSFT"[..], &[0], &1_i32.to_le_bytes(), &1_f64.to_le_bytes()]);
    }
    let (begin, mut valued, mut reports) = (Instant::now(), 0, 0);
    while valued < count {
        let frames = results.receive();
        if frames[0] == [4] { reports += 1 } else { valued += 1 }
    }
    let at_most = 1 + begin.elapsed().as_millis() / 100;
    assert!(reports <= at_most, "{reports} reports instead of {at_most}: one each 100 ms");
    worker.terminate();
    // Perhaps one that was due, and the one at the end.
    let last = results.receive();
    let last = results.receive_within(Duration::from_secs(1)).unwrap_or(last);
    assert_eq!(last, report(count));
    assert_ends([worker]);
}

#[test]
fn the_last_report_of_a_worker_that_is_stopped_arrives() {
    let [orders, results, control] = [peer::PUSH, peer::PULL, peer::PUB].map(Peer::bind);
    let channels = Channels::of(&orders, &results, &control);
    for _ in 0..20 {
        let worker = channels.worker(&["--report"]);
        let name = results.receive().swap_remove(1);
        orders.send([&b"MSFT"[..], &[0], &1_i32.to_le_bytes(), &1_f64.to_le_bytes()]);
        let (value, report) = (results.receive(), results.receive());
        assert_eq!((value.len(), &report), (2, &vec![vec![4], name, 1_u64.to_le_bytes().to_vec()]));
        worker.terminate();
        assert_eq!(results.receive(), report);
        assert_ends([worker]);
    }
}

#[test]
fn a_source_serves_base_peers_and_ignores_what_is_not_in_its_batch() {
    let control = Peer::bind(peer::XPUB);
    let source =
        start(&["source", "--count", "3", "--orders", "tcp://127.0.0.1:*", "--control", control.endpoint()], &[]);
    let worker = Peer::connect(peer::PULL, &source.endpoint("orders"));
    let mut topics: Vec<_> = (0..3).map(|_| control.receive()).collect();
    topics.sort();
    assert_eq!(topics, [[[1, 0]], [[1, 1]], [[1, 3]]]);
    let number = |frames: Vec<Vec<u8>>| u64::from_le_bytes(frames[4].as_slice().try_into().unwrap());
    let repeat = |numbers: &[u64]| {
        control.send([vec![3], numbers.iter().flat_map(|number| number.to_le_bytes()).collect()]);
    };
    repeat(&[0]);
    assert!(worker.receive_within(Duration::from_millis(200)).is_none(), "nothing before START");
    control.send([START]);
    assert_eq!([0; 3].map(|_: i32| number(worker.receive())), [0, 1, 2]);
    control.send([START]);
    control.send([&[3][..], &[1, 2, 3]]);
    repeat(&[2, 77, u64::MAX, 0, 2]);
    assert_eq!([0; 2].map(|_: i32| number(worker.receive())), [0, 2]);
    assert!(worker.receive_within(Duration::from_millis(200)).is_none(), "nothing else is sent");
    control.send([EXIT]);
    let finished = source.finish();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("malformed message"), "{}", finished.stderr);
}

#[test]
fn a_source_sends_the_batch_again_for_a_reduce_with_another_base_and_not_for_the_same() {
    let control = Peer::bind(peer::XPUB);
    let source =
        start(&["source", "--count", "2", "--orders", "tcp://127.0.0.1:*", "--control", control.endpoint()], &[]);
    let worker = Peer::connect(peer::PULL, &source.endpoint("orders"));
    (0..3).for_each(|_| drop(control.receive()));
    let numbers = || [0; 2].map(|_: i32| u64::from_le_bytes(worker.receive()[4].as_slice().try_into().unwrap()));
    let base = |base: u64| control.send([START, &base.to_le_bytes()]);
    base(70);
    assert_eq!(numbers(), [70, 71]);
    base(70);
    base(90);
    assert_eq!(numbers(), [90, 91]);
    control.send([&[3][..], &[70_u64, 91].map(u64::to_le_bytes).concat()]);
    assert_eq!(worker.receive()[4], 91_u64.to_le_bytes());
    control.send([EXIT]);
    assert_eq!(source.finish().code, Some(0));
}

#[test]
fn a_source_that_numbers_its_orders_from_zero_is_served() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "2"]);
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    started(&source);
    worker.send(result(Some(1)));
    worker.send(result(Some(0)));
    let finished = reduce.finish();
    assert_eq!((finished.code, &finished.json()["value"]), (Some(0), &5.0.into()), "{}", finished.stderr);
}

#[test]
fn ready_again_and_again_keeps_nothing_from_being_given_up() {
    let (reduce, results, control) =
        reduce(&["--workers", "1", "--count", "2", "--patience", "100ms", "--give-up", "500ms"]);
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY, b"rust:a:1"]);
    let base = started(&source);
    worker.send(result(Some(base)));
    eventually("the batch is given up", || {
        worker.send([READY, b"rust:a:1"]);
        worker.send(result(Some(base)));
        reduce.log().contains("EXIT")
    });
    let finished = reduce.finish();
    assert!(finished.stderr.contains("error: 1 of 2 orders got no result"), "{}", finished.stderr);
}

#[test]
fn a_worker_that_swallows_orders_without_numbers_fails_the_batch() {
    let (reduce, results, control) =
        reduce(&["--workers", "1", "--count", "5", "--patience", "300ms", "--give-up", "3s"]);
    let source = start(&["source", "--count", "5", "--orders", "tcp://127.0.0.1:*", "--control", &control], &[]);
    let orders = Peer::connect(peer::PULL, &source.endpoint("orders"));
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    for done in 0..5 {
        let _ = orders.receive();
        if done < 2 {
            worker.send(result(None));
        }
    }
    let finished = reduce.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(
        finished.stderr.contains("error: 3 of 5 orders got no result, so there is no total"),
        "{}",
        finished.stderr
    );
    assert_ends([source]);
}

#[test]
fn a_worker_that_swallows_everything_fails_the_batch_after_repeats() {
    let (reduce, results, control) =
        reduce(&["--workers", "1", "--count", "4", "--patience", "400ms", "--give-up", "3600ms"]);
    let listener = Peer::connect(peer::SUB, &control);
    listener.subscribe(&[3]);
    let source = start(&["source", "--count", "4", "--orders", "tcp://127.0.0.1:*", "--control", &control], &[]);
    let _orders = Peer::connect(peer::PULL, &source.endpoint("orders"));
    Peer::connect(peer::PUSH, &results).send([READY]);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    let finished = reduce.finish();
    assert_eq!(finished.code, Some(1));
    let repeats = std::iter::from_fn(|| listener.receive_within(Duration::from_secs(1))).count();
    assert_eq!(repeats, 2 * 3, "at 0.4, 1.2 and 2.8 s, in both numberings");
    assert!(finished.stderr.contains("error: 4 of 4 orders got no result"), "{}", finished.stderr);
    assert_ends([source]);
}

#[test]
fn duplicates_foreign_and_malformed_results_change_no_total() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "3"]);
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    let base = started(&source);
    for number in [0, 0, 1, 3, u64::MAX - base, 1, 0] {
        worker.send(result(Some(base + number)));
    }
    worker.send(result(Some(base - 1)));
    let nan = f64::NAN.to_le_bytes();
    worker.send([&b"MSFT"[..], &nan]);
    worker.send([&b"msft"[..], &nan]);
    worker.send([b""]);
    worker.send([&[4][..], b"rust:a:1", b"short"]);
    worker.send(vec![vec![7; 2000]; 40]);
    let garbage = Peer::connect(peer::XPUB, &control);
    drop(garbage);
    worker.send(result(Some(base + 2)));
    let finished = reduce.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let summary = finished.json();
    assert_eq!((&summary["value"], &summary["duplicates"]), (&7.5.into(), &3.into()), "{summary}");
    assert!(finished.stderr.contains("messages were dropped malformed=5 late=1 foreign=2"), "{}", finished.stderr);
}

#[test]
fn garbage_on_control_is_counted_and_does_no_harm() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "1"]);
    let xsub = Peer::connect(Kind::XSUB, &control);
    for garbage in [&[9, 9][..], b"", &[1], &[0, 0], &[1, 0, 0]] {
        xsub.send([garbage]);
    }
    reduce.wait_for_log("malformed message");
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    started(&source);
    worker.send(result(Some(0)));
    assert_total_of_one(reduce);
}

fn assert_total_of_one(reduce: Program) {
    let finished = reduce.finish();
    assert_eq!((finished.code, &finished.json()["value"]), (Some(0), &2.5.into()), "{}", finished.stderr);
}

#[test]
fn a_sum_beyond_all_numbers_is_an_error_and_no_total() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "2"]);
    let source = base_source(&control);
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    started(&source);
    for number in 0..2_u64 {
        worker.send([&b"MSFT"[..], &f64::MAX.to_le_bytes(), &number.to_le_bytes()]);
    }
    let finished = reduce.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.contains("the sum of all orders is beyond the largest number"), "{}", finished.stderr);
}

#[test]
fn a_port_in_use_is_named_with_its_holder() {
    let holder = Peer::bind(peer::PULL);
    let finished = testkit::run(VALUZ, ["reduce", "--workers", "1", "--count", "1", "--results", holder.endpoint()]);
    assert_eq!(finished.code, Some(1));
    let line = format!("error: {} is in use by ", holder.endpoint());
    assert!(finished.stderr.contains(&line) && finished.stderr.contains("(pid "), "{}", finished.stderr);
}

#[test]
fn a_raw_worker_that_copies_the_tail_serves_source_and_reduce() {
    let (reduce, results, control) = reduce(&["--workers", "1", "--count", "500"]);
    let source = start(&["source", "--count", "500", "--orders", "tcp://127.0.0.1:*", "--control", &control], &[]);
    let orders = Peer::connect(peer::PULL, &source.endpoint("orders"));
    let worker = Peer::connect(peer::PUSH, &results);
    worker.send([READY]);
    for _ in 0..500 {
        let order = orders.receive();
        let sign = if order[1] == [0] { 1.0 } else { -1.0 };
        let shares = i32::from_le_bytes(order[2].as_slice().try_into().unwrap());
        let price = f64::from_le_bytes(order[3].as_slice().try_into().unwrap());
        let value = sign * f64::from(shares) * price;
        worker.send([&order[0][..], &value.to_le_bytes(), &order[4]]);
    }
    assert_total(&reduce.finish(), 500);
    assert_ends([source]);
}
