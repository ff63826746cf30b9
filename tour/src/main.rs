//! The whole suite at work in one terminal: real prices, a chat, a batch valued while a worker is killed.
//!
//! Every line comes from a program of the suite that runs as a child process, and follows that program's name; this
//! program only starts them, prints their output and explains it. It ends by itself, with exit code 1 if one of the
//! events that it announces did not happen, or at Ctrl-C.
//!
//! - [`stage`]: the children and their lines
//! - [`ports`]: the endpoints of the channels: their default ports if these are free
//! - [`acts`]: the scenes of the tour

mod acts;
mod ports;
mod stage;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use settings::program;
use sockets::Stop;

use crate::{ports::Ports, stage::Stage};

/// Show the whole suite at work: real prices, a chat, a batch valued in parallel
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Join in from another terminal while it runs:
  just chatz join bob
  just tickz watch MSFT"
)]
struct Cli {
    /// The prices to play: CSV with symbol, date and price
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/stocks.csv"))]
    prices: PathBuf,
    /// How many orders to value
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    orders: u32,
    /// Keep prices and chat running at the end, until Ctrl-C
    #[arg(long)]
    stay: bool,
}

fn main() -> ExitCode {
    program::exit_code(run(&program::parse()))
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    let stop = Stop::on_signals()?;
    match show(cli, stop.clone()) {
        // An end that was requested is no failure.
        Err(_) if stop.is_stopped() => Ok(()),
        result => result,
    }
}

/// Shows all acts, or those up to `stop`, which is an error. Its children have ended when it returns.
fn show(cli: &Cli, stop: Stop) -> anyhow::Result<()> {
    let ports = Ports::find()?;
    let mut stage = Stage::new(stop, ports)?;
    acts::prices(&mut stage, &cli.prices)?;
    acts::chat(&mut stage)?;
    acts::valuation(&mut stage, cli.orders)?;
    acts::restart(&mut stage)?;
    acts::curtain(&stage)?;
    if cli.stay {
        stage.look_on(Duration::MAX);
    }
    Ok(())
}
