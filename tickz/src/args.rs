//! The command line, and the configuration made from it.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use records::Origin;
use settings::{HostArgs, ReportingArgs, Suite};
use sockets::Endpoint;
use tracing::info;
use wire::{Symbol, tick::TICKS};

use crate::{
    feed::FeedConfig,
    market::Stocks,
    pace::{Pace, Speed},
    publisher::PublishConfig,
    table,
    view::Show,
    watcher::WatchConfig,
};

/// The default time between two ticks.
const INTERVAL: Duration = Duration::from_millis(500);

/// Prices: a publisher, simulated or replayed, and a watcher
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The role.
    #[command(subcommand)]
    pub command: Command,
    /// The flags of all roles.
    #[command(flatten)]
    pub suite: ReportingArgs,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish prices: simulated, or real ones from a file
    Publish(Box<PublishArgs>),
    /// Watch the prices of symbols
    Watch(WatchArgs),
}

/// The flags of `publish`.
#[derive(Debug, Args)]
#[command(after_help = PUBLISH_EXAMPLES)]
pub struct PublishArgs {
    /// Where to bind [default: tcp://*:9003]
    #[arg(long, value_name = "ENDPOINT", env = TICKS.variable)]
    pub ticks: Option<Endpoint>,
    /// Number the ticks of each symbol, so that watchers can count the ones they lost
    #[arg(long)]
    pub sequence: bool,
    /// Wait for a slow subscriber instead of dropping its ticks; one that never reads stops the publisher
    #[arg(long)]
    pub block: bool,
    /// Stop after N ticks
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// Wait for N subscribers before the first tick
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, allow_negative_numbers = true)]
    pub await_subscribers: usize,
    /// Print a summary at the end, as one JSON object on standard output
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    simulation: SimulationArgs,
    #[command(flatten)]
    replay: ReplayArgs,
}

/// The flags of simulated prices.
#[derive(Debug, Args)]
#[command(next_help_heading = "Simulated prices (geometric Brownian motion)")]
struct SimulationArgs {
    /// Symbols and first prices, with drift and volatility per year: SYMBOL=PRICE[:DRIFT[:VOLATILITY]],...
    /// [default: MSFT=41.78,AAPL=95.35,GOOG=571.09,YHOO=34.53,BBRY=10.9, each :0.05:0.3]
    #[arg(long, value_name = "LIST")]
    symbols: Option<Stocks>,
    /// Random seed: the same seed gives the same prices [default: random]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Time between two ticks, over all symbols [default: 500ms]
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true, conflicts_with = "rate")]
    interval: Option<Duration>,
    /// Ticks per second over all symbols, up to 1000000000, or max: as fast as possible
    #[arg(long, value_name = "N|max", allow_negative_numbers = true)]
    rate: Option<Pace>,
}

/// The flags of real prices.
#[derive(Debug, Args)]
#[command(next_help_heading = "Real prices")]
struct ReplayArgs {
    /// CSV with the columns symbol, date or timestamp (ISO 8601, or seconds to nanoseconds
    /// since 1970), and price; - is standard input
    #[arg(long = "replay", value_name = "FILE", conflicts_with_all = ["symbols", "seed", "interval", "rate"])]
    origin: Option<Origin>,
    /// Speed relative to the times in the file, or max: without waiting. For a file that covers months, use 10000000
    #[arg(long, value_name = "N|max", default_value = "1", allow_negative_numbers = true, requires = "origin")]
    speed: Speed,
    /// Start again at the end of the file; a pipe cannot be read again
    #[arg(long = "loop", requires = "origin")]
    repeat: bool,
    /// Give ticks the current time instead of the time in the file
    #[arg(long, requires = "origin")]
    restamp: bool,
    /// Fail at the first bad line instead of skipping it
    #[arg(long, requires = "origin")]
    strict: bool,
}

/// The flags of `watch`.
#[derive(Debug, Args)]
#[command(after_help = WATCH_EXAMPLES)]
pub struct WatchArgs {
    /// Symbols to watch, such as MSFT
    #[arg(value_name = "SYMBOL", required = true)]
    pub symbols: Vec<Symbol>,
    /// Where the publisher is [default: tcp://127.0.0.1:9003]
    #[arg(long, value_name = "ENDPOINT", env = TICKS.variable)]
    pub ticks: Option<Endpoint>,
    /// The default host.
    #[command(flatten)]
    pub host: HostArgs,
    /// Print each tick as a JSON object, and the totals as the last one
    #[arg(long)]
    pub json: bool,
    /// Print only the totals, as a JSON object
    #[arg(long)]
    pub summary: bool,
    /// Measure the time from each tick's timestamp to its receipt, and print percentiles at the end
    #[arg(long)]
    pub latency: bool,
    /// Take every tick as a message; otherwise a publisher that can sends ticks that are due together as one
    #[arg(long)]
    pub no_bursts: bool,
    /// Stop after N ticks
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// Stop after a duration, such as 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    pub duration: Option<Duration>,
}

const PUBLISH_EXAMPLES: &str = "\
Examples:
  tickz publish --sequence                      five stocks, two ticks a second
  tickz publish --symbols MSFT=41.78,AAPL=95.35:0.05:0.3 --rate 20000 --seed 7
  tickz publish --replay data/stocks.csv --speed 10000000 --loop
  feed | tickz publish --replay - --restamp     any program that writes CSV";

const WATCH_EXAMPLES: &str = "\
Examples:
  tickz watch MSFT AAPL                         a live table, in a terminal
  tickz watch MSFT --json | jq .price
  tickz watch MSFT AAPL --for 10s --latency --summary";

impl Cli {
    /// Parses the command line; help and usage errors (exit code 2) end the program here.
    #[must_use]
    pub fn parse_or_exit() -> Self {
        let cli: Self = settings::program::parse();
        if let Command::Publish(args) = &cli.command
            && args.replay.repeat
            && args.replay.origin.as_ref().is_some_and(Origin::is_stdin)
        {
            let reason = "--loop needs a file: standard input cannot be read twice";
            Self::command().error(ErrorKind::ArgumentConflict, reason).exit();
        }
        cli
    }
}

impl PublishArgs {
    /// The publisher's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> PublishConfig {
        PublishConfig {
            ticks: suite.to_bind(TICKS, self.ticks),
            sequence: self.sequence,
            block: self.block,
            count: self.count,
            await_subscribers: self.await_subscribers,
            feed: match self.replay.origin {
                None => self.simulation.config(),
                Some(origin) => {
                    let ReplayArgs { speed, repeat, restamp, strict, .. } = self.replay;
                    FeedConfig::Replay { origin, speed, repeat, restamp, strict }
                }
            },
        }
    }
}

impl SimulationArgs {
    fn config(self) -> FeedConfig {
        let seed = self.seed.unwrap_or_else(|| {
            // The standard library seeds its hashers with random numbers from the system.
            let seed = RandomState::new().hash_one(());
            info!(seed, "--seed with this number repeats these prices");
            seed
        });
        let pace = self.rate.unwrap_or_else(|| Pace::every(self.interval.unwrap_or(INTERVAL)));
        FeedConfig::Simulation { stocks: self.symbols.unwrap_or_default(), seed, pace }
    }
}

impl WatchArgs {
    /// The watcher's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> WatchConfig {
        let show = match (self.summary, self.json) {
            (true, _) => Show::Summary,
            (false, true) => Show::Json,
            (false, false) if table::can_draw() => Show::Table,
            (false, false) => Show::Lines,
        };
        WatchConfig {
            ticks: suite.to_connect(TICKS, self.ticks, &self.host),
            symbols: self.symbols,
            bursts: !self.no_bursts,
            show,
            latency: self.latency,
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
