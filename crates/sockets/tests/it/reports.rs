//! A process that reports: to a `SUB` that is bound where a hub would be.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use ::sockets::{Context, Endpoint, Reporting, Role, Socket};
use testkit::{Peer, eventually, peer};
use wire::{
    Frames,
    monitor::EventKind,
    report::{Connection, Direction, Phase, ProcessState, Report, SocketState},
    value::RESULTS,
};

use crate::sockets::{context, receive};

/// A context that reports to `hub`.
fn reporting(hub: &Peer) -> Context {
    reporting_to(hub.endpoint(), true)
}

fn reporting_to(endpoint: &str, with_bytes: bool) -> Context {
    let reporting = Reporting {
        hub: endpoint.parse().unwrap(),
        is_own_hub: false,
        program: "tickz".to_owned(),
        role: "publish".to_owned(),
        with_bytes,
    };
    context().reporting(&reporting).unwrap().0
}

fn socket(context: &Context, role: Role, name: &str) -> Socket {
    let mut socket = context.socket(role, RESULTS).unwrap();
    socket.watch(name).unwrap();
    socket
}

fn bound(context: &Context, role: Role, name: &str) -> (Socket, Endpoint) {
    let mut socket = socket(context, role, name);
    let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    (socket, endpoint)
}

fn hub() -> Peer {
    Peer::bind(peer::SUB)
}

/// The next report; the sockets are followed meanwhile.
fn report<const N: usize>(hub: &Peer, mut sockets: [&mut Socket; N]) -> Report {
    let mut report = None;
    eventually("a report", || {
        sockets.iter_mut().for_each(|socket| while socket.next_event().unwrap().is_some() {});
        report = hub.receive_within(Duration::ZERO);
        report.is_some()
    });
    Report::decode(&report.into_iter().flatten().collect()).unwrap()
}

/// Waits for a state for which `is_it` holds.
fn state_when<const N: usize>(
    hub: &Peer,
    mut sockets: [&mut Socket; N],
    is_it: impl Fn(&ProcessState) -> bool,
) -> ProcessState {
    let mut last = None;
    for _ in 0..200 {
        match report(hub, sockets.each_mut().map(|socket| &mut **socket)) {
            Report::State(state) if is_it(&state) => return state,
            other => last = Some(other),
        }
    }
    panic!("no such state; the last report: {last:#?}");
}

fn socket_of<'a>(state: &'a ProcessState, name: &str) -> Option<&'a SocketState> {
    state.sockets.iter().find(|socket| socket.name.as_str() == name)
}

fn is_up(state: &ProcessState, name: &str) -> bool {
    socket_of(state, name).is_some_and(|socket| socket.connections.iter().any(|one| one.phase == Phase::Up))
}

fn up<'a>(state: &'a ProcessState, name: &str) -> &'a Connection {
    socket_of(state, name).unwrap().connections.iter().find(|one| one.phase == Phase::Up).unwrap()
}

#[test]
fn both_ends_of_a_connection_report_the_same_addresses() {
    let hub = hub();
    hub.subscribe(b"state/");
    let context = reporting(&hub);
    for transport in ["tcp://127.0.0.1:*", "ipc://*"] {
        let mut pull = socket(&context, Role::Pull, "pull");
        let endpoint = pull.bind(&transport.parse().unwrap()).unwrap();
        let mut push = socket(&context, Role::Push, "push");
        push.connect(&endpoint).unwrap();
        let state = state_when(&hub, [&mut pull, &mut push], |state| is_up(state, "pull") && is_up(state, "push"));
        let (pull_end, push_end) = (up(&state, "pull"), up(&state, "push"));
        assert_eq!(push_end.remote, pull_end.local, "{transport}");
        assert_eq!(push_end.local, pull_end.remote, "{transport}");
        assert_eq!(push_end.remote.as_ref().unwrap().as_str(), endpoint.as_str());
        let is_ipc = transport.starts_with("ipc");
        assert_eq!(push_end.peer_pid.is_some(), is_ipc);
        assert_eq!(push_end.local.is_none(), is_ipc);
        let pull_state = socket_of(&state, "pull").unwrap();
        assert_eq!((pull_state.kind.as_str(), pull_state.bound[0].as_str()), ("PULL", endpoint.as_str()));
        assert_eq!(socket_of(&state, "push").unwrap().connected[0].as_str(), endpoint.as_str());
        assert_eq!((pull_state.receive_queue, state.pid), (RESULTS.limits.queue.into(), std::process::id()));
        drop(push);
        let state = state_when(&hub, [&mut pull], |state| socket_of(state, "push").is_none() && !is_up(state, "pull"));
        assert!(socket_of(&state, "pull").unwrap().connections.iter().all(|one| one.phase == Phase::Closed));
        drop(pull);
    }
}

#[test]
fn counts_are_exact_and_nothing_is_sent_that_is_not_wanted() {
    let hub = hub();
    let context = reporting(&hub);
    let (mut pull, endpoint) = bound(&context, Role::Pull, "pull");
    let mut push = socket(&context, Role::Push, "push");
    push.connect(&endpoint).unwrap();
    for number in 0..1_000_u32 {
        let frames = [&number.to_le_bytes()[..], b"x"].into_iter().collect();
        eventually("the message can be sent", || push.send(&frames).unwrap());
        receive(&mut pull);
    }
    assert_eq!(hub.receive_within(Duration::from_millis(300)), None);
    context.value("lost", "messages").set(3.0);
    hub.subscribe(b"state/");
    let state = state_when(&hub, [], |_| true);
    let counts = |name| {
        let socket = socket_of(&state, name).unwrap();
        [socket.received, socket.sent].map(|traffic| (traffic.messages, traffic.bytes))
    };
    assert_eq!((counts("pull"), counts("push")), ([(1_000, 5_000), (0, 0)], [(0, 0), (1_000, 5_000)]));
    assert_eq!(state.values[0].value, Some(3.0));
}

#[test]
fn messages_that_have_arrived_and_wait_are_counted() {
    let hub = hub();
    hub.subscribe(b"state/");
    let context = reporting(&hub);
    let (mut pull, endpoint) = bound(&context, Role::Pull, "pull");
    let mut push = socket(&context, Role::Push, "push");
    push.connect(&endpoint).unwrap();
    let message: Frames = [&b"order"[..], &[0; 40]].into_iter().collect();
    let mut send = |count: u32| {
        for _ in 0..count {
            eventually("the message can be sent", || push.send(&message).unwrap());
        }
    };
    let waiting = |state: &ProcessState| socket_of(state, "pull").and_then(|socket| socket.waiting);
    send(1);
    receive(&mut pull);
    assert!(!pull.receive(&mut Frames::new()).unwrap());
    let _ = state_when(&hub, [&mut pull], |state| waiting(state) == Some(0));
    send(500);
    let _ = state_when(&hub, [], |state| waiting(state) == Some(500));
    for _ in 0..100 {
        receive(&mut pull);
    }
    let _ = state_when(&hub, [], |state| waiting(state) == Some(400));
}

#[test]
fn a_second_subscription_is_answered_at_once_and_the_last_state_has_the_last_counts() {
    let hub = hub();
    hub.subscribe(b"state/");
    let context = reporting(&hub);
    let first = state_when(&hub, [], |_| true);
    hub.subscribe(format!("state/{}", first.process).as_bytes());
    let second = state_when(&hub, [], |_| true);
    assert!(second.time_ms - first.time_ms < 900.0, "{} ms", second.time_ms - first.time_ms);
    assert_eq!(second.number, first.number + 1);
    let mut publisher = bound(&context, Role::XPub, "pub").0;
    let _ = state_when(&hub, [&mut publisher], |state| socket_of(state, "pub").is_some());
    for _ in 0..7 {
        publisher.send(&["x"].into_iter().collect()).unwrap();
    }
    drop(publisher);
    drop(context);
    let last = state_when(&hub, [], |state| state.ended);
    let publisher = socket_of(&last, "pub").unwrap();
    assert_eq!((publisher.sent.messages, publisher.sent.bytes), (7, 7));
    assert!(publisher.bound.is_empty() && publisher.connections.is_empty(), "{publisher:?}");
}

#[test]
fn events_are_numbered_without_a_gap() {
    let hub = hub();
    hub.subscribe(b"event/");
    hub.subscribe(b"state/");
    let context = reporting(&hub);
    let first = state_when(&hub, [], |_| true).events;
    let (mut pull, endpoint) = bound(&context, Role::Pull, "pull");
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    let mut events = Vec::new();
    while events.last() != Some(&Some(EventKind::HandshakeSucceeded)) {
        if let Report::Event(report) = report(&hub, [&mut pull]) {
            assert_eq!(report.event.number, first + events.len() as u64);
            assert_eq!(report.socket.as_str(), "pull");
            let has_ends = report.event.local.is_some() && report.event.remote.is_some();
            assert_eq!(has_ends, report.event.kind() == Some(EventKind::Accepted));
            events.push(report.event.kind());
        }
    }
    let expected = [EventKind::Listening, EventKind::Accepted, EventKind::HandshakeSucceeded];
    assert_eq!(events, expected.map(Some));
    drop(push);
}

#[test]
fn bytes_come_only_to_an_observer_of_exactly_this_socket_and_are_bounded() {
    let hub = hub();
    hub.subscribe(b"state/");
    hub.subscribe(b"message/");
    let context = reporting(&hub);
    let (mut pull, endpoint) = bound(&context, Role::Pull, "pull");
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    push.send(["before"]);
    receive(&mut pull);
    let process =
        state_when(&hub, [], |state| socket_of(state, "pull").is_some_and(|socket| socket.received.messages == 1))
            .process;
    hub.subscribe(format!("message/{process}/pull").as_bytes());
    let (begin, mut seen) = (Instant::now(), Vec::new());
    while seen.len() < 60 {
        for _ in 0..100 {
            push.send(std::iter::repeat_n([7; 2_000], 10));
            receive(&mut pull);
        }
        while let Some(frames) = hub.receive_within(Duration::ZERO) {
            match Report::decode(&frames.into_iter().collect()).unwrap() {
                Report::Message(message) => seen.push(message),
                Report::State(_) | Report::Event(_) => {}
            }
        }
    }
    // Numbers only grow, and messages that were not copied are a gap.
    let numbers: Vec<u64> = seen.iter().map(|message| message.header.number).collect();
    assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
    assert!(*numbers.last().unwrap() >= numbers.len() as u64);
    let at_most = 20 * (1 + begin.elapsed().as_millis() / 100);
    assert!(seen.len() as u128 <= at_most, "{} copies instead of {at_most}: 20 each 100 ms", seen.len());
    for message in seen {
        assert_eq!((message.header.direction, message.header.frames), (Direction::Received, 10));
        assert_eq!((message.header.bytes, message.header.cut), (20_000, true));
        assert_eq!(message.content.byte_len(), 16_384);
    }
}

#[test]
fn no_bytes_come_from_a_process_that_does_not_show_them() {
    let hub = hub();
    hub.subscribe(b"state/");
    let context = reporting_to(hub.endpoint(), false);
    let (mut pull, endpoint) = bound(&context, Role::Pull, "pull");
    let process = state_when(&hub, [], |_| true).process;
    hub.subscribe(format!("message/{process}/pull").as_bytes());
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    for _ in 0..3 {
        push.send(["secret"]);
        receive(&mut pull);
        let state = report(&hub, []);
        assert!(matches!(state, Report::State(_)), "{state:?}");
    }
}

#[test]
fn demand_ends_with_the_hub_and_comes_back_with_the_next_one() {
    let first = hub();
    let endpoint = first.endpoint().to_owned();
    first.subscribe(b"state/");
    let _context = reporting(&first);
    let process = state_when(&first, [], |_| true).process;
    drop(first);
    let mut next = None;
    eventually("the port is free", || {
        next = Peer::try_bind_at(peer::SUB, &endpoint);
        next.is_some()
    });
    let next = next.unwrap();
    // Nothing wanted: nothing comes of what the first hub had wanted.
    assert_eq!(next.receive_within(Duration::from_secs(2)), None);
    next.subscribe(b"state/");
    assert_eq!(state_when(&next, [], |_| true).process, process);
}

#[test]
fn sockets_of_one_name_get_numbers() {
    let hub = hub();
    hub.subscribe(b"state/");
    let context = reporting(&hub);
    let sockets: Vec<_> = (0..3).map(|_| bound(&context, Role::Pull, "pull")).collect();
    let state = state_when(&hub, [], |state| state.sockets.len() == 3);
    let names: HashSet<_> = state.sockets.iter().map(|socket| socket.name.as_str()).collect();
    assert_eq!(names, HashSet::from(["pull", "pull-2", "pull-3"]));
    drop(sockets);
}
