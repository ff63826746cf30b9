//! The configuration of a desk.

use std::{ffi::OsString, path::PathBuf, sync::mpsc::SyncSender, time::Duration};

use sockets::{Context, Endpoint, HubConfig};
use wire::{Symbol, User};

/// The configuration of a desk.
#[derive(Debug)]
pub struct DeskConfig {
    /// Makes the sockets. The desk itself makes them observable.
    pub context: Context,
    /// Where its hub binds, and where the desk uses another hub that has these addresses.
    pub hub: HubConfig,
    /// Whether the bytes of its messages may be seen.
    pub with_bytes: bool,
    /// Where tickz publishes prices.
    pub ticks: Endpoint,
    /// Where chatz receives requests.
    pub requests: Endpoint,
    /// Where chatz publishes texts.
    pub broadcasts: Endpoint,
    /// Where the desk serves workers.
    pub valuz: ValuzEndpoints,
    /// The desk's user name in the chat.
    pub name: User,
    /// The symbols followed at the start; at most 16.
    pub symbols: Vec<Symbol>,
    /// Whether tickz is asked for bursts.
    pub asks_for_bursts: bool,
    /// The folder of the programs `tickz`, `chatz` and `valuz`.
    pub programs: PathBuf,
    /// The processes to start; if `None`, only those that a page starts.
    pub stage: Option<Stage>,
    /// The scenes that a page can open.
    pub scenes: ScenesConfig,
    /// Environment variables for started processes, such as the suite's security. Those of the channels and of the hub are
    /// always set.
    pub variables: Vec<(&'static str, OsString)>,
    /// The file to record to.
    pub record: Option<PathBuf>,
}

/// The processes that start with a desk unless they already run.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The prices that tickz replays, as CSV; if `None`, it simulates prices.
    pub prices: Option<PathBuf>,
    /// The number of workers; at most 16.
    pub workers: u32,
}

/// The scenes of a desk.
#[derive(Debug, Clone)]
pub struct ScenesConfig {
    /// Their folder.
    pub folder: PathBuf,
    /// The scene to open at the start.
    pub open: Option<String>,
    /// How that scene plays by itself, if it does.
    pub auto: Option<Auto>,
}

/// A scene that plays by itself.
#[derive(Debug, Clone)]
pub struct Auto {
    /// How long after each cue that is met the next one comes.
    pub pause: Duration,
    /// Where its end is reported, once: why it has failed, a line for each reason; none if every cue was met.
    pub ended: SyncSender<Vec<String>>,
}

/// The endpoints at which the desk serves workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuzEndpoints {
    /// Where it sends orders to workers.
    pub orders: Endpoint,
    /// Where it receives results from workers.
    pub results: Endpoint,
    /// Where it publishes commands to workers.
    pub control: Endpoint,
}
