//! The command line: what may be typed. `roles` turns it into configurations.

use std::{ffi::OsString, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use records::Origin;
use settings::{HostArgs, ReportingArgs};
use sockets::Endpoint;
use wire::value::{CONTROL, ORDERS, RESULTS};

use crate::{pace::Pace, valuation, worker::Delay, workforce::Workforce};

/// The longest duration of a flag, far within the range of the clock.
const DURATION_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The shortest patience: a REPEAT can name a million orders.
const PATIENCE_MIN: Duration = Duration::from_millis(10);

/// Value a batch of orders on any number of workers
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) role: RoleArgs,
    #[command(flatten)]
    pub(crate) suite: ReportingArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoleArgs {
    Source(SourceArgs),
    Worker(WorkerArgs),
    Reduce(ReduceArgs),
    Run(RunArgs),
    /// Run a program that ends when this program's parent does
    #[command(hide = true)]
    Exec(ExecArgs),
}

/// A command line.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[arg(value_name = "WORD", required = true, last = true)]
    pub(crate) words: Vec<OsString>,
}

/// Send the orders of a batch to the workers
///
/// Waits until reduce publishes START, sends each order to one of the connected workers, sends orders again if
/// reduce asks for them, and exits when reduce publishes EXIT.
#[derive(Debug, Args)]
#[command(
    mut_arg("orders", |arg| arg.help("Endpoint to bind for workers [default: tcp://*:9004]")),
    mut_arg("control", |arg| arg.help("Endpoint where reduce publishes commands [default: tcp://127.0.0.1:9006]")),
)]
#[command(after_help = "Examples:
  valuz source --count 1000000
  valuz source --count 1000 --seed 42 --orders 'tcp://*:9104'
  valuz source --input orders.csv --strict
  valuz source --count 100 --rate 5

Below one order per second, give reduce a --patience and --give-up longer than the time between two orders.")]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    #[command(flatten)]
    pub(crate) orders: OrdersArg,
    #[command(flatten)]
    pub(crate) control: ControlArg,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    /// Print the bound endpoint as JSON
    #[arg(long, hide = true)]
    pub(crate) progress: bool,
}

/// The orders of a batch.
#[derive(Debug, Clone, Args)]
pub(crate) struct BatchArgs {
    /// Number of orders [default with --input: all of them]
    #[arg(long, value_name = "N", required_unless_present = "input",
        value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub(crate) count: Option<u64>,
    /// Random seed of simulated orders; the same seed gives the same orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Read orders from a CSV file with the columns symbol, action, shares and price; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    pub(crate) input: Option<Origin>,
    /// Exit at the first line that is not an order, instead of refusing it
    #[arg(long, requires = "input")]
    pub(crate) strict: bool,
    /// Orders per second, such as 5 or 0.5, or max
    #[arg(long, value_name = "N", default_value = "max")]
    pub(crate) rate: Pace,
}

/// Value orders
///
/// Receives orders from the source, sends each value to reduce, and exits when reduce publishes EXIT. Workers may
/// join and leave at any time.
#[derive(Debug, Args)]
#[command(
    mut_arg("orders", |arg| arg.help("Endpoint of the source [default: tcp://127.0.0.1:9004]")),
    mut_arg("results", |arg| arg.help("Endpoint where reduce receives results [default: tcp://127.0.0.1:9005]")),
    mut_arg("control", |arg| arg.help("Endpoint where reduce publishes commands [default: tcp://127.0.0.1:9006]")),
)]
#[command(after_help = "Examples:
  valuz worker
  valuz worker --valuation var --report
  valuz worker --host 10.0.0.7 --delay 1ms..100ms")]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Report the worker's name and the number of orders it has valued to reduce
    #[arg(long)]
    pub(crate) report: bool,
    #[command(flatten)]
    pub(crate) orders: OrdersArg,
    #[command(flatten)]
    pub(crate) results: ResultsArg,
    #[command(flatten)]
    pub(crate) control: ControlArg,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

/// The work of a worker.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkArgs {
    /// What to compute for each order
    #[arg(long, value_enum, default_value = "notional")]
    pub(crate) valuation: ValuationName,
    /// Number of scenarios per order, with var
    #[arg(long, value_name = "N", default_value_t = valuation::SCENARIOS,
        value_parser = clap::value_parser!(u32).range(i64::from(valuation::SCENARIOS_MIN)..=i64::from(valuation::SCENARIOS_MAX)))]
    pub(crate) scenarios: u32,
    /// Delay each result, for example 5ms, or by a random time, for example 1ms..100ms
    #[arg(long, value_name = "TIME", value_parser = parse_delay)]
    pub(crate) delay: Option<Delay>,
    /// Send each result as its own message, also if reduce takes several in one
    #[arg(long)]
    pub(crate) no_packs: bool,
}

/// The names of the valuations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValuationName {
    /// Shares times price, negative for SELL
    Notional,
    /// Monte Carlo value at risk over one day at 99 %: heavy on purpose
    Var,
}

/// Add up the values
///
/// Waits for the workers and the source, publishes START, counts each order once, asks again for orders that killed
/// workers have lost, publishes EXIT, and prints the total. Exits with 0 only if the total is that of all orders.
#[derive(Debug, Args)]
#[command(
    mut_arg("results", |arg| arg.help("Endpoint to bind for results [default: tcp://*:9005]")),
    mut_arg("control", |arg| arg.help("Endpoint to bind for commands [default: tcp://*:9006]")),
)]
#[command(after_help = "Examples:
  valuz reduce --workers 2 --count 1000000
  valuz reduce --workers 1 --count 1000 --json
  valuz reduce --workers 4 --count 50 --patience 20s --give-up 2m")]
pub(crate) struct ReduceArgs {
    /// Number of workers to wait for before the batch begins; more may join
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) workers: u32,
    /// Number of orders in the batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub(crate) count: u64,
    #[command(flatten)]
    pub(crate) waiting: WaitingArgs,
    /// Take each result as its own message only
    #[arg(long)]
    pub(crate) no_packs: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) results: ResultsArg,
    #[command(flatten)]
    pub(crate) control: ControlArg,
    /// Print the progress of the batch as JSON
    #[arg(long, hide = true)]
    pub(crate) progress: bool,
    /// How many lines of the input were refused: for the result
    #[arg(long, hide = true)]
    pub(crate) refused_lines: Option<u64>,
}

/// How long reduce waits for results.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct WaitingArgs {
    /// Ask for missing orders again after this time without a new result; doubles each time, up to 30s
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_patience)]
    pub(crate) patience: Duration,
    /// Give up the batch after this time without a new result; must be longer than --patience
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub(crate) give_up: Duration,
}

/// Start source, workers and reduce as processes, and show their progress
///
/// Without endpoints they use free ports of this machine. With endpoints, workers on other machines and in other
/// languages may join. With security on, all processes use the same credentials. Workers in other languages know no
/// security, and compute the notional value without a delay.
#[derive(Debug, Args)]
#[command(
    mut_arg("orders", |arg| arg.help("Endpoint to bind for workers [default: a free port of this machine]")),
    mut_arg("results", |arg| arg.help("Endpoint to bind for results [default: a free port of this machine]")),
    mut_arg("control", |arg| arg.help("Endpoint to bind for commands [default: a free port of this machine]")),
)]
#[command(after_help = "Examples:
  valuz run --workers 2 --count 1000000
  valuz run --workers 2 --count 20000 --valuation var --json
  valuz run --workers 2 --count 100 --rate 5
  valuz run --workers rust:2,python:1,haskell:1 --count 100000
  valuz run --workers 1 --input orders.csv --orders 'tcp://*:9004' --results 'tcp://*:9005' --control 'tcp://*:9006'")]
pub(crate) struct RunArgs {
    /// Number of workers to start, or how many in each language, such as rust:2,python:1
    #[arg(long, value_name = "W")]
    pub(crate) workers: Workforce,
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) waiting: WaitingArgs,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) orders: OrdersArg,
    #[command(flatten)]
    pub(crate) results: ResultsArg,
    #[command(flatten)]
    pub(crate) control: ControlArg,
}

/// The flag of **orders**. Each role says in its help what it does there.
#[derive(Debug, Args)]
pub(crate) struct OrdersArg {
    #[arg(id = "orders", long = "orders", value_name = "ENDPOINT", env = ORDERS.variable)]
    pub(crate) endpoint: Option<Endpoint>,
}

/// The flag of **results**.
#[derive(Debug, Args)]
pub(crate) struct ResultsArg {
    #[arg(id = "results", long = "results", value_name = "ENDPOINT", env = RESULTS.variable)]
    pub(crate) endpoint: Option<Endpoint>,
}

/// The flag of **control**.
#[derive(Debug, Args)]
pub(crate) struct ControlArg {
    #[arg(id = "control", long = "control", value_name = "ENDPOINT", env = CONTROL.variable)]
    pub(crate) endpoint: Option<Endpoint>,
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
