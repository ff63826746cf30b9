//! What a connection makes of its monitor's events, with the clock held by hand.

use wire::{monitor::EventKind, tick::TICKS};

use super::*;

fn connection() -> Connection {
    Connection::new(TICKS, "tcp://127.0.0.1:9003".parse().unwrap())
}

fn event(kind: EventKind) -> MonitorEvent {
    MonitorEvent { kind, value: 400, endpoint: String::new() }
}

#[test]
fn the_first_states_are_reported_at_once() {
    let (mut connection, start) = (connection(), Instant::now());
    assert_eq!(connection.state_to_report(start), Some(State::Connecting));
    assert_eq!(connection.handle_event(start, &event(EventKind::Closed)), None);
    assert_eq!(connection.state_to_report(start), None);
    assert_eq!(connection.handle_event(start, &event(EventKind::ConnectRetried)), None);
    assert_eq!(connection.state_to_report(start), Some(State::Down));
    assert_eq!(connection.handle_event(start, &event(EventKind::HandshakeSucceeded)), Some(Change::Up));
    assert_eq!(connection.state_to_report(start), Some(State::Up));
    assert_eq!(connection.next_deadline(), None);
}

#[test]
fn a_lost_connection_is_reported_and_so_is_its_return() {
    let (mut connection, start) = (connection(), Instant::now());
    connection.handle_event(start, &event(EventKind::HandshakeSucceeded));
    assert_eq!(connection.state_to_report(start), Some(State::Up));
    assert_eq!(connection.handle_event(start, &event(EventKind::Disconnected)), Some(Change::Down));
    assert_eq!(connection.handle_event(start, &event(EventKind::ConnectRetried)), None);
    assert_eq!((connection.state_to_report(start), connection.next_deadline()), (None, Some(start + QUIET)));
    let later = start + QUIET;
    assert_eq!(connection.state_to_report(later), Some(State::Down));
    assert_eq!(connection.state_to_report(later + QUIET), None);
    connection.handle_event(later, &event(EventKind::HandshakeSucceeded));
    assert_eq!(connection.state_to_report(later + QUIET), Some(State::Up));
}

#[test]
fn a_refusal_lasts_through_the_attempts_that_follow() {
    let (mut connection, start) = (connection(), Instant::now());
    let refused = Refusal::NotAllowed(400);
    let change = connection.handle_event(start, &event(EventKind::HandshakeFailedAuth));
    assert_eq!(change, Some(Change::Refused(refused)));
    assert_eq!(connection.state_to_report(start), Some(State::Refused(refused)));
    for kind in [EventKind::Disconnected, EventKind::ConnectRetried, EventKind::HandshakeFailedAuth] {
        assert_eq!(connection.handle_event(start, &event(kind)), None);
        assert_eq!(connection.state_to_report(start + 9 * QUIET), None);
    }
}

#[test]
fn a_connection_that_ends_without_a_new_attempt_is_given_up() {
    let start = Instant::now();
    for last in [
        EventKind::Disconnected,
        EventKind::Closed,
        EventKind::HandshakeFailedAuth,
        EventKind::HandshakeFailedProtocol,
        EventKind::HandshakeFailedNoDetail,
    ] {
        let mut connection = connection();
        connection.handle_event(start, &event(EventKind::Connected));
        connection.handle_event(start, &event(last));
        assert_eq!(connection.next_deadline(), Some(start + GIVEN_UP), "{last}");
        connection.handle_event(start, &event(EventKind::ConnectRetried));
        assert_eq!(connection.next_deadline(), Some(start + STALLED), "{last}");
        connection.handle_event(start, &event(EventKind::HandshakeSucceeded));
        assert_eq!(connection.next_deadline(), None, "{last}");
    }
}

#[test]
fn an_attempt_that_begins_and_never_ends_is_given_up() {
    let start = Instant::now();
    for last in [EventKind::ConnectRetried, EventKind::ConnectDelayed] {
        let mut connection = connection();
        connection.handle_event(start, &event(last));
        assert_eq!(connection.next_deadline(), Some(start + STALLED), "{last}");
    }
}

#[test]
fn a_peer_that_comes_and_goes_is_reported_once_a_second() {
    let (mut connection, start) = (connection(), Instant::now());
    let mut reports = 0;
    for millis in 0..5000 {
        let now = start + Duration::from_millis(millis);
        let kind = if millis % 2 == 0 { EventKind::HandshakeSucceeded } else { EventKind::Disconnected };
        connection.handle_event(now, &event(kind));
        reports += u32::from(connection.state_to_report(now).is_some());
    }
    assert!(reports <= 5, "{reports}");
    assert!(connection.next_deadline().is_none_or(|deadline| deadline <= start + 7 * QUIET));
}

#[test]
fn a_handshake_that_ends_without_a_reason_was_with_a_peer_without_zmtp_and_that_is_reported_once() {
    let (mut connection, start) = (connection(), Instant::now());
    let refusal = Refusal::NotZmtp;
    assert_eq!(connection.handle_event(start, &event(EventKind::Connected)), None);
    assert_eq!(connection.handle_event(start, &event(EventKind::Disconnected)), Some(Change::Refused(refusal)));
    assert_eq!(connection.state_to_report(start), Some(State::Refused(refusal)));
    for cycle in 1..9 {
        let now = start + cycle * GIVEN_UP;
        assert_eq!(connection.next_deadline(), Some(now));
        for kind in [EventKind::ConnectDelayed, EventKind::Connected, EventKind::Disconnected] {
            assert_eq!(connection.handle_event(now, &event(kind)), None);
            assert_eq!(connection.state_to_report(now), None);
        }
    }
    // A failed handshake has its reason.
    connection.handle_event(start, &event(EventKind::Connected));
    connection.handle_event(start, &event(EventKind::HandshakeFailedAuth));
    assert_eq!(connection.handle_event(start, &event(EventKind::Disconnected)), None);
    assert_eq!(connection.state(), State::Refused(Refusal::NotAllowed(400)));
}

#[test]
fn a_peer_that_does_not_answer_the_handshake_is_silent_though_libzmq_tries_again() {
    let (mut connection, mut now) = (connection(), Instant::now());
    for cycle in 0..3 {
        connection.handle_event(now, &event(EventKind::Connected));
        assert_eq!(connection.handle_timeout(now), None);
        now += SILENT;
        let change = (cycle == 0).then_some(Change::Refused(Refusal::Silent));
        assert_eq!(connection.handle_timeout(now), change);
        assert_eq!(connection.next_deadline(), None);
        assert_eq!(connection.state_to_report(now).is_some(), cycle == 0);
        now += 10 * SILENT;
        for kind in [EventKind::HandshakeFailedNoDetail, EventKind::Disconnected, EventKind::ConnectRetried] {
            assert_eq!(connection.handle_event(now, &event(kind)), None);
        }
        assert_eq!(connection.state_to_report(now), None);
    }
    connection.handle_event(now, &event(EventKind::Connected));
    assert_eq!(connection.handle_event(now, &event(EventKind::HandshakeSucceeded)), Some(Change::Up));
    assert_eq!(connection.handle_timeout(now + SILENT), None);
}

#[test]
fn reasons_that_alternate_are_reported_once_each_until_there_is_a_connection() {
    let (mut connection, mut now) = (connection(), Instant::now());
    let mut reported = |connection: &mut Connection, kind| {
        now += QUIET;
        connection.handle_event(now, &event(EventKind::Connected));
        connection.handle_event(now, &event(kind));
        connection.state_to_report(now)
    };
    let failures = [EventKind::HandshakeFailedAuth, EventKind::HandshakeFailedNoDetail];
    assert!(failures.iter().all(|&kind| reported(&mut connection, kind).is_some()));
    assert!(failures.iter().all(|&kind| reported(&mut connection, kind).is_none()));
    assert_eq!(reported(&mut connection, EventKind::HandshakeSucceeded), Some(State::Up));
    assert!(failures.iter().all(|&kind| reported(&mut connection, kind).is_some()));
}

#[test]
fn a_retry_without_an_attempt_means_that_the_host_name_is_unknown() {
    let start = Instant::now();
    for (endpoint, state) in [
        ("tcp://nosuch.invalid:9003", State::Refused(Refusal::Unresolved)),
        ("tcp://127.0.0.1:9003", State::Down),
        ("tcp://[::1]:9003", State::Down),
        ("ipc:///nowhere", State::Down),
    ] {
        let mut connection = Connection::new(TICKS, endpoint.parse().unwrap());
        for _ in 0..3 {
            connection.handle_event(start, &event(EventKind::ConnectRetried));
            assert_eq!(connection.state(), state, "{endpoint}");
            assert_eq!(connection.next_deadline(), Some(start + STALLED), "{endpoint}");
        }
        // The name is known, and no server is there.
        for kind in [EventKind::ConnectDelayed, EventKind::Closed, EventKind::ConnectRetried] {
            connection.handle_event(start, &event(kind));
        }
        assert_eq!(connection.state(), State::Down, "{endpoint}");
    }
}
