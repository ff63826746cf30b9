//! `bench`: compares the suite's programs with reference programs in C on plain libzmq, measured alternately.
//!
//! One thread drives: it builds both sides, runs each row of the table, prints the table on standard output and
//! writes `bench/RESULTS.md`. A second thread waits for Ctrl-C and kills the processes that still run.

mod build;
mod load;
mod machine;
mod pairs;
mod process;
mod programs;
mod progress;
mod report;
mod rows;
mod table;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use settings::program;

use crate::{
    programs::Programs,
    progress::Progress,
    rows::{Bench, Name},
    table::Table,
};

/// Compares the suite with reference programs in C and prints a table of ratios.
///
/// Every comparison alternates the two sides, the suite then the reference, round by round in one run; a ratio is
/// the median over the rounds of suite divided by reference, with its range. A full run takes three quarters of an hour and
/// writes bench/RESULTS.md; the ratios are meaningful only on an otherwise idle machine.
///
/// Exit code: 0 all rows were measured, met or missed; 1 a row failed to run; 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
struct Cli {
    /// Rounds of each comparison; those whose ratio strays most have 2 or 6 times as many
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Run three short rounds; results are not written
    #[arg(long)]
    quick: bool,

    /// Measure only this row (repeatable); results are not written
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Name>,

    /// Compare the reference with itself, to see how far from 1 the ratios stray; results are not written
    #[arg(long)]
    calibrate: bool,

    /// Use the suite's programs in this folder instead of building them
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

impl Cli {
    fn rounds(&self) -> u32 {
        if self.quick { 3 } else { self.rounds }
    }

    /// The rounds of one row.
    fn rounds_of(&self, name: Name) -> u32 {
        if self.quick { self.rounds() } else { self.rounds().saturating_mul(name.rounds_factor()) }
    }

    /// Only a whole run is worth keeping.
    fn writes_results(&self) -> bool {
        !self.quick && !self.calibrate && self.only.is_empty()
    }
}

fn main() -> ExitCode {
    match run(&program::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => program::exit_code(Err(error)),
    }
}

/// Measures the selected rows; `false` if one failed to run.
fn run(cli: &Cli) -> Result<bool> {
    process::kill_all_on_signal().context("cannot wait for signals")?;
    // For the rows with 10,000 connections, in this process and in those that it starts.
    sockets::limits::raise_open_files()?;
    let progress = Progress::new();
    let programs = Programs {
        ours: if cli.calibrate { PathBuf::new() } else { build::suite(cli.programs.as_deref(), &progress)? },
        reference: build::reference(&progress)?,
        calibrate: cli.calibrate,
    };
    let facts = machine::Facts::gather();
    let mut bench = Bench { programs, progress, rounds: cli.rounds(), quick: cli.quick };

    let mut table = Table::default();
    for &name in Name::all().iter().filter(|name| cli.only.is_empty() || cli.only.contains(name)) {
        if cli.calibrate && !name.has_reference() {
            continue;
        }
        bench.rounds = cli.rounds_of(name);
        bench.run(name, &mut table);
    }
    bench.progress.finish();
    report::print(&facts, &table, cli.rounds())?;
    if cli.writes_results() {
        report::write(&build::results_path(), &facts, &table, cli.rounds())?;
    }
    Ok(table.all_measured())
}
