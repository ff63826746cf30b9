//! What a client reports of the room and of the server.

use serde::{Deserialize, Serialize};
use wire::{Channel, Text, User};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The present users have changed: all of them, sorted by code point.
    Users(Vec<User>),
    /// A user said something, perhaps this client itself.
    Message {
        /// The speaker.
        user: User,
        /// The text.
        text: Text,
    },
    /// The server accepted a text of this client.
    Said(Text),
    /// The user has another name: the server accepted it, or has had no request yet.
    Renamed(User),
    /// A text waits here until the server replies.
    Kept(Text),
    /// The server refused a request.
    Refused {
        /// The text that was not said; `None` if the user may not be present, or not have another name.
        text: Option<Text>,
        /// The server's sentence.
        reason: String,
    },
    /// A text was not said, or it is unknown whether it was.
    Failed {
        /// The text.
        text: Text,
        /// The reason, as a sentence that contains the text.
        reason: String,
    },
    /// The server replies, or does so no longer.
    Server(ServerState),
    /// A handshake failed: not a request but the connection was refused. It is retried forever, and reported once for
    /// each reason.
    Denied {
        /// The address of the server.
        endpoint: String,
        /// The reason, as a sentence.
        reason: String,
    },
    /// Malformed messages of a channel. They are dropped, counted and logged; of reports that wait only the newest is
    /// kept.
    Malformed {
        /// Replies on requests, or broadcasts.
        channel: Channel,
        /// The number of them so far.
        count: u64,
        /// The fault of the last one.
        reason: String,
    },
}

/// Whether the server replies, which is not the state of a connection: a server may be connected and hang. It is
/// serialized as "connecting", "up" or "down".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerState {
    /// It has not replied yet.
    Connecting,
    /// It replies.
    Up,
    /// It replied once and does not now.
    Down,
}
