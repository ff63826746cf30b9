//! What a page receives: plain values that cross to TypeScript (`ui/src/generated`).
//!
//! A page gets one stream of [`Update`]s. The first is a snapshot of everything; later ones carry the sections that have
//! changed and the lines that are new. At least one comes each second, if only as a sign of life. Times are milliseconds
//! since the Unix epoch, UTC. Counters are JSON numbers: they stay below 2^53, the limit of exact numbers in a page.

mod cast;
mod chatz;
mod monitor;
mod pages;
mod processes;
mod scenes;
mod sockets;
mod tickz;
mod valuz;
mod wire;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::{
    cast::{
        CastProcess, CastView, ConnectionPhase, LineView, Presence, ProcessCounts, SocketCounts, Stranger, ValueView,
    },
    chatz::{ChatzView, Line, LineKind},
    monitor::{Mark, MonitorLine},
    pages::{HighlightView, PageKind, ViewName},
    processes::{ProcessState, ProcessView},
    scenes::{
        ActorLife, ActorView, BuildingView, CheckStatus, CheckView, CueProgress, CueView, CutView, FaultView, PartView,
        SceneEntry, SceneView, ScenesView, StageView,
    },
    sockets::{ConnectionView, Phase, SocketState, SocketView, StateChange},
    tickz::{PricePoint, PriceReference, PriceStart, Quote, TickzView},
    valuz::{
        BatchPace, BatchPhase, BatchView, LanguageState, LanguageView, RecommendedCount, SymbolValue, ValuationName,
        ValuzState, ValuzView, Verification, WorkerState, WorkerView,
    },
    wire::{Direction, FieldView, FrameView, MessageView},
};

/// What has changed since the previous update.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Update {
    /// When the engine last looked at everything.
    pub time_ms: f64,
    /// Whether it replaces everything before: then it has all sections, and all lines that are kept.
    pub snapshot: bool,
    /// The processes that report, and how their sockets are connected.
    pub cast: Option<CastView>,
    /// The counts of processes for which they have changed.
    pub counts: Vec<ProcessCounts>,
    /// Prices.
    pub tickz: Option<TickzView>,
    /// Chat.
    pub chatz: Option<ChatzView>,
    /// Valuations.
    pub valuz: Option<ValuzView>,
    /// The processes that dealz has started, and those that it found running.
    pub processes: Option<Vec<ProcessView>>,
    /// The processes of the open scene and its links; none if that is the desk's own.
    pub troupe: Option<Vec<ProcessView>>,
    /// Which scenes there are, and the texts of the one that is open.
    pub scenes: Option<ScenesView>,
    /// How far the open scene is.
    pub stage: Option<StageView>,
    /// How many pages of the audience are open.
    pub audience: Option<u32>,
    /// The view that pages that may control the desk show from now on, if one was chosen; after that, readers choose.
    pub view: Option<ViewName>,
    /// What pulses in the diagram.
    pub highlight: Option<HighlightView>,
    /// New points of the price charts, oldest first.
    pub points: Vec<PricePoint>,
    /// New lines of the conversation, oldest first.
    pub lines: Vec<Line>,
    /// New and changed events of monitors, oldest first.
    pub events: Vec<MonitorLine>,
    /// New phases of sockets, oldest first for each.
    pub states: Vec<StateChange>,
}

impl Update {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing = Self { time_ms: self.time_ms, ..Self::default() };
        *self == nothing
    }
}

/// The first message of a page's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The version of dealz.
    pub version: String,
    /// Live sockets, or a recording.
    pub mode: Mode,
    /// What this page may do.
    pub page: PageKind,
    /// Links to the pages of this desk, those that the network reaches first; none for a page that may not control.
    pub links: Vec<PageLink>,
}

/// A link to a page of this desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PageLink {
    /// The whole link, with its token if one is needed.
    pub url: String,
    /// Whether other machines of the network reach it.
    pub network: bool,
    /// What the page behind it may do.
    pub page: PageKind,
}

/// The origin of updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// The sockets.
    Live,
    /// A recording, which the page requests whole and plays; no socket is open.
    Play,
}

/// One line of a recording (`--record`): JSON, one object a line, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "one at a time is made, on its way to or from a file")]
pub enum Recorded {
    /// The stream of updates; snapshots come again and again, so that a player can seek.
    Update {
        /// The update.
        update: Update,
    },
    /// New messages of one socket, a sample if there are many.
    Wire {
        /// Which socket, by its [key](SocketView::key).
        socket: String,
        /// The messages, oldest first.
        messages: Vec<MessageView>,
    },
}
