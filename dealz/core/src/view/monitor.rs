//! What the six monitors tell.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SocketId;

/// One event of one monitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MonitorLine {
    /// Rises by one an event.
    #[ts(type = "number")]
    pub id: u64,
    /// When dealz read it.
    pub time_ms: f64,
    /// Whose monitor.
    pub socket: SocketId,
    /// libzmq's name without `ZMQ_EVENT_`.
    pub event: String,
    /// libzmq's number.
    pub number: u16,
    /// A file descriptor, an errno, milliseconds or a code, as the event says.
    pub value: u32,
    /// Where it happened.
    pub endpoint: String,
    /// What it means for the socket.
    pub mark: Mark,
    /// What happened, to which end, and what libzmq does next: one or two sentences.
    pub sentence: String,
}

/// What an event means for its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// On the way: connecting, accepted, listening.
    Progress,
    /// Messages can flow.
    Up,
    /// A connection is gone, or is tried again.
    Down,
    /// A handshake or a bind failed.
    Refused,
    /// Of no consequence.
    Other,
}
