//! The program `valuz`: reads the command line, runs one role, turns its result into an exit code.

use std::process::ExitCode;

use settings::program;
use valuz::args::Cli;

fn main() -> ExitCode {
    program::end_with_parent();
    let cli: Cli = program::parse();
    program::log_to_stderr();
    program::exit_code(cli.run())
}
