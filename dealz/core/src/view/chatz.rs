//! Talk.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The panel of chatz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ChatzView {
    /// Who we are.
    pub name: String,
    /// Whether the server answers.
    pub link: ChatLink,
    /// Who is present, sorted by code point.
    pub users: Vec<String>,
    /// Texts that wait for the server, oldest first.
    pub waiting: Vec<String>,
    /// What the server refused last, until something is accepted.
    pub refusal: Option<String>,
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ChatLink {
    /// It has not answered yet.
    Connecting,
    /// It answers.
    Up,
    /// It answered once and does not now.
    Down,
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Rises by one a line.
    #[ts(type = "number")]
    pub id: u64,
    /// When it came.
    pub time_ms: f64,
    /// What it is.
    pub kind: LineKind,
    /// Who said it; empty for what is not a message.
    pub user: String,
    /// What was said, or what there is to know, as a sentence.
    pub text: String,
}

/// What a line of the conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LineKind {
    /// Somebody said it.
    Message,
    /// The server came, went or was changed to.
    Note,
    /// Something was refused, or it is not known whether it was said.
    Refusal,
}
