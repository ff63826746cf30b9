//! A monitor's event in words: what happened, to which endpoint, what libzmq does next, and what it costs.
//!
//! The words follow from the type of the socket and from whether it is bound; of the desk's own sockets it is known what
//! they are for.

use std::io;

use sockets::{Refusal, State, context::RECONNECT};
use wire::{
    foreign,
    monitor::{EventKind, MonitorEvent},
};

use crate::{own::Own, view::Mark};

/// The socket that an event happened to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// In words, such as `tickz publish XPUB`.
    pub(crate) name: &'a str,
    /// libzmq's name of its type.
    pub(crate) kind: &'a str,
    /// Whether the event concerns an endpoint that it is bound to.
    pub(crate) is_bound: bool,
    /// How many peers are connected now.
    pub(crate) peers: u32,
    /// If it is one of the desk.
    pub(crate) own: Option<&'static Own>,
}

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

/// The event in one or two sentences. `is_lost`: it is the end of a connection that was up.
pub(crate) fn sentence(subject: &Subject<'_>, event: &MonitorEvent, is_lost: bool) -> String {
    let &Subject { name, is_bound, peers, .. } = subject;
    let (at, value) = (shown(&event.endpoint), event.value);
    match event.kind {
        _ if subject.kind == "LINK" => of_link(name, &at, event.kind, is_bound),
        EventKind::Connected => format!("{name} is connected to {at}; the handshake is in progress."),
        EventKind::ConnectDelayed => format!("{name} is connecting to {at}."),
        EventKind::ConnectRetried => {
            format!("{name} has no connection to {at}. libzmq retries {}.", delay(subject, value))
        }
        EventKind::Listening => format!("{name} is bound to {at} and accepts connections."),
        EventKind::BindFailed => {
            let retries =
                if subject.own.is_some() { " dealz retries every second; until then" } else { " Until it is bound," };
            format!("{name} cannot bind to {at}: {}.{retries} no peer can connect.", system(value))
        }
        EventKind::Accepted => format!("{name} accepted a connection at {at}; the handshake is in progress."),
        EventKind::AcceptFailed => {
            let reason = system(value);
            format!("{name} could not accept a connection at {at}: {reason}. It keeps listening; the peer may retry.")
        }
        EventKind::Closed if is_bound => format!("{name} stopped listening at {at}."),
        EventKind::Closed => format!("{name} failed to connect to {at}."),
        EventKind::CloseFailed => {
            format!("{name} could not close a connection at {at}: {}. This leaks a file descriptor.", system(value))
        }
        EventKind::Disconnected if is_lost && is_bound => {
            format!("{name} lost a connection at {at}. {} {}", up(peers), cost(subject))
        }
        EventKind::Disconnected if is_lost => {
            format!("{name} is disconnected from {at}; libzmq reconnects by itself. {}", cost(subject))
        }
        EventKind::Disconnected => format!("{name} lost a connection at {at} before its handshake was completed."),
        EventKind::MonitorStopped => format!("{name} and its monitor are closed."),
        EventKind::HandshakeSucceeded if is_bound => {
            format!("A peer of {name} completed the handshake at {at}: messages can flow. {}", up(peers))
        }
        EventKind::HandshakeSucceeded => format!("{name} completed the handshake with {at}: messages can flow."),
        EventKind::HandshakeFailedNoDetail | EventKind::HandshakeFailedProtocol | EventKind::HandshakeFailedAuth => {
            refused(subject, &at, event)
        }
        EventKind::Unknown(_) => {
            format!("{name} reported an event that this version of dealz does not know. It has no effect.")
        }
    }
}

/// A link has no handshake, and makes no connection by itself.
fn of_link(name: &str, at: &str, kind: EventKind, is_bound: bool) -> String {
    match kind {
        EventKind::Listening => format!("{name} accepts connections at {at}."),
        EventKind::Closed if is_bound => format!("{name} refuses connections at {at}."),
        EventKind::Closed => format!("{name} failed to connect to {at}, so its client is disconnected."),
        EventKind::Accepted => format!("{name} accepted a connection at {at}."),
        EventKind::ConnectDelayed => format!("{name} is connecting to {at} for a client."),
        EventKind::Connected => format!("{name} is connected to {at}: bytes can pass."),
        EventKind::Disconnected if is_bound => format!("{name} closed the connection of a client at {at}."),
        EventKind::Disconnected => format!("{name} closed its connection to {at} for a client."),
        EventKind::MonitorStopped => format!("{name} is closed."),
        other => format!("{name} reported {other} at {at}."),
    }
}

/// Events of a process are missing; `name` is that of the process.
pub(crate) fn gap(name: &str, missing: u64) -> String {
    match missing {
        1 => format!("1 event of {name} is missing: it was lost, or too many came."),
        _ => format!("{missing} events of {name} are missing: they were lost, or too many came."),
    }
}

fn refused(subject: &Subject<'_>, at: &str, event: &MonitorEvent) -> String {
    let &Subject { name, is_bound, .. } = subject;
    let (cause, is_broken) = match State::after(event) {
        // It may have disconnected for another reason.
        Some(State::Refused(Refusal::Broken(0))) => ("the peer closed the connection".to_owned(), true),
        Some(State::Refused(refusal)) => (refusal.to_string(), matches!(refusal, Refusal::Broken(_))),
        _ => ("the handshake failed".to_owned(), false),
    };
    let next = match is_broken {
        _ if is_bound => "Other peers are not affected; this one may retry.",
        true => "libzmq retries by itself.",
        false if subject.own.is_some() => "libzmq does not retry after this, so dealz reconnects within 2 s.",
        false => "libzmq does not retry after this: the program must connect again.",
    };
    let peer = if is_bound { "a peer at " } else { "" };
    format!("The handshake of {name} with {peer}{at} failed: {cause}. {next}")
}

/// What a lost connection costs.
fn cost(subject: &Subject<'_>) -> &'static str {
    if let Some(own) = subject.own {
        return own.cost;
    }
    match subject.kind {
        "REQ" => "A pending request gets no reply.",
        "REP" => "The reply to a pending request is lost.",
        "SUB" | "XSUB" => "Messages published meanwhile are lost.",
        "PUB" | "XPUB" => "Messages published meanwhile do not reach that peer.",
        "PUSH" if subject.is_bound => "Messages in the queue for that peer are lost.",
        "PULL" => "Messages that were on their way from that peer are lost.",
        "ROUTER" => "Messages for that peer are dropped until it is back.",
        _ => "Messages that were on their way are lost.",
    }
}

fn up(peers: u32) -> String {
    match peers {
        0 => "No peer is connected now.".to_owned(),
        1 => "1 peer is connected now.".to_owned(),
        peers => format!("{peers} peers are connected now."),
    }
}

/// The delay before the next attempt. Only of the desk's own sockets it is known how long it can become.
fn delay(subject: &Subject<'_>, milliseconds: u32) -> String {
    let max_ms = RECONNECT.1.as_millis();
    if subject.own.is_none() {
        format!("in {milliseconds} ms")
    } else if u128::from(milliseconds) < max_ms {
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

    /// One of the desk's own sockets.
    fn own(name: &str) -> Subject<'static> {
        let own = Own::named(name).unwrap();
        Subject { name: own.words, kind: "", is_bound: name.starts_with("valuz"), peers: 2, own: Some(own) }
    }

    /// A socket of another process.
    fn other(kind: &str, is_bound: bool) -> Subject<'_> {
        Subject { name: "a b", kind, is_bound, peers: 0, own: None }
    }

    fn spoken(subject: &Subject<'_>, kind: EventKind, value: u32) -> String {
        let event = MonitorEvent { kind, value, endpoint: "tcp://127.0.0.1:9003".to_owned() };
        sentence(subject, &event, true)
    }

    #[test]
    fn a_connection_that_breaks_and_comes_back_reads_as_a_story() {
        let spoken = |kind, value| spoken(&own("tickz.sub"), kind, value);
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
        let spoken = |kind, value| spoken(&own("valuz.push"), kind, value);
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
        let (sub, pull) = (&own("tickz.sub"), &own("valuz.pull"));
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
        let text = sentence(&own("chatz.req"), &event, false);
        assert_eq!(text, "chatz REQ lost a connection at tcp://h:1 before its handshake was completed.");
        assert!(!is_major(&event, false) && is_major(&event, true));
    }

    #[test]
    fn a_link_neither_handshakes_nor_reconnects() {
        let said = |is_bound, kind| spoken(&other("LINK", is_bound), kind, 9);
        assert_eq!(said(true, EventKind::Accepted), "a b accepted a connection at tcp://127.0.0.1:9003.");
        assert_eq!(said(true, EventKind::Closed), "a b refuses connections at tcp://127.0.0.1:9003.");
        assert_eq!(said(false, EventKind::Connected), "a b is connected to tcp://127.0.0.1:9003: bytes can pass.");
        let lost = said(false, EventKind::Disconnected);
        assert_eq!(lost, "a b closed its connection to tcp://127.0.0.1:9003 for a client.");
    }

    #[test]
    fn unknown_events_and_strange_endpoints_are_shown_as_they_are() {
        let event = MonitorEvent { kind: EventKind::Unknown(0x8000), value: 7, endpoint: "ipc:///a\x1b[2J".to_owned() };
        let text = sentence(&own("chatz.sub"), &event, false);
        assert!(text.starts_with("chatz SUB reported an event that"), "{text}");
        assert_eq!(mark(&event), Mark::Other);
        let event = MonitorEvent { kind: EventKind::Listening, ..event };
        assert!(sentence(&own("chatz.sub"), &event, false).contains("ipc:///a\\u{1b}[2J"));
        let event = MonitorEvent { endpoint: String::new(), ..event };
        assert!(sentence(&own("chatz.sub"), &event, false).contains("an unknown address"));
    }

    #[test]
    fn every_event_has_a_sentence_and_a_mark() {
        for number in (0..16).map(|bit| 1_u16 << bit).chain([0, 3, u16::MAX]) {
            let event = MonitorEvent {
                kind: EventKind::from_number(number),
                value: u32::MAX,
                endpoint: "tcp://h:1".to_owned(),
            };
            let own = crate::own::OWN.iter().map(|it| own(it.socket.name));
            for subject in own.chain(["REQ", "XPUB", "STREAM"].map(|kind| other(kind, kind == "XPUB"))) {
                let text = sentence(&subject, &event, false);
                assert!(text.ends_with('.') && text.contains(subject.name), "{text}");
                if matches!(event.kind, EventKind::Unknown(_)) {
                    assert_eq!(mark(&event), Mark::Other);
                }
            }
        }
    }
    #[test]
    fn of_the_sockets_of_other_processes_the_type_is_known() {
        let lost = |kind, is_bound| spoken(&other(kind, is_bound), EventKind::Disconnected, 9);
        assert_eq!(
            lost("SUB", false),
            "a b is disconnected from tcp://127.0.0.1:9003; libzmq reconnects by itself. Messages published meanwhile are \
             lost."
        );
        assert_eq!(
            lost("PUSH", true),
            "a b lost a connection at tcp://127.0.0.1:9003. No peer is connected now. Messages in the queue for that peer \
             are lost."
        );
        assert!(lost("PUSH", false).ends_with("Messages that were on their way are lost."));
        let spoken = |kind, value| spoken(&other("SUB", false), kind, value);
        assert!(spoken(EventKind::ConnectRetried, 120).ends_with("libzmq retries in 120 ms."));
        assert!(spoken(EventKind::BindFailed, 98).ends_with("Until it is bound, no peer can connect."));
        assert!(spoken(EventKind::HandshakeFailedProtocol, 1).ends_with("the program must connect again."));
    }

    #[test]
    fn missing_events_are_a_sentence() {
        assert_eq!(gap("a b", 1), "1 event of a b is missing: it was lost, or too many came.");
        assert_eq!(gap("a b", 7), "7 events of a b are missing: they were lost, or too many came.");
    }
}
