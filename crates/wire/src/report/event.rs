//! One event of one socket's monitor, numbered among those of its process.

use serde::{Deserialize, Serialize};

use super::{
    FRAME_BYTES_MAX,
    label::Label,
    topic::{ProcessId, SocketName, Topic},
};
use crate::{
    DecodeError, Frames,
    json::{self, integer},
    monitor::EventKind,
};

/// An event, its socket and its process.
#[derive(Debug, Clone, PartialEq)]
pub struct EventReport {
    /// The process.
    pub process: ProcessId,
    /// Its socket.
    pub socket: SocketName,
    /// The event.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The event's number among all of its process, from 0. A gap means events that were not reported.
    #[serde(deserialize_with = "integer")]
    pub number: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC.
    pub time_ms: f64,
    /// libzmq's name without `ZMQ_EVENT_`; see [`Event::kind`].
    #[serde(rename = "event")]
    pub name: Label,
    /// A file descriptor, an errno, milliseconds or a code, depending on the event.
    pub value: u32,
    /// The endpoint concerned, as libzmq writes it.
    pub endpoint: Label,
    /// The connection's local address, if the system knew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Label>,
    /// The address of its peer, if the system knew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Label>,
}

impl Event {
    /// The event as libzmq numbers it; `None` for a name that this build does not know.
    #[must_use]
    pub fn kind(&self) -> Option<EventKind> {
        EventKind::from_name(self.name.as_str())
    }
}

impl EventReport {
    /// Replaces `frames` by the report.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        let topic = Topic::Event { process: self.process, socket: self.socket.clone() };
        frames.push(topic.to_string().as_bytes());
        // It is always far below the limit.
        frames.push(&json::write(&self.event, FRAME_BYTES_MAX).unwrap_or_default());
    }

    /// Reads the frames after the topic.
    pub(super) fn read(process: ProcessId, socket: SocketName, frames: &Frames) -> Result<Self, DecodeError> {
        Ok(Self { process, socket, event: json::read(frames, 1, "event", FRAME_BYTES_MAX)? })
    }
}
