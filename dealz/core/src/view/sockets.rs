//! The sockets of a process.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::ConnectionPhase;

/// One socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SocketView {
    /// Its name among all sockets: `PROCESS/SOCKET`, as in topics.
    pub key: String,
    /// Its name in its process, such as `tickz.sub`.
    pub name: String,
    /// libzmq's name of its type without `ZMQ_`, such as `XPUB`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The channel that it serves or uses, such as `ticks`.
    pub channel: Option<String>,
    /// The endpoints that it is bound to.
    pub bound: Vec<String>,
    /// The endpoints that it connects to.
    pub connected: Vec<String>,
    /// The high-water mark of its send queue, in messages; 0 is no limit.
    pub send_queue: u32,
    /// The high-water mark of its receive queue, in messages; 0 is no limit.
    pub receive_queue: u32,
    /// Its state.
    pub state: SocketState,
    /// The beginning of that state; of a stale socket, when it was last heard.
    pub since_ms: f64,
    /// The beginning of the outage of a socket that connects; none while it has a connection.
    pub down_since_ms: Option<f64>,
    /// How many times it has tried to connect in this outage.
    pub attempts: u32,
    /// What else is wrong with it, as a sentence.
    pub warning: Option<String>,
    /// What was wrong with its last malformed message; known of the sockets of the desk.
    pub last_fault: Option<String>,
    /// How many connections are up.
    pub peers: u32,
    /// Its connections and attempts; at most 32.
    pub connections: Vec<ConnectionView>,
    /// How many more it has.
    #[ts(type = "number")]
    pub more_connections: u64,
}

/// The state of a socket, of all its connections together: the one vocabulary of pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum SocketState {
    /// Neither bound nor connecting.
    Off,
    /// A connection is being made.
    Connecting,
    /// There is a connection; the handshake is in progress.
    Handshaking,
    /// Messages can flow.
    Up,
    /// Bound, without a peer.
    Listening,
    /// There is no connection; libzmq retries.
    Retrying {
        /// After how many milliseconds, counted from [`SocketView::since_ms`].
        in_ms: u32,
    },
    /// The peer refused the handshake, or speaks another protocol.
    Refused {
        /// Why, as a sentence.
        reason: String,
    },
    /// Nothing is heard since [`SocketView::since_ms`], although there is a connection or should be one.
    Stale {
        /// What is missing, without its duration.
        reason: String,
    },
    /// It cannot be bound.
    Failed {
        /// Why, and which process holds the port, as a sentence.
        reason: String,
    },
}

/// One connection of a socket, or its attempt to make one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// The endpoint of the socket that it belongs to.
    pub endpoint: String,
    /// How it is at present.
    pub phase: ConnectionPhase,
    /// The beginning of that phase.
    pub since_ms: f64,
    /// Why it was refused or closed.
    pub reason: Option<String>,
    /// Its local address as the system knows it.
    pub local: Option<String>,
    /// The address of its peer as the system knows it.
    pub remote: Option<String>,
    /// The other end: the key of a socket, or the id of a [`super::Stranger`].
    pub peer: Option<String>,
}

/// A change of a socket's phase: it lasts until the next one of that socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StateChange {
    /// The socket, by its [key](SocketView::key).
    pub socket: String,
    /// When it began.
    pub time_ms: f64,
    /// What began.
    pub phase: Phase,
}

/// A [`SocketState`] in the long run: retries of one outage are one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// It is not open.
    Off,
    /// The first attempt to connect.
    Connecting,
    /// Messages can flow.
    Up,
    /// Bound, without a peer.
    Listening,
    /// There is no connection; libzmq retries.
    Retrying,
    /// Nothing is heard.
    Silent,
    /// The handshake is refused.
    Refused,
    /// It cannot be bound.
    Failed,
}
