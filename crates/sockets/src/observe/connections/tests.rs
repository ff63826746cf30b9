use super::*;

const SERVER: &str = "tcp://127.0.0.1:9003";

fn ends(number: u32) -> Ends {
    Ends { local: Some(SERVER.to_owned()), remote: Some(format!("tcp://127.0.0.1:{number}")), peer_pid: None }
}

/// Events by their kinds and values, a millisecond apart.
fn fold(connections: &mut Connections, events: &[(EventKind, u32)]) {
    for (time_ms, &(kind, value)) in events.iter().enumerate() {
        let event = MonitorEvent { kind, value, endpoint: SERVER.to_owned() };
        connections.handle_event(&event, Some(ends(value)), time_ms as f64);
    }
}

fn phases(events: &[(EventKind, u32)]) -> Vec<(Option<u32>, Phase)> {
    let mut connections = Connections::default();
    fold(&mut connections, events);
    connections.iter().map(|connection| (connection.descriptor, connection.phase)).collect()
}

#[test]
fn accepted_connections_are_known_by_their_descriptors() {
    let accepted = [
        (EventKind::Listening, 5),
        (EventKind::Accepted, 7),
        (EventKind::HandshakeSucceeded, 0),
        (EventKind::Accepted, 8),
    ];
    assert_eq!(phases(&accepted), [(Some(7), Phase::Up), (Some(8), Phase::Handshake)]);
    let ended = [&accepted[..], &[(EventKind::HandshakeSucceeded, 0), (EventKind::Disconnected, 7)]].concat();
    assert_eq!(phases(&ended), [(Some(8), Phase::Up), (None, Phase::Closed)]);
}

#[test]
fn a_stream_has_no_handshake() {
    let mut connections = Connections::of(Kind::Zmq(Role::Stream));
    fold(&mut connections, &[(EventKind::Accepted, 7), (EventKind::Connected, 8), (EventKind::Disconnected, 7)]);
    let phases = connections.iter().map(|connection| (connection.descriptor, connection.phase));
    assert_eq!(phases.collect::<Vec<_>>(), [(Some(8), Phase::Up), (None, Phase::Closed)]);
}

#[test]
fn a_peer_that_never_handshakes_does_not_take_the_place_of_one_that_did() {
    let broken = Refusal::Broken(104);
    let events = [
        (EventKind::Accepted, 7),
        (EventKind::Accepted, 8),
        (EventKind::HandshakeSucceeded, 0),
        (EventKind::HandshakeFailedNoDetail, 104),
        (EventKind::Disconnected, 7),
    ];
    assert_eq!(phases(&events), [(Some(8), Phase::Up), (None, Phase::Refused(broken))]);
}

#[test]
fn a_connecting_socket_goes_through_all_phases_and_back() {
    let mut connections = Connections::default();
    let mut phase = |events: &[(EventKind, u32)]| {
        fold(&mut connections, events);
        let made: Vec<_> = connections.iter().map(|made| (made.phase, made.attempts)).collect();
        assert_eq!(made.len(), 1);
        made[0]
    };
    assert_eq!(phase(&[(EventKind::ConnectDelayed, 115)]), (Phase::Connecting, 1));
    let retried = [(EventKind::Closed, 9), (EventKind::ConnectRetried, 120)];
    assert_eq!(phase(&retried), (Phase::Retrying(Duration::from_millis(120)), 1));
    assert_eq!(phase(&[(EventKind::ConnectDelayed, 115), (EventKind::Connected, 9)]), (Phase::Handshake, 2));
    assert_eq!(phase(&[(EventKind::HandshakeSucceeded, 0)]), (Phase::Up, 0));
    assert_eq!(phase(&[(EventKind::Disconnected, 9)]), (Phase::Closed, 0));
    let refused = [(EventKind::Connected, 9), (EventKind::HandshakeFailedAuth, 400)];
    assert_eq!(phase(&refused), (Phase::Refused(Refusal::NotAllowed(400)), 0));
    // It outlasts the attempts that follow.
    let again = [(EventKind::Disconnected, 9), (EventKind::ConnectRetried, 100), (EventKind::Connected, 9)];
    assert_eq!(phase(&again), (Phase::Refused(Refusal::NotAllowed(400)), 0));
    assert_eq!(phase(&[(EventKind::HandshakeSucceeded, 0)]), (Phase::Up, 0));
}

#[test]
fn a_handshake_that_ends_without_a_reason_was_with_a_peer_without_zmtp_and_is_forgotten_with_that_peer() {
    let no_zmtp = [(EventKind::ConnectDelayed, 115), (EventKind::Connected, 9), (EventKind::Disconnected, 9)];
    assert_eq!(phases(&no_zmtp), [(None, Phase::Refused(Refusal::NotZmtp))]);
    let gone = [&no_zmtp[..], &[(EventKind::ConnectDelayed, 115), (EventKind::Closed, 9)]].concat();
    assert_eq!(phases(&gone), [(None, Phase::Closed)]);
    let retried = [&gone[..], &[(EventKind::ConnectRetried, 100)]].concat();
    assert_eq!(phases(&retried), [(None, Phase::Retrying(Duration::from_millis(100)))]);
}

#[test]
fn a_connection_that_is_gone_without_an_event_has_ended_and_an_ended_one_is_forgotten_after_a_while() {
    let mut connections = Connections::default();
    fold(&mut connections, &[(EventKind::Accepted, 7), (EventKind::HandshakeSucceeded, 0), (EventKind::Accepted, 8)]);
    connections.retain(10.0, |descriptor, of| descriptor == 8 && *of == ends(8));
    assert_eq!(connections.iter().map(|one| one.descriptor).collect::<Vec<_>>(), [Some(8), None]);
    fold(&mut connections, &[(EventKind::HandshakeFailedProtocol, 1), (EventKind::Disconnected, 8)]);
    connections.retain(2_999.0, |_, _| true);
    assert_eq!(connections.iter().count(), 2);
    connections.retain(3_010.0, |_, _| true);
    assert_eq!(connections.iter().count(), 0);
}

#[test]
fn no_number_of_events_grows_it_without_bound() {
    let mut connections = Connections::default();
    for number in 0..10_000 {
        let endpoint = format!("tcp://127.0.0.1:{number}");
        for (kind, value) in [
            (EventKind::ConnectDelayed, 115),
            (EventKind::Connected, number),
            (EventKind::HandshakeFailedProtocol, 1),
            (EventKind::Accepted, 7),
            (EventKind::HandshakeFailedNoDetail, 104),
            (EventKind::Disconnected, 7),
        ] {
            connections.handle_event(&MonitorEvent { kind, value, endpoint: endpoint.clone() }, None, 0.0);
        }
    }
    assert!(connections.made.len() <= ATTEMPTS_MAX && connections.ended.len() <= ENDED_MAX);
    assert!(connections.failures.len() <= FAILURES_MAX && connections.greeting.len() <= 1);
}

#[test]
fn a_link_is_up_without_a_handshake_and_its_connections_end_for_good() {
    let mut connections = Connections::of(Kind::Link);
    let seen = |connections: &Connections| -> Vec<_> {
        connections.iter().map(|connection| (connection.descriptor, connection.phase)).collect()
    };
    fold(&mut connections, &[(EventKind::Accepted, 7), (EventKind::ConnectDelayed, 0)]);
    assert_eq!(seen(&connections), [(None, Phase::Connecting), (Some(7), Phase::Up)]);
    fold(&mut connections, &[(EventKind::Connected, 8)]);
    assert_eq!(seen(&connections), [(Some(8), Phase::Up), (Some(7), Phase::Up)]);
    fold(&mut connections, &[(EventKind::Disconnected, 8), (EventKind::Disconnected, 7)]);
    assert_eq!(seen(&connections), [(None, Phase::Closed), (None, Phase::Closed)]);
    fold(&mut connections, &[(EventKind::ConnectDelayed, 0), (EventKind::Closed, 0)]);
    assert!(connections.made.is_empty(), "a failed attempt is not repeated");
    connections.retain(4_000.0, |_, _| true);
    assert_eq!(seen(&connections), []);
}
