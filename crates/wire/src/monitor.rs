//! libzmq's events about a socket, on the `PAIR` of its monitor (`protocol-docs/monitor.md`).
//!
//! | frame | bytes | meaning |
//! |---|---|---|
//! | 1 | 6 | event u16, value u32, packed, in *native* byte order |
//! | 2 | 0..1024 | the endpoint, text |
//!
//! This is the one message of the suite in native byte order: it never leaves the process.

use std::fmt;

use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Observed, Place, fields::Fields, words},
    fields::{fixed, frame, utf8},
};

/// The name by which [`crate::describe()`] knows a monitor. It is no [`crate::Channel`]: it stays inside its process.
pub const CHANNEL: &str = "monitor";

/// The most bytes in the endpoint of an event.
pub const ENDPOINT_BYTES_MAX: usize = 1024;

/// One event of one socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorEvent {
    /// The kind of event.
    pub kind: EventKind,
    /// A file descriptor, an errno, milliseconds or a code, depending on `kind`.
    pub value: u32,
    /// The endpoint concerned, as libzmq writes it.
    pub endpoint: String,
}

macro_rules! event_kinds {
    ($($(#[$documentation:meta])* $variant:ident = $number:literal $name:literal;)*) => {
        /// The kind of a monitor event, by libzmq's number. An unknown number is kept.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$documentation])* $variant,)*
            /// An unknown event, by its number.
            Unknown(u16),
        }

        impl EventKind {
            /// The kind with libzmq's `number`.
            #[must_use]
            pub const fn from_number(number: u16) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// The kind with libzmq's `name` without `ZMQ_EVENT_`.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// libzmq's number.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// libzmq's name without `ZMQ_EVENT_`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(_) => "UNKNOWN",
                }
            }
        }
    };
}

event_kinds! {
    /// A connection was made; the value is its file descriptor.
    Connected = 0x0001 "CONNECTED";
    /// A connection attempt is in progress.
    ConnectDelayed = 0x0002 "CONNECT_DELAYED";
    /// A connection attempt will be retried; the value is the delay in milliseconds.
    ConnectRetried = 0x0004 "CONNECT_RETRIED";
    /// The socket is bound; the value is the listening file descriptor.
    Listening = 0x0008 "LISTENING";
    /// The socket could not be bound; the value is an errno.
    BindFailed = 0x0010 "BIND_FAILED";
    /// A peer's connection was accepted; the value is its file descriptor.
    Accepted = 0x0020 "ACCEPTED";
    /// A peer's connection could not be accepted; the value is an errno.
    AcceptFailed = 0x0040 "ACCEPT_FAILED";
    /// A connection was closed from this side; the value is its file descriptor.
    Closed = 0x0080 "CLOSED";
    /// A connection could not be closed; the value is an errno.
    CloseFailed = 0x0100 "CLOSE_FAILED";
    /// A connection broke; the value is its file descriptor.
    Disconnected = 0x0200 "DISCONNECTED";
    /// The monitor ends; no event follows.
    MonitorStopped = 0x0400 "MONITOR_STOPPED";
    /// A handshake failed; the value is an errno.
    HandshakeFailedNoDetail = 0x0800 "HANDSHAKE_FAILED_NO_DETAIL";
    /// A handshake succeeded: messages can flow.
    HandshakeSucceeded = 0x1000 "HANDSHAKE_SUCCEEDED";
    /// A handshake failed in the protocol or its security; the value is libzmq's code.
    HandshakeFailedProtocol = 0x2000 "HANDSHAKE_FAILED_PROTOCOL";
    /// A handshake was refused by authentication; the value is the ZAP status.
    HandshakeFailedAuth = 0x4000 "HANDSHAKE_FAILED_AUTH";
}

impl EventKind {
    /// The value of an event of this kind in words.
    fn value_words(self, value: u32) -> String {
        match self {
            Self::Connected | Self::Listening | Self::Accepted | Self::Closed | Self::Disconnected => {
                format!("file descriptor {value}")
            }
            Self::ConnectDelayed
            | Self::BindFailed
            | Self::AcceptFailed
            | Self::CloseFailed
            | Self::HandshakeFailedNoDetail => format!("errno {value}"),
            Self::ConnectRetried => format!("retry in {value} ms"),
            Self::HandshakeFailedProtocol => format!("protocol error {value:#010x}"),
            Self::HandshakeFailedAuth => format!("ZAP status {value}"),
            Self::MonitorStopped | Self::HandshakeSucceeded => format!("{value} (no meaning)"),
            Self::Unknown(_) => value.to_string(),
        }
    }
}

impl MonitorEvent {
    /// Replaces `frames` by the event.
    #[expect(clippy::host_endian_bytes, reason = "libzmq writes monitor events in native order")]
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push_parts(&[&self.kind.number().to_ne_bytes(), &self.value.to_ne_bytes()]);
        frames.push(self.endpoint.as_bytes());
    }

    /// Reads an event.
    ///
    /// # Errors
    /// `event` missing or not 6 bytes; `endpoint` missing, not UTF-8 or too long.
    #[expect(clippy::host_endian_bytes, reason = "libzmq writes monitor events in native order")]
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let [e0, e1, v0, v1, v2, v3] = fixed(frames, 0, "event")?;
        let endpoint = decode_endpoint(frame(frames, 1, "endpoint")?)?;
        Ok(Self {
            kind: EventKind::from_number(u16::from_ne_bytes([e0, e1])),
            value: u32::from_ne_bytes([v0, v1, v2, v3]),
            endpoint: endpoint.to_owned(),
        })
    }

    #[expect(clippy::host_endian_bytes, reason = "libzmq writes monitor events in native order")]
    fn describe(mut fields: Fields<'_>) -> Description {
        match fields.complete(0) {
            Some(&[e0, e1, v0, v1, v2, v3]) => {
                let kind = EventKind::from_number(u16::from_ne_bytes([e0, e1]));
                fields.part("event", 0, 0..2, format!("{} ({:#06x})", kind.name(), kind.number()));
                fields.part("value", 0, 2..6, kind.value_words(u32::from_ne_bytes([v0, v1, v2, v3])));
            }
            _ => fields.fixed::<6>("event", 0, |bytes| words::hex(&bytes)),
        }
        fields.frame("endpoint", 1, |bytes| words::decoded(decode_endpoint(bytes)));
        fields.ignored(2);
        fields.describe("monitor_event", Place { page: "monitor", section: "monitor_event" }, Self::decode)
    }
}

fn decode_endpoint(bytes: &[u8]) -> Result<&str, DecodeError> {
    if bytes.len() > ENDPOINT_BYTES_MAX {
        return Err(Fault::TooLong { max: ENDPOINT_BYTES_MAX, unit: "bytes" }.of("endpoint"));
    }
    utf8(bytes, "endpoint")
}

/// Describes an event on a monitor.
pub(crate) fn describe(observed: &Observed<'_>) -> Description {
    MonitorEvent::describe(Fields::of(observed))
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(number) => write!(formatter, "UNKNOWN({number:#06x})"),
            known => formatter.pad(known.name()),
        }
    }
}
