//! What a connection tells of the events that a monitor gives it, with the clock held by hand.

use wire::monitor::EventKind;

use super::*;

fn connection() -> Connection {
    Connection::new(Channel::Ticks, "tcp://127.0.0.1:9003".parse().unwrap())
}

fn event(kind: EventKind) -> MonitorEvent {
    MonitorEvent { kind, value: 400, endpoint: String::new() }
}

#[test]
fn where_it_connects_is_told_and_who_is_there_at_once() {
    let (mut connection, start) = (connection(), Instant::now());
    assert_eq!(connection.news(start), Some(State::Connecting));
    assert_eq!(connection.handle_event(start, &event(EventKind::Closed)), None);
    assert_eq!(connection.news(start), None);
    assert_eq!(connection.handle_event(start, &event(EventKind::ConnectRetried)), None);
    assert_eq!(connection.news(start), Some(State::Nobody));
    assert_eq!(connection.handle_event(start, &event(EventKind::HandshakeSucceeded)), Some(Change::Up));
    assert_eq!(connection.news(start), Some(State::Up));
    assert_eq!(connection.next_deadline(), None);
}

#[test]
fn a_lost_connection_is_told_and_so_is_its_return() {
    let (mut connection, start) = (connection(), Instant::now());
    connection.handle_event(start, &event(EventKind::HandshakeSucceeded));
    assert_eq!(connection.news(start), Some(State::Up));
    assert_eq!(connection.handle_event(start, &event(EventKind::Disconnected)), Some(Change::Down));
    assert_eq!(connection.handle_event(start, &event(EventKind::ConnectRetried)), None);
    assert_eq!((connection.news(start), connection.next_deadline()), (None, Some(start + QUIET)));
    let later = start + QUIET;
    assert_eq!(connection.news(later), Some(State::Down));
    assert_eq!(connection.news(later + QUIET), None);
    connection.handle_event(later, &event(EventKind::HandshakeSucceeded));
    assert_eq!(connection.news(later + QUIET), Some(State::Up));
}

#[test]
fn a_refusal_lasts_through_the_tries_that_follow() {
    let (mut connection, start) = (connection(), Instant::now());
    let refused = Refusal::NotAllowed(400);
    let change = connection.handle_event(start, &event(EventKind::HandshakeFailedAuth));
    assert_eq!(change, Some(Change::Refused(refused)));
    assert_eq!(connection.news(start), Some(State::Refused(refused)));
    for kind in [EventKind::Disconnected, EventKind::ConnectRetried, EventKind::HandshakeFailedAuth] {
        assert_eq!(connection.handle_event(start, &event(kind)), None);
        assert_eq!(connection.news(start + 9 * QUIET), None);
    }
}

#[test]
fn it_connects_anew_after_a_refusal_and_not_where_libzmq_does() {
    let (mut connection, start) = (connection(), Instant::now());
    connection.handle_event(start, &event(EventKind::HandshakeFailedNoDetail));
    assert_eq!(connection.next_deadline(), None);
    connection.handle_event(start, &event(EventKind::HandshakeFailedAuth));
    assert_eq!(connection.next_deadline(), Some(start + RETRY));
    connection.handle_event(start, &event(EventKind::HandshakeSucceeded));
    assert_eq!(connection.next_deadline(), None);
}

#[test]
fn a_peer_that_comes_and_goes_is_told_of_once_a_second() {
    let (mut connection, start) = (connection(), Instant::now());
    let mut told = 0;
    for millis in 0..5000 {
        let now = start + Duration::from_millis(millis);
        let kind = if millis % 2 == 0 { EventKind::HandshakeSucceeded } else { EventKind::Disconnected };
        connection.handle_event(now, &event(kind));
        told += u32::from(connection.news(now).is_some());
    }
    assert!(told <= 5, "{told}");
    assert!(connection.next_deadline().is_none_or(|deadline| deadline <= start + 6 * QUIET));
}
