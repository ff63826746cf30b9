//! Lines, and the strangers at their ends.

use super::*;

#[test]
fn parallel_connections_are_one_line_and_a_peer_that_does_not_report_is_a_stranger() {
    let holder = || Some(Holder { words: "python3 (pid 12)".to_owned(), pid: Some(12) });
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
    stage.cast.handle_holder(clients[2], holder());
    stage.pass(200);
    let _ = stage.look();
    assert_eq!(stage.page.strangers[0].holder.as_deref(), Some("python3 (pid 12)"));
    assert_eq!(stage.page.processes[1].sockets[0].connections[2].peer.as_deref(), Some("?tcp://127.0.0.1:50003"));
    assert!(stage.cast.strangers().is_empty());
    // Both are connections of one process.
    stage.cast.handle_holder(clients[3], holder());
    stage.pass(200);
    let line = ("2/ticks.pub".to_owned(), format!("?{}", clients[2]), ConnectionPhase::Up, 2);
    assert_eq!((stage.lines().len(), &stage.lines()[0], stage.page.strangers.len()), (2, &line, 1));
}

#[test]
fn where_nothing_has_answered_there_is_no_stranger() {
    let mut stage = Stage::new();
    let attempt = |phase, id| ProcessState {
        sockets: vec![connects("ticks.sub", "SUB", SERVER, vec![connection(id, SERVER, phase, 5.0)])],
        ..watcher(3, CLIENT)
    };
    for phase in [Reported::Connecting, Reported::Retrying, Reported::Closed] {
        stage.report(attempt(phase, 0));
        stage.pass(1_200);
        let _ = stage.look();
        assert_eq!((stage.lines(), stage.page.strangers.len()), (vec![], 0), "{phase:?}");
        assert_eq!(stage.page.processes[0].sockets[0].connections[0].peer, None);
    }
    stage.report(attempt(Reported::Up, 9));
    stage.pass(1_200);
    assert_eq!((stage.lines().len(), stage.page.strangers.len()), (1, 1));
}
