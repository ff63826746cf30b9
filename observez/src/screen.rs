//! The table's place on the terminal.

use std::{
    env, io,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustix::termios::tcgetwinsize;

/// The least time between two drawings.
const FRAME: Duration = Duration::from_millis(250);

/// The columns and rows of a terminal that does not say how large it is.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// Whether a table can be drawn on standard output: a terminal that can move its cursor.
#[must_use]
pub fn can_draw() -> bool {
    let names_terminal = env::var_os("TERM").is_some_and(|term| !term.is_empty());
    names_terminal && !ProgressDrawTarget::stdout().is_hidden()
}

/// A block of rows that is drawn again in its place.
#[derive(Debug)]
pub struct Screen {
    block: ProgressBar,
    drawn: Instant,
}

impl Screen {
    /// An empty block on standard output, which is a terminal.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let block = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout_with_hz(20));
        // The template is valid; the default style would do too.
        let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        Self { block: block.with_style(style), drawn: now.checked_sub(FRAME).unwrap_or(now) }
    }

    /// How many characters a row holds.
    #[must_use]
    pub fn width() -> usize {
        size().0
    }

    /// Whether it is time to draw again.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.next_deadline()
    }

    /// The time of the next drawing.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.drawn + FRAME
    }

    /// Draws as many rows as fit, with a status line below them.
    pub fn draw(&mut self, now: Instant, rows: Vec<String>, status: String) {
        self.drawn = now;
        self.block.set_message(fitting(rows, status, size().1));
    }

    /// Leaves the drawing on the terminal, with the cursor at its end.
    pub fn finish(self) {
        // Dropping a visible block would draw it again.
        self.block.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// The rows that fit into a terminal of this height together with the status line and the cursor.
fn fitting(mut rows: Vec<String>, status: String, height: usize) -> String {
    let room = height.saturating_sub(2).max(1);
    if rows.len() > room {
        let hidden = rows.len() - (room - 1);
        rows.truncate(room - 1);
        rows.push(format!("… and {hidden} more rows: --filter or a taller terminal shows them"));
    }
    rows.push(status);
    rows.join("\n")
}

fn size() -> (usize, usize) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => USUAL_SIZE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_are_counted() {
        let rows = |count: usize| (0..count).map(|row| row.to_string()).collect::<Vec<_>>();
        assert_eq!(fitting(rows(3), "up".to_owned(), 5), "0\n1\n2\nup");
        assert!(fitting(rows(4), "up".to_owned(), 5).starts_with("0\n1\n… and 2 more rows"));
        assert!(fitting(rows(4), "up".to_owned(), 0).ends_with("\nup"));
    }
}
