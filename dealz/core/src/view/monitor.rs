//! What the monitors of all sockets report.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One event of one monitor, or a run of equal ones: during an outage each kind of event has one line, which counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MonitorLine {
    /// Rises by one a line. A line that comes again under the same number replaces the one before.
    #[ts(type = "number")]
    pub id: u64,
    /// When its process read the first of its events.
    pub time_ms: f64,
    /// When its process read the last of them.
    pub last_ms: f64,
    /// How many there were.
    pub count: u32,
    /// The socket that is monitored, by its [key](super::SocketView::key).
    pub socket: String,
    /// The socket in words, such as `tickz publish XPUB`: its process may be gone.
    pub name: String,
    /// libzmq's name without `ZMQ_EVENT_`.
    pub event: String,
    /// libzmq's number.
    pub number: u16,
    /// A file descriptor, an errno, milliseconds or a code, depending on the event; that of the last one.
    pub value: u32,
    /// The endpoint that it happened to.
    pub endpoint: String,
    /// What it means for the socket.
    pub mark: Mark,
    /// Whether it is worth a headline: a connection came, went or was refused.
    pub is_major: bool,
    /// What happened, to which endpoint, and what libzmq does next: one or two sentences.
    pub sentence: String,
}

/// What an event means for its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// In progress: connecting, accepted, listening.
    Progress,
    /// Messages can flow.
    Up,
    /// A connection is gone, or libzmq retries it.
    Down,
    /// A handshake or a bind failed.
    Refused,
    /// Without consequence.
    Other,
}
