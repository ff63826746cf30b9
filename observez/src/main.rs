//! The program `observez`: parses the command line, runs one role, turns its result into an exit code.

use std::process::ExitCode;

use observez::{
    Tapper, Watcher,
    args::{Cli, Command, HubArgs, TapArgs, WatchArgs},
};
use settings::program;
use sockets::{Hub, Stop};

fn main() -> ExitCode {
    program::end_with_parent();
    let Cli { command, suite } = Cli::parse_or_exit();
    program::log_to_stderr();
    program::exit_code(suite.load().and_then(|suite| match command {
        Command::Hub(args) => hub(&suite, args),
        Command::Watch(args) => watch(&suite, args),
        Command::Tap(args) => tap(&suite, args),
    }))
}

fn hub(suite: &settings::Suite, args: HubArgs) -> anyhow::Result<()> {
    let context = suite.context()?;
    let stop = Stop::on_signals()?;
    Ok(Hub::bind(&context, &args.config(suite))?.run(&stop)?)
}

fn watch(suite: &settings::Suite, args: WatchArgs) -> anyhow::Result<()> {
    let context = suite.context()?;
    let stop = Stop::on_signals()?;
    Ok(Watcher::connect(&context, args.config(suite), &stop)?.run(&stop)?)
}

fn tap(suite: &settings::Suite, args: TapArgs) -> anyhow::Result<()> {
    let context = suite.context()?;
    let stop = Stop::on_signals()?;
    Ok(Tapper::connect(&context, args.config(suite), &stop)?.run(&stop)?)
}
