//! Messages sent and received, decoded field by field.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// The number of the message on its socket, from 0; a gap means that the messages between are not kept.
    #[ts(type = "number")]
    pub id: u64,
    /// When it was sent or received.
    pub time_ms: f64,
    /// Its direction.
    pub direction: Direction,
    /// Its name in `protocol-docs`, such as `tick` or `say`.
    pub name: String,
    /// The page of `protocol-docs` that specifies it, such as `tickz`.
    pub page: String,
    /// The heading of the section on that page.
    pub section: String,
    /// Its frames; at most 64, further ones are only counted. None if its process withholds the bytes.
    pub frames: Vec<FrameView>,
    /// The number of frames.
    pub frame_count: u32,
    /// The number of bytes in all frames.
    pub byte_count: u32,
    /// The fields, in the order of the frames.
    pub fields: Vec<FieldView>,
    /// Why it is malformed: the field and the reason.
    pub fault: Option<String>,
}

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Out of the socket.
    Sent,
    /// Into the socket.
    Received,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FrameView {
    /// Its bytes as two hexadecimal digits each, without separators; at most 256 bytes.
    pub hex: String,
    /// Its number of bytes.
    pub byte_count: u32,
}

/// One field of a message, as `protocol-docs` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its value as readable text, with its unit.
    pub value: String,
    /// The index of its frame, from 0.
    pub frame: u32,
    /// Its start within the frame, in bytes.
    pub start: u32,
    /// Its number of bytes.
    pub byte_count: u32,
}
