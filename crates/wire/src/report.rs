//! observe: what a process reports about its sockets, for anyone who watches (`protocol-docs/observe.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`ProcessState`] | topic `state/PROCESS`, the whole state |
//! | [`EventReport`] | topic `event/PROCESS/SOCKET`, one [`Event`] |
//! | [`MessageReport`] | topic `message/PROCESS/SOCKET`, a [`MessageHeader`], then the message's own frames, unless cut |
//!
//! The second frame is JSON, which any language has and a person can read: one object. Its unknown members are
//! ignored, as are frames after the second of a state or an event.
//!
//! - [`declaration`]: what a program declares that it reports
//! - [`topic`]: the first frame, by which observers subscribe
//! - [`label`](mod@label): short texts
//! - [`state`], [`event`], [`message`]: a module per message

pub mod declaration;
pub mod event;
pub mod label;
pub mod message;
pub mod state;
pub mod topic;

pub use declaration::{Declaration, DeclaredSocket, DeclaredValue};
pub use event::{Event, EventReport};
pub use label::Label;
pub use message::{Direction, MessageHeader, MessageReport};
pub use state::{Connection, NamedValue, Phase, ProcessState, SocketState, Traffic};
pub use topic::{ProcessId, SocketName, Topic};

use crate::{
    Channel, DecodeError, Frames, Limits, SocketType,
    describe::{Describe, Description, Observed, Place, Purpose, fields::Fields, general, words},
    fields::frame,
};

/// The largest frame of a report in bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// The limits of the bus. When a queue is full, a report is dropped: the next state is whole again.
const LIMITS: Limits = Limits { queue: 1_000, frame_bytes: FRAME_BYTES_MAX as u32, kernel_bytes: None, slow: None };

/// Reports, from processes to the hub.
pub const REPORTS: Channel = Channel {
    name: "reports",
    program: "observez",
    variable: "OBSERVE_REPORTS",
    port: 9007,
    host: "127.0.0.1",
    binds: SocketType::Sub,
    connects: SocketType::Pub,
    limits: LIMITS,
};

/// The same, from the hub to observers.
pub const OBSERVATIONS: Channel = Channel {
    name: "observations",
    program: "observez",
    variable: "OBSERVE_OBSERVATIONS",
    port: 9008,
    host: "127.0.0.1",
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: LIMITS,
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] = &[(REPORTS, describe), (OBSERVATIONS, describe)];

/// Where subscriptions are specified.
const SUBSCRIBING: Place = Place { page: "observe", section: "Semantics" };

/// Any report.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// A process's whole state.
    State(ProcessState),
    /// One event of one socket.
    Event(EventReport),
    /// One message that a socket sent or received.
    Message(MessageReport),
}

impl Report {
    /// Replaces `frames` by the report.
    pub fn encode(&self, frames: &mut Frames) {
        match self {
            Self::State(state) => state.encode(frames),
            Self::Event(report) => report.encode(frames),
            Self::Message(report) => report.encode(frames),
        }
    }

    /// Reads a report.
    ///
    /// # Errors
    /// The first invalid field: of `topic`, `process` and `socket` in frame 1, or of what the topic announces.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        match Topic::decode(frame(frames, 0, "topic")?)? {
            Topic::State { process } => ProcessState::read(process, frames).map(Self::State),
            Topic::Event { process, socket } => EventReport::read(process, socket, frames).map(Self::Event),
            Topic::Message { process, socket } => MessageReport::read(process, socket, frames).map(Self::Message),
        }
    }
}

/// Describes a message on **reports** or **observations**.
pub(crate) fn describe(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Publication => report(Fields::of(observed)),
        Purpose::Subscription => general::subscription(observed, Some(SUBSCRIBING), words::text),
        _ => general::message(observed),
    }
}

fn report(mut fields: Fields<'_>) -> Description {
    let topic = fields.get(0).unwrap_or_default();
    let name = match topic.split(|byte| *byte == b'/').next() {
        Some(b"event") => "event",
        Some(b"message") => "message",
        _ => "state",
    };
    fields.frame("topic", 0, |bytes| words::decoded(Topic::decode(bytes)));
    fields.frame(name, 1, |bytes| Ok(words::text(bytes)));
    if name == "message" {
        fields.frames("content", 2, |bytes| Ok(words::bytes(bytes)));
    } else {
        fields.ignored(2);
    }
    fields.describe(name, Place { page: "observe", section: name }, Report::decode)
}

#[cfg(test)]
mod tests;
