//! Peers that send without end to every socket of every service: memory stays bounded, and well-behaved peers are served
//! meanwhile. (The floods of subscriptions are in `tickz/tests/strangers.rs`.)

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use e2e::{ANY, Batch, chatz, length, tickz, valuz};
use testkit::{
    Peer, RawPeer,
    flood::{self, flood, small_messages},
    peer,
};

/// How long each flood lasts.
fn duration() -> Duration {
    Duration::from_secs(length(2, 20) as u64)
}

#[test]
fn a_batch_is_done_after_floods() {
    let batch = Batch::start(1_000, 1, "1s");
    let [orders, results, control] =
        [batch.source.endpoint("orders"), batch.reduce.endpoint("results"), batch.reduce.endpoint("control")];
    flood(&batch.source, &orders, "PULL", duration());
    flood(&batch.reduce, &results, "PUSH", duration());
    flood(&batch.reduce, &control, "SUB", duration());
    let _worker = batch.worker(&[]);
    let finished = batch.reduce.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.json()["count"].as_u64(), Some(1_000));
    assert!(finished.stderr.contains("sends too much"), "{}", finished.stderr);
}

#[test]
fn the_chat_server_answers_after_floods() {
    let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
    let requests = server.endpoint("requests");
    flood(&server, &requests, "DEALER", duration());
    flood(&server, &server.endpoint("broadcasts"), "SUB", duration());
    server.wait_for_log("sends too much");
    let ada = Peer::connect(peer::REQ, &requests);
    ada.send(["ada"]);
    assert!(ada.receive().contains(&b"ada".to_vec()));
}

#[test]
fn a_slow_publisher_publishes_after_floods() {
    let publisher = tickz(&["publish", "--ticks", ANY, "--rate", "10"]);
    let ticks = publisher.endpoint("ticks");
    flood(&publisher, &ticks, "SUB", duration());
    publisher.wait_for_log("sends too much");
    let watcher = Peer::connect_with(peer::SUB, &ticks, |socket| socket.set_subscribe(b"").unwrap());
    let _ = watcher.receive();
}

#[test]
fn a_worker_works_after_its_server_has_flooded_it() {
    let results = TcpListener::bind("127.0.0.1:0").unwrap();
    let (orders, control) = (Peer::bind(peer::PUSH), Peer::bind(peer::PUB));
    let address = format!("tcp://{}", results.local_addr().unwrap());
    let arguments = ["worker", "--orders", orders.endpoint(), "--control", control.endpoint(), "--results", &address];
    let worker = valuz(&arguments);
    let (before, until) = (worker.resident_bytes(), Instant::now() + duration());
    while Instant::now() < until {
        let mut server = RawPeer::accept(&results, "PULL").unwrap();
        while Instant::now() < until && server.send_bytes(&small_messages()).is_ok() {}
    }
    let grown = worker.resident_bytes().saturating_sub(before);
    assert!(grown < flood::GROWTH_MAX, "memory grew by {} MiB", grown >> 20);
    worker.wait_for_log("sends too much");
    drop(results);
    let mut results = None;
    testkit::eventually("the port is free", || {
        results = Peer::try_bind_at(peer::PULL, &address);
        results.is_some()
    });
    let results = results.unwrap();
    assert_eq!(results.receive(), [[2]]);
    // Only now: a result that is sent before the worker has noticed the end of the flooder's connection goes there.
    orders.send([&b"MSFT"[..], &[0], &100_i32.to_le_bytes(), &41.5_f64.to_le_bytes(), b"tail"]);
    assert_eq!(results.receive(), [&b"MSFT"[..], &4150_f64.to_le_bytes(), b"tail"]);
}
