//! A channel: everything about a named path for messages that belongs to its protocol.
//!
//! Each protocol module declares its channels as constants and lists them in its `CHANNELS`, each with the function that
//! describes its messages. A program names the constant; what concerns every channel, such as the keys of `suite.toml`,
//! uses [`Channel::all`].

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use crate::PROTOCOLS;

/// A named path for messages: one socket binds, others connect. Two channels are equal if they have the same name.
#[derive(Debug, Clone, Copy)]
pub struct Channel {
    /// The channel's name: its flag (`--ticks`) and its key in `suite.toml`.
    pub name: &'static str,
    /// The program that it belongs to.
    pub program: &'static str,
    /// The environment variable for its endpoint.
    pub variable: &'static str,
    /// Its default TCP port.
    pub port: u16,
    /// The host where it is bound by default: `*`, or `127.0.0.1` for one that concerns this machine alone.
    pub host: &'static str,
    /// The socket that binds.
    pub binds: SocketType,
    /// The sockets that connect.
    pub connects: SocketType,
    /// The limits of its sockets.
    pub limits: Limits,
}

impl Channel {
    /// The channels of all protocols.
    pub fn all() -> impl Iterator<Item = Self> {
        PROTOCOLS.iter().copied().flatten().map(|&(channel, _)| channel)
    }
}

impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Channel {}

impl Hash for Channel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A ZeroMQ socket type, as peers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketType {
    /// Sends requests, receives replies.
    Req,
    /// Replies to one request at a time.
    Rep,
    /// Sends requests without waiting for replies.
    Dealer,
    /// Replies to many peers, by their routing ids.
    Router,
    /// Publishes.
    Pub,
    /// Receives what it subscribes to.
    Sub,
    /// Distributes messages to workers, round-robin.
    Push,
    /// Collects messages, fair-queued.
    Pull,
}

impl fmt::Display for SocketType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Req => "REQ",
            Self::Rep => "REP",
            Self::Dealer => "DEALER",
            Self::Router => "ROUTER",
            Self::Pub => "PUB",
            Self::Sub => "SUB",
            Self::Push => "PUSH",
            Self::Pull => "PULL",
        })
    }
}

/// The limits of a channel's sockets for each of their peers: the cost of a peer that floods or never reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages in each direction before the socket drops or waits.
    pub queue: u16,
    /// The largest frame in bytes that a peer may send; libzmq disconnects one that sends more. At least 64,
    /// because libzmq applies it to the handshake too. To a publisher or a `PUSH` a peer may send 256 bytes, on any channel.
    pub frame_bytes: u32,
    /// The kernel's buffers in bytes, each direction; `None` leaves them to the system. A small buffer keeps
    /// work at the source until a worker is free for it.
    pub kernel_bytes: Option<u32>,
    /// How long a peer may leave sent bytes unread, if that is longer than the keep-alive timeout: to the kernel a slow
    /// peer looks like one that is gone.
    pub slow: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all_differ<T: Eq + Hash>(of: impl Fn(Channel) -> T) -> bool {
        Channel::all().map(of).collect::<HashSet<_>>().len() == Channel::all().count()
    }

    #[test]
    fn no_two_channels_share_a_name_a_variable_or_a_port() {
        assert!(all_differ(|channel| channel.name));
        assert!(all_differ(|channel| channel.variable));
        assert!(all_differ(|channel| channel.port));
    }

    #[test]
    fn a_handshake_fits_into_the_largest_frame() {
        assert!(Channel::all().all(|channel| channel.limits.frame_bytes >= 64));
    }

    #[test]
    fn a_name_can_be_a_flag_and_a_key_and_a_variable_can_be_set_in_a_shell() {
        for Channel { name, variable, .. } in Channel::all() {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert!(variable.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{variable}");
        }
    }
}
