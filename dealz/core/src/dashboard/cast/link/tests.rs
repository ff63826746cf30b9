use wire::report::{Connection, Label, Phase as Reported};

use super::*;
use crate::dashboard::cast::sample::{binds, connection, connects};

const SERVER: &str = "tcp://127.0.0.1:9003";

/// A link and the time.
struct Line {
    link: Link,
    now_ms: f64,
}

impl Line {
    fn new() -> Self {
        Self { link: Link::new(0.0), now_ms: 0.0 }
    }

    /// A socket that connects is reported with these connections, a millisecond later.
    fn made(&mut self, connections: Vec<Connection>) -> &SocketState {
        self.now_ms += 1.0;
        let socket = connects("socket", "SUB", SERVER, connections);
        self.link.follow(&socket, self.now_ms, self.now_ms);
        self.after(0.0)
    }

    /// A socket that is bound.
    fn accepted(&mut self, connections: Vec<Connection>) -> &SocketState {
        self.now_ms += 1.0;
        let socket = binds("socket", "PUSH", SERVER, connections);
        self.link.follow(&socket, self.now_ms, self.now_ms);
        self.after(0.0)
    }

    /// The connection enters a phase now.
    fn one(&mut self, phase: Reported) -> &SocketState {
        let since_ms = self.now_ms + 1.0;
        self.made(vec![Connection { attempts: Some(1), ..connection(9, SERVER, phase, since_ms) }])
    }

    /// The connection is retried since `since_ms`.
    fn retries(&mut self, since_ms: f64, attempts: u32, retry_ms: f64) -> &SocketState {
        let retrying = connection(0, SERVER, Reported::Retrying, since_ms);
        let attempts = (attempts > 0).then_some(attempts);
        self.made(vec![Connection { attempts, retry_ms: Some(retry_ms), ..retrying }])
    }

    fn after(&mut self, milliseconds: f64) -> &SocketState {
        self.now_ms += milliseconds;
        let _ = self.link.conclude(None, self.now_ms);
        self.link.state()
    }

    fn hear(&mut self, silence: Option<&Silence>) -> &SocketState {
        let _ = self.link.conclude(silence, self.now_ms);
        self.link.state()
    }
}

fn stale(reason: &str) -> SocketState {
    SocketState::Stale { reason: reason.to_owned() }
}

fn refused(id: u32, since_ms: f64, reason: &str) -> Connection {
    Connection { reason: Some(Label::cut(reason)), ..connection(id, SERVER, Reported::Refused, since_ms) }
}

#[test]
fn a_connection_comes_up_is_lost_and_comes_back() {
    let mut line = Line::new();
    assert_eq!(line.after(0.0), &SocketState::Off);
    assert_eq!(line.one(Reported::Connecting), &SocketState::Connecting);
    assert_eq!(line.one(Reported::Handshake), &SocketState::Handshaking);
    assert_eq!(line.one(Reported::Up), &SocketState::Up);
    assert_eq!((line.link.peers(), line.link.since_ms()), (1, 3.0));
    assert_eq!(line.one(Reported::Closed), &SocketState::Retrying { in_ms: 0 });
    assert_eq!((line.link.peers(), line.link.since_ms()), (0, 4.0));
    assert_eq!(line.retries(4.0, 0, 183.0), &SocketState::Retrying { in_ms: 183 });
    assert_eq!(line.retries(4.0, 1, 120.0), &SocketState::Retrying { in_ms: 120 });
    assert_eq!(line.one(Reported::Up), &SocketState::Up);
    line.link.close();
    assert_eq!(line.after(1.0), &SocketState::Off);
}

#[test]
fn if_nothing_listens_a_connection_is_retried_and_never_stale() {
    let mut line = Line::new();
    for attempts in 0..100 {
        let began_ms = line.now_ms + 1.0;
        assert_eq!(line.retries(1.0, attempts, 573.0), &SocketState::Retrying { in_ms: 573 }, "{attempts}");
        // Each delay counts from its own beginning.
        assert_eq!(line.link.since_ms(), began_ms);
        assert_eq!(line.after(600.0), &SocketState::Retrying { in_ms: 573 });
    }
}

#[test]
fn only_another_delay_is_progress_and_no_other_state() {
    let mut line = Line::new();
    line.retries(1.0, 1, 100.0);
    line.now_ms += 100.0;
    let socket = |attempts, retry_ms| {
        let retrying = connection(0, SERVER, Reported::Retrying, 1.0);
        let retrying = Connection { attempts: Some(attempts), retry_ms: Some(retry_ms), ..retrying };
        connects("socket", "SUB", SERVER, vec![retrying])
    };
    line.link.follow(&socket(2, 200.0), line.now_ms, line.now_ms);
    assert_eq!(line.link.conclude(None, line.now_ms), Shift::Progress);
    assert_eq!(line.link.conclude(None, line.now_ms + 10.0), Shift::None);
    line.link.follow(&connects("socket", "SUB", SERVER, vec![refused(0, 1.0, "no")]), line.now_ms, line.now_ms);
    assert_eq!(line.link.conclude(None, line.now_ms), Shift::State);
}

#[test]
fn an_unanswered_attempt_is_stale_and_stays_so_over_further_ones() {
    let mut line = Line::new();
    line.one(Reported::Connecting);
    assert_eq!(line.after(2_999.0), &SocketState::Connecting);
    let no_answer = stale("no answer from tcp://127.0.0.1:9003: the network may drop packets");
    assert_eq!(line.after(1.0), &no_answer);
    assert_eq!(line.link.since_ms(), 1.0);
    // It times out, and the next one is not answered either.
    assert_eq!(line.retries(line.now_ms, 1, 200.0), &no_answer);
    line.now_ms += 200.0;
    assert_eq!(line.retries(3_001.0, 2, 200.0), &no_answer);
    assert_eq!(line.link.since_ms(), 1.0);
    // The system of that machine answers again, although nothing listens yet.
    line.now_ms += 200.0;
    assert_eq!(line.retries(3_001.0, 3, 200.0), &SocketState::Retrying { in_ms: 200 });
    assert_eq!(line.one(Reported::Up), &SocketState::Up);
    line.retries(line.now_ms, 0, 100.0);
    line.now_ms += 100.0;
    assert_eq!(line.retries(line.now_ms, 1, 100.0), &SocketState::Retrying { in_ms: 100 });
    assert_eq!(line.after(1_099.0), &SocketState::Retrying { in_ms: 100 });
    assert_eq!(line.after(1.0), &no_answer);
    assert_eq!(line.one(Reported::Handshake), &SocketState::Handshaking);
}

#[test]
fn attempts_that_time_out_before_they_are_stale_add_up() {
    let mut line = Line::new();
    line.one(Reported::Connecting);
    line.after(2_000.0);
    assert_eq!(line.retries(1.0, 1, 100.0), &SocketState::Retrying { in_ms: 100 });
    line.now_ms += 100.0;
    line.retries(1.0, 2, 100.0);
    assert!(matches!(line.after(1_000.0), SocketState::Stale { .. }));
}

#[test]
fn an_attempt_that_is_not_counted_is_not_stale() {
    let mut line = Line::new();
    line.made(vec![connection(0, SERVER, Reported::Connecting, 0.0)]);
    assert_eq!(line.after(60_000.0), &SocketState::Connecting);
}

#[test]
fn a_peer_that_accepts_the_connection_and_hangs_is_stale() {
    let mut line = Line::new();
    line.one(Reported::Connecting);
    line.one(Reported::Handshake);
    assert_eq!(line.after(2_999.0), &SocketState::Handshaking);
    let hangs = "accepted the connection and does not answer the handshake: that process may hang";
    assert_eq!(line.after(1.0), &stale(&format!("{SERVER} {hangs}")));
    assert_eq!(line.one(Reported::Up), &SocketState::Up);
}

#[test]
fn a_refusal_has_its_reason() {
    let mut line = Line::new();
    let reason = "the peer closed the connection".to_owned();
    assert_eq!(line.made(vec![refused(9, 1.0, &reason)]), &SocketState::Refused { reason });
    line.now_ms += 500.0;
    let reason = "not on the server's allow-list".to_owned();
    assert_eq!(line.made(vec![refused(0, 1.0, &reason)]), &SocketState::Refused { reason });
    assert_eq!((line.link.since_ms(), line.link.phase()), (1.0, Phase::Refused));
    assert_eq!(line.one(Reported::Up), &SocketState::Up);
}

#[test]
fn silence_is_stale_while_the_connection_is_up() {
    let mut line = Line::new();
    let silence = |since_ms, reason: &str| Silence { since_ms, reason: reason.to_owned() };
    assert_eq!(line.hear(Some(&silence(0.0, "no tick"))), &SocketState::Off);
    line.one(Reported::Up);
    assert_eq!(line.hear(Some(&silence(0.0, "no tick"))), &stale("no tick"));
    assert_eq!((line.link.peers(), line.link.phase(), line.link.since_ms()), (1, Phase::Silent, 0.0));
    // Another reason does not begin it again.
    assert_eq!(line.hear(Some(&silence(0.0, "no tick; 12 a second came before"))).clone(), {
        stale("no tick; 12 a second came before")
    });
    line.now_ms = 7.0;
    assert_eq!(line.hear(None), &SocketState::Up);
    assert_eq!(line.link.since_ms(), 7.0);
    line.retries(7.0, 0, 183.0);
    assert_eq!(line.hear(Some(&silence(3.0, "no tick"))), &SocketState::Retrying { in_ms: 183 });
}

#[test]
fn an_outage_is_one_phase_with_its_beginning_and_its_attempts() {
    let mut line = Line::new();
    line.one(Reported::Connecting);
    assert_eq!(line.link.phase(), Phase::Connecting);
    for attempts in 1..=17 {
        line.retries(2.0, attempts, 120.0);
        assert_eq!(line.link.phase(), Phase::Retrying);
    }
    assert_eq!(line.link.outage().map(|outage| (outage.since_ms, outage.attempts)), Some((1.0, 17)));
    line.one(Reported::Up);
    assert_eq!((line.link.phase(), line.link.outage()), (Phase::Up, None));
    line.retries(line.now_ms + 1.0, 0, 183.0);
    let lost_ms = line.now_ms;
    assert_eq!(line.link.outage().map(|outage| (outage.since_ms, outage.attempts)), Some((lost_ms, 0)));
    for phase in [Reported::Connecting, Reported::Handshake] {
        line.one(phase);
        assert_eq!(line.link.phase(), Phase::Retrying);
    }
}

#[test]
fn a_socket_with_several_servers_is_as_well_as_the_best_of_them() {
    let mut line = Line::new();
    let other = |phase| connection(0, "tcp://127.0.0.1:9", phase, 1.0);
    let here = |phase| connection(9, SERVER, phase, 1.0);
    assert_eq!(line.made(vec![other(Reported::Retrying), here(Reported::Up)]), &SocketState::Up);
    assert_eq!((line.link.peers(), line.link.outage()), (1, None));
    assert_eq!(line.made(vec![other(Reported::Closed), here(Reported::Handshake)]), &SocketState::Handshaking);
}

#[test]
fn a_bound_socket_counts_the_peers_whose_handshake_is_done() {
    let mut line = Line::new();
    let peer = |id, phase| connection(id, SERVER, phase, 1.0);
    assert_eq!(line.accepted(vec![]), &SocketState::Listening);
    assert_eq!(line.accepted(vec![peer(10, Reported::Handshake)]), &SocketState::Handshaking);
    assert_eq!(line.link.phase(), Phase::Listening);
    line.accepted(vec![peer(10, Reported::Handshake), peer(11, Reported::Up)]);
    assert_eq!((line.link.state(), line.link.peers()), (&SocketState::Up, 1));
    // One of the two is refused: the other one is up.
    line.accepted(vec![refused(0, line.now_ms, "no"), peer(11, Reported::Up)]);
    assert_eq!((line.link.state(), line.link.peers()), (&SocketState::Up, 1));
    line.accepted([10, 11, 12].map(|id| peer(id, Reported::Up)).into());
    assert_eq!(line.link.peers(), 3);
    assert_eq!(line.accepted(vec![peer(0, Reported::Closed)]), &SocketState::Listening);
    assert_eq!(line.link.peers(), 0);
}

#[test]
fn a_bound_socket_without_peers_shows_a_refusal_for_a_while_and_once() {
    let mut line = Line::new();
    line.accepted(vec![]);
    let reason = "different security".to_owned();
    assert_eq!(line.accepted(vec![refused(0, 1.5, &reason)]), &SocketState::Refused { reason: reason.clone() });
    assert_eq!(line.accepted(vec![refused(0, 1.5, &reason)]), &SocketState::Refused { reason });
    assert!(matches!(line.after(4_990.0), SocketState::Refused { .. }));
    assert_eq!(line.after(20.0), &SocketState::Listening);
    // It is still reported.
    assert_eq!(line.accepted(vec![refused(0, 1.5, "different security")]), &SocketState::Listening);
}

#[test]
fn sockets_of_the_same_process_are_peers_that_only_they_report() {
    let mut line = Line::new();
    line.accepted(vec![]);
    line.link.set_inside(2, 5.0);
    line.now_ms = 5.0;
    assert_eq!(line.after(0.0), &SocketState::Up);
    assert_eq!((line.link.peers(), line.link.since_ms()), (2, 5.0));
    line.link.set_inside(0, 9.0);
    assert_eq!(line.after(9.0), &SocketState::Listening);
}

#[test]
fn the_reason_of_a_failed_bind_stays_until_it_succeeds() {
    let mut line = Line::new();
    line.accepted(vec![]);
    line.now_ms = 10.0;
    let reason = "tcp://127.0.0.1:9004 is in use by nc (pid 7)".to_owned();
    line.link.fail(reason.clone(), 10.0);
    let failed = SocketState::Failed { reason };
    assert_eq!(line.after(0.0), &failed);
    line.link.close();
    assert_eq!(line.after(1.0), &failed);
    // A report that was made before.
    let bound = binds("socket", "PUSH", SERVER, vec![]);
    line.link.follow(&bound, 9.0, 12.0);
    assert_eq!(line.after(0.0), &failed);
    assert_eq!(line.link.phase(), Phase::Failed);
    line.link.fail("in use by another one".to_owned(), 11.0);
    line.after(0.0);
    assert_eq!(line.link.since_ms(), 10.0);
    line.link.follow(&bound, 13.0, 13.0);
    assert_eq!(line.after(1.0), &SocketState::Listening);
}

#[test]
fn times_that_cannot_be_are_those_of_now() {
    let mut line = Line::new();
    line.made(vec![connection(9, SERVER, Reported::Up, 1e300)]);
    assert_eq!(line.link.since_ms(), 1.0);
    line.made(vec![connection(9, SERVER, Reported::Handshake, -1e300)]);
    assert_eq!(line.link.since_ms(), 0.0);
}
