//! The program `tickz`: parses the command line, runs one role, turns its result into an exit code.

use std::process::ExitCode;

use settings::program;
use sockets::Stop;
use tickz::{
    Publisher, Watcher,
    args::{Cli, Command, PublishArgs, WatchArgs},
    publisher, watcher,
};

fn main() -> ExitCode {
    program::end_with_parent();
    let Cli { command, suite } = Cli::parse_or_exit();
    program::log_to_stderr();
    program::exit_code(suite.load().and_then(|suite| match command {
        Command::Publish(args) => publish(&suite, *args),
        Command::Watch(args) => watch(&suite, args),
    }))
}

fn publish(suite: &settings::Suite, args: PublishArgs) -> anyhow::Result<()> {
    let context = suite.observable_context(publisher::REPORTS.program, publisher::REPORTS.role)?;
    let stop = Stop::on_signals()?;
    let (block, summary) = (args.block, args.summary);
    let published = Publisher::bind(&context, args.config(suite))?.run(&stop)?;
    published.report(summary)?;
    if block && !stop.is_stopped() {
        // Waits until slow subscribers have taken all ticks, or for a signal.
        context.close(&stop)?;
    }
    Ok(())
}

fn watch(suite: &settings::Suite, args: WatchArgs) -> anyhow::Result<()> {
    let context = suite.observable_context(watcher::REPORTS.program, watcher::REPORTS.role)?;
    let stop = Stop::on_signals()?;
    Ok(Watcher::connect(&context, args.config(suite), &stop)?.run(&stop)?)
}
