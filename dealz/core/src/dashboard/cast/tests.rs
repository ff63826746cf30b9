use wire::report::{Connection, Label, Phase as Reported, SocketState, Traffic};

use super::{
    sample::{DESK, between, binds, connection, connects, event, state},
    *,
};
use crate::{
    own::OWN,
    view::{ConnectionPhase, Phase, Presence as Shown, ProcessState as Child, SocketState as SocketIs},
};

const SERVER: &str = "tcp://127.0.0.1:9003";
const CLIENT: &str = "tcp://127.0.0.1:50001";

/// A cast, the clock, and what a page has of it.
struct Stage {
    cast: Cast,
    start: Instant,
    now_ms: f64,
    number: u64,
    cursor: CastCursor,
    page: CastView,
}

impl Stage {
    fn new() -> Self {
        let start = Instant::now();
        let cast = Cast::new(DESK, Now { at: start, ms: 0.0 });
        Self { cast, start, now_ms: 10.0, number: 0, cursor: CastCursor::default(), page: CastView::default() }
    }

    fn now(&self) -> Now {
        Now { at: self.start + Duration::from_secs_f64(self.now_ms / 1e3), ms: self.now_ms }
    }

    fn report(&mut self, state: ProcessState) {
        self.number += 1;
        let state = ProcessState { number: self.number, time_ms: self.now_ms, ..state };
        self.cast.handle_report(Report::State(state), 1_000, self.now());
    }

    fn event(&mut self, process: u64, socket: &str, number: u64, name: &str, value: u32) {
        self.cast.handle_report(Report::Event(event(process, socket, number, name, value)), 100, self.now());
    }

    /// Time passes in steps; returns how often pages got something at once.
    fn pass(&mut self, milliseconds: u32) -> usize {
        let steps = milliseconds.div_ceil(33);
        let mut prompt = 0;
        for _ in 0..steps {
            self.now_ms += f64::from(milliseconds) / f64::from(steps);
            prompt += usize::from(self.cast.handle_time(self.now()));
        }
        prompt
    }

    /// What the page gets.
    fn look(&mut self) -> CastChanges {
        let changes = self.cast.changes(&mut self.cursor);
        if let Some(cast) = &changes.cast {
            self.page = cast.clone();
        }
        changes
    }

    fn presences(&mut self) -> Vec<(&str, Shown)> {
        let _ = self.look();
        self.page.processes.iter().map(|process| (process.id.as_str(), process.presence)).collect()
    }

    fn socket(&mut self, process: usize) -> (SocketIs, f64, u32) {
        let _ = self.look();
        let socket = &self.page.processes[process].sockets[0];
        (socket.state.clone(), socket.since_ms, socket.peers)
    }

    /// A line of the page: its ends without the processes' ids, its phase and count.
    fn lines(&mut self) -> Vec<(String, String, ConnectionPhase, u32)> {
        let _ = self.look();
        let short = |key: &str| key.trim_start_matches('0').to_owned();
        self.page.lines.iter().map(|line| (short(&line.from), short(&line.to), line.phase, line.count)).collect()
    }
}

/// `tickz publish`, and the connections that it has accepted from these addresses.
fn publisher(process: u64, clients: &[&str]) -> ProcessState {
    let accepted =
        (10..).zip(clients).map(|(id, client)| between(connection(id, SERVER, Reported::Up, 5.0), SERVER, client));
    state(process, 0, vec![binds("ticks.pub", "XPUB", SERVER, accepted.collect())])
}

/// A watcher, connected from this address.
fn watcher(process: u64, from: &str) -> ProcessState {
    let up = between(connection(9, SERVER, Reported::Up, 5.0), from, SERVER);
    state(process, 0, vec![connects("ticks.sub", "SUB", SERVER, vec![up])])
}

#[test]
fn two_processes_and_the_line_between_them_are_shown() {
    let mut stage = Stage::new();
    stage.report(ProcessState { started_ms: f64::MAX, ..publisher(2, &[CLIENT]) });
    stage.report(watcher(3, CLIENT));
    stage.pass(200);
    assert_eq!(stage.lines(), [("3/ticks.sub".to_owned(), "2/ticks.pub".to_owned(), ConnectionPhase::Up, 1)]);
    let process = &stage.page.processes[0];
    assert_eq!(
        (process.id.as_str(), process.program.as_str(), process.role.as_str()),
        ("0000000000000002", "tickz", "publish")
    );
    assert!(!process.is_desk && process.presence == Shown::Present && process.started_ms <= stage.now_ms);
    let connection = &process.sockets[0].connections[0];
    assert_eq!(
        (connection.phase, connection.peer.as_deref()),
        (ConnectionPhase::Up, Some("0000000000000003/ticks.sub"))
    );
    assert_eq!(stage.socket(0), (SocketIs::Up, 5.0, 1));
    assert_eq!(stage.page.strangers, []);
}

#[test]
fn a_process_that_ends_is_shown_as_gone_for_a_while_and_its_peers_stay_where_they_are() {
    let mut stage = Stage::new();
    for state in [publisher(2, &[CLIENT]), watcher(3, CLIENT), publisher(4, &[])] {
        stage.report(state);
    }
    stage.pass(200);
    stage.cast.handle_ended(ProcessId(2), stage.now());
    let ended_ms = stage.now_ms;
    stage.pass(200);
    let gone = ("0000000000000002", Shown::Gone);
    let others = [("0000000000000003", Shown::Present), ("0000000000000004", Shown::Present)];
    assert_eq!(stage.presences(), [&[gone][..], &others].concat());
    assert_eq!(stage.lines()[0].2, ConnectionPhase::Closed);
    let (state, since_ms, peers) = stage.socket(0);
    assert_eq!((state, peers), (SocketIs::Off, 0));
    assert!(since_ms >= ended_ms);
    assert_eq!(stage.socket(1).0, SocketIs::Stale { reason: "tickz (pid 2) has ended".to_owned() });
    assert!(stage.page.processes[0].sockets[0].connections.is_empty());
    for _ in 0..6 {
        stage.pass(900);
        stage.report(watcher(3, CLIENT));
        stage.report(publisher(4, &[]));
    }
    stage.pass(1_100);
    assert_eq!(stage.presences(), others);
    assert!(stage.cast.members.get(ProcessId(2)).is_none() && stage.cast.members.get(DESK).is_some());
}

#[test]
fn a_peer_that_is_suspended_or_silent_is_not_heard() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[CLIENT]));
    stage.report(watcher(3, CLIENT));
    stage.pass(200);
    assert_eq!(stage.socket(1), (SocketIs::Up, 5.0, 1));
    let stale = |reason: &str| SocketIs::Stale { reason: reason.to_owned() };
    let suspended_ms = stage.now_ms;
    stage.cast.handle_suspended(ProcessId(2), true, stage.now());
    stage.pass(200);
    assert_eq!(stage.socket(1), (stale("tickz (pid 2) is suspended"), suspended_ms, 1));
    // Those of the other end are not concerned.
    assert_eq!(stage.socket(0).0, SocketIs::Up);
    stage.cast.handle_suspended(ProcessId(2), false, stage.now());
    let resumed_ms = stage.now_ms;
    stage.pass(200);
    assert_eq!(stage.socket(1).0, SocketIs::Up);
    for _ in 0..4 {
        stage.pass(800);
        stage.report(watcher(3, CLIENT));
    }
    stage.pass(200);
    let (state, since_ms, _) = stage.socket(1);
    assert_eq!(state, stale("tickz (pid 2) does not report"));
    assert!((since_ms - resumed_ms).abs() < 1.0, "{since_ms}");
    assert_eq!(stage.presences()[0].1, Shown::Silent);
    // It reports to one peer and not to the other: that one is heard.
    let two = [connection(9, SERVER, Reported::Up, 5.0), connection(8, "tcp://127.0.0.1:9", Reported::Up, 5.0)];
    let both = connects("ticks.sub", "SUB", SERVER, two.map(|it| between(it, CLIENT, SERVER)).into());
    stage.report(state_of(3, both));
    stage.pass(200);
    assert_eq!(stage.socket(1).0, SocketIs::Up);
}

fn state_of(process: u64, socket: SocketState) -> ProcessState {
    state(process, 0, vec![socket])
}

#[test]
fn parallel_connections_are_one_line_and_a_peer_that_does_not_report_is_a_stranger() {
    let mut stage = Stage::new();
    stage.report(state(DESK.0, 0, vec![]));
    let clients = [CLIENT, "tcp://127.0.0.1:50002", "tcp://127.0.0.1:50003", "tcp://10.0.0.9:50004"];
    let mut publisher = publisher(2, &clients);
    let closed = between(connection(0, SERVER, Reported::Closed, 5.0), SERVER, "tcp://127.0.0.1:50009");
    publisher.sockets[0].connections.push(closed);
    stage.report(publisher);
    let up = |id, from| between(connection(id, SERVER, Reported::Up, 5.0), from, SERVER);
    let two = vec![up(8, clients[0]), up(9, clients[1])];
    stage.report(state_of(3, connects("ticks.sub", "SUB", SERVER, two)));
    stage.pass(900);
    assert_eq!((stage.lines().len(), stage.lines()[0].3, stage.page.strangers.len()), (1, 2, 0));
    stage.pass(300);
    let lines = stage.lines();
    let line = |to: &str| ("2/ticks.pub".to_owned(), format!("?{to}"), ConnectionPhase::Up, 1);
    assert_eq!(lines[..2], [line(clients[2]), line(clients[3])]);
    // The one on another machine cannot be asked for.
    assert_eq!(stage.cast.strangers(), [clients[2]]);
    stage.cast.handle_holder(clients[2], Some("python3 (pid 12)".to_owned()));
    stage.pass(200);
    let _ = stage.look();
    assert_eq!(stage.page.strangers[0].holder.as_deref(), Some("python3 (pid 12)"));
    assert_eq!(stage.page.processes[1].sockets[0].connections[2].peer.as_deref(), Some("?tcp://127.0.0.1:50003"));
    assert!(stage.cast.strangers().is_empty());
    // Both are connections of one process.
    stage.cast.handle_holder(clients[3], Some("python3 (pid 12)".to_owned()));
    stage.pass(200);
    let line = ("2/ticks.pub".to_owned(), format!("?{}", clients[2]), ConnectionPhase::Up, 2);
    assert_eq!((stage.lines().len(), &stage.lines()[0], stage.page.strangers.len()), (2, &line, 1));
}

#[test]
fn counts_alone_are_sent_apart_and_the_cast_stays_as_it_is() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.report(watcher(3, CLIENT));
    stage.pass(2_000);
    let _ = stage.look();
    let mut counted = publisher(2, &[]);
    counted.sockets[0].sent = Traffic { messages: 7, bytes: 70 };
    stage.report(counted);
    assert_eq!(stage.pass(400), 0);
    let changes = stage.look();
    assert!(changes.cast.is_none() && changes.events.is_empty());
    let [counts] = changes.counts.as_slice() else { panic!("{:?}", changes.counts) };
    assert_eq!(
        (counts.process.as_str(), counts.sockets[0].sent, counts.sockets[0].sent_bytes),
        ("0000000000000002", 7, 70)
    );
    stage.pass(400);
    assert!(stage.look().counts.is_empty());
}

#[test]
fn what_is_on_the_way_is_counted() {
    let mut stage = Stage::new();
    let sent = |messages| Traffic { messages, bytes: 0 };
    let mut push = publisher(2, &[CLIENT]);
    push.sockets[0] = SocketState { kind: Label::cut("PUSH"), sent: sent(9), ..push.sockets[0].clone() };
    let mut pull = watcher(3, CLIENT);
    pull.sockets[0] = SocketState { kind: Label::cut("PULL"), received: sent(4), ..pull.sockets[0].clone() };
    stage.report(push);
    stage.report(pull);
    stage.pass(400);
    let counts = stage.look().counts;
    assert_eq!((counts[0].sockets[0].on_the_way, counts[1].sockets[0].on_the_way), (Some(5), None));
}

#[test]
fn a_process_that_changes_all_the_time_makes_ten_updates_a_second() {
    let mut stage = Stage::new();
    let mut prompt = 0;
    for step in 0..300 {
        let clients = if step % 2 == 0 { &[CLIENT][..] } else { &[] };
        stage.report(publisher(2, clients));
        stage.event(2, "ticks.pub", step, "HANDSHAKE_SUCCEEDED", 0);
        prompt += stage.pass(10);
    }
    assert!((20..=30).contains(&prompt), "{prompt} in three seconds");
}

#[test]
fn after_half_of_all_reports_was_lost_the_next_state_is_right() {
    let mut stage = Stage::new();
    let mut peers = 0;
    for step in 0..200_u32 {
        peers = step * 7 % 30;
        let clients: Vec<_> = (0..peers).map(|port| format!("tcp://10.0.0.9:{port}")).collect();
        let clients: Vec<_> = clients.iter().map(String::as_str).collect();
        for (number, name) in (4 * u64::from(step)..).zip(["ACCEPTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED", "CLOSED"])
        {
            if (number / 2 + number) % 2 == 0 {
                stage.event(2, "ticks.pub", number, name, step);
            }
        }
        if step % 2 == 1 {
            stage.report(publisher(2, &clients));
        }
    }
    stage.pass(200);
    assert_eq!(stage.socket(0).2, peers);
    let events = stage.look().events;
    assert!(stage.page.processes[0].missing_events > 100);
    assert!(events.iter().all(|line| line.sentence.ends_with('.')));
}

#[test]
fn events_of_any_process_are_lines_with_its_name() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.now_ms = 17.0;
    for (number, name) in [(0, "ACCEPTED"), (1, "HANDSHAKE_SUCCEEDED"), (5, "UNKNOWN(0x8000)")] {
        stage.event(2, "ticks.pub", number, name, 11);
    }
    stage.event(9, "ticks.pub", 0, "ACCEPTED", 11);
    assert_eq!(stage.pass(200), 1);
    let events = stage.look().events;
    let shown: Vec<_> =
        events.iter().map(|line| (line.event.as_str(), line.number, line.value, line.time_ms)).collect();
    assert_eq!(
        shown,
        [
            ("ACCEPTED", 0x20, 11, 17.0),
            ("HANDSHAKE_SUCCEEDED", 0x1000, 11, 17.0),
            ("GAP", 0, 3, 17.0),
            ("UNKNOWN(0x8000)", 0x8000, 11, 17.0)
        ]
    );
    assert!(events.iter().all(|line| line.socket == "0000000000000002/ticks.pub"));
    assert_eq!((events[0].name.as_str(), events[2].name.as_str()), ("tickz publish XPUB", "tickz publish"));
    assert!(events[1].sentence.ends_with("1 peer is connected now."), "{}", events[1].sentence);
    assert_eq!(events[2].sentence, "3 events of tickz publish are not shown: they did not arrive, or too many came.");
    // A state shows that two more are missing: the line of the gap counts them.
    stage.report(ProcessState { events: 8, ..publisher(2, &[]) });
    let events = stage.look().events;
    assert_eq!((events.len(), events[0].id, events[0].value, events[0].count), (1, 2, 5, 2));
}

#[test]
fn events_that_arrive_before_their_socket_is_reported_wait_for_it() {
    let mut stage = Stage::new();
    stage.report(state(2, 0, vec![]));
    stage.event(2, "ticks.pub", 0, "LISTENING", 5);
    assert_eq!(stage.look().events, []);
    stage.report(publisher(2, &[]));
    assert_eq!(stage.look().events[0].name, "tickz publish XPUB");
    // It is closed before it is reported.
    stage.event(2, "other", 1, "LISTENING", 5);
    stage.pass(1_100);
    stage.report(publisher(2, &[]));
    assert_eq!(stage.look().events[0].name, "tickz publish other");
    for number in 2..1_000 {
        stage.event(2, "other", number, "MONITOR_STOPPED", 5);
    }
    assert!(stage.cast.members.get(ProcessId(2)).unwrap().sockets.len() == 2 && !stage.look().events.is_empty());
}

#[test]
fn a_flood_of_events_leaves_the_lines_of_others() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.report(watcher(3, CLIENT));
    stage.event(3, "ticks.sub", 0, "HANDSHAKE_SUCCEEDED", 0);
    for number in 0..20_000 {
        stage.event(2, "ticks.pub", number, "HANDSHAKE_SUCCEEDED", 0);
    }
    let events = stage.look().events;
    assert_eq!((events.len(), events[0].name.as_str()), (102, "tickz publish SUB"));
    assert_eq!((events[101].event.as_str(), events[101].value), ("GAP", 19_900));
}

#[test]
fn a_bind_that_fails_is_a_state_of_any_process() {
    let mut stage = Stage::new();
    let unbound = SocketState { bound: vec![], ..binds("ticks.pub", "XPUB", SERVER, vec![]) };
    stage.report(state_of(2, unbound));
    stage.event(2, "ticks.pub", 0, "BIND_FAILED", 98);
    stage.pass(200);
    assert!(matches!(stage.socket(0).0, SocketIs::Failed { reason } if reason.contains("in use")));
    stage.report(publisher(2, &[]));
    stage.pass(200);
    assert_eq!(stage.socket(0).0, SocketIs::Listening);
}

#[test]
fn phases_are_kept_for_each_socket_and_forgotten_with_its_process() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.pass(200);
    let of = |states: Vec<StateChange>| -> Vec<Phase> {
        let of_publisher = states.into_iter().filter(|change| change.socket == "0000000000000002/ticks.pub");
        of_publisher.map(|change| change.phase).collect()
    };
    assert_eq!(of(stage.look().states), [Phase::Listening]);
    stage.report(publisher(2, &[CLIENT]));
    stage.pass(200);
    assert_eq!(of(stage.look().states), [Phase::Up]);
    stage.cast.handle_ended(ProcessId(2), stage.now());
    stage.pass(200);
    assert_eq!(of(stage.cast.changes(&mut CastCursor::default()).states), [Phase::Listening, Phase::Up, Phase::Off]);
    stage.pass(6_000);
    assert_eq!(of(stage.cast.changes(&mut CastCursor::default()).states), []);
}

#[test]
fn the_processes_that_the_desk_has_started_have_their_names_in_commands() {
    let mut stage = Stage::new();
    stage.report(state(DESK.0, 0, vec![]));
    stage.report(publisher(2, &[]));
    stage.report(ProcessState { host: Label::cut("elsewhere"), pid: 2, ..publisher(3, &[]) });
    let process = |id: &str, pid, state| ProcessView {
        id: id.to_owned(),
        command: String::new(),
        state,
        pid: Some(pid),
        since_ms: 0.0,
        memory_bytes: None,
        log: Vec::new(),
    };
    let found = Child::Elsewhere { holder: "dealz (pid 1)".to_owned(), suspended: false };
    stage.cast.handle_processes(&[process("tickz", 2, Child::Running), process("chatz", 1, found)]);
    stage.pass(200);
    let _ = stage.look();
    let children: Vec<_> = stage.page.processes.iter().map(|process| process.child.as_deref()).collect();
    assert_eq!(children, [None, Some("tickz"), None]);
    assert!(stage.page.processes[0].is_desk && stage.page.processes[0].sockets.len() == OWN.len());
}

#[test]
fn a_fault_of_the_bus_and_what_is_malformed_are_shown() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.cast.handle_bus(Some("no hub at tcp://127.0.0.1:9008".to_owned()), stage.now());
    stage.cast.handle_malformed_report();
    stage.pass(20_000);
    let _ = stage.look();
    assert_eq!(stage.page.fault.as_deref(), Some("no hub at tcp://127.0.0.1:9008"));
    assert_eq!((stage.page.malformed, stage.page.processes[0].presence), (1, Shown::Present));
    stage.cast.handle_bus(None, stage.now());
    stage.pass(200);
    assert!(stage.look().cast.unwrap().fault.is_none());
}

#[test]
fn whatever_is_claimed_what_is_shown_is_bounded_and_safe() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[CLIENT]));
    let hostile = Label::cut("\u{1b}[2J<script>\n");
    for process in 1_000..1_300 {
        let sockets = (0..16).map(|number| {
            let all = (0..50)
                .map(|id| Connection { reason: Some(hostile.clone()), ..connection(id, SERVER, Reported::Up, -1.0) });
            let socket = binds(&format!("s{number}"), "PAIR", SERVER, all.collect());
            SocketState { kind: hostile.clone(), more_connections: u64::MAX, ..socket }
        });
        let state = state(process, 0, sockets.collect());
        stage.report(ProcessState { program: hostile.clone(), more_sockets: u64::MAX, ..state });
        stage.event(process, "s0", 0, "\u{1b}", u32::MAX);
    }
    stage.pass(200);
    stage.pass(4_000);
    let changes = stage.look();
    let sockets: usize = stage.page.processes.iter().map(|process| process.sockets.len()).sum();
    let connections = stage.page.processes.iter().flat_map(|process| &process.sockets).map(|it| it.connections.len());
    assert!(sockets <= 256 * 8 && connections.sum::<usize>() <= 256 * 16 + 32);
    assert_eq!((stage.page.processes.len(), stage.page.others), (256, 45));
    assert!(stage.page.lines.len() <= 4_096 && stage.page.strangers.len() <= 64);
    let shown = serde_json::to_value((&stage.page, &changes.events)).unwrap();
    assert!(is_safe(&shown), "control characters are shown");
    let json = shown.to_string();
    assert!(json.len() < 8 << 20, "{} bytes", json.len());
    assert!(changes.states.len() <= 2 * 512);
    assert_eq!(changes.counts.iter().map(|it| it.sockets.len()).sum::<usize>(), sockets);
    // Those that were first are as they are.
    assert_eq!(stage.page.processes[0].sockets[0].peers, 1);
}

/// Whether no text controls how others are shown.
fn is_safe(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => !text.contains(wire::foreign::controls_display),
        serde_json::Value::Array(values) => values.iter().all(is_safe),
        serde_json::Value::Object(members) => members.values().all(is_safe),
        _ => true,
    }
}

#[test]
fn sixty_processes_that_count_cost_little() {
    let mut stage = Stage::new();
    let states: Vec<_> = (2..62)
        .map(|process| {
            let sockets = (0..4).map(|number| {
                let endpoint = format!("tcp://127.0.0.1:{}", process * 10 + number);
                binds(&format!("s{number}"), "PUSH", &endpoint, vec![])
            });
            state(process, 0, sockets.collect())
        })
        .collect();
    for state in &states {
        stage.report(state.clone());
    }
    stage.pass(2_000);
    let version = stage.cast.observatory.version();
    let drawn = stage.cast.graph.version();
    for round in 1..=20 {
        for state in &states {
            let mut state = state.clone();
            state.sockets[0].sent.messages = round;
            stage.report(state);
        }
        assert_eq!(stage.pass(500), 0);
    }
    assert_eq!((stage.cast.observatory.version(), stage.cast.graph.version()), (version, drawn));
    let changes = stage.look();
    assert!(changes.counts.len() == 60);
}
