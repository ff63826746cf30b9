//! Chat.

use chatz::ServerState;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The panel of chatz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatzView {
    /// The user's name: the last that the server accepted, or the first, which it may refuse.
    pub name: String,
    /// Whether the server replies.
    #[ts(type = "'connecting' | 'up' | 'down'")]
    pub link: ServerState,
    /// The present users, sorted by code point.
    pub users: Vec<String>,
    /// Texts that wait for the server, oldest first.
    pub waiting: Vec<String>,
    /// The server's last refusal, until it accepts something.
    pub refusal: Option<String>,
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Rises by one per line.
    #[ts(type = "number")]
    pub id: u64,
    /// The time of arrival.
    pub time_ms: f64,
    /// The kind of line.
    pub kind: LineKind,
    /// The speaker; empty unless it is a message.
    pub user: String,
    /// The text said, or a sentence.
    pub text: String,
}

/// The kind of a line of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LineKind {
    /// A user said it.
    Message,
    /// A change of the server's state, or of the user's name.
    Note,
    /// A refusal, or a text that may or may not have been said.
    Refusal,
}
