//! The command line, and the configuration made from it.

use std::{str::FromStr, time::Duration};

use clap::{Args, Parser};
use settings::ReportingArgs;
use sockets::Endpoint;

use crate::{
    fault::{self, Fault},
    find,
    link::LinkConfig,
};

/// A link between two peers that can be made to fail: it passes TCP on, with faults
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    /// The link.
    #[command(flatten)]
    pub link: LinkArgs,
    /// The flags of all programs.
    #[command(flatten)]
    pub suite: ReportingArgs,
}

/// The flags of the link.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Where clients connect; a port of * is chosen by the system
    #[arg(long, value_name = "ENDPOINT", value_parser = to_bind)]
    pub from: Endpoint,
    /// Where their connections lead
    #[arg(long, value_name = "ENDPOINT", value_parser = to_connect)]
    pub to: Endpoint,
    /// The name by which observers know this link
    #[arg(long, value_name = "NAME", default_value = "link")]
    pub name: String,
    /// Count how often this text passes, and show a part of what passes in the log: a link can read what is not encrypted
    #[arg(long, value_name = "TEXT", value_parser = find::text)]
    find: Option<String>,
    #[command(flatten)]
    faults: FaultArgs,
}

/// The faults that are on at first.
#[derive(Debug, Args)]
#[command(next_help_heading = "Faults (and, without --, as lines of standard input; `for 10s` ends one by itself)")]
struct FaultArgs {
    /// Delay each byte, by 1ms to 1m
    #[arg(long, value_name = "DURATION", value_parser = latency)]
    latency: Option<Duration>,
    /// Delay by up to that much more or less
    #[arg(long, value_name = "DURATION", value_parser = fault::duration, requires = "latency")]
    jitter: Option<Duration>,
    /// Pass at most N bytes per second, in each direction of each connection
    #[arg(long, value_name = "N", value_parser = Fault::bandwidth)]
    bandwidth: Option<Fault>,
    /// Pass bytes in pieces of at most N, a millisecond apart
    #[arg(long, value_name = "N", value_parser = Fault::slicer)]
    slicer: Option<Fault>,
    /// Refuse connections
    #[arg(long)]
    down: bool,
    /// Accept connections and pass nothing: half open
    #[arg(long)]
    timeout: bool,
    /// Reset connections
    #[arg(long)]
    reset: bool,
}

const EXAMPLES: &str = "\
Lines of standard input:
  latency 200ms jitter 20ms for 10s, bandwidth 10000, slicer 3, down, timeout, reset: turn a fault on
  clear: end all faults
  status: print the faults that are on

Examples:
  linkz --from tcp://127.0.0.1:9103 --to tcp://127.0.0.1:9003
  linkz --from 'tcp://127.0.0.1:*' --to tcp://127.0.0.1:9003 --latency 200ms --jitter 20ms
  tickz watch MSFT --ticks tcp://127.0.0.1:9103";

impl Cli {
    /// Parses the command line; help and usage errors (exit code 2) end the program here.
    #[must_use]
    pub fn parse_or_exit() -> Self {
        settings::program::parse()
    }
}

impl LinkArgs {
    /// The link's configuration.
    ///
    /// # Errors
    /// The jitter is longer than the latency.
    pub fn config(self) -> Result<LinkConfig, settings::program::Usage> {
        let faults = self.faults.faults().map_err(|error| settings::program::Usage(error.to_string()))?;
        Ok(LinkConfig { from: self.from, to: self.to, faults, find: self.find })
    }
}

impl FaultArgs {
    fn faults(self) -> Result<Vec<Fault>, fault::FaultError> {
        let latency = self.latency.map(|latency| Fault::latency(latency, self.jitter.unwrap_or_default()));
        let flags = [(self.down, Fault::Down), (self.timeout, Fault::Timeout), (self.reset, Fault::Reset)];
        let flags = flags.into_iter().filter_map(|(is_given, fault)| is_given.then_some(fault));
        Ok(latency.transpose()?.into_iter().chain(self.bandwidth).chain(self.slicer).chain(flags).collect())
    }
}

/// A latency alone.
fn latency(text: &str) -> Result<Duration, fault::FaultError> {
    let latency = fault::duration(text)?;
    Fault::latency(latency, Duration::ZERO).map(|_| latency)
}

/// A link needs TCP on both sides.
fn to_bind(text: &str) -> Result<Endpoint, String> {
    let endpoint = Endpoint::from_str(text).map_err(|error| error.to_string())?;
    if endpoint.host().is_some() {
        Ok(endpoint)
    } else {
        Err("a link passes TCP on: tcp://HOST:PORT is needed".to_owned())
    }
}

/// A place on any interface is connected to on the loopback interface.
fn to_connect(text: &str) -> Result<Endpoint, String> {
    let endpoint = to_bind(text)?.reachable();
    match endpoint.port() {
        Some(1..) => Ok(endpoint),
        _ => Err("a port from 1 to 65535 is needed".to_owned()),
    }
}
