use std::time::Instant;

use wire::report::ProcessState;

use super::*;
use crate::{
    Observatory,
    sample::{connection, label, socket, state},
};

const SERVER: &str = "tcp://127.0.0.1:9003";

/// The lines between processes with one socket each.
fn lines_of<const N: usize>(sockets: [SocketState; N], host: impl Fn(usize) -> &'static str) -> Vec<Line> {
    let mut observatory = Observatory::new();
    for (index, socket) in sockets.into_iter().enumerate() {
        let state = ProcessState { sockets: vec![socket], host: label(host(index)), ..state(index as u64, 0) };
        let _ = observatory.handle_state(Instant::now(), state, 100);
    }
    observatory.lines()
}

fn place(process: usize, connection: Option<usize>) -> Place {
    Place { process, socket: 0, connection }
}

fn server(connections: Vec<Connection>) -> SocketState {
    socket("server", "tcp://0.0.0.0:9003", false, connections)
}

fn accepted(id: u32, remote: &str) -> Connection {
    connection(id, "tcp://0.0.0.0:9003", Phase::Up, SERVER, remote)
}

fn client(phase: Phase, local: &str) -> SocketState {
    socket(
        "client",
        SERVER,
        true,
        vec![connection(9, SERVER, phase, local, if local.is_empty() { "" } else { SERVER })],
    )
}

#[test]
fn two_reports_of_one_connection_are_one_line() {
    let client = client(Phase::Up, "tcp://127.0.0.1:50002");
    let server = server(vec![accepted(7, "tcp://127.0.0.1:50001"), accepted(8, "tcp://127.0.0.1:50002")]);
    let lines = lines_of([server, client], |_| "lab");
    assert_eq!(
        lines,
        [
            Line { near: place(0, Some(0)), far: End::Unknown(label("tcp://127.0.0.1:50001")), phase: Phase::Up },
            Line { near: place(1, Some(0)), far: End::Known(place(0, Some(1))), phase: Phase::Up },
        ]
    );
}

#[test]
fn a_loopback_address_means_something_on_one_machine_only() {
    let sockets = || [server(vec![accepted(7, "tcp://127.0.0.1:50001")]), client(Phase::Up, "tcp://127.0.0.1:50001")];
    assert_eq!(lines_of(sockets(), |_| "lab").len(), 1);
    let lines = lines_of(sockets(), |index| ["lab", "hall"][index]);
    assert!(lines.len() == 2 && lines.iter().all(|line| matches!(line.far, End::Unknown(_))), "{lines:?}");
    let (a, b) = ("tcp://10.0.0.1:9003", "tcp://10.0.0.2:50001");
    let server =
        socket("server", "tcp://0.0.0.0:9003", false, vec![connection(7, "tcp://0.0.0.0:9003", Phase::Up, a, b)]);
    let client = socket("client", a, true, vec![connection(9, a, Phase::Up, b, a)]);
    assert_eq!(lines_of([server, client], |index| ["lab", "hall"][index]).len(), 1);
}

#[test]
fn an_attempt_to_connect_leads_to_the_socket_that_is_bound_there_or_to_its_address() {
    let lines = lines_of([server(vec![]), client(Phase::Connecting, "")], |_| "lab");
    assert_eq!(lines, [Line { near: place(1, Some(0)), far: End::Known(place(0, None)), phase: Phase::Connecting }]);
    let lines = lines_of([client(Phase::Retrying, "")], |_| "lab");
    assert_eq!(lines[0].far, End::Unknown(label(SERVER)));
}

#[test]
fn over_ipc_each_client_is_joined_with_one_connection_of_the_server() {
    let path = "ipc:///tmp/ticks";
    let up = |id| connection(id, path, Phase::Up, "", path);
    let server = socket("server", path, false, vec![up(7), up(8), up(9)]);
    let client = |name| socket(name, path, true, vec![up(5)]);
    let lines = lines_of([client("a"), server, client("b")], |_| "lab");
    let known: Vec<_> = lines.iter().filter(|line| matches!(line.far, End::Known(_))).map(|line| line.near).collect();
    assert_eq!((lines.len(), known), (3, vec![place(0, Some(0)), place(2, Some(0))]));
}

#[test]
fn over_ipc_the_system_may_know_the_other_process() {
    let path = "ipc:///tmp/ticks";
    let up = |id, peer_pid| Connection { peer_pid: Some(peer_pid), ..connection(id, path, Phase::Up, "", path) };
    let server = socket("server", path, false, vec![up(7, 2), up(8, 1)]);
    let client = |name| socket(name, path, true, vec![up(5, 0)]);
    let lines = lines_of([server, client("a"), client("b")], |_| "lab");
    let far: Vec<_> = lines.iter().map(|line| line.far.clone()).collect();
    assert_eq!(far, [End::Known(place(0, Some(1))), End::Known(place(0, Some(0)))]);
}

#[test]
fn of_several_that_claim_a_connection_one_is_joined() {
    let liar = client(Phase::Up, "tcp://127.0.0.1:50001");
    let server = server(vec![accepted(7, "tcp://127.0.0.1:50001")]);
    let lines = lines_of([server, client(Phase::Up, "tcp://127.0.0.1:50001"), liar], |_| "lab");
    let far: Vec<_> = lines.iter().map(|line| line.far.clone()).collect();
    assert_eq!(far, [End::Known(place(0, Some(0))), End::Known(place(0, None))]);
}

#[test]
fn a_connection_to_the_name_of_a_host_is_one_that_the_socket_makes() {
    let by_name =
        SocketState { connected: vec![label("tcp://localhost:9003")], ..client(Phase::Up, "tcp://127.0.0.1:50001") };
    let lines = lines_of([server(vec![accepted(7, "tcp://127.0.0.1:50001")]), by_name], |_| "lab");
    assert_eq!((lines.len(), lines[0].near), (1, place(1, Some(0))));
}

#[test]
fn the_lines_of_a_process_that_is_gone_are_closed() {
    let mut observatory = Observatory::new();
    let sockets = [server(vec![accepted(7, "tcp://127.0.0.1:50001")]), client(Phase::Up, "tcp://127.0.0.1:50001")];
    for (process, socket) in (0..).zip(sockets) {
        let state = ProcessState { sockets: vec![socket], ..state(process, 0) };
        let _ = observatory.handle_state(Instant::now(), state, 100);
    }
    assert_eq!(observatory.lines()[0].phase, Phase::Up);
    let _ = observatory.handle_ended(Instant::now(), wire::report::ProcessId(0));
    let lines = observatory.lines();
    assert_eq!((lines.len(), &lines[0].far, lines[0].phase), (1, &End::Known(place(0, Some(0))), Phase::Closed));
}

#[test]
fn an_attempt_to_connect_leads_to_the_process_that_has_taken_the_place_of_one_that_is_gone() {
    let mut observatory = Observatory::new();
    for (process, socket) in (0..).zip([server(vec![]), server(vec![]), client(Phase::Connecting, "")]) {
        let state = ProcessState { sockets: vec![socket], ..state(process, 0) };
        let _ = observatory.handle_state(Instant::now(), state, 100);
    }
    let _ = observatory.handle_ended(Instant::now(), wire::report::ProcessId(0));
    assert_eq!(observatory.lines()[0].far, End::Known(place(1, None)));
    let _ = observatory.handle_ended(Instant::now(), wire::report::ProcessId(1));
    assert_eq!(observatory.lines()[0].far, End::Known(place(0, None)));
}

#[test]
fn a_connection_that_is_older_than_the_process_at_its_address_does_not_lead_to_it() {
    let lines = |phase, started_ms: [f64; 2], is_gone: bool| {
        let mut observatory = Observatory::new();
        let sockets = [server(vec![]), server(vec![]), client(phase, "tcp://127.0.0.1:50001")];
        for (process, mut socket) in (0..).zip(sockets) {
            socket.connections.iter_mut().for_each(|connection| connection.since_ms = 50.0);
            let started_ms = started_ms.get(process as usize).copied().unwrap_or_default();
            let state = ProcessState { sockets: vec![socket], started_ms, ..state(process, 0) };
            let _ = observatory.handle_state(Instant::now(), state, 100);
        }
        if is_gone {
            let _ = observatory.handle_ended(Instant::now(), wire::report::ProcessId(0));
        }
        observatory.lines().into_iter().map(|line| (line.far, line.phase)).collect::<Vec<_>>()
    };
    let known = |process, phase| vec![(End::Known(place(process, None)), phase)];
    // The one that is gone was there in time, and the one that is there was not.
    assert_eq!(lines(Phase::Up, [10.0, 60.0], true), known(0, Phase::Closed));
    assert_eq!(lines(Phase::Up, [60.0, 60.0], true), []);
    assert_eq!(lines(Phase::Up, [60.0, 50.0], true), known(1, Phase::Up));
    // An attempt leads to the process that is there now.
    assert_eq!(lines(Phase::Connecting, [10.0, 60.0], true), known(1, Phase::Connecting));
    assert_eq!(lines(Phase::Up, [60.0, 10.0], false), known(1, Phase::Up));
}
