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
