//! Processes: present, suspended, silent, gone.

use super::*;

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
