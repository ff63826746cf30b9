//! What the threads that own sockets and processes tell the dashboard, on one bounded channel.

use wire::monitor::MonitorEvent;

use crate::view::{BatchView, PricePoint, ProcessView, SocketId, TickzView, ValuzState};

/// One thing that happened. What comes often is conflated where it arises: a thread tells its newest state at most
/// thirty times a second.
#[derive(Debug)]
pub(crate) enum Event {
    /// A monitor told something.
    Monitor(SocketId, MonitorEvent),
    /// A socket could not be bound, and why: it is tried again.
    BindFailed(SocketId, String),
    /// A socket is connected, as its monitor told, and nothing is heard; or, with none, is heard again.
    Silent(SocketId, Option<String>),
    /// How many messages of a socket were not understood up to now, and what was wrong with the last.
    Malformed(SocketId, u64, String),
    /// Messages received and sent up to now, for each of the sockets.
    Traffic([Counts; SocketId::ALL.len()]),
    /// Prices: the state, and the points since the event before.
    Tickz(TickzView, Vec<PricePoint>),
    /// We are called so in the chat from now on, and nobody is known to be present.
    Named(String),
    /// The chat client tells.
    Chatz(chatz::Event),
    /// Valuations.
    Valuz(ValuzReport),
    /// The processes, all of them, and how many workers of our own there are to be.
    Processes(Vec<ProcessView>, u32),
    /// Everything begins anew: lines, events, points and counters of the page are cleared.
    Reset,
}

/// Messages of one socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) sent: u64,
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
}

/// A worker that gave its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedWorker {
    /// `language:host:pid`.
    pub(crate) name: String,
    /// Whether its connection on results is up.
    pub(crate) connected: bool,
    /// Orders that it has done, as it last reported.
    pub(crate) done: u64,
    /// Orders a second, from its reports.
    pub(crate) per_second: f64,
}
