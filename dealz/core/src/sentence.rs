//! A monitor's event as a person would say it: what happened, to which end, what libzmq does next, and what it costs.

use std::io;

use sockets::{Link, context::RECONNECT, link::Refusal};
use wire::monitor::{EventKind, MonitorEvent};

use crate::view::{Mark, SocketId, SocketState};

/// What an event means for its socket.
pub(crate) const fn mark(event: &MonitorEvent) -> Mark {
    match event.kind {
        EventKind::Connected | EventKind::ConnectDelayed | EventKind::Listening | EventKind::Accepted => Mark::Progress,
        EventKind::HandshakeSucceeded => Mark::Up,
        EventKind::ConnectRetried | EventKind::Disconnected | EventKind::Closed => Mark::Down,
        EventKind::BindFailed
        | EventKind::AcceptFailed
        | EventKind::HandshakeFailedNoDetail
        | EventKind::HandshakeFailedProtocol
        | EventKind::HandshakeFailedAuth => Mark::Refused,
        EventKind::CloseFailed | EventKind::MonitorStopped | EventKind::Unknown(_) => Mark::Other,
    }
}

/// The event in one or two sentences. `before` is where the socket stood until then, and `peers` how many connections
/// are up since.
pub(crate) fn sentence(socket: SocketId, event: &MonitorEvent, before: &SocketState, peers: u32) -> String {
    let (at, value) = (shown(&event.endpoint), event.value);
    match event.kind {
        EventKind::Connected => format!("{socket} reached {at}. The two ends greet each other before messages flow."),
        EventKind::ConnectDelayed => format!("{socket} is connecting to {at}."),
        EventKind::ConnectRetried => {
            format!("{socket} has no connection to {at}: libzmq tries again {}.", pause(value))
        }
        EventKind::Listening => format!("{socket} listens at {at}, for whoever connects."),
        EventKind::BindFailed => {
            let reason = system(value);
            format!(
                "{socket} could not be bound to {at}: {reason}. dealz tries again every second; until then nobody can connect."
            )
        }
        EventKind::Accepted => {
            format!("{socket} took a connection at {at}. The two ends greet each other before messages flow.")
        }
        EventKind::AcceptFailed => {
            let reason = system(value);
            format!(
                "{socket} could not take a connection at {at}: {reason}. libzmq goes on listening, and the peer may try again."
            )
        }
        EventKind::Closed if socket.binds() => format!("{socket} closed its end at {at}."),
        EventKind::Closed => format!("{socket} gave up a try to reach {at}: no connection came of it."),
        EventKind::CloseFailed => {
            format!("{socket} could not close a connection at {at}: {}. That costs a file descriptor.", system(value))
        }
        EventKind::Disconnected => lost(socket, &at, before, peers),
        EventKind::MonitorStopped => format!("{socket} is closed, and its monitor with it."),
        EventKind::HandshakeSucceeded if socket.binds() => {
            format!("A peer of {socket} is ready at {at}: messages flow. {}", up(peers))
        }
        EventKind::HandshakeSucceeded => format!("{socket} is up at {at}: messages flow."),
        EventKind::HandshakeFailedNoDetail | EventKind::HandshakeFailedProtocol | EventKind::HandshakeFailedAuth => {
            refused(socket, &at, event)
        }
        EventKind::Unknown(number) => {
            format!(
                "{socket} told the event {number:#06x} with the value {value}, which this dealz does not know. It changes nothing here."
            )
        }
    }
}

/// A connection is gone, be it a good one or one that was never agreed on.
fn lost(socket: SocketId, at: &str, before: &SocketState, peers: u32) -> String {
    if socket.binds() {
        return format!("{socket} lost a connection at {at}. {} {}", up(peers), cost(socket));
    }
    match before {
        SocketState::Up | SocketState::Stale { .. } => {
            format!("{socket} lost {at}: libzmq connects again by itself. {}", cost(socket))
        }
        _ => format!("{socket} and {at} parted before messages could flow."),
    }
}

fn refused(socket: SocketId, at: &str, event: &MonitorEvent) -> String {
    let (cause, broken) = match Link::after(event) {
        // It may as well have gone away by itself.
        Link::Refused(Refusal::Broken(0)) => ("the peer closed the connection".to_owned(), true),
        Link::Refused(refusal) => (refusal.to_string(), matches!(refusal, Refusal::Broken(_))),
        link => (link.to_string(), false),
    };
    let next = match broken {
        _ if socket.binds() => "Others are not touched; that peer may try again.",
        true => "libzmq tries again by itself.",
        false => "libzmq gives up here, so dealz connects anew within 2 s.",
    };
    let who = if socket.binds() { "a peer at " } else { "" };
    format!("{socket} and {who}{at} could not agree: {cause}. {next}")
}

/// What a lost connection costs.
const fn cost(socket: SocketId) -> &'static str {
    match socket {
        SocketId::ChatzReq => "A question that is open gets no answer; what is said now waits here.",
        SocketId::ChatzSub => "What others say until then is not heard.",
        SocketId::TickzSub => "Ticks published until then are lost to us.",
        SocketId::ValuzPush => "Orders that wait in its queue are lost and will be sent again.",
        SocketId::ValuzPull => "Results that it had not sent are lost; their orders will be sent again.",
        SocketId::ValuzPub => "Commands published until it is back pass it by.",
    }
}

fn up(peers: u32) -> String {
    match peers {
        0 => "None is up now.".to_owned(),
        1 => "One is up now.".to_owned(),
        peers => format!("{peers} are up now."),
    }
}

fn pause(milliseconds: u32) -> String {
    let max_ms = RECONNECT.1.as_millis();
    if u128::from(milliseconds) < max_ms {
        format!("in {milliseconds} ms, backing off to about {max_ms} ms")
    } else {
        format!("in {milliseconds} ms, its longest pause")
    }
}

/// An errno in words.
fn system(errno: u32) -> io::Error {
    io::Error::from_raw_os_error(errno.cast_signed())
}

/// An endpoint may hold any text: control characters are shown, not acted on.
fn shown(endpoint: &str) -> String {
    if endpoint.is_empty() {
        return "an unknown address".to_owned();
    }
    let mut text = String::with_capacity(endpoint.len());
    for character in endpoint.chars() {
        if character.is_control() { text.extend(character.escape_default()) } else { text.push(character) }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(socket: SocketId, kind: EventKind, value: u32) -> String {
        let event = MonitorEvent { kind, value, endpoint: "tcp://127.0.0.1:9003".to_owned() };
        sentence(socket, &event, &SocketState::Up, 2)
    }

    #[test]
    fn a_line_that_breaks_and_comes_back_reads_as_a_story() {
        let told = |kind, value| told(SocketId::TickzSub, kind, value);
        for (kind, value, text) in [
            (EventKind::ConnectDelayed, 115, "tickz SUB is connecting to tcp://127.0.0.1:9003."),
            (
                EventKind::Connected,
                9,
                "tickz SUB reached tcp://127.0.0.1:9003. The two ends greet each other before messages flow.",
            ),
            (EventKind::HandshakeSucceeded, 0, "tickz SUB is up at tcp://127.0.0.1:9003: messages flow."),
            (
                EventKind::Disconnected,
                9,
                "tickz SUB lost tcp://127.0.0.1:9003: libzmq connects again by itself. Ticks published until then are \
                 lost to us.",
            ),
            (
                EventKind::ConnectRetried,
                120,
                "tickz SUB has no connection to tcp://127.0.0.1:9003: libzmq tries again in 120 ms, backing off to \
                 about 500 ms.",
            ),
            (
                EventKind::ConnectRetried,
                573,
                "tickz SUB has no connection to tcp://127.0.0.1:9003: libzmq tries again in 573 ms, its longest pause.",
            ),
            (EventKind::Closed, 9, "tickz SUB gave up a try to reach tcp://127.0.0.1:9003: no connection came of it."),
            (EventKind::MonitorStopped, 0, "tickz SUB is closed, and its monitor with it."),
        ] {
            assert_eq!(told(kind, value), text);
        }
    }

    #[test]
    fn a_bound_socket_says_how_many_peers_are_left() {
        let told = |kind, value| told(SocketId::ValuzPush, kind, value);
        assert_eq!(told(EventKind::Listening, 5), "valuz PUSH listens at tcp://127.0.0.1:9003, for whoever connects.");
        assert!(told(EventKind::Accepted, 9).starts_with("valuz PUSH took a connection at"));
        assert!(told(EventKind::HandshakeSucceeded, 0).ends_with("messages flow. 2 are up now."));
        assert_eq!(
            told(EventKind::Disconnected, 9),
            "valuz PUSH lost a connection at tcp://127.0.0.1:9003. 2 are up now. Orders that wait in its queue are \
             lost and will be sent again."
        );
        assert_eq!(told(EventKind::Closed, 5), "valuz PUSH closed its end at tcp://127.0.0.1:9003.");
        assert!(told(EventKind::BindFailed, 98).contains("ddress already in use"));
        assert!(told(EventKind::AcceptFailed, 24).contains("oo many open files"));
        assert!(told(EventKind::CloseFailed, 9).contains("ad file descriptor"));
    }

    #[test]
    fn failed_handshakes_say_their_cause_and_what_comes_next() {
        let (sub, pull) = (SocketId::TickzSub, SocketId::ValuzPull);
        assert_eq!(
            told(sub, EventKind::HandshakeFailedProtocol, 0x1100_0002),
            "tickz SUB and tcp://127.0.0.1:9003 could not agree: the peers use different security (NULL, PLAIN or \
             CURVE). libzmq gives up here, so dealz connects anew within 2 s."
        );
        assert!(told(sub, EventKind::HandshakeFailedNoDetail, 104).ends_with("libzmq tries again by itself."));
        assert!(told(sub, EventKind::HandshakeFailedAuth, 400).contains("not on the bound side's list"));
        assert!(told(pull, EventKind::HandshakeFailedAuth, 400).ends_with("that peer may try again."));
        assert!(told(pull, EventKind::HandshakeFailedNoDetail, 0).contains("the peer closed the connection. Others"));
    }

    #[test]
    fn a_connection_that_was_never_up_is_not_lost() {
        let event = MonitorEvent { kind: EventKind::Disconnected, value: 9, endpoint: "tcp://h:1".to_owned() };
        let text = sentence(SocketId::ChatzReq, &event, &SocketState::Handshaking, 0);
        assert_eq!(text, "chatz REQ and tcp://h:1 parted before messages could flow.");
    }

    #[test]
    fn unknown_events_and_strange_endpoints_are_shown_as_they_are() {
        let event = MonitorEvent { kind: EventKind::Unknown(0x8000), value: 7, endpoint: "ipc:///a\x1b[2J".to_owned() };
        let text = sentence(SocketId::ChatzSub, &event, &SocketState::Off, 0);
        assert!(text.starts_with("chatz SUB told the event 0x8000 with the value 7"), "{text}");
        assert_eq!(mark(&event), Mark::Other);
        let event = MonitorEvent { kind: EventKind::Listening, ..event };
        assert!(sentence(SocketId::ChatzSub, &event, &SocketState::Off, 0).contains("ipc:///a\\u{1b}[2J"));
        let event = MonitorEvent { endpoint: String::new(), ..event };
        assert!(sentence(SocketId::ChatzSub, &event, &SocketState::Off, 0).contains("an unknown address"));
    }

    #[test]
    fn every_event_has_a_sentence_and_a_mark() {
        for number in (0..16).map(|bit| 1_u16 << bit).chain([0, 3, u16::MAX]) {
            let event = MonitorEvent {
                kind: EventKind::from_number(number),
                value: u32::MAX,
                endpoint: "tcp://h:1".to_owned(),
            };
            for socket in SocketId::ALL {
                let text = sentence(socket, &event, &SocketState::Off, 0);
                assert!(text.ends_with('.') && text.contains(&socket.to_string()), "{text}");
                if matches!(event.kind, EventKind::Unknown(_)) {
                    assert_eq!(mark(&event), Mark::Other);
                }
            }
        }
    }
}
