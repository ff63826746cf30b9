//! The command line, and the configuration made from it.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use settings::{HostArgs, Suite, SuiteArgs};
use sockets::{Endpoint, HubConfig};
use wire::report::{OBSERVATIONS, REPORTS};

use crate::{
    screen,
    table::{Detail, Layout, Sort},
    tapper::TapConfig,
    target::Target,
    watcher::{Show, WatchConfig},
};

/// Watches every process that reports its sockets, as a live table or as lines
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The role.
    #[command(subcommand)]
    pub command: Command,
    /// The flags of all roles.
    #[command(flatten)]
    pub suite: SuiteArgs,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pass reports from all processes to all observers
    Hub(HubArgs),
    /// Watch processes, their sockets and connections
    Watch(WatchArgs),
    /// Print the messages of one socket
    Tap(TapArgs),
}

/// The flags of `hub`.
#[derive(Debug, Args)]
#[command(after_help = HUB_EXAMPLES)]
pub struct HubArgs {
    /// Where to bind for processes that report [default: tcp://127.0.0.1:9007]
    #[arg(long, value_name = "ENDPOINT", env = REPORTS.variable)]
    pub reports: Option<Endpoint>,
    /// Where to bind for observers [default: tcp://127.0.0.1:9008]
    #[arg(long, value_name = "ENDPOINT", env = OBSERVATIONS.variable)]
    pub observations: Option<Endpoint>,
}

/// The flags of `watch`.
#[derive(Debug, Args)]
#[command(after_help = WATCH_EXAMPLES)]
pub struct WatchArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// Show the sockets of each process
    #[arg(long)]
    pub sockets: bool,
    /// Show the sockets and their connections
    #[arg(long)]
    pub connections: bool,
    /// The order of the processes
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub sort: Sort,
    /// Show only processes with TEXT in their names, roles, sockets or addresses
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Print each report and each change as a JSON object, and the totals as the last one
    #[arg(long)]
    pub json: bool,
    /// Stop after N reports
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// Stop after a duration, such as 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub duration: Option<Duration>,
}

/// The flags of `tap`.
#[derive(Debug, Args)]
#[command(after_help = TAP_EXAMPLES)]
pub struct TapArgs {
    /// Which socket: PROCESS is a program, a pid, or the first digits of an id
    #[arg(value_name = "PROCESS/SOCKET")]
    pub target: Target,
    #[command(flatten)]
    place: PlaceArgs,
    /// Print each message as a JSON object
    #[arg(long)]
    pub json: bool,
    /// Stop after N messages
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// Stop after a duration, such as 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub duration: Option<Duration>,
}

/// Where the hub is.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// Where the hub is [default: tcp://127.0.0.1:9008]
    #[arg(long, value_name = "ENDPOINT", env = OBSERVATIONS.variable)]
    observations: Option<Endpoint>,
    #[command(flatten)]
    host: HostArgs,
}

const HUB_EXAMPLES: &str = "\
Examples:
  observez hub                                  for the processes and observers of this machine
  observez hub --reports tcp://127.0.0.1:7007 --observations tcp://127.0.0.1:7008";

const WATCH_EXAMPLES: &str = "\
Examples:
  observez watch --sort rate                    a live table, in a terminal
  observez watch --connections --filter chatz
  observez watch --json | jq 'select(.report == \"state\") | .sockets[].name'";

const TAP_EXAMPLES: &str = "\
Examples:
  observez tap tickz/tickz.pub                  if only one tickz has such a socket
  observez tap 4711/chatz.requests --count 10
  observez tap 00f3a1/valuz.source.orders --json | jq .fields";

impl Cli {
    /// Parses the command line; help and usage errors (exit code 2) end the program here.
    #[must_use]
    pub fn parse_or_exit() -> Self {
        settings::program::parse()
    }
}

impl HubArgs {
    /// The hub's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> HubConfig {
        HubConfig {
            reports: suite.to_bind(REPORTS, self.reports),
            observations: suite.to_bind(OBSERVATIONS, self.observations),
        }
    }
}

impl PlaceArgs {
    fn endpoint(self, suite: &Suite) -> Endpoint {
        suite.to_connect(OBSERVATIONS, self.observations, &self.host)
    }
}

impl WatchArgs {
    /// The watcher's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> WatchConfig {
        let detail = match (self.connections, self.sockets) {
            (true, _) => Detail::Connections,
            (false, true) => Detail::Sockets,
            (false, false) => Detail::Processes,
        };
        WatchConfig {
            observations: self.place.endpoint(suite),
            show: match self.json {
                true => Show::Json,
                false if screen::can_draw() => Show::Table,
                false => Show::Lines,
            },
            layout: Layout { detail, sort: self.sort, filter: self.filter.map(|text| text.to_lowercase()) },
            count: self.count,
            duration: self.duration,
        }
    }
}

impl TapArgs {
    /// The tapper's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> TapConfig {
        TapConfig {
            observations: self.place.endpoint(suite),
            target: self.target,
            json: self.json,
            count: self.count,
            duration: self.duration,
        }
    }
}

/// A duration above zero, such as `500ms` or `10s`.
fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}
