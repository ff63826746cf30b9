use wire::report::{Event, EventReport, Phase, ProcessId, SocketState, Traffic};

use super::*;
use crate::sample::{connection, label, socket, state};

const SECOND: Duration = Duration::from_secs(1);

fn presence(process: u64, before: Option<Presence>, after: Presence) -> Change {
    Change::Process { process: ProcessId(process), before, after }
}

#[test]
fn a_process_reports_falls_silent_and_is_gone() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    assert_eq!(observatory.handle_state(start, state(1, 0), 100), [presence(1, None, Presence::Present)]);
    assert_eq!(observatory.next_deadline(), Some(start + SILENT_AFTER));
    assert_eq!(observatory.handle_timeout(start + SILENT_AFTER - SECOND), []);
    let silent = presence(1, Some(Presence::Present), Presence::Silent);
    assert_eq!(observatory.handle_timeout(start + SILENT_AFTER), [silent]);
    let again = presence(1, Some(Presence::Silent), Presence::Present);
    assert_eq!(observatory.handle_state(start + 4 * SECOND, state(1, 1), 100), [again]);
    let gone = presence(1, Some(Presence::Present), Presence::Gone);
    let end = start + 4 * SECOND + GONE_AFTER;
    assert_eq!(observatory.handle_timeout(end), [gone]);
    assert_eq!(observatory.next_deadline(), Some(end + FORGOTTEN_AFTER));
    assert_eq!(observatory.handle_timeout(end + FORGOTTEN_AFTER - SECOND), []);
    assert_eq!(observatory.processes().len(), 1);
    assert_eq!(observatory.handle_timeout(end + FORGOTTEN_AFTER), []);
    assert!(observatory.processes().is_empty() && observatory.next_deadline().is_none());
}

#[test]
fn a_process_that_has_ended_is_kept_for_a_while_whatever_arrives_late() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    let socket = |connections| socket("a", "tcp://127.0.0.1:1", true, connections);
    let up = connection(1, "tcp://127.0.0.1:1", Phase::Up, "", "");
    let first = |process| ProcessState { sockets: vec![socket(vec![up.clone()])], ..state(process, 0) };
    for process in 1..=3 {
        let _ = observatory.handle_state(start, first(process), 100);
    }
    let closed = SocketState { connected: vec![], sent: Traffic { messages: 7, bytes: 7 }, ..socket(vec![]) };
    let last = ProcessState { sockets: vec![closed], ended: true, ..state(1, 1) };
    let gone = |process| presence(process, Some(Presence::Present), Presence::Gone);
    assert_eq!(observatory.handle_state(start, last, 100), [gone(1)]);
    let kept = &observatory.processes()[0].state().sockets[0];
    assert_eq!((kept.sent.messages, &kept.connections, kept.connected.len()), (7, &vec![up.clone()], 1));
    assert_eq!(observatory.handle_ended(start, ProcessId(2)), Some(gone(2)));
    assert_eq!(observatory.handle_state(start, ProcessState { number: 9, ..first(2) }, 100), []);
    assert_eq!(observatory.handle_ended(start, ProcessId(2)), None);
    let presences: Vec<_> = observatory.processes().iter().map(Process::presence).collect();
    assert_eq!(presences, [Presence::Gone, Presence::Gone, Presence::Present]);
    // It is forgotten even if the bus is down.
    observatory.handle_bus(start, false);
    let _ = observatory.handle_timeout(start + FORGOTTEN_AFTER);
    assert_eq!(observatory.processes().len(), 1);
}

#[test]
fn a_suspended_process_is_neither_silent_nor_gone_and_has_its_time_when_it_is_resumed() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(start, state(1, 0), 100);
    let mut suspend = |seconds, is_suspended| {
        observatory.handle_suspended(start + seconds * SECOND, ProcessId(1), is_suspended).map(|change| match change {
            Change::Process { after, .. } => after,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!((suspend(1, true), suspend(1, true)), (Some(Presence::Suspended), None));
    // Sent before.
    assert_eq!(observatory.handle_state(start + SECOND, state(1, 1), 100), []);
    assert_eq!((observatory.handle_timeout(start + 60 * SECOND), observatory.next_deadline()), (vec![], None));
    let resumed = presence(1, Some(Presence::Suspended), Presence::Present);
    assert_eq!(observatory.handle_suspended(start + 60 * SECOND, ProcessId(1), false), Some(resumed));
    assert_eq!(observatory.handle_timeout(start + 62 * SECOND), []);
    assert_eq!(observatory.handle_timeout(start + 63 * SECOND).len(), 1);
}

#[test]
fn the_version_rises_with_the_graph_and_not_with_counts() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    let mut number = 0;
    let mut is_new = |socket: SocketState| {
        let before = observatory.version();
        number += 1;
        let _ = observatory.handle_state(now, ProcessState { sockets: vec![socket], ..state(1, number) }, 100);
        observatory.version() != before
    };
    let retrying = |attempts, phase| wire::report::Connection {
        attempts: Some(attempts),
        retry_ms: Some(100.0 + f64::from(attempts)),
        ..connection(0, "tcp://h:1", phase, "", "")
    };
    let first = socket("a", "tcp://h:1", true, vec![retrying(1, Phase::Retrying)]);
    assert!(is_new(first.clone()));
    assert!(!is_new(SocketState { sent: Traffic { messages: 1, bytes: 1 }, malformed: 1, ..first.clone() }));
    assert!(!is_new(SocketState { connections: vec![retrying(2, Phase::Retrying)], ..first.clone() }));
    assert!(is_new(SocketState { connections: vec![retrying(2, Phase::Refused)], ..first.clone() }));
    assert!(is_new(SocketState { bound: vec![label("tcp://*:2")], ..first.clone() }));
    assert!(is_new(SocketState { more_connections: 1, ..first }));
}

#[test]
fn no_process_is_silent_while_the_bus_is_down() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(start, state(1, 0), 100);
    observatory.handle_bus(start + SECOND, false);
    assert_eq!((observatory.handle_timeout(start + 60 * SECOND), observatory.next_deadline()), (vec![], None));
    observatory.handle_bus(start + 60 * SECOND, true);
    assert_eq!(observatory.handle_timeout(start + 62 * SECOND), []);
    assert_eq!(observatory.handle_timeout(start + 63 * SECOND).len(), 1);
}

#[test]
fn an_old_state_is_ignored_unless_the_process_is_silent() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(start, state(1, 7), 100);
    let older = || ProcessState { sockets: vec![socket("a", "tcp://*:1", false, vec![])], ..state(1, 7) };
    assert_eq!(observatory.handle_state(start, older(), 100), []);
    assert!(observatory.processes()[0].state().sockets.is_empty());
    let _ = observatory.handle_timeout(start + SILENT_AFTER);
    assert_eq!(observatory.handle_state(start + SILENT_AFTER, older(), 100).len(), 2);
}

#[test]
fn sockets_and_connections_change() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    let endpoint = "tcp://127.0.0.1:9003";
    let with = |number, connections| ProcessState {
        sockets: vec![socket("ticks.pub", endpoint, false, connections)],
        ..state(1, number)
    };
    let up = connection(11, endpoint, Phase::Up, endpoint, "tcp://127.0.0.1:51724");
    let _ = observatory.handle_state(now, state(1, 0), 100);
    let opened = Change::Socket { process: ProcessId(1), socket: "ticks.pub".parse().unwrap(), is_open: true };
    assert_eq!(observatory.handle_state(now, with(1, vec![]), 100), [opened]);
    let changed = |connection: &wire::report::Connection, before| Change::Connection {
        process: ProcessId(1),
        socket: "ticks.pub".parse().unwrap(),
        connection: connection.clone(),
        before,
    };
    assert_eq!(observatory.handle_state(now, with(2, vec![up.clone()]), 100), [changed(&up, None)]);
    assert_eq!(observatory.handle_state(now, with(3, vec![up.clone()]), 100), []);
    let closed = wire::report::Connection { phase: Phase::Closed, ..up };
    assert_eq!(observatory.handle_state(now, with(4, vec![]), 100), [changed(&closed, Some(Phase::Up))]);
    assert_eq!(observatory.handle_state(now, state(1, 5), 100).len(), 1);
}

#[test]
fn rates_are_what_the_counters_rise_by() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    let mut report = |millis: u64, messages: u64| {
        let mut socket = socket("a", "tcp://*:1", false, vec![]);
        socket.sent = Traffic { messages, bytes: 10 * messages };
        let state = ProcessState { sockets: vec![socket], ..state(1, millis) };
        let _ = observatory.handle_state(start + Duration::from_millis(millis), state, 100);
        observatory.processes()[0].rates(&"a".parse().unwrap()).sent
    };
    assert_eq!(report(0, 1_000).messages, 0.0);
    assert_eq!(report(500, 2_000).messages, 0.0, "too early");
    assert_eq!(report(2_000, 3_000), crate::Rate { messages: 1_000.0, bytes: 10_000.0 });
    assert_eq!(report(3_000, 50).messages, 0.0, "a new socket counts from zero");
    assert_eq!(report(4_000, 60).messages, 10.0);
}

#[test]
fn a_process_that_does_not_report_has_no_rates() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    for second in 0..=2 {
        let mut socket = socket("a", "tcp://*:1", false, vec![]);
        socket.sent = Traffic { messages: 100 * u64::from(second), bytes: 0 };
        let state = ProcessState { sockets: vec![socket], ..state(1, u64::from(1_000 * second)) };
        let _ = observatory.handle_state(start + second * SECOND, state, 100);
    }
    let rates = |observatory: &Observatory| {
        let (process, name) = (&observatory.processes()[0], "a".parse().unwrap());
        (process.rates(&name).sent.messages, process.messages_a_second(), process.rated_from(&name).is_some())
    };
    assert_eq!(rates(&observatory), (100.0, 100.0, true));
    for is_suspended in [true, false] {
        let _ = observatory.handle_suspended(start + 3 * SECOND, ProcessId(1), is_suspended);
        assert_eq!(rates(&observatory), if is_suspended { (0.0, 0.0, false) } else { (100.0, 100.0, true) });
    }
    let _ = observatory.handle_timeout(start + 7 * SECOND);
    assert_eq!(observatory.processes()[0].presence(), Presence::Silent);
    assert_eq!(rates(&observatory), (0.0, 0.0, false));
}

#[test]
fn a_gap_in_the_numbers_of_events_is_a_change() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(now, state(1, 0), 100);
    let mut event = |number| {
        let endpoint = label("tcp://127.0.0.1:9003");
        let name = label("CONNECTED");
        let event = Event { number, time_ms: 0.0, name, value: 11, endpoint, local: None, remote: None };
        let report = EventReport { process: ProcessId(1), socket: "a".parse().unwrap(), event };
        observatory.handle_event(&report)
    };
    let gap = |missing| Some(Change::Gap { process: ProcessId(1), missing });
    assert_eq!([5, 6, 10, 7, 11].map(&mut event), [None, None, gap(3), None, None]);
    assert_eq!(event(0), None);
    assert_eq!(observatory.processes()[0].missing_events(), 3);
}

#[test]
fn an_event_that_no_state_confirms_is_no_gap() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(now, ProcessState { events: 3, ..state(1, 0) }, 100);
    let event = |number| {
        let (endpoint, name) = (label("tcp://127.0.0.1:9003"), label("CONNECTED"));
        let event = Event { number, time_ms: 0.0, name, value: 11, endpoint, local: None, remote: None };
        EventReport { process: ProcessId(1), socket: "a".parse().unwrap(), event }
    };
    assert_eq!(observatory.handle_event(&event(3)), None);
    for lie in [u64::MAX, 1 << 53, 20_000] {
        assert_eq!(observatory.handle_event(&event(lie)), None);
    }
    let gap = |missing| Some(Change::Gap { process: ProcessId(1), missing });
    assert_eq!((observatory.handle_event(&event(4)), observatory.handle_event(&event(7))), (None, gap(2)));
    // If so many are missing indeed, the next state says it.
    let many = ProcessState { events: 20_001, ..state(1, 1) };
    assert_eq!(observatory.handle_state(now, many, 100), [gap(20_001 - 8).unwrap()]);
    assert_eq!(observatory.processes()[0].missing_events(), 2 + 20_001 - 8);
}

#[test]
fn a_state_shows_that_the_last_events_are_missing() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    let _ = observatory.handle_state(now, ProcessState { events: 3, ..state(1, 0) }, 100);
    // An observer of states alone misses no event.
    assert_eq!(observatory.handle_state(now, ProcessState { events: 5, ..state(1, 1) }, 100), []);
    let (endpoint, name) = (label("tcp://127.0.0.1:9003"), label("CONNECTED"));
    let event = Event { number: 5, time_ms: 0.0, name, value: 11, endpoint, local: None, remote: None };
    let report = EventReport { process: ProcessId(1), socket: "a".parse().unwrap(), event };
    assert_eq!(observatory.handle_event(&report), None);
    assert_eq!(observatory.handle_state(now, ProcessState { events: 6, ..state(1, 2) }, 100), []);
    let gap = Change::Gap { process: ProcessId(1), missing: 4 };
    assert_eq!(observatory.handle_state(now, ProcessState { events: 10, ..state(1, 3) }, 100), [gap]);
    assert_eq!(observatory.handle_state(now, ProcessState { events: 10, ..state(1, 4) }, 100), []);
}

#[test]
fn processes_beyond_the_limit_are_counted_and_the_known_ones_stay() {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    for process in 0..10_000 {
        let _ = observatory.handle_state(start, state(process, 0), 100);
    }
    assert_eq!((observatory.processes().len(), observatory.others()), (PROCESSES_MAX, 10_000 - PROCESSES_MAX));
    assert!(observatory.processes().iter().zip(0..).all(|(process, id)| process.state().process == ProcessId(id)));
    for process in 0..100_000 {
        let _ = observatory.handle_state(start + SECOND, state(process, 1), 100);
    }
    assert_eq!(observatory.others(), OTHERS_MAX);
    for end in [start + SECOND + GONE_AFTER, start + SECOND + GONE_AFTER + FORGOTTEN_AFTER] {
        let _ = observatory.handle_timeout(end);
    }
    assert_eq!((observatory.processes().len(), observatory.others()), (0, 0));
}

#[test]
fn what_all_states_take_together_is_bounded() {
    let (mut observatory, now) = (Observatory::new(), Instant::now());
    for number in 0..2 {
        for process in 0..256 {
            let sockets = vec![socket("a", "tcp://*:1", false, vec![])];
            let _ = observatory.handle_state(now, ProcessState { sockets, ..state(process, number) }, 1 << 20);
        }
        let whole = observatory.processes().iter().filter(|process| process.state().more_sockets == 0).count();
        assert!((31..=32).contains(&whole) && observatory.processes().len() == 256, "{whole} are whole");
        assert!(observatory.weight < WEIGHT_MAX + (1 << 20));
    }
}
