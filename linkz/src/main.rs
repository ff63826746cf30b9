//! The program `linkz`: parses the command line, runs the link, turns its result into an exit code.

use std::process::ExitCode;

use linkz::{Link, args::Cli};
use settings::program;
use sockets::Stop;

fn main() -> ExitCode {
    program::end_with_parent();
    let cli = Cli::parse_or_exit();
    program::log_to_stderr();
    program::exit_code(run(cli))
}

fn run(Cli { link, suite }: Cli) -> anyhow::Result<()> {
    let context = suite.load()?.observable_context("linkz", &link.name)?;
    let config = link.config()?;
    let stop = Stop::on_signals()?;
    Link::bind(&context, config)?.run(&stop)
}
