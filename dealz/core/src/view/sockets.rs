//! The six sockets of dealz.

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use wire::{
    Channel,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

/// One of the sockets of dealz, by the name of its monitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub enum SocketId {
    /// Sends requests to chatz.
    #[serde(rename = "chatz.req")]
    ChatzReq,
    /// Receives the broadcasts of chatz.
    #[serde(rename = "chatz.sub")]
    ChatzSub,
    /// Receives prices.
    #[serde(rename = "tickz.sub")]
    TickzSub,
    /// Distributes orders.
    #[serde(rename = "valuz.push")]
    ValuzPush,
    /// Collects results.
    #[serde(rename = "valuz.pull")]
    ValuzPull,
    /// Publishes commands to the workers.
    #[serde(rename = "valuz.pub")]
    ValuzPub,
}

/// A ZeroMQ socket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
pub enum SocketRole {
    /// Sends requests, receives replies.
    Req,
    /// Subscribes.
    Sub,
    /// Distributes.
    Push,
    /// Collects.
    Pull,
    /// Publishes.
    Pub,
}

impl SocketRole {
    /// ZeroMQ's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Req => "REQ",
            Self::Sub => "SUB",
            Self::Push => "PUSH",
            Self::Pull => "PULL",
            Self::Pub => "PUB",
        }
    }
}

impl SocketId {
    /// All six, in display order.
    pub const ALL: [Self; 6] =
        [Self::ChatzReq, Self::ChatzSub, Self::TickzSub, Self::ValuzPush, Self::ValuzPull, Self::ValuzPub];

    /// Its name: its monitor is at `inproc://monitor.NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatzReq => chatz::client::REQ_NAME,
            Self::ChatzSub => chatz::client::SUB_NAME,
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

    /// The service that it belongs to.
    #[must_use]
    pub const fn service(self) -> &'static str {
        self.channel().program
    }

    /// Its ZeroMQ type.
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

    /// Its channel.
    #[must_use]
    pub const fn channel(self) -> Channel {
        match self {
            Self::ChatzReq => REQUESTS,
            Self::ChatzSub => BROADCASTS,
            Self::TickzSub => TICKS,
            Self::ValuzPush => ORDERS,
            Self::ValuzPull => RESULTS,
            Self::ValuzPub => CONTROL,
        }
    }

    /// Whether it binds.
    #[must_use]
    pub const fn binds(self) -> bool {
        matches!(self, Self::ValuzPush | Self::ValuzPull | Self::ValuzPub)
    }

    /// Its index in [`SocketId::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for SocketId {
    /// `tickz SUB`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.service(), self.role().name())
    }
}

/// The state of a socket, as its monitor and its owner report it: the one vocabulary of pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum SocketState {
    /// It is not open.
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
    /// It cannot be bound; dealz retries.
    Failed {
        /// Why, and which process holds the port, as a sentence.
        reason: String,
    },
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SocketView {
    /// Which socket.
    pub id: SocketId,
    /// Its ZeroMQ type.
    pub role: SocketRole,
    /// The channel's name, such as `ticks`.
    pub channel: String,
    /// The endpoint that it binds or connects to.
    pub endpoint: String,
    /// Whether it binds.
    pub binds: bool,
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
    /// Malformed messages.
    #[ts(type = "number")]
    pub malformed: u64,
    /// What was wrong with the last of them.
    pub last_fault: Option<String>,
}

/// A change of a socket's phase: it lasts until the next one of that socket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct StateChange {
    /// Which socket.
    pub socket: SocketId,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_one_name_in_its_service_and_on_the_page() {
        for id in SocketId::ALL {
            assert_eq!(serde_json::to_value(id).unwrap(), id.name());
            assert_eq!(SocketId::from_name(id.name()), Some(id));
        }
    }

    #[test]
    fn a_socket_has_a_type_of_its_channel() {
        for id in SocketId::ALL {
            let channel = id.channel();
            let socket_type = if id.binds() { channel.binds } else { channel.connects };
            assert_eq!(serde_json::to_value(id.role()).unwrap(), socket_type.to_string());
        }
    }
}
