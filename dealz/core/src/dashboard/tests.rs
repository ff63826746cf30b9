use wire::monitor::EventKind;

use super::*;
use crate::{
    event::{Counts, NamedWorker},
    view::{LineKind, Mark, Phase, PricePoint, Quote, SocketState, WorkerState},
};

fn dashboard() -> Dashboard {
    let endpoints = [
        "tcp://127.0.0.1:9001",
        "tcp://127.0.0.1:9002",
        "tcp://127.0.0.1:9003",
        "tcp://127.0.0.1:*",
        "tcp://*:9005",
        "tcp://*:9006",
    ];
    Dashboard::new(endpoints, "ada", "box".to_owned(), 0.0)
}

fn monitor(kind: EventKind, value: u32) -> Event {
    let endpoint = "tcp://127.0.0.1:9003".to_owned();
    Event::Monitor(SocketId::TickzSub, MonitorEvent { kind, value, endpoint })
}

fn said(text: &str) -> Event {
    Event::Chatz(chatz::Event::Message { user: "bob".parse().unwrap(), text: text.parse().unwrap() })
}

fn ticks(received: u64, time_ms: f64) -> Event {
    let quote = Quote {
        symbol: "MSFT".to_owned(),
        last: Some(41.78),
        tick_ms: None,
        reference: None,
        change_percent: None,
        per_second: 0.0,
        received,
        lost: 0,
    };
    let view = TickzView { quotes: vec![quote], received, ..TickzView::default() };
    Event::Tickz(view, vec![PricePoint { symbol: "MSFT".to_owned(), time_ms, price: 41.78, lost: 0, start: None }])
}

#[test]
fn a_page_gets_a_snapshot_and_then_only_what_changes() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    dashboard.handle_time(5.0);
    let first = dashboard.changes(&mut cursor).unwrap();
    assert!(first.snapshot && first.time_ms == 5.0 && first.sockets.as_ref().unwrap().len() == 6);
    assert!(first.states.len() == 6 && first.dropped_events == Some(0));
    assert!(first.tickz.is_some() && first.chatz.is_some() && first.valuz.is_some() && first.processes.is_some());
    assert_eq!(dashboard.changes(&mut cursor), None);
    dashboard.handle_time(7.0);
    assert_eq!(dashboard.changes(&mut cursor), None);

    dashboard.handle(said("hello"), 8.0);
    dashboard.handle(ticks(1, 8.0), 8.0);
    dashboard.handle_time(8.0);
    let update = dashboard.changes(&mut cursor).unwrap();
    assert!(!update.snapshot && update.sockets.is_none() && update.chatz.is_none() && update.valuz.is_none());
    assert_eq!((update.tickz.unwrap().received, update.points.len()), (1, 1));
    let line = &update.lines[0];
    assert_eq!(
        (line.id, line.time_ms, line.kind, line.user.as_str(), line.text.as_str()),
        (0, 8.0, LineKind::Message, "bob", "hello")
    );
    assert_eq!(dashboard.changes(&mut cursor), None);
}

#[test]
fn a_page_hears_from_the_desk_once_a_second_at_least_while_that_works() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    dashboard.changes(&mut cursor);
    let mut beats = Vec::new();
    for step in 0..100 {
        dashboard.handle_time(f64::from(step) * 100.0);
        beats.extend(dashboard.changes(&mut cursor));
    }
    assert!(beats.iter().all(Update::is_empty));
    assert_eq!(
        beats.iter().map(|beat| beat.time_ms / 1e3).collect::<Vec<_>>(),
        (1..10).map(f64::from).collect::<Vec<_>>()
    );
    // A desk that hangs draws no conclusions, and says nothing.
    assert!((0..100).all(|_| dashboard.changes(&mut cursor).is_none()));
    // A clock that was put back does not silence it.
    dashboard.handle_time(50.0);
    assert!(dashboard.changes(&mut cursor).is_some());
}

/// Counts of the socket of prices.
fn traffic(received: u64) -> Event {
    let mut counts = [Counts::default(); 6];
    counts[SocketId::TickzSub.index()] = Counts { received, sent: 1 };
    Event::Traffic(counts)
}

#[test]
fn prices_and_counts_wait_for_half_a_second_and_nothing_else_waits() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    dashboard.handle(ticks(0, 0.0), 0.0);
    dashboard.handle(monitor(EventKind::ConnectRetried, 100), 0.0);
    dashboard.handle_time(0.0);
    dashboard.changes(&mut cursor);
    let mut updates = Vec::new();
    for step in 1..=100_u32 {
        let now = 10.0 * f64::from(step);
        dashboard.handle(ticks(step.into(), now), now);
        dashboard.handle(traffic(step.into()), now);
        dashboard.handle(monitor(EventKind::ConnectRetried, 100 + step), now);
        dashboard.handle_time(now);
        updates.extend(dashboard.changes(&mut cursor));
    }
    let times: Vec<_> = updates.iter().map(|update| update.time_ms).collect();
    assert_eq!(times, [490.0, 980.0]);
    assert!(updates.iter().all(|update| update.sockets.is_some() && update.events.len() == 1));
    assert_eq!(updates.iter().map(|update| update.points.len()).collect::<Vec<_>>(), [49; 2]);

    let prompt = [
        said("hello"),
        monitor(EventKind::HandshakeSucceeded, 9),
        Event::Tickz(TickzView::default(), Vec::new()),
        Event::Processes(Vec::new(), 1),
        Event::Silent(SocketId::TickzSub, Some(Silence { since_ms: 1.0, reason: "no tick".to_owned() })),
    ];
    for (event, now) in prompt.into_iter().zip([1_001.0, 1_002.0, 1_003.0, 1_004.0, 1_005.0]) {
        let words = format!("{event:?}");
        dashboard.handle(event, now);
        dashboard.handle_time(now);
        assert!(dashboard.changes(&mut cursor).is_some_and(|update| !update.is_empty()), "{words}");
        assert_eq!(dashboard.changes(&mut cursor), None);
    }
}

#[test]
fn a_page_that_rarely_looks_gets_the_newest_state_and_bounded_lines() {
    let (mut dashboard, mut slow) = (dashboard(), Cursor::default());
    dashboard.changes(&mut slow);
    for step in 1..=10_000_u32 {
        let now = f64::from(step);
        dashboard.handle(ticks(step.into(), now), now);
        dashboard.handle(said(&step.to_string()), now);
        dashboard.handle(monitor(EventKind::HandshakeSucceeded, 0), now);
        dashboard.handle_time(now);
    }
    let update = dashboard.changes(&mut slow).unwrap();
    assert_eq!((update.snapshot, update.tickz.unwrap().received), (false, 10_000));
    assert_eq!((update.points.len(), update.lines.len(), update.events.len()), (1_200, LINES_MAX, EVENTS_MAX));
    assert_eq!((update.lines[0].id, update.events[0].id, update.points[0].time_ms), (9_500, 9_000, 8_801.0));
    let snapshot = dashboard.changes(&mut Cursor::default()).unwrap();
    assert_eq!((snapshot.snapshot, snapshot.lines, snapshot.events), (true, update.lines, update.events));
}

#[test]
fn monitors_become_states_marks_and_sentences() {
    let mut dashboard = dashboard();
    let kinds = [EventKind::ConnectDelayed, EventKind::Connected, EventKind::HandshakeSucceeded];
    for (kind, now) in kinds.into_iter().zip([1.0, 2.0, 3.0]) {
        dashboard.handle(monitor(kind, 9), now);
    }
    dashboard.handle(Event::Malformed(SocketId::TickzSub, 3, "price: missing".to_owned()), 3.0);
    dashboard.handle(traffic(0), 0.0);
    dashboard.handle(traffic(500), 1_000.0);
    dashboard.handle(Event::Dropped(7), 1_000.0);
    dashboard.handle_time(1_000.0);
    let update = dashboard.changes(&mut Cursor::default()).unwrap();
    let socket = &update.sockets.unwrap()[SocketId::TickzSub.index()];
    assert_eq!((&socket.state, socket.since_ms, socket.peers), (&SocketState::Up, 3.0, 1));
    assert_eq!((socket.received, socket.received_per_second, socket.sent), (500, 500.0, 1));
    assert_eq!((socket.malformed, socket.last_fault.as_deref()), (3, Some("price: missing")));
    assert_eq!((socket.down_since_ms, socket.attempts, update.dropped_events), (None, 0, Some(7)));
    let phases = update.states.iter().filter(|change| change.socket == SocketId::TickzSub);
    let phases: Vec<_> = phases.map(|change| (change.time_ms, change.phase)).collect();
    assert_eq!(phases, [(0.0, Phase::Off), (1.0, Phase::Connecting), (3.0, Phase::Up)]);
    let last = update.events.last().unwrap();
    assert!(last.is_major && last.count == 1);
    assert_eq!((last.event.as_str(), last.number, last.mark), ("HANDSHAKE_SUCCEEDED", 0x1000, Mark::Up));
    assert!(last.sentence.contains("tickz SUB"), "{}", last.sentence);
}

#[test]
fn retries_change_a_line_and_do_not_bury_the_one_before() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    for (kind, now) in [(EventKind::HandshakeSucceeded, 1.0), (EventKind::Disconnected, 2.0)] {
        dashboard.handle(monitor(kind, 9), now);
    }
    let events = dashboard.changes(&mut cursor).unwrap().events;
    assert!(events.len() == 2 && events.iter().all(|line| line.is_major), "{events:?}");
    for step in 0..1_000_u32 {
        let now = 10.0 + 500.0 * f64::from(step);
        dashboard.handle(monitor(EventKind::ConnectRetried, 100 + step), now);
        dashboard.handle_time(now);
        let events = dashboard.changes(&mut cursor).unwrap().events;
        let [line] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((line.id, line.count, line.value, line.is_major), (2, step + 1, 100 + step, false));
        assert_eq!((line.time_ms, line.last_ms), (10.0, now));
    }
    assert_eq!(dashboard.changes(&mut Cursor::default()).unwrap().events.len(), 3);
}

#[test]
fn phases_of_a_socket_that_flaps_do_not_push_out_those_of_another() {
    let mut dashboard = dashboard();
    for step in 0..500_u32 {
        let kind = if step % 2 == 0 { EventKind::HandshakeSucceeded } else { EventKind::Disconnected };
        dashboard.handle(monitor(kind, 9), f64::from(step));
    }
    let states = dashboard.changes(&mut Cursor::default()).unwrap().states;
    let count = |id| states.iter().filter(|change| change.socket == id).count();
    assert_eq!((count(SocketId::TickzSub), count(SocketId::ChatzReq)), (STATES_MAX, 1));
}

#[test]
fn a_suspended_service_is_not_up() {
    let mut dashboard = dashboard();
    for id in [SocketId::ChatzReq, SocketId::ChatzSub, SocketId::TickzSub] {
        let event = MonitorEvent { kind: EventKind::HandshakeSucceeded, value: 0, endpoint: "tcp://h:1".to_owned() };
        dashboard.handle(Event::Monitor(id, event), 1.0);
    }
    let process = |id: &str, state, since_ms| ProcessView {
        id: id.to_owned(),
        command: id.to_owned(),
        state,
        pid: Some(7),
        since_ms,
        memory_bytes: None,
        log: Vec::new(),
    };
    let mut states = |tickz, chatz, now_ms| {
        dashboard
            .handle(Event::Processes(vec![process("tickz", tickz, 50.0), process("chatz", chatz, 60.0)], 0), now_ms);
        dashboard.handle_time(now_ms);
        let sockets = dashboard.changes(&mut Cursor::default()).unwrap().sockets.unwrap();
        sockets[..3].iter().map(|socket| (socket.state.clone(), socket.since_ms)).collect::<Vec<_>>()
    };
    let stale = |reason: &str| SocketState::Stale { reason: reason.to_owned() };
    let holder = "chatz (pid 9)".to_owned();
    let elsewhere = ProcessState::Elsewhere { holder, suspended: true };
    assert_eq!(
        states(ProcessState::Suspended, elsewhere, 100.0),
        [
            (stale("chatz (pid 9) is suspended"), 60.0),
            (stale("chatz (pid 9) is suspended"), 60.0),
            (stale("tickz is suspended"), 50.0)
        ]
    );
    let up = (SocketState::Up, 200.0);
    assert_eq!(states(ProcessState::Running, ProcessState::Running, 200.0), [up.clone(), up.clone(), up]);
}

#[test]
fn broadcasts_are_silent_while_requests_get_no_reply() {
    let mut dashboard = dashboard();
    for id in [SocketId::ChatzReq, SocketId::ChatzSub] {
        let event = MonitorEvent { kind: EventKind::HandshakeSucceeded, value: 0, endpoint: "tcp://h:1".to_owned() };
        dashboard.handle(Event::Monitor(id, event), 1.0);
    }
    let mut is_stale = |silence, now_ms| {
        dashboard.handle(Event::Silent(SocketId::ChatzReq, silence), now_ms);
        dashboard.handle_time(now_ms);
        let sockets = dashboard.changes(&mut Cursor::default()).unwrap().sockets.unwrap();
        [0, 1]
            .map(|index| matches!(&sockets[index], SocketView { state: SocketState::Stale { .. }, since_ms: 5.0, .. }))
    };
    assert_eq!(is_stale(Some(Silence { since_ms: 5.0, reason: "no reply".to_owned() }), 10.0), [true; 2]);
    assert_eq!(is_stale(None, 20.0), [false; 2]);
}

#[test]
fn a_port_that_the_system_chose_is_shown() {
    let mut dashboard = dashboard();
    for (id, port) in [(SocketId::ValuzPush, 41234), (SocketId::ValuzPull, 9005)] {
        let endpoint = format!("tcp://127.0.0.1:{port}");
        let event = MonitorEvent { kind: EventKind::Listening, value: 8, endpoint };
        dashboard.handle(Event::Monitor(id, event), 0.0);
    }
    dashboard.handle_time(0.0);
    let sockets = dashboard.changes(&mut Cursor::default()).unwrap().sockets.unwrap();
    assert_eq!(sockets[3].endpoint, "tcp://127.0.0.1:41234");
    assert_eq!((sockets[4].endpoint.as_str(), &sockets[4].state), ("tcp://*:9005", &SocketState::Listening));
}

#[test]
fn workers_are_composed_of_what_they_say_and_of_their_processes() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    let process = ProcessView {
        id: "worker-1".to_owned(),
        command: "valuz worker".to_owned(),
        state: ProcessState::Running,
        pid: Some(7),
        since_ms: 0.0,
        memory_bytes: None,
        log: Vec::new(),
    };
    let mut states = Vec::new();
    for named in [vec![], vec![(true, 0.0)], vec![(true, 9.0)], vec![(false, 0.0)]] {
        let worker = |(connected, per_second)| NamedWorker {
            name: "rust:box:7".parse().unwrap(),
            connected,
            done: 1,
            done_in_all: 1,
            per_second,
        };
        let workers = named.into_iter().map(worker).collect();
        dashboard.handle(
            Event::Valuz(ValuzReport {
                state: ValuzState::Ready,
                batch: None,
                workers,
                nameless: 2,
                recommended: Vec::new(),
            }),
            0.0,
        );
        dashboard.handle(Event::Processes(vec![process.clone()], 1), 0.0);
        dashboard.handle_time(0.0);
        let valuz = dashboard.changes(&mut cursor).unwrap().valuz.unwrap();
        assert_eq!((valuz.workers.len(), valuz.nameless, valuz.wanted, &valuz.state), (1, 2, 1, &ValuzState::Ready));
        states.push(valuz.workers[0].state);
    }
    assert_eq!(states, [WorkerState::Starting, WorkerState::Ready, WorkerState::Working, WorkerState::Gone]);
}

#[test]
fn after_a_reset_pages_begin_with_a_snapshot_without_the_past() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    dashboard.handle(said("hello"), 1.0);
    dashboard.handle(ticks(1, 1.0), 1.0);
    dashboard.handle(monitor(EventKind::Connected, 9), 1.0);
    dashboard.handle(Event::Malformed(SocketId::TickzSub, 3, "price: missing".to_owned()), 1.0);
    dashboard.handle(Event::Chatz(chatz::Event::Kept("later".parse().unwrap())), 1.0);
    dashboard.handle_time(1.0);
    dashboard.changes(&mut cursor);
    dashboard.handle(Event::Named("ada".to_owned()), 2.0);
    dashboard.handle(Event::Reset, 2.0);
    dashboard.handle(said("again"), 2.0);
    dashboard.handle_time(2.0);
    let update = dashboard.changes(&mut cursor).unwrap();
    assert!(update.snapshot && update.points.is_empty() && update.events.is_empty());
    assert!(update.states.len() == 6 && update.states.iter().all(|change| change.time_ms == 2.0));
    assert_eq!(update.lines.iter().map(|line| (line.id, line.text.as_str())).collect::<Vec<_>>(), [(1, "again")]);
    let sockets = update.sockets.unwrap();
    assert_eq!((sockets[2].malformed, &sockets[2].last_fault), (0, &None));
    assert!(update.chatz.unwrap().waiting.is_empty());
}
