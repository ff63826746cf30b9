//! The configuration of a desk.

use std::{ffi::OsString, path::PathBuf};

use sockets::{Context, Endpoint};
use wire::{Symbol, User};

use crate::view::SocketId;

/// The configuration of a desk.
#[derive(Debug)]
pub struct DeskConfig {
    /// Makes the sockets.
    pub context: Context,
    /// The endpoints to which they connect and bind.
    pub endpoints: DeskEndpoints,
    /// The desk's user name in the chat.
    pub name: User,
    /// The symbols followed at the start; at most 16.
    pub symbols: Vec<Symbol>,
    /// The folder of the programs `tickz`, `chatz` and `valuz`.
    pub programs: PathBuf,
    /// The processes to start; if `None`, only those that a page starts.
    pub stage: Option<Stage>,
    /// Environment variables for started processes, such as the suite's security. Those of the channels are always set.
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

/// The six channels of a desk.
#[derive(Debug, Clone)]
pub struct DeskEndpoints {
    /// Where tickz publishes prices.
    pub ticks: Endpoint,
    /// Where chatz receives requests.
    pub requests: Endpoint,
    /// Where chatz publishes texts.
    pub broadcasts: Endpoint,
    /// Where dealz sends orders to workers.
    pub orders: Endpoint,
    /// Where dealz receives results from workers.
    pub results: Endpoint,
    /// Where dealz publishes commands to workers.
    pub control: Endpoint,
}

impl DeskEndpoints {
    /// The endpoint of a socket.
    #[must_use]
    pub const fn of(&self, id: SocketId) -> &Endpoint {
        match id {
            SocketId::ChatzReq => &self.requests,
            SocketId::ChatzSub => &self.broadcasts,
            SocketId::TickzSub => &self.ticks,
            SocketId::ValuzPush => &self.orders,
            SocketId::ValuzPull => &self.results,
            SocketId::ValuzPub => &self.control,
        }
    }
}
