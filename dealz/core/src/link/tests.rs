use wire::monitor::EventKind::{self, *};

use super::*;

fn event(kind: EventKind, value: u32) -> MonitorEvent {
    MonitorEvent { kind, value, endpoint: "tcp://127.0.0.1:9003".to_owned() }
}

/// A link and the time, which advances by a millisecond with each event.
struct Line {
    link: SocketLink,
    now_ms: f64,
}

impl Line {
    fn new(socket: SocketId) -> Self {
        Self { link: SocketLink::new(socket, "tcp://127.0.0.1:9003", 0.0), now_ms: 0.0 }
    }

    fn handle(&mut self, events: &[(EventKind, u32)]) -> &SocketState {
        for &(kind, value) in events {
            self.now_ms += 1.0;
            self.link.handle_event(&event(kind, value), self.now_ms);
        }
        self.link.state()
    }

    fn after(&mut self, milliseconds: f64) -> &SocketState {
        self.now_ms += milliseconds;
        self.link.handle_timeout(self.now_ms);
        self.link.state()
    }

    fn is_stale(&self) -> bool {
        matches!(self.link.state(), SocketState::Stale { .. })
    }
}

const UP: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Connected, 9), (HandshakeSucceeded, 0)];
const LOST: [(EventKind, u32); 2] = [(Disconnected, 9), (ConnectRetried, 183)];
/// The system's answer if nothing listens.
const NO_SERVER: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Closed, 9), (ConnectRetried, 120)];

#[test]
fn a_connection_comes_up_is_lost_and_comes_back() {
    let mut line = Line::new(SocketId::TickzSub);
    assert_eq!(line.handle(&[]), &SocketState::Off);
    assert_eq!(line.handle(&UP[..1]), &SocketState::Connecting);
    assert_eq!(line.handle(&UP[1..2]), &SocketState::Handshaking);
    assert_eq!(line.handle(&UP[2..]), &SocketState::Up);
    assert_eq!((line.link.peers(), line.link.since_ms()), (1, 3.0));
    assert_eq!(line.handle(&LOST), &SocketState::Retrying { in_ms: 183 });
    assert_eq!((line.link.peers(), line.link.since_ms()), (0, 5.0));
    assert_eq!(line.handle(&NO_SERVER), &SocketState::Retrying { in_ms: 120 });
    assert_eq!(line.handle(&UP), &SocketState::Up);
    assert_eq!(line.handle(&[(MonitorStopped, 0)]), &SocketState::Off);
}

#[test]
fn if_nothing_listens_a_connection_is_retried_and_never_stale() {
    let mut line = Line::new(SocketId::ChatzReq);
    for round in 0..100 {
        let began_ms = line.now_ms;
        assert_eq!(line.handle(&NO_SERVER), &SocketState::Retrying { in_ms: 120 }, "{round}");
        // Each delay counts from its own beginning.
        assert_eq!(line.link.since_ms(), began_ms + 3.0);
        assert_eq!(line.after(120.0), &SocketState::Retrying { in_ms: 120 });
    }
}

#[test]
fn an_unanswered_attempt_is_stale_and_stays_so_over_further_ones() {
    let mut line = Line::new(SocketId::ChatzSub);
    line.handle(&NO_SERVER);
    line.handle(&[(ConnectDelayed, 115)]);
    assert_eq!(line.after(2_999.0), &SocketState::Connecting);
    let began_ms = line.now_ms - 2_999.0;
    line.after(1.0);
    let reason = "no answer from tcp://127.0.0.1:9003: the network may drop packets".to_owned();
    assert_eq!(line.link.state(), &SocketState::Stale { reason });
    let since_ms = line.link.since_ms();
    assert_eq!(since_ms, began_ms);
    line.handle(&[(Closed, 9), (ConnectRetried, 200), (ConnectDelayed, 115)]);
    assert!(line.is_stale() && line.link.since_ms() == since_ms);
    // The system of that machine answers again, although nothing listens yet.
    assert_eq!(line.handle(&[(Closed, 9), (ConnectRetried, 200)]), &SocketState::Retrying { in_ms: 200 });
    assert_eq!(line.handle(&UP), &SocketState::Up);
    line.handle(&LOST);
    line.handle(&[(ConnectDelayed, 115)]);
    assert_eq!(line.after(999.0), &SocketState::Connecting);
    line.after(1.0);
    assert!(line.is_stale());
    assert_eq!(line.handle(&[(Connected, 9)]), &SocketState::Handshaking);
}

#[test]
fn attempts_that_time_out_before_they_are_stale_add_up() {
    let mut line = Line::new(SocketId::ChatzSub);
    line.handle(&[(ConnectDelayed, 115)]);
    line.after(2_000.0);
    assert_eq!(line.handle(&[(Closed, 9), (ConnectRetried, 100)]), &SocketState::Retrying { in_ms: 100 });
    line.handle(&[(ConnectDelayed, 115)]);
    line.after(1_000.0);
    assert!(line.is_stale());
}

#[test]
fn a_peer_that_accepts_the_connection_and_hangs_is_stale() {
    let mut line = Line::new(SocketId::TickzSub);
    line.handle(&UP[..2]);
    line.after(3_000.0);
    assert!(
        matches!(line.link.state(), SocketState::Stale { reason } if reason.contains("does not answer the handshake"))
    );
    assert_eq!(line.handle(&UP[2..]), &SocketState::Up);
}

#[test]
fn a_refusal_outlasts_the_attempts_that_follow() {
    let mut line = Line::new(SocketId::TickzSub);
    let refused = line.handle(&[(ConnectDelayed, 115), (Connected, 9), (HandshakeFailedNoDetail, 104)]).clone();
    assert!(matches!(&refused, SocketState::Refused { reason } if reason.contains("the peer closed")));
    line.handle(&[(Disconnected, 9), (ConnectRetried, 100), (ConnectDelayed, 115), (Connected, 9)]);
    assert_eq!(line.link.state(), &refused);
    let refused = line.handle(&[(HandshakeFailedAuth, 400)]);
    assert!(matches!(refused, SocketState::Refused { reason } if reason.contains("ZAP status 400")));
    assert_eq!(line.handle(&UP), &SocketState::Up);
}

#[test]
fn a_handshake_that_ends_without_a_reason_was_with_a_peer_without_zmtp() {
    let mut line = Line::new(SocketId::TickzSub);
    for _ in 0..3 {
        line.handle(&UP[..2]);
        let state = line.handle(&[(Disconnected, 9)]);
        assert!(matches!(state, SocketState::Refused { reason } if reason.contains("ZMTP 3")), "{state:?}");
    }
    assert_eq!(line.handle(&UP), &SocketState::Up);
    assert_eq!(line.handle(&LOST[..1]), &SocketState::Retrying { in_ms: 0 });
}

#[test]
fn a_peer_that_refused_and_is_gone_refuses_no_longer() {
    let mut line = Line::new(SocketId::TickzSub);
    line.handle(&[(ConnectDelayed, 115), (Connected, 9), (HandshakeFailedNoDetail, 104), (Disconnected, 9)]);
    assert!(matches!(line.handle(&[(ConnectRetried, 100)]), SocketState::Refused { .. }));
    assert_eq!(line.handle(&NO_SERVER), &SocketState::Retrying { in_ms: 120 });
}

fn silence(since_ms: f64, reason: &str) -> Option<Silence> {
    Some(Silence { since_ms, reason: reason.to_owned() })
}

#[test]
fn silence_is_stale_while_the_connection_is_up() {
    let mut line = Line::new(SocketId::TickzSub);
    line.link.handle_silence(silence(0.0, "no tick"), 0.0);
    assert_eq!(line.link.state(), &SocketState::Off);
    line.handle(&UP);
    assert!(line.is_stale() && line.link.peers() == 1 && line.link.phase() == Phase::Silent);
    line.link.handle_silence(None, 7.0);
    assert_eq!((line.link.state(), line.link.since_ms()), (&SocketState::Up, 7.0));
    line.link.handle_silence(silence(3.0, "no tick"), 8.0);
    assert_eq!(line.handle(&LOST), &SocketState::Retrying { in_ms: 183 });
    line.link.handle_silence(None, 9.0);
    assert_eq!(line.link.state(), &SocketState::Retrying { in_ms: 183 });
}

#[test]
fn another_reason_does_not_begin_a_state_again() {
    let mut line = Line::new(SocketId::TickzSub);
    line.handle(&UP);
    for (reason, now_ms) in [("no tick", 3_000.0), ("no tick; 12 a second came before", 31_000.0)] {
        line.link.handle_silence(silence(100.0, reason), now_ms);
        assert_eq!(line.link.since_ms(), 100.0);
        assert_eq!(line.link.state(), &SocketState::Stale { reason: reason.to_owned() });
    }
    let mut line = Line::new(SocketId::ValuzPush);
    line.handle(&[(BindFailed, 98)]);
    line.link.handle_bind_failed("tcp://127.0.0.1:9004 is in use".to_owned(), 5_000.0);
    assert_eq!(line.link.since_ms(), 1.0);
}

#[test]
fn an_outage_is_one_phase_with_its_beginning_and_its_attempts() {
    let mut line = Line::new(SocketId::ChatzReq);
    line.handle(&UP[..1]);
    assert_eq!(line.link.phase(), Phase::Connecting);
    line.handle(&NO_SERVER[1..]);
    for _ in 0..16 {
        for event in NO_SERVER {
            line.handle(&[event]);
            assert_eq!(line.link.phase(), Phase::Retrying);
        }
    }
    assert_eq!(line.link.outage().map(|outage| (outage.since_ms, outage.attempts)), Some((0.0, 17)));
    line.handle(&UP);
    assert_eq!((line.link.phase(), line.link.outage()), (Phase::Up, None));
    line.handle(&LOST);
    let lost_ms = line.now_ms - 1.0;
    assert_eq!(line.link.outage().map(|outage| (outage.since_ms, outage.attempts)), Some((lost_ms, 0)));
    for event in &UP[..2] {
        line.handle(&[*event]);
        assert_eq!(line.link.phase(), Phase::Retrying);
    }
}

#[test]
fn a_bound_socket_counts_the_peers_whose_handshake_is_done() {
    let mut line = Line::new(SocketId::ValuzPush);
    assert_eq!(line.handle(&[(Listening, 5)]), &SocketState::Listening);
    assert_eq!(line.handle(&[(Accepted, 10)]), &SocketState::Handshaking);
    line.handle(&[(Accepted, 11), (HandshakeSucceeded, 0)]);
    assert_eq!((line.link.state(), line.link.peers()), (&SocketState::Up, 1));
    // One of the two is refused: the other one is up.
    line.handle(&[(HandshakeFailedAuth, 400), (Disconnected, 10)]);
    assert_eq!((line.link.state(), line.link.peers()), (&SocketState::Up, 1));
    line.handle(&[(Accepted, 10), (HandshakeSucceeded, 0), (Accepted, 12), (HandshakeSucceeded, 0)]);
    assert_eq!(line.link.peers(), 3);
    line.handle(&[(Disconnected, 11), (Disconnected, 77), (Closed, 10)]);
    assert_eq!(line.link.peers(), 1);
    assert_eq!(line.handle(&[(Disconnected, 12)]), &SocketState::Listening);
    assert_eq!(line.link.peers(), 0);
}

#[test]
fn peers_that_are_not_allowed_do_not_count_whatever_the_order_of_their_ends() {
    let mut line = Line::new(SocketId::ValuzPull);
    line.handle(&[(Listening, 5), (Accepted, 10), (HandshakeSucceeded, 0)]);
    line.handle(&[(Accepted, 11), (Accepted, 12), (HandshakeFailedAuth, 400), (HandshakeFailedAuth, 400)]);
    // A third one fails at once, in between.
    line.handle(&[(Accepted, 13), (HandshakeFailedNoDetail, 104), (Disconnected, 13)]);
    assert_eq!(line.link.peers(), 1);
    line.handle(&[(Disconnected, 11), (Disconnected, 12)]);
    assert_eq!((line.link.state(), line.link.peers()), (&SocketState::Up, 1));
    line.handle(&[(Disconnected, 10)]);
    assert_eq!(line.link.peers(), 0);
    // A failure whose end was not reported is not held against a good connection.
    line.handle(&[(HandshakeFailedAuth, 400), (Accepted, 14), (HandshakeSucceeded, 0), (Disconnected, 14)]);
    assert_eq!(line.link.peers(), 0);
}

#[test]
fn lost_events_do_not_let_the_count_of_peers_run_away() {
    let mut line = Line::new(SocketId::ValuzPull);
    line.handle(&[(Listening, 5)]);
    for _ in 0..10 {
        line.handle(&[(Accepted, 10), (HandshakeSucceeded, 0), (HandshakeSucceeded, 0)]);
        assert_eq!(line.link.peers(), 1);
    }
    assert_eq!(line.handle(&[(Disconnected, 10)]), &SocketState::Listening);
}

#[test]
fn a_bound_socket_without_peers_shows_a_refusal_for_a_while() {
    let mut line = Line::new(SocketId::ValuzPub);
    line.handle(&[(Listening, 5), (Accepted, 10), (HandshakeFailedProtocol, 0x1100_0002), (Disconnected, 10)]);
    assert!(matches!(line.link.state(), SocketState::Refused { reason } if reason.contains("different")));
    assert!(matches!(line.after(4_900.0), SocketState::Refused { .. }));
    assert_eq!(line.after(200.0), &SocketState::Listening);
}

#[test]
fn the_reason_of_a_failed_bind_stays_until_it_succeeds() {
    let mut line = Line::new(SocketId::ValuzPush);
    assert!(matches!(line.handle(&[(BindFailed, 98)]), SocketState::Failed { reason } if reason.contains("in use")));
    let reason = "tcp://127.0.0.1:9004 is in use by nc (pid 7)".to_owned();
    line.link.handle_bind_failed(reason.clone(), 2.0);
    assert_eq!(line.handle(&[(MonitorStopped, 0), (BindFailed, 98)]), &SocketState::Failed { reason });
    assert_eq!(line.handle(&[(Listening, 5)]), &SocketState::Listening);
}

#[test]
fn unknown_events_and_sockets_without_events_change_nothing() {
    let mut line = Line::new(SocketId::TickzSub);
    line.handle(&UP);
    assert_eq!(line.handle(&[(Unknown(0x8000), 1), (CloseFailed, 9), (AcceptFailed, 24)]), &SocketState::Up);
    let inside = SocketLink::new(SocketId::ValuzPush, "inproc://orders", 0.0);
    assert_eq!(inside.state(), &SocketState::Listening);
}
