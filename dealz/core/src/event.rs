//! What the threads that own sockets and processes report to the dashboard, on one bounded channel.

use scenez::stage::Holder;
use wire::{
    WorkerName,
    report::{ProcessId, Report},
};

use crate::view::{
    BatchPace, BatchView, HighlightView, LanguageView, PricePoint, ProcessView, RecommendedCount, ScenesView,
    StageView, TickzView, ValuzState, ViewName,
};

/// One thing that happened. Frequent things are conflated where they arise: a thread reports its newest state at most
/// thirty times a second. Sockets of the desk have their names, such as `tickz.sub`.
#[derive(Debug)]
pub(crate) enum Event {
    /// What is wrong with the observation bus, as a sentence; or, with none, reports arrive.
    Bus(Option<String>),
    /// A state or an event of a process, and its size in bytes.
    Report(Box<Report>, usize),
    /// A report that was malformed.
    MalformedReport,
    /// A process of this machine has ended, as the system knows.
    Ended(ProcessId),
    /// A process of this machine has been suspended, or resumed.
    Suspended(ProcessId, bool),
    /// The process at an address, such as `redis-server (pid 12)`, if the system can tell.
    Holder(String, Option<Holder>),
    /// A socket could not be bound, and why: dealz retries.
    BindFailed(&'static str, String),
    /// Nothing is heard on a socket although it is connected; or, with none, something is again.
    Silent(&'static str, Option<Silence>),
    /// How many malformed messages a socket has received, and what was wrong with the last one.
    Malformed(&'static str, u64, String),
    /// Prices: the state, and the points since the previous event.
    Tickz(TickzView, Vec<PricePoint>),
    /// The name of this desk in the chat from now on; who else is present is not known yet.
    Named(String),
    /// An event of the chat client.
    Chatz(chatz::Event),
    /// Valuations.
    Valuz(ValuzReport),
    /// All processes, and the workers that dealz is to run in each language.
    Processes(Vec<ProcessView>, Vec<LanguageView>),
    /// The processes of the open scene, if that is not the desk's own.
    Troupe(Vec<ProcessView>),
    /// Which scenes there are, which one is open, and how far it is.
    Scenes(ScenesView, StageView),
    /// How far the open scene is.
    Stage(StageView),
    /// How many pages of the audience are open.
    Audience(u32),
    /// A view was chosen for the pages that may control the desk.
    View(ViewName),
    /// Something is highlighted.
    Highlight(HighlightView),
    /// Everything begins again: lines, events, points and counters of the page are cleared.
    Reset,
    /// The desk ends, and with it the thread that takes events.
    End,
}

/// Nothing is heard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Silence {
    /// When something was heard last.
    pub(crate) since_ms: f64,
    /// What is missing, as a phrase without its duration: that changes, and this does not.
    pub(crate) reason: String,
}

/// What the valuz thread knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ValuzReport {
    pub(crate) state: ValuzState,
    pub(crate) batch: Option<BatchView>,
    /// The workers that gave their names.
    pub(crate) workers: Vec<NamedWorker>,
    /// How many workers said READY, are connected, and gave no name.
    pub(crate) nameless: u64,
    pub(crate) recommended: Vec<RecommendedCount>,
    pub(crate) pace: BatchPace,
}

/// A worker that gave its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedWorker {
    /// `language:host:pid`.
    pub(crate) name: WorkerName,
    /// Whether its connection on results is up.
    pub(crate) connected: bool,
    /// Orders of this batch that it has valued, by its last report.
    pub(crate) done: u64,
    /// Orders that it has valued since its start, by its last report.
    pub(crate) done_in_all: u64,
    /// Orders a second, from its reports.
    pub(crate) per_second: f64,
}
