//! One message that a socket sent or received: counts, and its own frames up to a limit.

use serde::{Deserialize, Serialize};

use super::{
    FRAME_BYTES_MAX,
    topic::{ProcessId, SocketName, Topic},
};
use crate::{
    DecodeError, Fault, Frames,
    json::{self, integer, word},
};

/// The most frames of a message that a report carries.
pub const CONTENT_FRAMES_MAX: usize = 64;

/// The most bytes of a message that a report carries, all frames together.
pub const CONTENT_BYTES_MAX: usize = 16 * 1024;

/// A message, its socket and its process.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageReport {
    /// The process.
    pub process: ProcessId,
    /// Its socket.
    pub socket: SocketName,
    /// Number, time, direction and counts.
    pub header: MessageHeader,
    /// The message's own frames, at most [`CONTENT_FRAMES_MAX`] and [`CONTENT_BYTES_MAX`]; the last one may be cut.
    pub content: Frames,
}

/// What is known about a message apart from its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageHeader {
    /// The message's number among all that the socket sent or received while it was observed. A gap means messages
    /// that were counted and not copied.
    #[serde(deserialize_with = "integer")]
    pub number: u64,
    /// When it was sent or received: milliseconds since the Unix epoch, UTC.
    pub time_ms: f64,
    /// Sent or received.
    #[serde(deserialize_with = "word")]
    pub direction: Direction,
    /// The number of its frames.
    #[serde(deserialize_with = "integer")]
    pub frames: u64,
    /// Its length in bytes, all frames together.
    #[serde(deserialize_with = "integer")]
    pub bytes: u64,
    /// Whether frames or bytes are left out of the report.
    pub cut: bool,
}

/// Sent or received, as its socket sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The socket sent it.
    Sent,
    /// The socket received it.
    Received,
}

impl MessageHeader {
    /// Checks that `content` can be the part of the message that is reported.
    fn check(&self, content: &Frames) -> Result<(), DecodeError> {
        let (frames, bytes) = (content.len() as u64, content.byte_len() as u64);
        if frames > self.frames || (!self.cut && frames < self.frames) {
            return Err(Fault::Mismatch.of("frames"));
        }
        if bytes > self.bytes || (!self.cut && bytes < self.bytes) {
            return Err(Fault::Mismatch.of("bytes"));
        }
        if self.cut && (frames, bytes) == (self.frames, self.bytes) {
            return Err(Fault::Mismatch.of("cut"));
        }
        Ok(())
    }
}

impl MessageReport {
    /// Replaces `frames` by the report.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        let topic = Topic::Message { process: self.process, socket: self.socket.clone() };
        frames.push(topic.to_string().as_bytes());
        // It is always far below the limit.
        frames.push(&json::write(&self.header, FRAME_BYTES_MAX).unwrap_or_default());
        frames.append(&self.content);
    }

    /// Reads the frames after the topic.
    pub(super) fn read(process: ProcessId, socket: SocketName, frames: &Frames) -> Result<Self, DecodeError> {
        let header: MessageHeader = json::read(frames, 1, "message", FRAME_BYTES_MAX)?;
        let (count, bytes) =
            frames.iter().skip(2).fold((0, 0), |(count, bytes), frame| (count + 1, bytes + frame.len()));
        if count > CONTENT_FRAMES_MAX {
            return Err(Fault::TooLong { max: CONTENT_FRAMES_MAX, unit: "frames" }.of("content"));
        }
        if bytes > CONTENT_BYTES_MAX {
            return Err(Fault::TooLong { max: CONTENT_BYTES_MAX, unit: "bytes" }.of("content"));
        }
        let content: Frames = frames.iter().skip(2).collect();
        header.check(&content)?;
        Ok(Self { process, socket, header, content })
    }
}
