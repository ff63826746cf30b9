//! SIGTERM and SIGINT end every role within a second, in every state.

use std::time::Duration;

use testkit::{Finished, Peer, Program, peer};

use super::{Channels, start};

/// The promised limit.
const BOUND: Duration = Duration::from_secs(1);

fn stop(program: Program) -> Finished {
    program.terminate();
    program.finish_within(BOUND)
}

fn stops_well(program: Program) {
    let finished = stop(program);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn with_no_peer() {
    let channels = Channels::free();
    let source = channels.source(&["--count", "10"]);
    source.wait_for_log("listening");
    stops_well(source);
    let reduce = channels.reduce(&["--workers", "1", "--count", "10"]);
    reduce.wait_for_log("listening");
    let finished = stop(reduce);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""));
    let orders = Peer::bind(peer::PUSH);
    let worker = Channels { orders: orders.endpoint().to_owned(), ..channels }.worker(&[]);
    worker.wait_for_log("up channel");
    stops_well(worker);
}

#[test]
fn a_source_with_orders_that_no_worker_takes() {
    let control = Peer::bind(peer::XPUB);
    let source =
        start(&["source", "--count", "1000000", "--orders", "tcp://127.0.0.1:*", "--control", control.endpoint()], &[]);
    // A worker that never reads.
    let _worker = Peer::connect(peer::PULL, &source.endpoint("orders"));
    for _ in 0..3 {
        let _ = control.receive();
    }
    control.send([[0]]);
    source.wait_for_log("started");
    stops_well(source);
}

#[test]
fn a_worker_with_results_that_reduce_does_not_take() {
    let [orders, control] = [peer::PUSH, peer::PUB].map(Peer::bind);
    let results = Channels::free().results;
    let channels = Channels { orders: orders.endpoint().to_owned(), results, control: control.endpoint().to_owned() };
    let worker = channels.worker(&[]);
    worker.wait_for_log("up channel=\"orders\"");
    let (shares, price) = (1_i32.to_le_bytes(), 1_f64.to_le_bytes());
    for _ in 0..12_000 {
        orders.send([&b"MSFT"[..], &[0], &shares, &price]);
    }
    stops_well(worker);
}

#[test]
fn a_worker_in_the_middle_of_a_long_delay_or_a_heavy_order() {
    for work in [&["--delay", "1h"][..], &["--valuation", "var", "--scenarios", "5000000"]] {
        let [orders, results, control] = [peer::PUSH, peer::PULL, peer::PUB].map(Peer::bind);
        let channels = Channels::of(&orders, &results, &control);
        let worker = channels.worker(work);
        assert_eq!(results.receive(), [[2]]);
        for _ in 0..5 {
            orders.send([&b"MSFT"[..], &[0], &1_i32.to_le_bytes(), &1_f64.to_le_bytes()]);
        }
        worker.terminate();
        // An unoptimised build takes its time over five million scenarios.
        let bound = if cfg!(debug_assertions) { 4 * BOUND } else { BOUND };
        assert_eq!(worker.finish_within(bound).code, Some(0), "{work:?}");
    }
}

#[test]
fn a_batch_with_a_suspended_worker() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "1000000"]);
    let source = channels.source(&["--count", "1000000"]);
    let worker = channels.worker(&["--delay", "1ms"]);
    reduce.wait_for_log("START");
    worker.suspend();
    stops_well(source);
    // A batch that is broken off has no total, and the error says so.
    let finished = stop(reduce);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.contains("error: stopped while "), "{}", finished.stderr);
    worker.resume();
    // Reduce published EXIT; a worker that did not receive it stops like any other.
    stops_well(worker);
}

#[test]
fn workers_of_a_batch_that_is_broken_off_end_too() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "1000000"]);
    let source = channels.source(&["--count", "1000000"]);
    let worker = channels.worker(&["--delay", "1ms"]);
    reduce.wait_for_log("START");
    worker.wait_for_log("up channel=\"control\"");
    reduce.interrupt();
    assert_eq!(reduce.finish_within(BOUND).code, Some(1));
    super::assert_ends([source, worker]);
}
