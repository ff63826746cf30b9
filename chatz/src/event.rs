//! What a client tells of the room and of its link to the server.

use wire::{Channel, Text, User};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The present users are others than before: all of them, sorted by code point.
    Users(Vec<User>),
    /// Somebody said something, perhaps this client itself.
    Message {
        /// Who said it.
        user: User,
        /// What was said.
        text: Text,
    },
    /// The server accepted a text of this client.
    Said(Text),
    /// A text waits here until the server answers.
    Kept(Text),
    /// The server refuses something, or it is not known whether it did it.
    Refused {
        /// The text that is not said, or of which that is not known; `None` where the client may not be present.
        text: Option<Text>,
        /// Why, as a sentence.
        reason: String,
    },
    /// The link to the server changed.
    Link(LinkState),
    /// A handshake failed. It is tried again for ever, and told once for each reason.
    Denied {
        /// Where.
        endpoint: String,
        /// Why, as a sentence.
        reason: String,
    },
    /// Messages of a channel were not understood. They are dropped, counted and logged; of tellings that wait only
    /// the newest is kept.
    Malformed {
        /// Replies on requests, or broadcasts.
        channel: Channel,
        /// How many up to now.
        count: u64,
        /// What is wrong with the last of them.
        reason: String,
    },
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It has not answered yet.
    Connecting,
    /// It answers.
    Up,
    /// It answered once and does not now.
    Down,
}

impl LinkState {
    /// The state's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}
