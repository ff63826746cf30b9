//! The program `peerz`: parses the command line, does what it says, turns the result into an exit code.

use std::{
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::{self, ExitCode},
};

use anyhow::{Context as _, bail};
use peerz::{
    args::{Cli, Command, ConformanceArgs, ExecArgs},
    kit::{self, Candidate, Plan, report},
};
use settings::program::{self, Usage};
use wire::foreign;

fn main() -> ExitCode {
    program::end_with_parent();
    let result = match program::parse::<Cli>().command {
        Command::Conformance(args) => conformance(args),
        Command::Exec(args) => exec(&args).map(|()| true),
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

/// Becomes another program, which the kernel ends with this one's parent, as it would have ended this one.
fn exec(args: &ExecArgs) -> anyhow::Result<()> {
    let Some((name, arguments)) = args.words.split_first() else { bail!(Usage("no program is named".to_owned())) };
    // What that one starts has another parent.
    let error = process::Command::new(name).args(arguments).env_remove(program::END_WITH_PARENT).exec();
    Err(error).with_context(|| format!("cannot run {}", foreign(&name.to_string_lossy())))
}
