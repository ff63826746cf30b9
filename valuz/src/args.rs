//! The command line: what may be typed. What becomes of it is in `roles`.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use records::Origin;
use settings::{HostArgs, SuiteArgs};
use sockets::Endpoint;
use wire::Channel;

use crate::{valuation, worker::Delay};

/// The longest time that may be asked for; the clock can be read far beyond it.
const DURATION_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The shortest patience: a REPEAT can name a million orders.
const PATIENCE_MIN: Duration = Duration::from_millis(10);

/// Values a batch of orders on any number of workers
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) role: RoleArgs,
    #[command(flatten)]
    pub(crate) suite: SuiteArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoleArgs {
    Source(SourceArgs),
    Worker(WorkerArgs),
    Reduce(ReduceArgs),
    Run(RunArgs),
}

/// Hand out the orders of a batch
///
/// Waits until reduce says START, sends every order to whichever workers are there, sends again what reduce asks
/// for, and ends when reduce says that the batch is done.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  valuz source --count 1000000
  valuz source --count 1000 --seed 42 --orders 'tcp://*:9104'
  valuz source --input orders.csv --strict")]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    /// Where to bind for workers [default: tcp://*:9004]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Orders.variable())]
    pub(crate) orders: Option<Endpoint>,
    /// Where reduce publishes [default: tcp://127.0.0.1:9006]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Control.variable())]
    pub(crate) control: Option<Endpoint>,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    /// Print where it is bound as JSON
    #[arg(long, hide = true)]
    pub(crate) progress: bool,
}

/// Which orders.
#[derive(Debug, Clone, Args)]
pub(crate) struct BatchArgs {
    /// How many orders [default with --input: all of them]
    #[arg(long, value_name = "N", required_unless_present = "input",
        value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub(crate) count: Option<u64>,
    /// What simulated orders are made from: the same seed gives the same orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Read orders from a CSV file with the columns symbol, action, shares and price; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    pub(crate) input: Option<Origin>,
    /// Fail at the first line that is no order, instead of refusing it
    #[arg(long, requires = "input")]
    pub(crate) strict: bool,
}

/// Value orders
///
/// Takes orders from the source, passes each value on to reduce, and ends when reduce says that the batch is done.
/// Workers may join and leave at any time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  valuz worker
  valuz worker --valuation var --report
  valuz worker --host 10.0.0.7 --delay 1ms..100ms")]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Tell reduce this worker's name, and how many orders it has done
    #[arg(long)]
    pub(crate) report: bool,
    /// Where the source is [default: tcp://127.0.0.1:9004]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Orders.variable())]
    pub(crate) orders: Option<Endpoint>,
    /// Where reduce takes results [default: tcp://127.0.0.1:9005]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Results.variable())]
    pub(crate) results: Option<Endpoint>,
    /// Where reduce publishes [default: tcp://127.0.0.1:9006]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Control.variable())]
    pub(crate) control: Option<Endpoint>,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// What workers do.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArgs {
    /// What an order is worth
    #[arg(long, value_enum, default_value = "notional")]
    pub(crate) valuation: ValuationName,
    /// With var: how many scenarios an order
    #[arg(long, value_name = "N", default_value_t = valuation::SCENARIOS,
        value_parser = clap::value_parser!(u32).range(i64::from(valuation::SCENARIOS_MIN)..=i64::from(valuation::SCENARIOS_MAX)))]
    pub(crate) scenarios: u32,
    /// Hold each result back, such as 5ms, or a random time, such as 1ms..100ms
    #[arg(long, value_name = "TIME", value_parser = parse_delay)]
    pub(crate) delay: Option<Delay>,
}

/// The names of the valuations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValuationName {
    /// Shares times price, negative for SELL
    Notional,
    /// Monte Carlo value at risk over one day at 99 %: heavy on purpose
    Var,
}

/// Add the values up
///
/// Waits for the workers and the source, says START, counts each order once, asks again for orders that killed
/// workers have lost, says EXIT, and prints the total. Exits with 0 only where the total is that of all orders.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  valuz reduce --workers 2 --count 1000000
  valuz reduce --workers 1 --count 1000 --json
  valuz reduce --workers 4 --count 50 --patience 20s --give-up 2m")]
pub(crate) struct ReduceArgs {
    /// How many workers to wait for before the batch begins; more may join
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) workers: u32,
    /// How many orders the batch has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub(crate) count: u64,
    #[command(flatten)]
    pub(crate) waiting: WaitingArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Where to bind for results [default: tcp://*:9005]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Results.variable())]
    pub(crate) results: Option<Endpoint>,
    /// Where to bind for commands to all [default: tcp://*:9006]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Control.variable())]
    pub(crate) control: Option<Endpoint>,
    /// Print how the batch goes as JSON
    #[arg(long, hide = true)]
    pub(crate) progress: bool,
    /// How many lines of the input were refused: for the result
    #[arg(long, hide = true)]
    pub(crate) refused_lines: Option<u64>,
}

/// How long reduce waits for what.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct WaitingArgs {
    /// Ask again for missing orders when nothing new came for this long; doubles while it is in vain
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_patience)]
    pub(crate) patience: Duration,
    /// Give the batch up when nothing at all came for this long; must be longer than --patience
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub(crate) give_up: Duration,
}

/// Start source, workers and reduce as processes, and show how they get on
///
/// Unless channels are given, they use ports that the system chooses. With channels given, workers of other
/// machines and languages may join. With security on, all processes use the same credentials.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  valuz run --workers 2 --count 1000000
  valuz run --workers 2 --count 20000 --valuation var --json
  valuz run --workers 1 --input orders.csv --orders 'tcp://*:9004' --results 'tcp://*:9005' --control 'tcp://*:9006'")]
pub(crate) struct RunArgs {
    /// How many workers to start
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) workers: u32,
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) waiting: WaitingArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the source binds for workers [default: a free port of this machine]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Orders.variable())]
    pub(crate) orders: Option<Endpoint>,
    /// Where reduce binds for results [default: a free port of this machine]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Results.variable())]
    pub(crate) results: Option<Endpoint>,
    /// Where reduce binds for commands to all [default: a free port of this machine]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Control.variable())]
    pub(crate) control: Option<Endpoint>,
}

fn parse_patience(text: &str) -> Result<Duration, String> {
    let patience = parse_duration(text)?;
    if patience >= PATIENCE_MIN { Ok(patience) } else { Err("shorter than 10ms".to_owned()) }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= DURATION_MAX => Ok(duration),
        Ok(_) => Err("longer than 30 days".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `5ms`, or `1ms..100ms`.
fn parse_delay(text: &str) -> Result<Delay, String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let delay = Delay { least: parse_duration(least)?, most: parse_duration(most)? };
    if delay.least <= delay.most { Ok(delay) } else { Err("the first time is longer than the second".to_owned()) }
}
