//! A monitor's event in words: what happened, to which endpoint, what libzmq does next, and what it costs.

use std::io;

use sockets::{Refusal, State, context::RECONNECT};
use wire::{
    foreign,
    monitor::{EventKind, MonitorEvent},
};

use crate::view::{Mark, SocketId};

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

/// Whether an event is worth a headline. `is_lost`: it is the end of a connection that was up.
pub(crate) const fn is_major(event: &MonitorEvent, is_lost: bool) -> bool {
    match mark(event) {
        Mark::Up | Mark::Refused => true,
        Mark::Down => is_lost,
        Mark::Progress | Mark::Other => false,
    }
}

/// What an event says about the socket as a whole, apart from its connections.
pub(crate) fn warning(event: &MonitorEvent) -> Option<String> {
    (event.kind == EventKind::AcceptFailed)
        .then(|| format!("It cannot accept connections at {}: {}.", shown(&event.endpoint), system(event.value)))
}

/// The event in one or two sentences. `is_lost`: it is the end of a connection that was up; `peers`: how many are up now.
pub(crate) fn sentence(socket: SocketId, event: &MonitorEvent, is_lost: bool, peers: u32) -> String {
    let (at, value) = (shown(&event.endpoint), event.value);
    match event.kind {
        EventKind::Connected => format!("{socket} is connected to {at}; the handshake is in progress."),
        EventKind::ConnectDelayed => format!("{socket} is connecting to {at}."),
        EventKind::ConnectRetried => format!("{socket} has no connection to {at}. libzmq retries {}.", delay(value)),
        EventKind::Listening => format!("{socket} is bound to {at} and accepts connections."),
        EventKind::BindFailed => {
            let reason = system(value);
            format!(
                "{socket} cannot bind to {at}: {reason}. dealz retries every second; until then no peer can connect."
            )
        }
        EventKind::Accepted => format!("{socket} accepted a connection at {at}; the handshake is in progress."),
        EventKind::AcceptFailed => {
            let reason = system(value);
            format!("{socket} could not accept a connection at {at}: {reason}. It keeps listening; the peer may retry.")
        }
        EventKind::Closed if socket.binds() => format!("{socket} stopped listening at {at}."),
        EventKind::Closed => format!("{socket} failed to connect to {at}."),
        EventKind::CloseFailed => {
            format!("{socket} could not close a connection at {at}: {}. This leaks a file descriptor.", system(value))
        }
        EventKind::Disconnected if is_lost && socket.binds() => {
            format!("{socket} lost a connection at {at}. {} {}", up(peers), cost(socket))
        }
        EventKind::Disconnected if is_lost => {
            format!("{socket} is disconnected from {at}; libzmq reconnects by itself. {}", cost(socket))
        }
        EventKind::Disconnected => format!("{socket} lost a connection at {at} before its handshake was completed."),
        EventKind::MonitorStopped => format!("{socket} and its monitor are closed."),
        EventKind::HandshakeSucceeded if socket.binds() => {
            format!("A peer of {socket} completed the handshake at {at}: messages can flow. {}", up(peers))
        }
        EventKind::HandshakeSucceeded => format!("{socket} completed the handshake with {at}: messages can flow."),
        EventKind::HandshakeFailedNoDetail | EventKind::HandshakeFailedProtocol | EventKind::HandshakeFailedAuth => {
            refused(socket, &at, event)
        }
        EventKind::Unknown(_) => {
            format!("{socket} reported an event that this version of dealz does not know. It has no effect.")
        }
    }
}

fn refused(socket: SocketId, at: &str, event: &MonitorEvent) -> String {
    let (cause, is_broken) = match State::after(event) {
        // It may have disconnected for another reason.
        Some(State::Refused(Refusal::Broken(0))) => ("the peer closed the connection".to_owned(), true),
        Some(State::Refused(refusal)) => (refusal.to_string(), matches!(refusal, Refusal::Broken(_))),
        _ => ("the handshake failed".to_owned(), false),
    };
    let next = match is_broken {
        _ if socket.binds() => "Other peers are not affected; this one may retry.",
        true => "libzmq retries by itself.",
        false => "libzmq does not retry after this, so dealz reconnects within 2 s.",
    };
    let peer = if socket.binds() { "a peer at " } else { "" };
    format!("The handshake of {socket} with {peer}{at} failed: {cause}. {next}")
}

/// What a lost connection costs.
const fn cost(socket: SocketId) -> &'static str {
    match socket {
        SocketId::ChatzReq => "A pending request gets no reply; texts entered meanwhile wait here.",
        SocketId::ChatzSub => "Messages sent meanwhile are lost.",
        SocketId::TickzSub => "Ticks published meanwhile are lost.",
        SocketId::ValuzPush => "Orders in its queue are lost and will be sent again.",
        SocketId::ValuzPull => "Results that were not sent are lost; their orders will be sent again.",
        SocketId::ValuzPub => "Commands published meanwhile do not reach it.",
    }
}

fn up(peers: u32) -> String {
    match peers {
        0 => "No peer is connected now.".to_owned(),
        1 => "1 peer is connected now.".to_owned(),
        peers => format!("{peers} peers are connected now."),
    }
}

fn delay(milliseconds: u32) -> String {
    let max_ms = RECONNECT.1.as_millis();
    if u128::from(milliseconds) < max_ms {
        format!("in {milliseconds} ms (backing off to {max_ms} ms)")
    } else {
        format!("in {milliseconds} ms (the longest delay)")
    }
}

/// An errno in words.
fn system(errno: u32) -> io::Error {
    io::Error::from_raw_os_error(errno.cast_signed())
}

/// An endpoint may hold any text.
fn shown(endpoint: &str) -> String {
    if endpoint.is_empty() { "an unknown address".to_owned() } else { foreign(endpoint).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(socket: SocketId, kind: EventKind, value: u32) -> String {
        let event = MonitorEvent { kind, value, endpoint: "tcp://127.0.0.1:9003".to_owned() };
        sentence(socket, &event, true, 2)
    }

    #[test]
    fn a_connection_that_breaks_and_comes_back_reads_as_a_story() {
        let spoken = |kind, value| spoken(SocketId::TickzSub, kind, value);
        for (kind, value, text) in [
            (EventKind::ConnectDelayed, 115, "tickz SUB is connecting to tcp://127.0.0.1:9003."),
            (EventKind::Connected, 9, "tickz SUB is connected to tcp://127.0.0.1:9003; the handshake is in progress."),
            (
                EventKind::HandshakeSucceeded,
                0,
                "tickz SUB completed the handshake with tcp://127.0.0.1:9003: messages can flow.",
            ),
            (
                EventKind::Disconnected,
                9,
                "tickz SUB is disconnected from tcp://127.0.0.1:9003; libzmq reconnects by itself. Ticks published \
                 meanwhile are lost.",
            ),
            (
                EventKind::ConnectRetried,
                120,
                "tickz SUB has no connection to tcp://127.0.0.1:9003. libzmq retries in 120 ms (backing off to 500 ms).",
            ),
            (
                EventKind::ConnectRetried,
                573,
                "tickz SUB has no connection to tcp://127.0.0.1:9003. libzmq retries in 573 ms (the longest delay).",
            ),
            (EventKind::Closed, 9, "tickz SUB failed to connect to tcp://127.0.0.1:9003."),
            (EventKind::MonitorStopped, 0, "tickz SUB and its monitor are closed."),
        ] {
            assert_eq!(spoken(kind, value), text);
        }
    }

    #[test]
    fn a_bound_socket_says_how_many_peers_are_left() {
        let spoken = |kind, value| spoken(SocketId::ValuzPush, kind, value);
        assert_eq!(
            spoken(EventKind::Listening, 5),
            "valuz PUSH is bound to tcp://127.0.0.1:9003 and accepts connections."
        );
        assert!(spoken(EventKind::Accepted, 9).starts_with("valuz PUSH accepted a connection at"));
        assert!(spoken(EventKind::HandshakeSucceeded, 0).ends_with("messages can flow. 2 peers are connected now."));
        assert_eq!(
            spoken(EventKind::Disconnected, 9),
            "valuz PUSH lost a connection at tcp://127.0.0.1:9003. 2 peers are connected now. Orders in its queue are \
             lost and will be sent again."
        );
        assert_eq!(spoken(EventKind::Closed, 5), "valuz PUSH stopped listening at tcp://127.0.0.1:9003.");
        assert!(spoken(EventKind::BindFailed, 98).contains("ddress already in use"));
        assert!(spoken(EventKind::AcceptFailed, 24).contains("oo many open files"));
        assert!(spoken(EventKind::CloseFailed, 9).contains("ad file descriptor"));
    }

    #[test]
    fn failed_handshakes_say_their_cause_and_what_comes_next() {
        let (sub, pull) = (SocketId::TickzSub, SocketId::ValuzPull);
        let text = spoken(sub, EventKind::HandshakeFailedProtocol, 0x1100_0002);
        assert!(text.starts_with("The handshake of tickz SUB with tcp://127.0.0.1:9003 failed: "), "{text}");
        assert!(text.ends_with("so dealz reconnects within 2 s."), "{text}");
        assert!(spoken(sub, EventKind::HandshakeFailedNoDetail, 104).ends_with("libzmq retries by itself."));
        assert!(spoken(pull, EventKind::HandshakeFailedAuth, 400).ends_with("this one may retry."));
        assert!(spoken(pull, EventKind::HandshakeFailedNoDetail, 0).contains("the peer closed the connection. Other"));
    }

    #[test]
    fn a_connection_that_was_never_up_is_not_lost() {
        let event = MonitorEvent { kind: EventKind::Disconnected, value: 9, endpoint: "tcp://h:1".to_owned() };
        let text = sentence(SocketId::ChatzReq, &event, false, 0);
        assert_eq!(text, "chatz REQ lost a connection at tcp://h:1 before its handshake was completed.");
        assert!(!is_major(&event, false) && is_major(&event, true));
    }

    #[test]
    fn unknown_events_and_strange_endpoints_are_shown_as_they_are() {
        let event = MonitorEvent { kind: EventKind::Unknown(0x8000), value: 7, endpoint: "ipc:///a\x1b[2J".to_owned() };
        let text = sentence(SocketId::ChatzSub, &event, false, 0);
        assert!(text.starts_with("chatz SUB reported an event that"), "{text}");
        assert_eq!(mark(&event), Mark::Other);
        let event = MonitorEvent { kind: EventKind::Listening, ..event };
        assert!(sentence(SocketId::ChatzSub, &event, false, 0).contains("ipc:///a\\u{1b}[2J"));
        let event = MonitorEvent { endpoint: String::new(), ..event };
        assert!(sentence(SocketId::ChatzSub, &event, false, 0).contains("an unknown address"));
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
                let text = sentence(socket, &event, false, 0);
                assert!(text.ends_with('.') && text.contains(&socket.to_string()), "{text}");
                if matches!(event.kind, EventKind::Unknown(_)) {
                    assert_eq!(mark(&event), Mark::Other);
                }
            }
        }
    }
}
