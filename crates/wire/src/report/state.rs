//! A process's whole state: its values, its sockets and their connections.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    FRAME_BYTES_MAX,
    label::Label,
    topic::{ProcessId, SocketName, Topic},
};
use crate::{
    DecodeError, Fault, Frames,
    json::{self, Integer, Objects, integer, list, object, objects, optional, word},
};

/// The most values in a state.
pub const VALUES_MAX: usize = 64;
/// The most sockets in a state.
pub const SOCKETS_MAX: usize = 64;
/// The most bound endpoints of a socket in a state, and the most connected ones.
pub const ENDPOINTS_MAX: usize = 16;
/// The most connections of a socket in a state.
pub const CONNECTIONS_MAX: usize = 1024;

/// The sockets, and the connections of each, that a state keeps until its frame is small enough. The last always is.
const KEPT: [(usize, usize); 7] = [
    (SOCKETS_MAX, CONNECTIONS_MAX),
    (SOCKETS_MAX, 256),
    (SOCKETS_MAX, 64),
    (SOCKETS_MAX, 16),
    (SOCKETS_MAX, 0),
    (8, 0),
    (0, 0),
];

/// A process's state. It is always whole: a receiver that has missed any number of earlier ones is right again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessState {
    /// The process.
    pub process: ProcessId,
    /// The program's name, such as `tickz`.
    pub program: Label,
    /// The program's part in its protocol, such as `publish`.
    pub role: Label,
    /// The language that it is written in.
    pub language: Label,
    /// Its process id on its machine.
    pub pid: u32,
    /// The name of its machine.
    pub host: Label,
    /// When the process started: milliseconds since the Unix epoch, UTC.
    pub started_ms: f64,
    /// When this state was made.
    pub time_ms: f64,
    /// The state's number: one more than that of the state before it.
    #[serde(deserialize_with = "integer")]
    pub number: u64,
    /// How many events there have been, which is the number of the next one.
    #[serde(deserialize_with = "integer")]
    pub events: u64,
    /// Numbers that the program wants seen.
    #[serde(default, deserialize_with = "optional::<_, Objects<_, VALUES_MAX>, _>")]
    pub values: Vec<NamedValue>,
    /// Its sockets, each with a name that no other has.
    #[serde(deserialize_with = "objects::<_, _, SOCKETS_MAX>")]
    pub sockets: Vec<SocketState>,
    /// How many sockets are left out.
    #[serde(default, deserialize_with = "optional::<_, Integer, _>")]
    pub more_sockets: u64,
    /// Whether this is the last state: the process ends.
    #[serde(default, deserialize_with = "optional::<_, bool, _>", skip_serializing_if = "is_false")]
    pub ended: bool,
}

/// A number that a program wants seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedValue {
    /// Its name, such as `lost`.
    pub name: Label,
    /// The number; `None` if there is none at the moment. JSON has no other word for a number that is not finite.
    pub value: Option<f64>,
    /// Its unit, such as `messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Label>,
}

/// The state of one socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketState {
    /// Its name.
    pub name: SocketName,
    /// libzmq's name of its type without `ZMQ_`, such as `XPUB`.
    #[serde(rename = "type")]
    pub kind: Label,
    /// The channel that it serves or uses, such as `ticks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Label>,
    /// The endpoints that it is bound to.
    #[serde(deserialize_with = "list::<_, _, ENDPOINTS_MAX>")]
    pub bound: Vec<Label>,
    /// The endpoints that it connects to.
    #[serde(deserialize_with = "list::<_, _, ENDPOINTS_MAX>")]
    pub connected: Vec<Label>,
    /// The high-water mark of its send queue, in messages; 0 is no limit.
    pub send_queue: u32,
    /// The high-water mark of its receive queue, in messages; 0 is no limit.
    pub receive_queue: u32,
    /// What it has sent.
    #[serde(deserialize_with = "object")]
    pub sent: Traffic,
    /// What it has received.
    #[serde(deserialize_with = "object")]
    pub received: Traffic,
    /// How many of the received messages were malformed.
    #[serde(deserialize_with = "integer")]
    pub malformed: u64,
    /// About how many messages have arrived that the program has not received; `None` if that is not known.
    #[serde(default, deserialize_with = "optional::<_, Integer, _>", skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// Its connections.
    #[serde(deserialize_with = "objects::<_, _, CONNECTIONS_MAX>")]
    pub connections: Vec<Connection>,
    /// How many connections are left out.
    #[serde(default, deserialize_with = "optional::<_, Integer, _>")]
    pub more_connections: u64,
}

/// Counts since the socket was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Messages.
    #[serde(deserialize_with = "integer")]
    pub messages: u64,
    /// Bytes in all frames of these messages.
    #[serde(deserialize_with = "integer")]
    pub bytes: u64,
}

/// One connection of a socket, or its attempt to make one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// A number that no other present connection of this socket has: its file descriptor. `None` while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The endpoint of the socket that it belongs to.
    pub endpoint: Label,
    /// How it is at present.
    #[serde(deserialize_with = "word")]
    pub phase: Phase,
    /// Since when it has been in this phase: milliseconds since the Unix epoch, UTC.
    pub since_ms: f64,
    /// How many attempts there have been since it was last up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// While retrying: the delay before the next attempt, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<f64>,
    /// Why it was refused or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Label>,
    /// Its local address as the system knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Label>,
    /// The address of its peer as the system knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Label>,
    /// The process at the other end, if the system knows it, as it does for IPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_pid: Option<u32>,
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// An attempt to connect is in progress.
    Connecting,
    /// Connected; the handshake is in progress.
    Handshake,
    /// Messages can flow.
    Up,
    /// The last attempt failed; another one follows.
    Retrying,
    /// The handshake failed, or authentication refused the peer.
    Refused,
    /// It ended.
    Closed,
}

impl ProcessState {
    /// Replaces `frames` by the state. Whatever exceeds a limit is left out; left-out sockets and connections are counted.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(Topic::State { process: self.process }.to_string().as_bytes());
        let mut state = self.clone();
        let json = KEPT.iter().find_map(|&(sockets_max, connections_max)| {
            state.keep(sockets_max, connections_max);
            json::write(&state, FRAME_BYTES_MAX)
        });
        frames.push(&json.unwrap_or_default());
    }

    /// Reads the frames after the topic.
    pub(super) fn read(process: ProcessId, frames: &Frames) -> Result<Self, DecodeError> {
        let state: Self = json::read(frames, 1, "state", FRAME_BYTES_MAX)?;
        if state.process != process {
            return Err(Fault::Mismatch.of("process"));
        }
        let names: HashSet<&SocketName> = state.sockets.iter().map(|socket| &socket.name).collect();
        if names.len() < state.sockets.len() {
            return Err(Fault::Repeated.of("name"));
        }
        Ok(state)
    }

    fn keep(&mut self, sockets_max: usize, connections_max: usize) {
        self.values.truncate(VALUES_MAX);
        self.more_sockets += leave_out(&mut self.sockets, sockets_max);
        for socket in &mut self.sockets {
            socket.bound.truncate(ENDPOINTS_MAX);
            socket.connected.truncate(ENDPOINTS_MAX);
            socket.more_connections += leave_out(&mut socket.connections, connections_max);
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Shortens a list to `max` and returns how many it had more.
fn leave_out<T>(list: &mut Vec<T>, max: usize) -> u64 {
    let left_out = list.len().saturating_sub(max);
    list.truncate(max);
    left_out as u64
}
