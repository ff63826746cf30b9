//! The current measurement, on standard error: one changing line in a terminal, otherwise a line per row.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// The progress line.
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

    /// Shows a new measurement.
    pub(crate) fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if !self.terminal {
            // A line that cannot be written is dropped.
            let _ = writeln!(io::stderr(), "{what}");
        }
    }

    /// Shows its progress, in a terminal only.
    pub(crate) fn step(&self, what: &str, step: u32, steps: u32) {
        self.bar.set_message(format!("{what}: {step} of {steps}"));
    }

    /// Clears the line.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
