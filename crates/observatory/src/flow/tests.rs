use std::time::Instant;

use wire::report::{Connection, ProcessState, Traffic};

use super::*;
use crate::{
    Observatory,
    sample::{connection, label, socket, state},
};

const SERVER: &str = "tcp://127.0.0.1:9004";

/// Processes with a socket each; the first one binds, the others connect to it.
struct Cast {
    observatory: Observatory,
    flows: Flows,
    start: Instant,
    number: u64,
}

impl Cast {
    fn new() -> Self {
        Self { observatory: Observatory::new(), flows: Flows::new(), start: Instant::now(), number: 0 }
    }

    /// Process `id` reports its socket `at` this many seconds.
    fn report(&mut self, at: u64, id: u64, socket: SocketState, age_ms: f64) {
        self.number += 1;
        let state = ProcessState { sockets: vec![socket], time_ms: age_ms, ..state(id, self.number) };
        let _ = self.observatory.handle_state(self.start + Duration::from_secs(at), state, 100);
    }

    /// What is on the way from the socket of process `id`.
    fn from(&mut self, id: u64) -> Option<u64> {
        self.flows.follow(self.observatory.processes(), &self.observatory.lines());
        self.flows.on_the_way(ProcessId(id), &"socket".parse().unwrap())
    }
}

fn server(kind: &str, messages: [u64; 2], ports: &[u32]) -> SocketState {
    let up = |port: &u32| connection(*port, SERVER, Phase::Up, SERVER, &format!("tcp://127.0.0.1:{port}"));
    counted(kind, messages, socket("socket", SERVER, false, ports.iter().map(up).collect()))
}

fn client(kind: &str, messages: [u64; 2], port: u32) -> SocketState {
    let up = connection(5, SERVER, Phase::Up, &format!("tcp://127.0.0.1:{port}"), SERVER);
    counted(kind, messages, socket("socket", SERVER, true, vec![up]))
}

/// Messages sent and received.
fn counted(kind: &str, messages: [u64; 2], socket: SocketState) -> SocketState {
    let [sent, received] = messages.map(|messages| Traffic { messages, bytes: 0 });
    SocketState { kind: label(kind), sent, received, ..socket }
}

#[test]
fn what_a_push_has_sent_and_its_workers_have_not_received_is_on_the_way() {
    let mut cast = Cast::new();
    cast.report(0, 1, server("PUSH", [0, 0], &[]), 0.0);
    assert_eq!(cast.from(1), None, "there is no peer");
    cast.report(0, 1, server("PUSH", [100, 0], &[71, 72]), 100.0);
    cast.report(0, 2, client("PULL", [0, 40], 71), 100.0);
    assert_eq!(cast.from(1), None, "a worker does not report");
    cast.report(0, 3, client("PULL", [0, 35], 72), 100.0);
    assert_eq!((cast.from(1), cast.from(2)), (Some(25), None));
    cast.report(0, 3, client("PULL", [0, 75], 72), 200.0);
    assert_eq!(cast.from(1), Some(0), "a state of a receiver may be newer");
    cast.report(0, 1, server("PUSH", [5_132, 0], &[71, 72]), 300.0);
    assert_eq!(cast.from(1), Some(5_017));
}

#[test]
fn once_a_peer_has_left_it_is_known_again_only_after_all_have() {
    let mut cast = Cast::new();
    cast.report(0, 1, server("PUSH", [100, 0], &[71, 72]), 0.0);
    cast.report(0, 2, client("PULL", [0, 50], 71), 0.0);
    cast.report(0, 3, client("PULL", [0, 50], 72), 0.0);
    assert_eq!(cast.from(1), Some(0));
    let _ = cast.observatory.handle_ended(cast.start, ProcessId(3));
    assert_eq!(cast.from(1), None);
    cast.report(0, 1, server("PUSH", [150, 0], &[71]), 0.0);
    cast.report(0, 2, client("PULL", [0, 90], 71), 0.0);
    assert_eq!(cast.from(1), None);
    // The other one connects again.
    cast.report(0, 1, server("PUSH", [150, 0], &[]), 0.0);
    cast.report(0, 2, SocketState { connections: vec![], ..client("PULL", [0, 100], 71) }, 0.0);
    assert_eq!(cast.from(1), None);
    cast.report(0, 1, server("PUSH", [157, 0], &[73]), 0.0);
    cast.report(0, 2, client("PULL", [0, 102], 73), 0.0);
    assert_eq!(cast.from(1), Some(5));
}

#[test]
fn peers_that_take_the_place_of_all_others_are_a_new_beginning() {
    let mut cast = Cast::new();
    let mut turn = |sent: [u64; 2]| {
        cast.report(0, 1, server("PUSH", [sent[0], 0], &[71]), 0.0);
        cast.report(0, 2, client("PULL", [0, sent[0] - 1], 71), 0.0);
        let before = [cast.from(1), cast.from(1)];
        let _ = cast.observatory.handle_ended(cast.start, ProcessId(2));
        cast.report(0, 1, server("PUSH", [sent[1], 0], &[72]), 0.0);
        cast.report(0, 3, client("PULL", [0, 4], 72), 0.0);
        (before, cast.from(1))
    };
    assert_eq!(turn([10, 15]), ([Some(1), Some(1)], Some(1)));
}

#[test]
fn of_what_was_seen_late_nothing_is_known_until_all_has_arrived() {
    let mut cast = Cast::new();
    cast.report(0, 1, server("PUSH", [1_000, 0], &[71]), 60_000.0);
    cast.report(0, 2, client("PULL", [0, 990], 71), 60_000.0);
    assert_eq!(cast.from(1), None, "another worker may have received ten, and left");
    cast.report(0, 2, client("PULL", [0, 1_000], 71), 60_000.0);
    assert_eq!(cast.from(1), Some(0));
    cast.report(0, 1, server("PUSH", [1_003, 0], &[71]), 60_000.0);
    assert_eq!(cast.from(1), Some(3));
}

#[test]
fn pairs_and_requests_have_both_directions_and_what_others_send_or_drop_is_not_known() {
    for (here, there, expected) in [
        ("PAIR", "PAIR", (Some(3), Some(1))),
        ("REP", "REQ", (Some(3), Some(1))),
        ("ROUTER", "DEALER", (None, Some(1))),
        ("PUB", "SUB", (None, None)),
        ("PUSH", "SUB", (None, None)),
    ] {
        let mut cast = Cast::new();
        cast.report(0, 1, server(here, [10, 4], &[71]), 0.0);
        cast.report(0, 2, client(there, [5, 7], 71), 0.0);
        assert_eq!((cast.from(1), cast.from(2)), expected, "{here} {there}");
    }
    let mut cast = Cast::new();
    cast.report(0, 1, server("PULL", [0, 4], &[71, 72]), 0.0);
    cast.report(0, 2, client("PUSH", [5, 0], 71), 0.0);
    cast.report(0, 3, client("PUSH", [5, 0], 72), 0.0);
    assert_eq!((cast.from(2), cast.from(3)), (None, None), "it receives from both");
    let hidden = Connection { remote: None, ..connection(9, SERVER, Phase::Up, SERVER, "") };
    let mut push = server("PUSH", [5, 0], &[71]);
    push.connections.push(hidden);
    let mut cast = Cast::new();
    cast.report(0, 1, push, 0.0);
    cast.report(0, 2, client("PULL", [0, 5], 71), 0.0);
    assert_eq!(cast.from(1), None, "a peer does not report");
}

#[test]
fn a_fast_flow_is_compared_at_one_time() {
    let mut cast = Cast::new();
    for second in 0..=4 {
        cast.report(second, 2, client("PULL", [0, 10_000 * second], 71), 0.0);
        cast.report(second, 1, server("PUSH", [10_000 * second + 7, 0], &[71]), 0.0);
    }
    assert_eq!(cast.from(1), Some(7));
    // A second later, and its worker has not reported again.
    cast.report(5, 1, server("PUSH", [50_007, 0], &[71]), 0.0);
    assert_eq!(cast.from(1), Some(7));
    let _ = cast.observatory.handle_suspended(cast.start, ProcessId(2), true);
    assert_eq!(cast.from(1), Some(10_007), "it has received nothing since");
}

#[test]
fn inside_a_process_too() {
    let end = "inproc://pipe";
    let up = connection(0, end, Phase::Up, end, end);
    let sockets = vec![
        counted("PAIR", [3, 1], socket("bound", end, false, vec![])),
        counted("PAIR", [1, 2], socket("connects", end, true, vec![up])),
    ];
    let mut observatory = Observatory::new();
    let _ = observatory.handle_state(Instant::now(), ProcessState { sockets, ..state(1, 0) }, 100);
    let mut flows = Flows::new();
    flows.follow(observatory.processes(), &observatory.lines());
    let of = |name: &str| flows.on_the_way(ProcessId(1), &name.parse().unwrap());
    assert_eq!((of("bound"), of("connects")), (Some(1), Some(0)));
}
