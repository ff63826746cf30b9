//! The pages themselves: what they may do, what they show, how many there are.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a page may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PageKind {
    /// View the desk and control it.
    Control,
    /// View it.
    View,
    /// View it, and say something in the chat under a name of the reader's choice.
    Audience,
}

/// A view of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ViewName {
    /// The diagram, and everything in short.
    Desk,
    /// Prices.
    Tickz,
    /// The chat.
    Chatz,
    /// Valuations.
    Valuz,
    /// The events of monitors.
    Monitor,
    /// Messages, byte by byte.
    Wire,
    /// Processes.
    Processes,
    /// The scene that is open.
    Stage,
}

/// What pulses in the diagram; nothing if both lists are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HighlightView {
    /// Processes, by their [ids](super::CastProcess::id).
    pub processes: Vec<String>,
    /// Sockets, by their [keys](super::SocketView::key).
    pub sockets: Vec<String>,
}
