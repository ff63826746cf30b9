//! The topic of a report, its first frame: `state/PROCESS`, `event/PROCESS/SOCKET` or `message/PROCESS/SOCKET`.

use std::{fmt, str::FromStr};

use crate::{
    DecodeError, Fault,
    fields::utf8,
    json::json_text,
    names::{validated_text, within},
};

/// The most bytes in a [`SocketName`].
pub const SOCKET_NAME_BYTES_MAX: usize = 64;

/// The number of hex digits of a [`ProcessId`].
const PROCESS_DIGITS: usize = 16;

/// A reporting process: a random number, on the wire 16 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u64);

impl fmt::Display for ProcessId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl FromStr for ProcessId {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        if text.len() != PROCESS_DIGITS {
            return Err(Fault::Length { expected: PROCESS_DIGITS, got: text.len() }.of("process"));
        }
        if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Fault::BadCharacter.of("process"));
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| Fault::BadCharacter.of("process"))
    }
}

json_text!(ProcessId, |process| process);

validated_text!(
    /// A socket's name, unique in its process: 1 to 64 characters of `[a-z0-9._-]`.
    SocketName,
    "socket",
    |text| {
        if !text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')) {
            return Err(Fault::BadCharacter);
        }
        within(text.len(), SOCKET_NAME_BYTES_MAX, "bytes")
    }
);

json_text!(SocketName, |name| name);

/// The subject of a report. Its `Display` is the frame, and a subscription to exactly this report.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// `state/PROCESS`
    State {
        /// The process.
        process: ProcessId,
    },
    /// `event/PROCESS/SOCKET`
    Event {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: SocketName,
    },
    /// `message/PROCESS/SOCKET`. Messages are reported only to a subscription that is this whole topic.
    Message {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: SocketName,
    },
}

impl Topic {
    /// The prefix of all states.
    pub const STATES: &str = "state/";
    /// The prefix of all events.
    pub const EVENTS: &str = "event/";

    /// Reads a topic from a whole frame, or from a subscription that might be one.
    ///
    /// # Errors
    /// The first of `topic`, `process`, `socket` that is missing or invalid.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let text = utf8(bytes, "topic")?;
        let (kind, rest) = text.split_once('/').ok_or(Fault::UnknownWord.of("topic"))?;
        match kind {
            "state" => Ok(Self::State { process: rest.parse()? }),
            "event" => of_socket(rest).map(|(process, socket)| Self::Event { process, socket }),
            "message" => of_socket(rest).map(|(process, socket)| Self::Message { process, socket }),
            _ => Err(Fault::UnknownWord.of("topic")),
        }
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> ProcessId {
        match self {
            Self::State { process } | Self::Event { process, .. } | Self::Message { process, .. } => *process,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { process } => write!(formatter, "state/{process}"),
            Self::Event { process, socket } => write!(formatter, "event/{process}/{socket}"),
            Self::Message { process, socket } => write!(formatter, "message/{process}/{socket}"),
        }
    }
}

/// `PROCESS/SOCKET`
fn of_socket(text: &str) -> Result<(ProcessId, SocketName), DecodeError> {
    let (process, socket) = text.split_once('/').map_or((text, None), |(process, socket)| (process, Some(socket)));
    Ok((process.parse()?, socket.ok_or(Fault::Missing.of("socket"))?.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_its_text() {
        for text in
            ["state/0000000000000000", "event/00f3a1b2c3d4e5f6/ticks.pub", "message/ffffffffffffffff/ticks.pub-2"]
        {
            assert_eq!(Topic::decode(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_subscription_that_is_only_a_prefix_is_no_topic() {
        for prefix in ["", "m", "message/", "message/00f3a1b2c3d4e5f6", "message/00f3a1b2c3d4e5f6/", "state/"] {
            assert!(Topic::decode(prefix.as_bytes()).is_err(), "{prefix}");
        }
    }
}
