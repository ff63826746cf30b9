//! What a socket's monitor tells, as a state and as a sentence.
//!
//! A [`MonitorEvent`] is libzmq's own word. A [`Link`] is what it means for the connection, and its `Display` is
//! how a person would say it.

use std::{fmt, time::Duration};

use wire::monitor::{EventKind, MonitorEvent};
use zmq_sys::{
    ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC as CRYPTOGRAPHIC,
    ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH as MECHANISM_MISMATCH,
};

/// The state of one connection after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The socket is bound and takes connections.
    Listening,
    /// A connection is being made.
    Connecting,
    /// A connection is made; the peers are greeting each other.
    Handshaking,
    /// Messages can flow.
    Up,
    /// The connection is gone.
    Down,
    /// libzmq tries again after this time.
    Retrying(Duration),
    /// The peers could not agree.
    Refused(Refusal),
    /// An event that changes no state.
    Unchanged,
}

/// Why a handshake failed, as far as libzmq tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The peer speaks another security mechanism, or CURVE with another server key.
    Security(u32),
    /// The bound side's list does not hold this key or password: the ZAP status, 400 as a rule.
    NotAllowed(u32),
    /// The connection broke while the peers greeted each other: the errno.
    Broken(u32),
}

impl Link {
    /// What an event means for its connection.
    #[must_use]
    pub const fn after(event: &MonitorEvent) -> Self {
        match event.kind {
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
            | EventKind::Unknown(_) => Self::Unchanged,
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening => formatter.write_str("listening"),
            Self::Connecting => formatter.write_str("connecting"),
            Self::Handshaking => formatter.write_str("connected, greeting"),
            Self::Up => formatter.write_str("up"),
            Self::Down => formatter.write_str("down"),
            Self::Retrying(after) => {
                write!(formatter, "libzmq tries again in {} ms", after.as_millis())
            }
            Self::Refused(refusal) => write!(formatter, "handshake refused: {refusal}"),
            Self::Unchanged => formatter.write_str("unchanged"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Security(MECHANISM_MISMATCH) => {
                formatter.write_str("the peers use different security (NULL, PLAIN or CURVE)")
            }
            Self::Security(CRYPTOGRAPHIC) => formatter.write_str("the keys do not fit (wrong server key?)"),
            Self::Security(code) => write!(formatter, "the peers' handshakes do not fit (code {code:#010x})"),
            Self::NotAllowed(status) => {
                write!(formatter, "this key or password is not on the bound side's list (ZAP status {status})")
            }
            Self::Broken(errno) => {
                write!(
                    formatter,
                    "the peer closed the connection (errno {errno}; other security or a wrong server key does this)"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(kind: EventKind, value: u32) -> Link {
        Link::after(&MonitorEvent { kind, value, endpoint: String::new() })
    }

    #[test]
    fn events_become_states_and_sentences() {
        assert_eq!(after(EventKind::HandshakeSucceeded, 7), Link::Up);
        assert_eq!(after(EventKind::ConnectRetried, 120).to_string(), "libzmq tries again in 120 ms");
        assert!(after(EventKind::HandshakeFailedAuth, 400).to_string().contains("not on the bound side's list"));
        assert_eq!(after(EventKind::Unknown(0x8000), 0), Link::Unchanged);
    }
}
