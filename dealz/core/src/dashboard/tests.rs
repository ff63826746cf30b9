use wire::monitor::EventKind;

use super::*;
use crate::{
    event::{Counts, NamedWorker},
    view::{LineKind, Mark, PricePoint, ProcessState, Quote, SocketState, WorkerState},
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
        change_percent: None,
        per_second: 0.0,
        received,
        lost: 0,
    };
    let view = TickzView { quotes: vec![quote], received, ..TickzView::default() };
    Event::Tickz(view, vec![PricePoint { symbol: "MSFT".to_owned(), time_ms, price: 41.78, lost: 0 }])
}

#[test]
fn a_page_gets_a_snapshot_and_then_only_what_changes() {
    let (mut dashboard, mut cursor) = (dashboard(), Cursor::default());
    let first = dashboard.changes(&mut cursor, 5.0).unwrap();
    assert!(first.snapshot && first.time_ms == 5.0 && first.sockets.as_ref().unwrap().len() == 6);
    assert!(first.tickz.is_some() && first.chatz.is_some() && first.valuz.is_some() && first.processes.is_some());
    assert_eq!(dashboard.changes(&mut cursor, 6.0), None);
    dashboard.handle_time(7.0);
    assert_eq!(dashboard.changes(&mut cursor, 7.0), None);

    dashboard.handle(said("hello"), 8.0);
    dashboard.handle(ticks(1, 8.0), 8.0);
    dashboard.handle_time(8.0);
    let update = dashboard.changes(&mut cursor, 9.0).unwrap();
    assert!(!update.snapshot && update.sockets.is_none() && update.chatz.is_none() && update.valuz.is_none());
    assert_eq!((update.tickz.unwrap().received, update.points.len()), (1, 1));
    let line = &update.lines[0];
    assert_eq!(
        (line.id, line.time_ms, line.kind, line.user.as_str(), line.text.as_str()),
        (0, 8.0, LineKind::Message, "bob", "hello")
    );
    assert_eq!(dashboard.changes(&mut cursor, 9.0), None);
}

#[test]
fn a_page_that_looks_seldom_gets_the_newest_state_and_bounded_lines() {
    let (mut dashboard, mut slow) = (dashboard(), Cursor::default());
    dashboard.changes(&mut slow, 0.0);
    for step in 1..=10_000_u32 {
        let now = f64::from(step);
        dashboard.handle(ticks(step.into(), now), now);
        dashboard.handle(said(&step.to_string()), now);
        dashboard.handle(monitor(EventKind::ConnectRetried, 100), now);
        dashboard.handle_time(now);
    }
    let update = dashboard.changes(&mut slow, 1e5).unwrap();
    assert_eq!((update.snapshot, update.tickz.unwrap().received), (false, 10_000));
    assert_eq!((update.points.len(), update.lines.len(), update.events.len()), (1_200, LINES_MAX, EVENTS_MAX));
    assert_eq!((update.lines[0].id, update.events[0].id, update.points[0].time_ms), (9_500, 9_000, 8_801.0));
    let snapshot = dashboard.changes(&mut Cursor::default(), 1e5).unwrap();
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
    let counts = |received| {
        let mut counts = [Counts::default(); 6];
        counts[SocketId::TickzSub.index()] = Counts { received, sent: 1 };
        Event::Traffic(counts)
    };
    dashboard.handle(counts(0), 0.0);
    dashboard.handle(counts(500), 1_000.0);
    dashboard.handle_time(1_000.0);
    let update = dashboard.changes(&mut Cursor::default(), 0.0).unwrap();
    let socket = &update.sockets.unwrap()[SocketId::TickzSub.index()];
    assert_eq!((&socket.state, socket.since_ms, socket.peers), (&SocketState::Up, 3.0, 1));
    assert_eq!((socket.received, socket.received_per_second, socket.sent), (500, 500.0, 1));
    assert_eq!((socket.malformed, socket.last_fault.as_deref()), (3, Some("price: missing")));
    let last = update.events.last().unwrap();
    assert_eq!((last.event.as_str(), last.number, last.mark), ("HANDSHAKE_SUCCEEDED", 0x1000, Mark::Up));
    assert!(last.sentence.contains("tickz SUB"), "{}", last.sentence);
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
    let sockets = dashboard.changes(&mut Cursor::default(), 0.0).unwrap().sockets.unwrap();
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
        let worker =
            |(connected, per_second)| NamedWorker { name: "rust:box:7".to_owned(), connected, done: 1, per_second };
        let workers = named.into_iter().map(worker).collect();
        dashboard
            .handle(Event::Valuz(ValuzReport { state: ValuzState::Ready, batch: None, workers, nameless: 2 }), 0.0);
        dashboard.handle(Event::Processes(vec![process.clone()], 1), 0.0);
        dashboard.handle_time(0.0);
        let valuz = dashboard.changes(&mut cursor, 0.0).unwrap().valuz.unwrap();
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
    dashboard.changes(&mut cursor, 1.0);
    dashboard.handle(Event::Named("ada".to_owned()), 2.0);
    dashboard.handle(Event::Reset, 2.0);
    dashboard.handle(said("anew"), 2.0);
    dashboard.handle_time(2.0);
    let update = dashboard.changes(&mut cursor, 2.0).unwrap();
    assert!(update.snapshot && update.points.is_empty() && update.events.is_empty());
    assert_eq!(update.lines.iter().map(|line| (line.id, line.text.as_str())).collect::<Vec<_>>(), [(1, "anew")]);
    let sockets = update.sockets.unwrap();
    assert_eq!((sockets[2].malformed, &sockets[2].last_fault), (0, &None));
    assert!(update.chatz.unwrap().waiting.is_empty());
}
