//! The six sockets of dealz.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use wire::Channel;

/// One of the sockets that dealz owns, by the name of its monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub enum SocketId {
    /// Asks chatz.
    #[serde(rename = "chatz.req")]
    ChatzReq,
    /// Hears what is said in chatz.
    #[serde(rename = "chatz.sub")]
    ChatzSub,
    /// Hears prices.
    #[serde(rename = "tickz.sub")]
    TickzSub,
    /// Hands out orders.
    #[serde(rename = "valuz.push")]
    ValuzPush,
    /// Takes results.
    #[serde(rename = "valuz.pull")]
    ValuzPull,
    /// Tells the workers what to do.
    #[serde(rename = "valuz.pub")]
    ValuzPub,
}

/// ZeroMQ's own name for what a socket does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum SocketRole {
    /// Asks.
    Req,
    /// Hears.
    Sub,
    /// Hands out.
    Push,
    /// Takes in.
    Pull,
    /// Tells.
    Pub,
}

impl SocketId {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::ChatzReq, Self::ChatzSub, Self::TickzSub, Self::ValuzPush, Self::ValuzPull, Self::ValuzPub];

    /// Its name: its monitor is at `inproc://monitor.NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatzReq => "chatz.req",
            Self::ChatzSub => "chatz.sub",
            Self::TickzSub => "tickz.sub",
            Self::ValuzPush => "valuz.push",
            Self::ValuzPull => "valuz.pull",
            Self::ValuzPub => "valuz.pub",
        }
    }

    /// The socket with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.name() == name)
    }

    /// The service it belongs to, as a person would say it.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::ChatzReq | Self::ChatzSub => "chatz",
            Self::TickzSub => "tickz",
            Self::ValuzPush | Self::ValuzPull | Self::ValuzPub => "valuz",
        }
    }

    /// What it does.
    #[must_use]
    pub const fn role(self) -> SocketRole {
        match self {
            Self::ChatzReq => SocketRole::Req,
            Self::ChatzSub | Self::TickzSub => SocketRole::Sub,
            Self::ValuzPush => SocketRole::Push,
            Self::ValuzPull => SocketRole::Pull,
            Self::ValuzPub => SocketRole::Pub,
        }
    }

    /// The channel that it is an end of.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::ChatzReq => Channel::Requests,
            Self::ChatzSub => Channel::Broadcasts,
            Self::TickzSub => Channel::Ticks,
            Self::ValuzPush => Channel::Orders,
            Self::ValuzPull => Channel::Results,
            Self::ValuzPub => Channel::Control,
        }
    }

    /// Whether it binds and others connect to it.
    #[must_use]
    pub const fn binds(self) -> bool {
        matches!(self, Self::ValuzPush | Self::ValuzPull | Self::ValuzPub)
    }

    /// Its place in [`SocketId::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for SocketId {
    /// `tickz SUB`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = format!("{:?}", self.role()).to_uppercase();
        write!(formatter, "{} {role}", self.service())
    }
}

/// Where a socket stands, as its monitor tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum SocketState {
    /// It is not open.
    Off,
    /// A connection is being made.
    Connecting,
    /// The peers are greeting each other.
    Handshaking,
    /// Messages can flow.
    Up,
    /// Bound, and nobody has come yet or all have gone.
    Listening,
    /// The connection is gone or was never there; libzmq tries again.
    Retrying {
        /// After how many milliseconds, counted from [`SocketView::since_ms`].
        in_ms: u32,
    },
    /// There is somebody who will not have us, or speaks otherwise.
    Refused {
        /// Why, as a sentence.
        reason: String,
    },
    /// There is a connection, or somebody who should answer one, and nothing is heard.
    Stale {
        /// What is not heard, and for how long, as a sentence.
        reason: String,
    },
    /// It could not be bound; it is tried again.
    Failed {
        /// Why, and who holds the port, as a sentence.
        reason: String,
    },
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SocketView {
    /// Which.
    pub id: SocketId,
    /// What it does.
    pub role: SocketRole,
    /// The channel's name, such as `ticks`.
    pub channel: String,
    /// Where it is bound or connects.
    pub endpoint: String,
    /// Whether it binds.
    pub binds: bool,
    /// Where it stands.
    pub state: SocketState,
    /// Since when.
    pub since_ms: f64,
    /// How many connections are up.
    pub peers: u32,
    /// Messages received since the start.
    #[ts(type = "number")]
    pub received: u64,
    /// Messages sent since the start.
    #[ts(type = "number")]
    pub sent: u64,
    /// Messages received a second, over the last second.
    pub received_per_second: f64,
    /// Messages sent a second, over the last second.
    pub sent_per_second: f64,
    /// Messages that were not understood.
    #[ts(type = "number")]
    pub malformed: u64,
    /// What was wrong with the last of them.
    pub last_fault: Option<String>,
}
