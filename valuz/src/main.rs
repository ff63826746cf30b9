//! The program `valuz`: reads the command line, runs one role, turns its result into an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use settings::program;
use valuz::args::Cli;

fn main() -> ExitCode {
    program::end_with_parent();
    let cli = Cli::parse();
    program::log_to_stderr();
    program::exit_code(cli.run())
}
