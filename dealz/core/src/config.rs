//! What a desk is started with.

use std::{ffi::OsString, path::PathBuf};

use sockets::{Context, Endpoint};
use wire::{Channel, Symbol, User};

/// What a desk is started with.
#[derive(Debug)]
pub struct DeskConfig {
    /// Makes the sockets.
    pub context: Context,
    /// Where they connect and bind.
    pub endpoints: DeskEndpoints,
    /// Who we are in the chat.
    pub name: User,
    /// What is followed at first; at most 16.
    pub symbols: Vec<Symbol>,
    /// The folder where the programs `tickz`, `chatz` and `valuz` lie.
    pub programs: PathBuf,
    /// What is started; without it nothing is, unless a page asks for it.
    pub stage: Option<Stage>,
    /// Environment variables for what is started, such as the suite's security. Those of the channels are set anyway.
    pub variables: Vec<(&'static str, OsString)>,
    /// Where to record what is shown.
    pub record: Option<PathBuf>,
}

/// What is started with a desk, where nobody runs it yet.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The prices that tickz plays, as CSV; it simulates some without.
    pub prices: Option<PathBuf>,
    /// How many workers; at most 16.
    pub workers: u32,
}

/// The six channels of a desk.
#[derive(Debug, Clone)]
pub struct DeskEndpoints {
    /// Where tickz publishes.
    pub ticks: Endpoint,
    /// Where chatz takes requests.
    pub requests: Endpoint,
    /// Where chatz tells what was said.
    pub broadcasts: Endpoint,
    /// Where to bind for workers to take orders.
    pub orders: Endpoint,
    /// Where to bind for workers to send results.
    pub results: Endpoint,
    /// Where to bind for workers to hear commands.
    pub control: Endpoint,
}

impl DeskEndpoints {
    /// Where a channel is.
    #[must_use]
    pub const fn of(&self, channel: Channel) -> &Endpoint {
        match channel {
            Channel::Ticks => &self.ticks,
            Channel::Requests => &self.requests,
            Channel::Broadcasts => &self.broadcasts,
            Channel::Orders => &self.orders,
            Channel::Results => &self.results,
            Channel::Control => &self.control,
        }
    }
}
