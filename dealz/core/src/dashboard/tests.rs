use std::time::{Duration, Instant};

use wire::report::{Connection, Phase as Reported, ProcessState as State, Report, SocketState as Socket, Traffic};

use super::{
    cast::{
        EVENTS_MAX, STATES_MAX,
        sample::{DESK, connection, connects, event, state},
    },
    *,
};
use crate::{
    event::{NamedWorker, Silence},
    view::{
        CheckStatus, CheckView, LanguageState, LanguageView, LineKind, Mark, Phase, PricePoint, Quote, SocketState,
        SocketView, ViewName, WorkerState,
    },
};

const TICKS: &str = "tcp://127.0.0.1:9003";

/// A dashboard and the clock.
struct Desk {
    dashboard: Dashboard,
    start: Instant,
    /// The number of the desk's next state, and of its next event.
    numbers: (u64, u64),
}

impl Desk {
    fn new() -> Self {
        let start = Instant::now();
        let now = Now { at: start, ms: 0.0 };
        Self { dashboard: Dashboard::new(DESK, "ada", "box".to_owned(), now), start, numbers: (0, 0) }
    }

    fn now(&self, ms: f64) -> Now {
        Now { at: self.start + Duration::from_secs_f64(ms / 1e3), ms }
    }

    fn handle(&mut self, event: Event, now_ms: f64) {
        self.dashboard.handle(event, self.now(now_ms));
    }

    fn handle_time(&mut self, now_ms: f64) {
        self.dashboard.handle_time(self.now(now_ms));
    }

    fn changes(&self, cursor: &mut Cursor) -> Option<Update> {
        self.dashboard.changes(cursor)
    }

    /// Everything, as of this time.
    fn snapshot(&mut self, now_ms: f64) -> Update {
        self.handle_time(now_ms);
        self.changes(&mut Cursor::default()).unwrap()
    }

    /// A state of a process arrives.
    fn state(&mut self, state: State, now_ms: f64) {
        self.handle(Event::Report(Box::new(Report::State(state)), 1_000), now_ms);
    }

    /// The desk reports its socket of prices with such a connection.
    fn ticks(&mut self, phase: Reported, received: u64, now_ms: f64) {
        self.sockets(vec![prices(connection(9, TICKS, phase, now_ms), received)], now_ms);
    }

    fn sockets(&mut self, sockets: Vec<Socket>, now_ms: f64) {
        self.numbers.0 += 1;
        let state = State { time_ms: now_ms, ..state(DESK.0, self.numbers.0, sockets) };
        self.state(state, now_ms);
    }

    /// An event of the monitor of the socket of prices.
    fn event(&mut self, name: &str, value: u32, now_ms: f64) {
        self.numbers.1 += 1;
        let event = event(DESK.0, "tickz.sub", self.numbers.1, name, value);
        self.handle(Event::Report(Box::new(Report::Event(event)), 100), now_ms);
    }
}

/// The socket of prices.
fn prices(connection: Connection, received: u64) -> Socket {
    let received = Traffic { messages: received, bytes: 10 * received };
    let sent = Traffic { messages: 1, bytes: 5 };
    Socket { received, sent, ..connects("tickz.sub", "SUB", TICKS, vec![connection]) }
}

/// One of the desk's own sockets in an update.
fn own<'a>(update: &'a Update, name: &str) -> &'a SocketView {
    let desk = update.cast.as_ref().unwrap().processes.iter().find(|process| process.is_desk).unwrap();
    desk.sockets.iter().find(|socket| socket.name == name).unwrap()
}

fn rust(wanted: u32) -> LanguageView {
    LanguageView { id: "rust".to_owned(), name: "Rust".to_owned(), wanted, state: LanguageState::Present }
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
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
    desk.handle_time(5.0);
    let first = desk.changes(&mut cursor).unwrap();
    assert!(first.snapshot && first.time_ms == 5.0 && first.cast.is_some());
    assert!(first.tickz.is_some() && first.chatz.is_some() && first.valuz.is_some() && first.processes.is_some());
    assert_eq!(desk.changes(&mut cursor), None);
    desk.handle_time(7.0);
    assert_eq!(desk.changes(&mut cursor), None);

    desk.handle(said("hello"), 8.0);
    desk.handle(ticks(1, 8.0), 8.0);
    desk.handle_time(8.0);
    let update = desk.changes(&mut cursor).unwrap();
    assert!(!update.snapshot && update.cast.is_none() && update.chatz.is_none() && update.valuz.is_none());
    assert_eq!((update.tickz.unwrap().received, update.points.len()), (1, 1));
    let line = &update.lines[0];
    assert_eq!(
        (line.id, line.time_ms, line.kind, line.user.as_str(), line.text.as_str()),
        (0, 8.0, LineKind::Message, "bob", "hello")
    );
    assert_eq!(desk.changes(&mut cursor), None);
}

#[test]
fn a_page_hears_from_the_desk_once_a_second_at_least_while_that_works() {
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
    desk.handle_time(0.0);
    desk.changes(&mut cursor);
    let mut beats = Vec::new();
    for step in 0..100 {
        desk.handle_time(f64::from(step) * 100.0);
        beats.extend(desk.changes(&mut cursor));
    }
    assert!(beats.iter().all(Update::is_empty));
    assert_eq!(
        beats.iter().map(|beat| beat.time_ms / 1e3).collect::<Vec<_>>(),
        (1..10).map(f64::from).collect::<Vec<_>>()
    );
    // A desk that hangs draws no conclusions, and says nothing.
    assert!((0..100).all(|_| desk.changes(&mut cursor).is_none()));
    // A clock that was put back does not silence it.
    desk.handle_time(50.0);
    assert!(desk.changes(&mut cursor).is_some());
}

#[test]
fn prices_and_counts_wait_for_half_a_second_and_nothing_else_waits() {
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
    desk.handle(ticks(0, 0.0), 0.0);
    let retrying = |attempts| Connection {
        attempts: Some(attempts),
        retry_ms: Some(100.0),
        ..connection(0, TICKS, Reported::Retrying, 0.0)
    };
    desk.sockets(vec![prices(retrying(1), 0)], 0.0);
    desk.event("CONNECT_RETRIED", 100, 0.0);
    desk.handle_time(2_100.0);
    desk.changes(&mut cursor);
    let mut updates = Vec::new();
    for step in 1..=147_u32 {
        let now = 2_100.0 + 10.0 * f64::from(step);
        desk.handle(ticks(step.into(), now), now);
        desk.sockets(vec![prices(retrying(1 + step), step.into())], now);
        desk.event("CONNECT_RETRIED", 100 + step, now);
        desk.handle_time(now);
        updates.extend(desk.changes(&mut cursor));
    }
    let times: Vec<_> = updates.iter().map(|update| update.time_ms).collect();
    assert_eq!(times, [2_590.0, 3_080.0, 3_570.0]);
    assert!(updates.iter().all(|update| update.counts.len() == 1 && update.events.len() == 1));
    // The progress of attempts waits for a second.
    assert_eq!(updates.iter().map(|update| update.cast.is_some()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(updates.iter().map(|update| update.points.len()).collect::<Vec<_>>(), [49; 3]);

    let prompt = [
        said("hello"),
        Event::Report(Box::new(Report::Event(event(DESK.0, "tickz.sub", 1_000, "HANDSHAKE_SUCCEEDED", 9))), 100),
        Event::Tickz(TickzView::default(), Vec::new()),
        Event::Processes(Vec::new(), vec![rust(1)]),
        Event::Bus(Some("no hub".to_owned())),
        Event::BindFailed("valuz.push", "in use".to_owned()),
    ];
    for (event, now) in prompt.into_iter().zip((4_000..).step_by(100)) {
        let words = format!("{event:?}");
        desk.handle(event, f64::from(now));
        desk.handle_time(f64::from(now));
        assert!(desk.changes(&mut cursor).is_some_and(|update| !update.is_empty()), "{words}");
        assert_eq!(desk.changes(&mut cursor), None);
    }
}

#[test]
fn a_number_that_an_expectation_looks_at_waits_and_its_status_does_not() {
    let mut desk = Desk::new();
    let mut cursor = desk.dashboard.cursor();
    let stage = |seen: u32, status| {
        let sentence = format!("early.received >= 40, is {seen}");
        Event::Stage(StageView { checks: vec![CheckView { sentence, status }], ..StageView::default() })
    };
    let mut shown = |event, now_ms| {
        desk.handle(event, now_ms);
        desk.handle_time(now_ms);
        desk.changes(&mut cursor).and_then(|update| update.stage).map(|stage| stage.checks[0].sentence.clone())
    };
    let sentence = |seen: u32| Some(format!("early.received >= 40, is {seen}"));
    assert_eq!(shown(stage(1, CheckStatus::Waiting), 100.0), sentence(1));
    assert_eq!(shown(stage(2, CheckStatus::Waiting), 200.0), None);
    assert_eq!(shown(stage(3, CheckStatus::Waiting), 600.0), sentence(3));
    assert_eq!(shown(stage(40, CheckStatus::Met), 650.0), sentence(40));
    // The same picture again is no change.
    assert_eq!(shown(stage(40, CheckStatus::Met), 1_200.0), None);
}

#[test]
fn a_page_that_rarely_looks_gets_the_newest_state_and_bounded_lines() {
    let (mut desk, mut slow) = (Desk::new(), Cursor::default());
    desk.ticks(Reported::Up, 0, 0.0);
    desk.changes(&mut slow);
    for step in 1..=10_000_u32 {
        let now = f64::from(step);
        desk.handle(ticks(step.into(), now), now);
        desk.handle(said(&step.to_string()), now);
        if step % 5 == 0 {
            desk.event("HANDSHAKE_SUCCEEDED", 0, now);
        }
        desk.handle_time(now);
    }
    let update = desk.changes(&mut slow).unwrap();
    assert_eq!((update.snapshot, update.tickz.unwrap().received), (false, 10_000));
    assert_eq!((update.points.len(), update.lines.len(), update.events.len()), (1_200, LINES_MAX, EVENTS_MAX));
    assert_eq!((update.lines[0].id, update.points[0].time_ms), (9_500, 8_801.0));
    let snapshot = desk.changes(&mut Cursor::default()).unwrap();
    assert_eq!((snapshot.snapshot, snapshot.lines, snapshot.events), (true, update.lines, update.events));
}

#[test]
fn reports_become_states_marks_and_sentences() {
    let mut desk = Desk::new();
    desk.handle_time(0.0);
    for (name, phase, now) in [
        ("CONNECT_DELAYED", Reported::Connecting, 100.0),
        ("CONNECTED", Reported::Handshake, 200.0),
        ("HANDSHAKE_SUCCEEDED", Reported::Up, 300.0),
    ] {
        desk.event(name, 9, now);
        desk.ticks(phase, 0, now);
        desk.handle_time(now);
    }
    desk.handle(Event::Malformed("tickz.sub", 3, "price: missing".to_owned()), 300.0);
    desk.ticks(Reported::Up, 500, 1_100.0);
    let update = desk.snapshot(2_000.0);
    let socket = own(&update, "tickz.sub");
    assert_eq!((&socket.state, socket.since_ms, socket.peers), (&SocketState::Up, 300.0, 1));
    assert_eq!(
        (socket.down_since_ms, socket.attempts, socket.last_fault.as_deref()),
        (None, 0, Some("price: missing"))
    );
    let counts = &update.counts[0].sockets[2];
    assert_eq!((counts.received, counts.received_per_second, counts.sent, counts.malformed), (500, 500.0, 1, 3));
    let phases = update.states.iter().filter(|change| change.socket == socket.key);
    let phases: Vec<_> = phases.map(|change| (change.time_ms, change.phase)).collect();
    assert_eq!(phases, [(0.0, Phase::Off), (100.0, Phase::Connecting), (300.0, Phase::Up)]);
    let last = update.events.last().unwrap();
    assert!(last.is_major && last.count == 1 && last.socket == socket.key);
    assert_eq!((last.event.as_str(), last.number, last.mark), ("HANDSHAKE_SUCCEEDED", 0x1000, Mark::Up));
    assert_eq!((last.name.as_str(), last.time_ms), ("tickz SUB", 300.0));
    assert!(last.sentence.starts_with("tickz SUB completed the handshake"), "{}", last.sentence);
}

#[test]
fn retries_change_a_line_and_do_not_bury_the_one_before() {
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
    desk.ticks(Reported::Up, 0, 0.0);
    for (name, now) in [("HANDSHAKE_SUCCEEDED", 1.0), ("DISCONNECTED", 2.0)] {
        desk.event(name, 9, now);
    }
    let events = desk.changes(&mut cursor).unwrap().events;
    assert!(events.len() == 2 && events.iter().all(|line| line.is_major), "{events:?}");
    for step in 0..1_000_u32 {
        let now = 500.0 + 500.0 * f64::from(step);
        desk.event("CONNECT_RETRIED", 100 + step, now);
        // Otherwise the process would count as gone.
        desk.ticks(Reported::Closed, 0, now);
        desk.handle_time(now);
        let events = desk.changes(&mut cursor).unwrap().events;
        let [line] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((line.id, line.count, line.value, line.is_major), (2, step + 1, 100 + step, false));
        assert_eq!((line.time_ms, line.last_ms), (500.0, now));
    }
    assert_eq!(desk.changes(&mut Cursor::default()).unwrap().events.len(), 3);
}

#[test]
fn phases_of_a_socket_that_flaps_do_not_push_out_those_of_another() {
    let mut desk = Desk::new();
    for step in 0..500_u32 {
        let now = 100.0 * f64::from(step);
        desk.ticks(if step % 2 == 0 { Reported::Up } else { Reported::Retrying }, 0, now);
        desk.handle_time(now);
    }
    let update = desk.snapshot(50_000.0);
    let count = |name| update.states.iter().filter(|change| change.socket == own(&update, name).key).count();
    assert_eq!((count("tickz.sub"), count("chatz.req")), (STATES_MAX, 1));
}

/// The desk's own sockets that connect, all of them up.
fn clients() -> Vec<Socket> {
    let socket = |name, kind, port: u16| {
        let endpoint = format!("tcp://127.0.0.1:{port}");
        connects(name, kind, &endpoint, vec![connection(9, &endpoint, Reported::Up, 1.0)])
    };
    vec![socket("chatz.req", "REQ", 9001), socket("chatz.sub", "SUB", 9002), socket("tickz.sub", "SUB", 9003)]
}

#[test]
fn a_suspended_service_is_not_up() {
    let mut desk = Desk::new();
    desk.sockets(clients(), 1.0);
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
        let processes = vec![process("tickz", tickz, 50.0), process("chatz", chatz, 60.0)];
        desk.handle(Event::Processes(processes, Vec::new()), now_ms);
        let update = desk.snapshot(now_ms);
        ["chatz.req", "chatz.sub", "tickz.sub"]
            .map(|name| (own(&update, name).state.clone(), own(&update, name).since_ms))
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
fn a_suspended_service_is_stale_whatever_its_owner_reports() {
    let mut desk = Desk::new();
    desk.sockets(clients(), 1.0);
    let silence = |since_ms, reason: &str| Some(Silence { since_ms, reason: reason.to_owned() });
    let process = |state| ProcessView {
        id: "tickz".to_owned(),
        command: String::new(),
        state,
        pid: Some(7),
        since_ms: 100.0,
        memory_bytes: None,
        log: Vec::new(),
    };
    let mut after = |event, now_ms| {
        desk.handle(event, now_ms);
        let update = desk.snapshot(now_ms);
        (own(&update, "tickz.sub").state.clone(), own(&update, "tickz.sub").since_ms)
    };
    let suspended = (SocketState::Stale { reason: "tickz is suspended".to_owned() }, 100.0);
    assert_eq!(after(Event::Processes(vec![process(ProcessState::Suspended)], Vec::new()), 200.0), suspended);
    assert_eq!(after(Event::Silent("tickz.sub", None), 300.0), suspended);
    assert_eq!(after(Event::Silent("tickz.sub", silence(150.0, "no tick")), 400.0), suspended);
    let no_tick = (SocketState::Stale { reason: "no tick".to_owned() }, 150.0);
    assert_eq!(after(Event::Processes(vec![process(ProcessState::Running)], Vec::new()), 500.0), no_tick);
    assert_eq!(after(Event::Silent("tickz.sub", None), 600.0), (SocketState::Up, 600.0));
}

#[test]
fn broadcasts_are_silent_while_requests_get_no_reply() {
    let mut desk = Desk::new();
    desk.sockets(clients(), 1.0);
    let mut is_stale = |silence, now_ms| {
        desk.handle(Event::Silent("chatz.req", silence), now_ms);
        let update = desk.snapshot(now_ms);
        ["chatz.req", "chatz.sub"].map(|name| {
            matches!(own(&update, name), SocketView { state: SocketState::Stale { .. }, since_ms: 5.0, .. })
        })
    };
    assert_eq!(is_stale(Some(Silence { since_ms: 5.0, reason: "no reply".to_owned() }), 100.0), [true; 2]);
    assert_eq!(is_stale(None, 200.0), [false; 2]);
}

#[test]
fn a_socket_that_cannot_be_bound_is_shown_even_while_it_is_closed() {
    let mut desk = Desk::new();
    desk.sockets(clients(), 1.0);
    let reason = "tcp://*:9005 is in use by nc (pid 7)".to_owned();
    desk.handle(Event::BindFailed("valuz.pull", reason.clone()), 100.0);
    let update = desk.snapshot(400.0);
    let failed = own(&update, "valuz.pull");
    assert_eq!((&failed.state, failed.since_ms), (&SocketState::Failed { reason }, 100.0));
    assert_eq!((failed.kind.as_str(), failed.channel.as_deref()), ("PULL", Some("results")));
    assert_eq!(own(&update, "valuz.push").state, SocketState::Off);
    let desk_view = &update.cast.as_ref().unwrap().processes[0];
    assert_eq!((desk_view.sockets.len(), update.counts.len()), (6, 1));
    assert_eq!(update.counts[0].sockets.len(), 6);
}

#[test]
fn workers_are_composed_of_what_they_say_and_of_their_processes() {
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
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
        desk.handle(
            Event::Valuz(ValuzReport {
                state: ValuzState::Ready,
                batch: None,
                workers,
                nameless: 2,
                recommended: Vec::new(),
                pace: BatchPace::Max,
            }),
            0.0,
        );
        desk.handle(Event::Processes(vec![process.clone()], vec![rust(1)]), 0.0);
        desk.handle_time(0.0);
        let valuz = desk.changes(&mut cursor).unwrap().valuz.unwrap();
        assert_eq!((valuz.workers.len(), valuz.nameless, valuz.wanted, &valuz.state), (1, 2, 1, &ValuzState::Ready));
        states.push(valuz.workers[0].state);
    }
    assert_eq!(states, [WorkerState::Starting, WorkerState::Ready, WorkerState::Working, WorkerState::Gone]);
}

#[test]
fn after_a_reset_pages_begin_with_a_snapshot_without_the_past() {
    let (mut desk, mut cursor) = (Desk::new(), Cursor::default());
    desk.handle(said("hello"), 1.0);
    desk.handle(ticks(1, 1.0), 1.0);
    desk.ticks(Reported::Handshake, 5, 1.0);
    desk.event("CONNECTED", 9, 1.0);
    desk.handle(Event::Malformed("tickz.sub", 3, "price: missing".to_owned()), 1.0);
    desk.handle(Event::Chatz(chatz::Event::Kept("later".parse().unwrap())), 1.0);
    desk.handle_time(1_000.0);
    desk.changes(&mut cursor);
    desk.handle(Event::Named("ada".to_owned()), 2_000.0);
    desk.handle(Event::Reset, 2_000.0);
    desk.handle(said("again"), 2_000.0);
    desk.handle_time(2_000.0);
    let update = desk.changes(&mut cursor).unwrap();
    assert!(update.snapshot && update.points.is_empty() && update.events.is_empty());
    assert!(update.states.len() == 6 && update.states.iter().all(|change| change.time_ms == 2_000.0));
    assert_eq!(update.lines.iter().map(|line| (line.id, line.text.as_str())).collect::<Vec<_>>(), [(1, "again")]);
    assert_eq!(own(&update, "tickz.sub").last_fault, None);
    // A process continues to count.
    let counts = &update.counts[0].sockets[2];
    assert_eq!((counts.malformed, counts.received), (0, 5));
    assert!(update.chatz.unwrap().waiting.is_empty());
}

#[test]
fn a_view_that_is_chosen_reaches_each_page_that_is_there_once_and_none_that_comes_later() {
    let mut desk = Desk::new();
    let [mut page, mut slow] = [desk.dashboard.cursor(), desk.dashboard.cursor()];
    let _ = desk.changes(&mut page);
    let shown = |desk: &mut Desk, cursor: &mut Cursor, now_ms| {
        desk.handle_time(now_ms);
        desk.changes(cursor).and_then(|update| update.view)
    };
    desk.handle(Event::View(ViewName::Wire), 10.0);
    assert_eq!(shown(&mut desk, &mut page, 20.0), Some(ViewName::Wire));
    assert_eq!(shown(&mut desk, &mut page, 2_000.0), None);
    desk.handle(Event::View(ViewName::Wire), 2_010.0);
    assert_eq!(shown(&mut desk, &mut page, 2_020.0), Some(ViewName::Wire), "the same view is chosen again");
    // A reset brings a snapshot, and a choice right after it is in the same one.
    desk.handle(Event::Reset, 2_030.0);
    desk.handle(Event::View(ViewName::Chatz), 2_030.0);
    assert_eq!(shown(&mut desk, &mut page, 2_040.0), Some(ViewName::Chatz));
    assert_eq!(shown(&mut desk, &mut slow, 2_050.0), Some(ViewName::Chatz), "the newest of all");
    let mut late = desk.dashboard.cursor();
    assert_eq!(shown(&mut desk, &mut late, 2_060.0), None);
}

#[test]
fn a_highlight_ends_by_itself_and_a_page_that_comes_meanwhile_has_it() {
    let mut desk = Desk::new();
    let mut page = desk.dashboard.cursor();
    let _ = desk.changes(&mut page);
    let what = HighlightView { processes: vec!["2".to_owned()], sockets: Vec::new() };
    desk.handle(Event::Highlight(what.clone()), 1_000.0);
    assert_eq!(desk.snapshot(1_010.0).highlight, Some(what.clone()));
    assert_eq!(desk.changes(&mut page).and_then(|update| update.highlight), Some(what.clone()));
    desk.handle_time(5_990.0);
    assert_eq!(desk.changes(&mut page).and_then(|update| update.highlight), None);
    desk.handle(Event::Highlight(what), 5_995.0);
    desk.handle_time(6_010.0);
    assert_eq!(desk.changes(&mut page).and_then(|update| update.highlight), None, "it lasts longer");
    desk.handle_time(10_996.0);
    let ended = desk.changes(&mut page).and_then(|update| update.highlight);
    assert_eq!(ended, Some(HighlightView::default()), "at once");
}
