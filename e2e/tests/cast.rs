//! A cast that no code of the suite knows: an observer sees each line of it, and counts as the programs themselves do.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::collections::{BTreeMap, BTreeSet};

use e2e::{
    ANY,
    cast::{Cast, Counts},
    length,
    observer::{Observer, hub, lines},
};
use observatory::Observatory;
use serde_json::Value;
use wire::report::{ProcessState, SocketState};

/// Each connection, from the socket that connects to the one that is bound.
const LINES: [&str; 8] = [
    "left dealer DEALER -> right router ROUTER",
    "left ipc.push PUSH -> right ipc.pull PULL",
    "left pair.main PAIR -> left pair.thread PAIR",
    "left tcp.pull PULL -> right tcp.push PUSH",
    "left tcp.push PUSH -> right tcp.pull PULL",
    "left xpub XPUB -> relay in XSUB",
    "right second SUB -> relay out XPUB",
    "right sub SUB -> relay out XPUB",
];

/// The sockets of each role.
const SOCKETS: [(&str, usize); 3] = [("left", 7), ("relay", 2), ("right", 6)];

/// The length of the routing ids that `sockets` chooses.
const ROUTING_ID_BYTES: u64 = 16;

#[test]
fn every_line_and_every_count_of_an_unknown_cast_is_right() {
    let messages = length(500, 1_900) as u64;
    let hub = hub(ANY, ANY);
    let reports = hub.endpoint("reports");
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let casts = start(&reports, messages);

    observer.until("all lines", |observatory| {
        let name = |state: &ProcessState, socket: &SocketState| {
            format!("{} {} {}", state.role.as_str(), socket.name.as_str(), socket.kind.as_str())
        };
        lines(observatory, name) == BTreeSet::from(LINES.map(Into::into))
    });
    // Subscriptions are the messages of a SUB.
    let arrived = [
        ("right", "router", messages),
        ("left", "dealer", messages),
        ("right", "ipc.pull", messages),
        ("right", "tcp.pull", messages),
        ("left", "tcp.pull", messages),
        ("left", "pair.thread", messages),
        ("relay", "out", 1),
        ("right", "sub", messages),
        ("right", "second", messages),
    ];
    observer.until("all messages", |observatory| {
        arrived.iter().all(|(role, name, count)| {
            let received = socket(observatory, role, name).map(|socket| socket.received.messages);
            received.is_some_and(|received| received >= *count)
        })
    });

    let own: BTreeMap<&str, BTreeMap<String, Counts>> =
        casts.into_iter().map(|(role, cast)| (role, cast.finish())).collect();
    let mut last = BTreeMap::new();
    while last.len() < own.len() {
        let state = observer.next_where(|line| line["ended"] == true);
        let role = SOCKETS.iter().find(|(role, _)| state["role"] == *role).unwrap().0;
        last.insert(role, reported(state));
    }
    assert_eq!(last, own);
    assert_eq!(last.iter().map(|(role, sockets)| (*role, sockets.len())).collect::<Vec<_>>(), SOCKETS);
    let count = |role: &str, name: &str| last[role][name];
    for (out, into) in [
        (("left", "ipc.push"), ("right", "ipc.pull")),
        (("left", "tcp.push"), ("right", "tcp.pull")),
        (("right", "tcp.push"), ("left", "tcp.pull")),
        (("left", "pair.main"), ("left", "pair.thread")),
        (("left", "xpub"), ("relay", "in")),
        (("relay", "out"), ("right", "sub")),
        (("relay", "out"), ("right", "second")),
    ] {
        assert_eq!(count(out.0, out.1).sent, count(into.0, into.1).received, "{out:?} {into:?}");
    }
    let (subscribers, subscriptions) = (count("relay", "out").received, count("left", "xpub").received);
    assert_eq!((subscribers.messages, subscriptions.messages), (2, 1), "an XSUB passes equal subscriptions on once");
    let (dealer, router) = (count("left", "dealer"), count("right", "router"));
    assert_eq!((dealer.sent, router.sent), (dealer.received, router.received), "each comes back");
    assert_eq!(dealer.sent.messages, router.received.messages);
    assert_eq!(router.received.bytes, dealer.sent.bytes + ROUTING_ID_BYTES * messages, "with the id of its sender");
}

/// Starts three programs: each type of socket that is there connects in one place and is bound in another, over each
/// transport.
fn start(hub: &str, messages: u64) -> [(&'static str, Cast); 3] {
    let relay = Cast::start(hub, "relay", &[&format!("in XSUB bind {ANY}"), &format!("out XPUB bind {ANY}")]);
    let [into, out] = ["in", "out"].map(|socket| relay.endpoint(socket));
    let right = Cast::start(
        hub,
        "right",
        &[
            "ipc.pull PULL bind ipc://*",
            &format!("router ROUTER bind {ANY}"),
            &format!("tcp.pull PULL bind {ANY}"),
            &format!("tcp.push PUSH bind {ANY} {messages}"),
            &format!("sub SUB connect {out}"),
            "/",
            &format!("second SUB connect {out}"),
        ],
    );
    let [ipc, router, pull, push] = ["ipc.pull", "router", "tcp.pull", "tcp.push"].map(|socket| right.endpoint(socket));
    let left = Cast::start(
        hub,
        "left",
        &[
            &format!("dealer DEALER connect {router} {messages}"),
            &format!("ipc.push PUSH connect {ipc} {messages}"),
            &format!("tcp.push PUSH connect {pull} {messages}"),
            &format!("tcp.pull PULL connect {push}"),
            &format!("xpub XPUB connect {into} {messages}"),
            &format!("pair.main PAIR connect inproc://threads {messages}"),
            "/",
            "pair.thread PAIR bind inproc://threads",
        ],
    );
    [("left", left), ("relay", relay), ("right", right)]
}

fn socket<'a>(observatory: &'a Observatory, role: &str, name: &str) -> Option<&'a SocketState> {
    let states = observatory.processes().iter().map(observatory::Process::state);
    let mut sockets = states.filter(|state| state.role.as_str() == role).flat_map(|state| &state.sockets);
    sockets.find(|socket| socket.name.as_str() == name)
}

/// The counts of a state, by the names of its sockets.
fn reported(state: Value) -> BTreeMap<String, Counts> {
    let state: ProcessState = serde_json::from_value(state).unwrap();
    let counts = |socket: &SocketState| (socket.name.as_str().to_owned(), Counts::reported(socket));
    state.sockets.iter().map(counts).collect()
}
