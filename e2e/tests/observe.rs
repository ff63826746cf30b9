//! Every program reports to a hub: an observer there sees each process, each connection with both ends, and when they are gone.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{collections::BTreeSet, time::Duration};

use e2e::{
    ANY,
    observer::{Observer, connections, hub, reporting},
};
use observatory::Observatory;
use serde_json::Value;
use testkit::{Program, Stopwatch, free_endpoints, sibling};
use wire::report::SocketState;

/// How many orders the batch has: few enough that the source has sent all of them at once.
const ORDERS: u64 = 100;

/// Which connections a system of all programs has: from the socket that connects to the one that is bound.
const CONNECTIONS: [&str; 7] = [
    "chatz join REQ requests -> chatz serve ROUTER requests",
    "chatz join SUB broadcasts -> chatz serve XPUB broadcasts",
    "tickz watch SUB ticks -> tickz publish XPUB ticks",
    "valuz source SUB control -> valuz reduce XPUB control",
    "valuz worker PULL orders -> valuz source PUSH orders",
    "valuz worker PUSH results -> valuz reduce PULL results",
    "valuz worker SUB control -> valuz reduce XPUB control",
];

#[test]
fn each_process_and_both_ends_of_each_connection_are_seen_and_again_when_the_hub_restarts() {
    let [reports, observations] = free_endpoints::<2>();
    let first = hub(&reports, &observations);
    let mut observer = Observer::connect(&observations);
    let system = System::start(&reports);
    observer.until("all connections", |observatory| {
        connections(observatory) == BTreeSet::from(CONNECTIONS.map(Into::into))
    });
    let pids: BTreeSet<u32> = observer.observatory.processes().iter().map(|process| process.state().pid).collect();
    assert_eq!(pids, system.programs.iter().map(Program::pid).collect());

    observer.until("the count of orders", |observatory| {
        let sent = &socket(observatory, "source", "orders").sent;
        assert!(sent.messages <= ORDERS, "{sent:?}");
        sent.messages == ORDERS
    });

    first.kill();
    let _ = first.finish();
    observer.watch.wait_for_log(" down ");
    observer.forget();
    let _second = hub(&reports, &observations);
    observer.until("all connections again", |observatory| {
        connections(observatory) == BTreeSet::from(CONNECTIONS.map(Into::into))
    });
}

/// How long something may take.
fn within(seconds: u64) -> Duration {
    Duration::from_secs(seconds) + Duration::from_millis(200)
}

#[test]
fn a_process_that_is_killed_falls_silent_and_its_connection_ends() {
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let reports = hub.endpoint("reports");
    let [publisher, watcher] = ticks(&reports, &[]);
    observer.until("the connection", |observatory| {
        connections(observatory).contains("tickz watch SUB ticks -> tickz publish XPUB ticks")
    });
    let (publisher, victim) = (observer.id(&publisher), observer.id(&watcher));
    let start = Stopwatch::start();
    watcher.kill();
    let end = observer.next_where(|line| line["process"] == publisher && line["connection"]["phase"] == "closed");
    assert_eq!((&end["socket"], &end["before"]), (&"tickz.pub".into(), &"up".into()), "{end}");
    assert!(start.elapsed() < within(1), "{:?}", start.elapsed());
    let silent = observer.next_where(|line| line["presence"] == "silent");
    assert_eq!(silent["process"], victim, "{silent}");
    assert!(start.elapsed() < within(3), "{:?}", start.elapsed());
}

#[test]
fn a_process_appears_at_once_and_one_that_is_suspended_is_silent_until_it_resumes() {
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let start = Stopwatch::start();
    let [publisher, watcher] = ticks(&hub.endpoint("reports"), &[]);
    observer.until("both", |observatory| observatory.processes().len() == 2);
    assert!(start.elapsed() < within(1), "{:?}", start.elapsed());

    let (publisher_id, victim) = (observer.id(&publisher), observer.id(&watcher));
    let start = Stopwatch::start();
    watcher.suspend();
    let change = observer.next_where(|line| line["change"] == "process" && line["presence"] != "present");
    assert_eq!((&change["process"], &change["presence"]), (&victim.clone().into(), &"silent".into()), "{change}");
    assert!(start.elapsed() < within(3), "{:?}", start.elapsed());

    let start = Stopwatch::start();
    watcher.resume();
    let change = observer.next_where(|line| line["change"] == "process");
    assert_eq!((&change["process"], &change["presence"]), (&victim.into(), &"present".into()), "{change}");
    assert!(start.elapsed() < within(1), "{:?}", start.elapsed());

    // One that exits says so.
    publisher.terminate();
    let change = observer.next_where(|line| line["change"] == "process");
    assert_eq!((&change["process"], &change["presence"]), (&publisher_id.into(), &"gone".into()), "{change}");
}

#[test]
fn the_last_state_of_a_publisher_counts_all_its_ticks() {
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let arguments = ["publish", "--ticks", ANY, "--rate", "1000", "--summary"];
    let publisher = reporting(&hub.endpoint("reports"), "tickz", &arguments);
    observer.next_where(|line| line["sockets"][0]["sent"]["messages"].as_u64() > Some(100));
    publisher.terminate();
    let last = observer.next_where(|line| line["ended"] == true);
    assert_eq!(last["sockets"][0]["sent"]["messages"], publisher.finish().json()["published"], "{last}");
}

#[test]
fn a_tap_prints_the_fields_of_each_message_that_a_publisher_sends() {
    for (arguments, wanted) in [(&["--no-bursts"][..], "tick"), (&[], "burst")] {
        let hub = hub(ANY, ANY);
        let [publisher, _watcher] = ticks(&hub.endpoint("reports"), arguments);
        let (socket, observations) = (format!("{}/tickz.pub", publisher.pid()), hub.endpoint("observations"));
        let tap = ["tap", &socket, "--observations", &observations, "--json", "--count", "8"];
        let finished = Program::start(sibling("observez"), tap).finish();
        let messages: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (message, number) in messages.iter().zip(messages[0]["number"].as_u64().unwrap()..) {
            assert_eq!((&message["number"], &message["malformed"]), (&number.into(), &Value::Null), "{message}");
            // Some of them may be subscriptions of the watcher.
            let is_tick = ["tick", "burst"].iter().any(|name| message["message"] == *name);
            let names: Vec<&Value> = message["fields"].as_array().unwrap().iter().map(|field| &field["name"]).collect();
            assert!(!is_tick || names == ["symbol", "timestamp", "price"], "{message}");
        }
        assert!(messages.iter().any(|message| message["message"] == wanted), "{messages:?}");
    }
}

/// A publisher of ticks, and a watcher of them.
fn ticks(hub: &str, arguments: &[&str]) -> [Program; 2] {
    let publish = reporting(hub, "tickz", &["publish", "--ticks", ANY, "--interval", "100ms"]);
    let endpoint = publish.endpoint("ticks");
    let watch = reporting(hub, "tickz", &[&["watch", "MSFT", "--ticks", &endpoint][..], arguments].concat());
    [publish, watch]
}

/// All roles of all programs, connected.
struct System {
    programs: Vec<Program>,
}

impl System {
    fn start(hub: &str) -> Self {
        let serve = reporting(hub, "chatz", &["serve", "--requests", ANY, "--broadcasts", ANY]);
        let (requests, broadcasts) = (serve.endpoint("requests"), serve.endpoint("broadcasts"));
        let join = ["join", "ada", "--requests", &requests, "--broadcasts", &broadcasts];
        let join = reporting(hub, "chatz", &join);

        let count = ORDERS.to_string();
        let batch = ["reduce", "--workers", "1", "--count", &count, "--patience", "9s"];
        let reduce = [&batch[..], &["--results", ANY, "--control", ANY]].concat();
        let reduce = reporting(hub, "valuz", &reduce);
        let (results, control) = (reduce.endpoint("results"), reduce.endpoint("control"));
        let source = ["source", "--count", &count, "--orders", ANY, "--control", &control];
        let source = reporting(hub, "valuz", &source);
        let orders = source.endpoint("orders");
        // Slow enough that the batch outlives the test.
        let worker = ["worker", "--delay", "500ms", "--orders", &orders, "--results", &results, "--control", &control];
        let worker = reporting(hub, "valuz", &worker);

        let [publish, watch] = ticks(hub, &[]);
        Self { programs: vec![serve, join, reduce, source, worker, publish, watch] }
    }
}

/// The socket of the process with this role that serves this channel.
fn socket<'a>(observatory: &'a Observatory, role: &str, channel: &str) -> &'a SocketState {
    let states = observatory.processes().iter().map(observatory::Process::state);
    let mut sockets = states.filter(|state| state.role.as_str() == role).flat_map(|state| &state.sockets);
    sockets.find(|socket| socket.channel.as_ref().is_some_and(|name| name.as_str() == channel)).unwrap()
}
