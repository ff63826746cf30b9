//! A client for a person in a terminal, or for a program on pipes.
//!
//! - `terminal`: lines are edited, and what arrives stands above the one being typed
//! - `lines`: every line of standard input is said; what arrives is written as plain lines or as JSON
//! - `words`: events as a person would say them
//! - `gate`: how many texts are under way, so that a fast input waits and none is left behind

mod gate;
mod lines;
mod terminal;
mod words;

use std::io::{self, IsTerminal as _};

use sockets::{Context, Stop};

use crate::client::ClientConfig;

pub use words::printable;

/// How many events may wait for the terminal or the pipe.
const EVENTS_MAX: usize = 1_000;

/// Joins, and stays until the input ends, the person quits, or `stop`.
///
/// # Errors
/// The client cannot be started or ends by itself; the terminal or standard output fails.
pub fn run(context: &Context, json: bool, config: &ClientConfig, stop: &Stop) -> anyhow::Result<()> {
    if is_terminal(json) { terminal::run(context, config, stop) } else { lines::run(context, json, config, stop) }
}

/// Whether log lines would be written into the terminal in which a person types.
#[must_use]
pub fn shares_terminal_with_log(json: bool) -> bool {
    is_terminal(json) && io::stderr().is_terminal()
}

fn is_terminal(json: bool) -> bool {
    !json && io::stdin().is_terminal() && io::stdout().is_terminal()
}
