//! A link between a publisher and its subscriber: what each fault costs ZeroMQ, and what an observer sees of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::time::{Duration, SystemTime};

use e2e::{
    ANY,
    observer::{Observer, connections, hub, reporting},
    tickz,
};
use observatory::{End, Line, Observatory, Place};
use serde_json::Value;
use testkit::{Program, sibling};
use wire::report::{Phase, ProcessState, SocketState};

/// The lines of a system with a link, from the socket that connects to the one that is bound.
const THROUGH: [&str; 2] =
    ["linkz late.ticks LINK  -> tickz publish XPUB ticks", "tickz watch SUB ticks -> linkz late.ticks LINK "];

const PUBLISH: [&str; 8] = ["publish", "--ticks", ANY, "--symbols", "MSFT=41.78", "--rate", "50", "--sequence"];

fn link(to: &str, faults: &[&str]) -> Program {
    Program::start(sibling("linkz"), ["--from", ANY, "--to", to].iter().chain(faults))
}

fn watch(ticks: &str) -> Program {
    tickz(&["watch", "MSFT", "--ticks", ticks, "--json"])
}

/// The next tick that a watcher prints.
fn tick(watcher: &Program) -> Value {
    serde_json::from_str(&watcher.next_line()).unwrap()
}

/// How old a tick is.
fn age(tick: &Value) -> Duration {
    let timestamp = Duration::from_secs_f64(tick["timestamp"].as_f64().unwrap());
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() - timestamp
}

/// The process of a link, and the link as a socket.
fn of_link(observatory: &Observatory) -> Option<(&ProcessState, &SocketState)> {
    let mut states = observatory.processes().iter().map(observatory::Process::state);
    let state = states.find(|state| state.program.as_str() == "linkz")?;
    Some((state, state.sockets.first()?))
}

fn value(observatory: &Observatory, name: &str) -> Option<f64> {
    of_link(observatory)?.0.values.iter().find(|value| value.name.as_str() == name)?.value
}

#[test]
fn an_observer_sees_lines_through_the_link_its_bytes_and_its_faults() {
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let reports = hub.endpoint("reports");
    let publisher = reporting(&reports, "tickz", &PUBLISH);
    let (to, name) = (publisher.endpoint("ticks"), "late.ticks");
    let mut link = reporting(&reports, "linkz", &["--from", ANY, "--to", &to, "--name", name]);
    let from = link.endpoint("link");
    let _watcher = reporting(&reports, "tickz", &["watch", "MSFT", "--ticks", &from]);
    let is_through = |observatory: &Observatory| connections(observatory).iter().eq(THROUGH);
    observer.until("lines through the link", is_through);
    observer.until("bytes", |observatory| {
        let (_, link) = of_link(observatory).unwrap();
        link.sent.bytes > 1_000 && link.received.bytes >= link.sent.bytes
    });
    let (_, socket) = of_link(&observer.observatory).unwrap();
    assert_eq!((socket.bound[0].as_str(), socket.connected[0].as_str()), (from.as_str(), to.as_str()));
    assert_eq!((socket.sent.messages, socket.received.messages), (0, 0));
    assert_eq!((value(&observer.observatory, "faults"), value(&observer.observatory, "down")), (Some(0.0), None));

    link.say("latency 1s500ms");
    link.say("down");
    observer.until("a link that is down", |observatory| {
        let retries = |line: &Line| {
            line.phase == Phase::Retrying && matches!(line.far, End::Known(Place { connection: None, .. }))
        };
        connections(observatory).is_empty() && observatory.lines().iter().any(retries)
    });
    observer.until("its faults", |observatory| {
        ["faults", "latency", "down"].map(|name| value(observatory, name)) == [2.0, 1_500.0, 1.0].map(Some)
    });

    link.say("clear");
    observer.until("lines through the link again", is_through);
    observer.until("no fault", |observatory| value(observatory, "faults") == Some(0.0));
    observer.until("nothing left of the closed connections", |observatory| {
        of_link(observatory).unwrap().1.connections.len() == 2
    });
}

#[test]
fn ticks_through_a_slow_link_are_late_and_all_of_them_arrive() {
    let publisher = tickz(&PUBLISH);
    let mut link = link(&publisher.endpoint("ticks"), &["--latency", "200ms", "--jitter", "50ms"]);
    let watcher = watch(&link.endpoint("link"));
    let ticks: Vec<_> = (0..30).map(|_| tick(&watcher)).collect();
    let first = ticks[0]["sequence"].as_u64().unwrap();
    assert!(ticks.iter().map(|tick| tick["sequence"].as_u64().unwrap()).eq(first..first + 30));
    link.say("latency 2s");
    link.say("status");
    assert_eq!(link.next_line(), "faults: latency 2s");
    // Whatever was on its way is late by now.
    let last = tick(&watcher)["sequence"].as_u64().unwrap();
    let late =
        std::iter::repeat_with(|| tick(&watcher)).find(|tick| tick["sequence"].as_u64().unwrap() > last + 60).unwrap();
    assert!(age(&late) >= Duration::from_secs(2), "{:?}", age(&late));
}

#[test]
fn ticks_wait_in_a_half_open_link_and_neither_peer_notices() {
    let publisher = tickz(&PUBLISH);
    let mut link = link(&publisher.endpoint("ticks"), &[]);
    let watcher = watch(&link.endpoint("link"));
    let before = tick(&watcher)["sequence"].as_u64().unwrap();
    link.say("timeout");
    link.say("status");
    assert_eq!(link.next_line(), "faults: timeout");
    // What had passed by then is soon printed.
    let mut last = before;
    while let Some(line) = watcher.next_line_within(Duration::from_millis(500)) {
        last = serde_json::from_str::<Value>(&line).unwrap()["sequence"].as_u64().unwrap();
    }
    link.say("clear");
    let after = tick(&watcher);
    assert_eq!(after["sequence"].as_u64(), Some(last + 1), "a watcher that had connected again would have missed some");
    assert!(age(&after) >= Duration::from_millis(400), "{:?}", age(&after));
}

#[test]
fn a_reset_link_costs_the_ticks_until_the_watcher_is_back() {
    let publisher = tickz(&PUBLISH);
    let mut link = link(&publisher.endpoint("ticks"), &[]);
    let watcher = watch(&link.endpoint("link"));
    let before = tick(&watcher)["sequence"].as_u64().unwrap();
    link.say("reset for 500ms");
    link.wait_for_log("ended by itself");
    let all: Vec<_> = (0..100).map(|_| tick(&watcher)["sequence"].as_u64().unwrap()).collect();
    assert!(!all.into_iter().eq(before + 1..before + 101), "some are missing");
}
