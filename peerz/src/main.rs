//! The program `peerz`: parses the command line, does what it says, turns the result into an exit code.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use peerz::{
    args::{Cli, Command, ConformanceArgs},
    kit::{self, Candidate, Plan, report},
    languages, matrix, run, setup,
};
use settings::program;

fn main() -> ExitCode {
    program::end_with_parent();
    let result = match program::parse::<Cli>().command {
        Command::Conformance(args) => conformance(args),
        Command::Languages(args) => languages::run(&args).map(|()| true),
        Command::Setup(args) => setup::run(&args).map(|()| true),
        Command::Run(args) => run::run(args).map(|()| true),
        Command::Matrix(args) => matrix::run(&args).map(|()| true),
        Command::Exec(args) => program::exec(&args.words).map(|()| true),
    };
    match result {
        // The table has said which checks failed.
        Ok(false) => ExitCode::FAILURE,
        result => program::exit_code(result.map(drop)),
    }
}

/// Checks a program; returns whether no check has failed.
fn conformance(args: ConformanceArgs) -> anyhow::Result<bool> {
    let plan = Plan::of(&args.role, &args.only)?;
    if args.list {
        report::list(&mut anstream::stdout(), &plan)?;
        return Ok(true);
    }
    let launcher = std::env::current_exe().context("cannot find this program")?;
    let candidate = Candidate::new(args.program, &launcher)?;
    let table = report::Table::begin(anstream::stdout(), &plan, &candidate)?;
    let verdicts = kit::run(&plan, &candidate, table)?;
    if let Some(path) = &args.json {
        report::write_json(path, &plan, &candidate, &verdicts)?;
    }
    if let Some(path) = &args.badge {
        report::write_badge(path, &plan, &verdicts)?;
    }
    io::stdout().flush()?;
    Ok(verdicts.failed() == 0)
}
