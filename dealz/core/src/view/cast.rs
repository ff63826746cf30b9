//! Every process that reports, its sockets, and the lines between them.
//!
//! What changes rarely, the cast, and what changes all the time, the counts, are sent apart. Sockets and processes are named
//! as in the topics of `protocol-docs/observe.md`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SocketView;

/// All that is known of the processes on the observation bus, except its counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CastView {
    /// In the order of first sight.
    pub processes: Vec<CastProcess>,
    /// Peers that do not report, in the order of first sight.
    pub strangers: Vec<Stranger>,
    /// The lines between sockets: one for each two, however many connections they have.
    pub lines: Vec<LineView>,
    /// How many processes report that are not shown.
    pub others: u32,
    /// How many reports were malformed.
    #[ts(type = "number")]
    pub malformed: u64,
    /// What is wrong with the bus, as a sentence; then nothing here is new.
    pub fault: Option<String>,
}

/// A process that reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CastProcess {
    /// Its id: `PROCESS` in topics.
    pub id: String,
    /// The program's name, such as `tickz`.
    pub program: String,
    /// The program's part in its protocol, such as `publish`.
    pub role: String,
    /// The language that it is written in.
    pub language: String,
    /// Its process id on its machine.
    pub pid: u32,
    /// The name of its machine.
    pub host: String,
    /// When it started.
    pub started_ms: f64,
    /// Whether it is this desk.
    pub is_desk: bool,
    /// Its name in commands, if this desk has started it: [`super::ProcessView::id`].
    pub child: Option<String>,
    /// Whether it reports.
    pub presence: Presence,
    /// The beginning of that; of one that is silent, when it last reported.
    pub since_ms: f64,
    /// How many of its events did not arrive.
    #[ts(type = "number")]
    pub missing_events: u64,
    /// Its sockets, in the order in which it reports them.
    pub sockets: Vec<SocketView>,
    /// How many sockets are not shown.
    #[ts(type = "number")]
    pub more_sockets: u64,
}

/// Whether a process reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// It does.
    Present,
    /// It is suspended (SIGSTOP), as the system knows.
    Suspended,
    /// It has not done so for three seconds.
    Silent,
    /// It has ended. It is shown for a few seconds more.
    Gone,
}

/// A peer that does not report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Stranger {
    /// Its name in lines: `?` and its address.
    pub id: String,
    /// Its address; of a process with several, the first.
    pub address: String,
    /// The process there, such as `redis-server (pid 12)`, where the system can tell.
    pub holder: Option<String>,
    /// The id of that process.
    pub pid: Option<u32>,
    /// Its name in commands, if dealz has started it.
    pub child: Option<String>,
}

/// All connections between two sockets, or between a socket and a stranger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// The [key](SocketView::key) of the socket that connects, if it reports; otherwise of the one that is bound.
    pub from: String,
    /// The key of the other socket, or the [id](Stranger::id) of a stranger.
    pub to: String,
    /// The phase of the connection that is best.
    pub phase: ConnectionPhase,
    /// How many connections there are.
    pub count: u32,
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionPhase {
    /// Messages can flow.
    Up,
    /// Connected; the handshake is in progress.
    Handshake,
    /// An attempt to connect is in progress.
    Connecting,
    /// The last attempt failed; another one follows.
    Retrying,
    /// The handshake failed, or authentication refused the peer.
    Refused,
    /// It ended.
    Closed,
}

/// The counts of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProcessCounts {
    /// The process, by [`CastProcess::id`].
    pub process: String,
    /// Numbers that the program wants seen.
    pub values: Vec<ValueView>,
    /// Its sockets, in the order of [`CastProcess::sockets`].
    pub sockets: Vec<SocketCounts>,
}

/// A number that a program wants seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValueView {
    /// Its name, such as `lost`.
    pub name: String,
    /// The number, if there is one at the moment.
    pub value: Option<f64>,
    /// Its unit, such as `messages`.
    pub unit: Option<String>,
}

/// The counts of one socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SocketCounts {
    /// Messages received.
    #[ts(type = "number")]
    pub received: u64,
    /// Messages sent.
    #[ts(type = "number")]
    pub sent: u64,
    /// Bytes in all frames received.
    #[ts(type = "number")]
    pub received_bytes: u64,
    /// Bytes in all frames sent.
    #[ts(type = "number")]
    pub sent_bytes: u64,
    /// Messages received a second, over about the last second.
    pub received_per_second: f64,
    /// Messages sent a second, over about the last second.
    pub sent_per_second: f64,
    /// Malformed messages.
    #[ts(type = "number")]
    pub malformed: u64,
    /// How many of the messages that it has sent its peers have not received yet. `None` where that cannot be known: a peer
    /// does not report, has gone, or receives from others, or the socket type drops messages.
    #[ts(type = "number | null")]
    pub on_the_way: Option<u64>,
    /// About how many messages have arrived that its program has not received. `None` where that cannot be known.
    #[ts(type = "number | null")]
    pub waiting: Option<u64>,
}
