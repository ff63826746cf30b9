//! The state of a connection: the one vocabulary for it, from a monitor's events to a sentence.
//!
//! A [`MonitorEvent`] is libzmq's report. A [`State`] is what it means for the connection, and its `Display` says so in
//! words. [`crate::Connection`] folds the events of a connecting socket into the states that last.

use std::{fmt, time::Duration};

use wire::monitor::{EventKind, MonitorEvent};
use zmq_sys::{
    ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC as CRYPTOGRAPHIC,
    ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH as MECHANISM_MISMATCH,
};

/// The state of a connection, or of a listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The socket is bound and accepts connections.
    Listening,
    /// An attempt to connect is in progress.
    Connecting,
    /// The transport is connected; the ZMTP handshake is in progress.
    Handshaking,
    /// The handshake succeeded: messages flow.
    Up,
    /// There is no connection: it was lost, or an attempt failed.
    Down,
    /// There is no connection, and libzmq tries again after this time.
    Retrying(Duration),
    /// There is no connection, for a reason that waiting alone will not mend.
    Refused(Refusal),
}

/// Why there is no connection: what libzmq reports of a failed handshake, or what follows from events that are absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The peers' security mechanisms, keys or socket types do not match: libzmq's protocol error code.
    Security(u32),
    /// The server's allow-list does not contain this key or password: the ZAP status, 400 as a rule.
    NotAllowed(u32),
    /// The connection broke during the handshake: the errno.
    Broken(u32),
    /// The peer does not speak ZMTP 3: libzmq ended the handshake and gave no reason.
    NotZmtp,
    /// The peer accepted the connection and has not answered the handshake.
    Silent,
    /// The host name cannot be resolved: libzmq made no attempt to connect.
    Unresolved,
}

impl State {
    /// The state's word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Listening => "listening",
            Self::Connecting => "connecting",
            Self::Handshaking => "handshaking",
            Self::Up => "up",
            Self::Down => "down",
            Self::Retrying(_) => "retrying",
            Self::Refused(_) => "refused",
        }
    }

    /// The state after an event; `None` if the event changes none.
    #[must_use]
    pub const fn after(event: &MonitorEvent) -> Option<Self> {
        Some(match event.kind {
            EventKind::Listening => Self::Listening,
            EventKind::ConnectDelayed => Self::Connecting,
            EventKind::Connected | EventKind::Accepted => Self::Handshaking,
            EventKind::HandshakeSucceeded => Self::Up,
            EventKind::Disconnected | EventKind::Closed => Self::Down,
            EventKind::ConnectRetried => Self::Retrying(Duration::from_millis(event.value as u64)),
            EventKind::HandshakeFailedProtocol => Self::Refused(Refusal::Security(event.value)),
            EventKind::HandshakeFailedAuth => Self::Refused(Refusal::NotAllowed(event.value)),
            EventKind::HandshakeFailedNoDetail => Self::Refused(Refusal::Broken(event.value)),
            EventKind::BindFailed
            | EventKind::AcceptFailed
            | EventKind::CloseFailed
            | EventKind::MonitorStopped
            | EventKind::Unknown(_) => return None,
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening | Self::Connecting | Self::Up | Self::Down => formatter.write_str(self.name()),
            Self::Handshaking => formatter.write_str("handshake in progress"),
            Self::Retrying(after) => write!(formatter, "reconnecting in {} ms", after.as_millis()),
            Self::Refused(refusal @ (Refusal::Silent | Refusal::Unresolved)) => refusal.fmt(formatter),
            Self::Refused(refusal) => write!(formatter, "handshake failed: {refusal}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Security(MECHANISM_MISMATCH) => {
                formatter.write_str("the peers use different security (NULL, PLAIN or CURVE)")
            }
            Self::Security(CRYPTOGRAPHIC) => formatter.write_str("the keys do not match (wrong server key?)"),
            Self::Security(code) => write!(formatter, "the peers' handshakes do not match (code {code:#010x})"),
            Self::NotAllowed(status) => {
                write!(formatter, "this key or password is not on the server's allow-list (ZAP status {status})")
            }
            Self::Broken(errno) => {
                write!(
                    formatter,
                    "the peer closed the connection (errno {errno}; other security, a wrong server key or a program that \
                     does not speak ZeroMQ does this)"
                )
            }
            Self::NotZmtp => {
                formatter.write_str("the peer does not speak ZMTP 3, ZeroMQ's protocol: another program may have this port")
            }
            Self::Silent => formatter.write_str(
                "the peer accepted the connection but does not answer the handshake: it may be suspended, or another program",
            ),
            Self::Unresolved => formatter.write_str("the host name cannot be resolved"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(kind: EventKind, value: u32) -> Option<State> {
        State::after(&MonitorEvent { kind, value, endpoint: String::new() })
    }

    #[test]
    fn events_become_states_and_sentences() {
        assert_eq!(after(EventKind::HandshakeSucceeded, 7), Some(State::Up));
        assert_eq!(after(EventKind::ConnectRetried, 120).unwrap().to_string(), "reconnecting in 120 ms");
        assert!(after(EventKind::HandshakeFailedAuth, 400).unwrap().to_string().contains("the server's allow-list"));
        assert_eq!(after(EventKind::Unknown(0x8000), 0), None);
    }
}
