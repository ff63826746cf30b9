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
//! - [`topic`]: the first frame, by which observers subscribe
//! - [`label`](mod@label): short texts
//! - [`state`], [`event`], [`message`]: a module per message

pub mod event;
mod json;
pub mod label;
pub mod message;
pub mod state;
pub mod topic;

pub use event::{Event, EventReport};
pub use label::Label;
pub use message::{Direction, MessageHeader, MessageReport};
pub use state::{Connection, NamedValue, Phase, ProcessState, SocketState, Traffic};
pub use topic::{ProcessId, SocketName, Topic};

use crate::{DecodeError, Frames, fields::frame};

/// The largest frame of a report in bytes.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

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

#[cfg(test)]
mod tests;
