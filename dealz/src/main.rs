//! The `dealz` program: parse, log, show the desk, turn the result into an exit code.

use std::process::ExitCode;

use dealz::args::Cli;
use settings::program;

fn main() -> ExitCode {
    program::end_with_parent();
    let cli: Cli = program::parse();
    program::log_to_stderr();
    match dealz::run(&cli) {
        Ok(code) => code,
        Err(error) => program::exit_code(Err(error)),
    }
}
