//! What is being measured just now, on standard error: a line that changes in a terminal, a line a row elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// The line of progress.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, terminal: io::stderr().is_terminal() }
    }

    /// Says what begins now.
    pub(crate) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if !self.terminal {
            write_line(what);
        }
    }

    /// Says how far it is; nothing outside a terminal.
    pub(crate) fn step(&self, what: &str, step: u32, steps: u32) {
        self.bar.set_message(format!("{what}: {step} of {steps}"));
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Prints an error with its causes on standard error, as one line.
pub(crate) fn complain(error: &anyhow::Error) {
    write_line(&format!("error: {error:#}"));
}

fn write_line(line: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
