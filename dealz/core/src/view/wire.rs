//! Messages as they went by, decoded field by field.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Rises by one a message of its socket, from 0; a step over more says that messages between are not kept.
    #[ts(type = "number")]
    pub id: u64,
    /// When it was sent or received.
    pub time_ms: f64,
    /// Which way it went.
    pub direction: Direction,
    /// What `protocol-docs` calls it, such as `tick` or `say`.
    pub name: String,
    /// Which page of `protocol-docs` specifies it, such as `tickz`.
    pub page: String,
    /// The heading of the section on that page.
    pub section: String,
    /// The frames; at most 64, the others are only counted.
    pub frames: Vec<FrameView>,
    /// How many frames there were.
    pub frame_count: u32,
    /// How many bytes there were in all frames.
    pub byte_count: u32,
    /// The fields, in the order of the frames.
    pub fields: Vec<FieldView>,
    /// Why it is malformed: the field and the reason.
    pub fault: Option<String>,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// From dealz.
    Sent,
    /// To dealz.
    Received,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FrameView {
    /// Its bytes as two hexadecimal digits each, without separators; at most 256 bytes.
    pub hex: String,
    /// How many bytes it has.
    pub byte_count: u32,
}

/// One field of a message, as `protocol-docs` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// Its value as a person would write it, with its unit.
    pub value: String,
    /// In which frame it is, from 0.
    pub frame: u32,
    /// Where in the frame it begins, in bytes.
    pub start: u32,
    /// How many bytes it has.
    pub byte_count: u32,
}
