//! What the page is told: plain values that cross to TypeScript (`ui/src/generated`).
//!
//! A page gets one stream of [`Update`]s. The first is a snapshot of everything; those after it carry the sections
//! that have changed and the lines that have come since. Times are milliseconds since the Unix epoch, UTC. Counters
//! are JSON numbers: they stay below 2^53, beyond which a page could not hold them exactly.

mod chatz;
mod monitor;
mod processes;
mod sockets;
mod tickz;
mod valuz;
mod wire;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::{
    chatz::{ChatLink, ChatzView, Line, LineKind},
    monitor::{Mark, MonitorLine},
    processes::{ProcessState, ProcessView},
    sockets::{SocketId, SocketRole, SocketState, SocketView},
    tickz::{PricePoint, Quote, TickzView},
    valuz::{
        BatchPhase, BatchView, SymbolValue, ValuationName, ValuzState, ValuzView, Verification, WorkerState, WorkerView,
    },
    wire::{Direction, FieldView, FrameView, MessageView},
};

/// What has changed since the update before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Update {
    /// When it was made.
    pub time_ms: f64,
    /// Whether everything before is to be forgotten: then all sections are there, and all lines that are kept.
    pub snapshot: bool,
    /// The six sockets, in the order of [`SocketId::ALL`].
    pub sockets: Option<Vec<SocketView>>,
    /// Prices.
    pub tickz: Option<TickzView>,
    /// Talk.
    pub chatz: Option<ChatzView>,
    /// Valuations.
    pub valuz: Option<ValuzView>,
    /// What dealz has started, and what it found running.
    pub processes: Option<Vec<ProcessView>>,
    /// New points of the price charts, oldest first.
    pub points: Vec<PricePoint>,
    /// New lines of the conversation, oldest first.
    pub lines: Vec<Line>,
    /// New events of the six monitors, oldest first.
    pub events: Vec<MonitorLine>,
}

impl Update {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing = Self { time_ms: self.time_ms, ..Self::default() };
        *self == nothing
    }
}

/// The first thing a page asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// dealz's version.
    pub version: String,
    /// Live sockets, or a recording.
    pub mode: Mode,
    /// Whether this page may do more than look.
    pub may_control: bool,
}

/// Where updates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// From the sockets.
    Live,
    /// From a recording, which the page asks for whole and plays itself; no socket is open.
    Play,
}

/// One line of a recording (`--record`): JSON, one object a line, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "one at a time is made, on its way to or from a file")]
pub enum Recorded {
    /// The stream of updates; a snapshot comes first and then again and again, so that a player can seek.
    Update {
        /// The update.
        update: Update,
    },
    /// New messages of one socket, a sample where they are many.
    Wire {
        /// Which socket.
        socket: SocketId,
        /// The messages, oldest first.
        messages: Vec<MessageView>,
    },
}
