//! The `dealz` program: parse, log, show the desk, turn the result into an exit code.
//!
//! It contains the page, so that it works wherever it lies. The library does not: cargo can compile that while the page is built.

use std::process::ExitCode;

use dealz::{Page, args::Cli};
use include_dir::include_dir;
use settings::program;

static PAGE: Page = Page {
    files: include_dir!("$CARGO_MANIFEST_DIR/../ui/dist"), // `just ui` builds it
    window: || tauri::generate_context!(),
};

fn main() -> ExitCode {
    program::end_with_parent();
    let cli: Cli = program::parse();
    program::log_to_stderr();
    match dealz::run(&cli, &PAGE) {
        Ok(code) => code,
        Err(error) => program::exit_code(Err(error)),
    }
}
