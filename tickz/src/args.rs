//! What was typed, and what comes of it: the flags of each role become its config.

use std::{
    hash::{BuildHasher as _, RandomState},
    io::{self, IsTerminal},
    time::Duration,
};

use clap::{Args, CommandFactory, Parser, Subcommand, error::ErrorKind};
use records::Origin;
use settings::{HostArgs, Suite, SuiteArgs};
use sockets::Endpoint;
use tracing::info;
use wire::{Channel, Symbol};

use crate::{
    feed::FeedConfig,
    market::Stocks,
    pace::{Pace, Speed},
    publisher::PublishConfig,
    view::Show,
    watcher::WatchConfig,
};

/// Between two ticks unless somebody says otherwise.
const INTERVAL: Duration = Duration::from_millis(500);

/// Prices: a publisher, simulated or replayed, and a watcher
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// Which role.
    #[command(subcommand)]
    pub command: Command,
    /// What all roles share.
    #[command(flatten)]
    pub suite: SuiteArgs,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publishes prices: simulated, or real ones from a file
    Publish(Box<PublishArgs>),
    /// Watches the prices of some symbols
    Watch(WatchArgs),
}

/// The flags of `publish`.
#[derive(Debug, Args)]
#[command(after_help = PUBLISH_EXAMPLES)]
pub struct PublishArgs {
    /// Where to bind [default: tcp://*:9003]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Ticks.variable())]
    pub ticks: Option<Endpoint>,
    /// Number the ticks of each symbol, so that watchers can tell what they lost
    #[arg(long)]
    pub sequence: bool,
    /// Wait for a slow subscriber instead of dropping its ticks; one that never reads stops all
    #[arg(long)]
    pub block: bool,
    /// End after so many ticks
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Send the first tick when so many connections have subscribed
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub await_subscribers: usize,
    /// Tell at the end what was done, as one JSON object on standard output
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
    /// Symbols and first prices, with drift and volatility a year: SYMBOL=PRICE[:DRIFT[:VOLATILITY]],...
    /// [default: MSFT=41.78,AAPL=95.35,GOOG=571.09,YHOO=34.53,BBRY=10.9, each :0.05:0.3]
    #[arg(long, value_name = "LIST")]
    symbols: Option<Stocks>,
    /// What the random numbers begin with: the same seed gives the same prices [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The time between two ticks, all symbols together [default: 500ms]
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "rate")]
    interval: Option<Duration>,
    /// Ticks a second, all symbols together, or max: as fast as it goes
    #[arg(long, value_name = "N|max")]
    rate: Option<Pace>,
}

/// The flags of real prices.
#[derive(Debug, Args)]
#[command(next_help_heading = "Real prices")]
struct ReplayArgs {
    /// CSV with a header that names symbol, date or timestamp (ISO 8601, or seconds since 1970), and price;
    /// - is standard input
    #[arg(long = "replay", value_name = "FILE", conflicts_with_all = ["symbols", "seed", "interval", "rate"])]
    origin: Option<Origin>,
    /// How many times faster than the file's own times, or max: without any wait. A file of months wants 10000000
    #[arg(long, value_name = "N|max", default_value = "1", requires = "origin")]
    speed: Speed,
    /// Start again at the end of the file
    #[arg(long = "loop", requires = "origin")]
    again: bool,
    /// Give ticks the time at which they are due instead of the file's
    #[arg(long, requires = "origin")]
    restamp: bool,
    /// Fail at the first bad line instead of refusing it and going on
    #[arg(long, requires = "origin")]
    strict: bool,
}

/// The flags of `watch`.
#[derive(Debug, Args)]
#[command(after_help = WATCH_EXAMPLES)]
pub struct WatchArgs {
    /// What to watch, such as MSFT
    #[arg(value_name = "SYMBOL", required = true)]
    pub symbols: Vec<Symbol>,
    /// Where the publisher is [default: tcp://127.0.0.1:9003]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Ticks.variable())]
    pub ticks: Option<Endpoint>,
    /// Where to look, without an endpoint.
    #[command(flatten)]
    pub host: HostArgs,
    /// One JSON object a tick, and a last one with what was counted
    #[arg(long)]
    pub json: bool,
    /// Only the last JSON object, with what was counted
    #[arg(long)]
    pub summary: bool,
    /// Measure from each tick's timestamp to its receipt, and tell the percentiles at the end
    #[arg(long)]
    pub latency: bool,
    /// End after so many ticks
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// End after so long, such as 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
}

const PUBLISH_EXAMPLES: &str = "\
Examples:
  tickz publish --sequence                      five stocks, two ticks a second
  tickz publish --symbols MSFT=41.78,AAPL=95.35:0.05:0.3 --rate 20000 --seed 7
  tickz publish --replay data/stocks.csv --speed 10000000 --loop
  feed | tickz publish --replay - --restamp     whatever writes CSV";

const WATCH_EXAMPLES: &str = "\
Examples:
  tickz watch MSFT AAPL                         a live table, in a terminal
  tickz watch MSFT --json | jq .price
  tickz watch MSFT AAPL --for 10s --latency --summary";

impl Cli {
    /// Parses the command line; help, and usage that is wrong, end the program here (exit code 2).
    #[must_use]
    pub fn parse_or_exit() -> Self {
        let cli: Self = settings::program::parse();
        if let Command::Publish(args) = &cli.command
            && args.replay.again
            && args.replay.origin.as_ref().is_some_and(Origin::is_stdin)
        {
            let reason = "--loop needs a file: standard input cannot be read twice";
            Self::command().error(ErrorKind::ArgumentConflict, reason).exit();
        }
        cli
    }
}

impl PublishArgs {
    /// What the publisher uses.
    #[must_use]
    pub fn config(self, suite: &Suite) -> PublishConfig {
        PublishConfig {
            ticks: suite.to_bind(Channel::Ticks, self.ticks),
            sequence: self.sequence,
            block: self.block,
            count: self.count,
            await_subscribers: self.await_subscribers,
            feed: match self.replay.origin {
                None => self.simulation.config(),
                Some(origin) => {
                    let ReplayArgs { speed, again, restamp, strict, .. } = self.replay;
                    FeedConfig::Replay { origin, speed, again, restamp, strict }
                }
            },
        }
    }
}

impl SimulationArgs {
    fn config(self) -> FeedConfig {
        let seed = self.seed.unwrap_or_else(|| {
            // The standard library's hashers begin with random numbers from the system.
            let seed = RandomState::new().hash_one(());
            info!(seed, "--seed makes these prices again");
            seed
        });
        let pace = self.rate.unwrap_or_else(|| Pace::every(self.interval.unwrap_or(INTERVAL)));
        FeedConfig::Simulation { stocks: self.symbols.unwrap_or_default(), seed, pace }
    }
}

impl WatchArgs {
    /// What the watcher uses.
    #[must_use]
    pub fn config(self, suite: &Suite) -> WatchConfig {
        let show = match (self.summary, self.json) {
            (true, _) => Show::Summary,
            (false, true) => Show::Json,
            (false, false) if io::stdout().is_terminal() => Show::Table,
            (false, false) => Show::Lines,
        };
        WatchConfig {
            ticks: suite.to_connect(Channel::Ticks, self.ticks, &self.host),
            symbols: self.symbols,
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
        Ok(Duration::ZERO) => Err("longer than nothing is needed".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}
