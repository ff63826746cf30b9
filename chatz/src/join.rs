//! A client for a person in a terminal, or for a program on pipes.
//!
//! - `terminal`: lines are edited, and events appear above the one being typed
//! - `lines`: every line of standard input is said; events are written as plain lines or as JSON
//! - `words`: events as sentences
//! - `counts`: what observers see
//! - `gate`: how many texts are under way, so that a fast input waits and no text is left behind

mod counts;
mod gate;
mod lines;
mod terminal;
mod words;

use std::{
    env,
    io::{self, IsTerminal as _},
};

use sockets::{Context, Stop};
use wire::report::Declaration;

use crate::client::{self, ClientConfig};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration {
    program: "chatz",
    role: "join",
    sockets: &[client::REQ, client::SUB],
    values: &[counts::PRESENT, counts::TEXTS],
};

/// The most events that wait for the terminal or the pipe.
const EVENTS_MAX: usize = 1_000;

/// Values of `TERM` for terminals in which no line can be edited.
const NO_EDITING: [&str; 4] = ["", "dumb", "cons25", "emacs"];

/// Joins, and stays until the input ends, the person quits, or `stop`.
///
/// # Errors
/// The client cannot be started or ends by itself; the terminal, standard input or standard output fails.
pub fn run(context: &Context, json: bool, config: &ClientConfig, stop: &Stop) -> anyhow::Result<()> {
    if edits_lines(json) { terminal::run(context, config, stop) } else { lines::run(context, json, config, stop) }
}

/// Whether log lines would be written into the terminal in which a person types.
#[must_use]
pub fn shares_terminal_with_log(json: bool) -> bool {
    edits_lines(json) && io::stderr().is_terminal()
}

fn edits_lines(json: bool) -> bool {
    let term = env::var("TERM").unwrap_or_default();
    let can_edit = !NO_EDITING.iter().any(|name| term.eq_ignore_ascii_case(name));
    can_edit && !json && io::stdin().is_terminal() && io::stdout().is_terminal()
}
