//! The live table of a watcher: one line per symbol, and one for the connection, drawn at most ten times per second.

use std::{
    env,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use wire::{Symbol, tick::Tick};

use crate::{reference::Reference, tally::Arrival};

/// The least time between two drawings.
const FRAME: Duration = Duration::from_millis(100);

/// The time over which a rate is measured.
const RATE_SPAN: Duration = Duration::from_secs(1);

/// Whether a table can be drawn on standard output: a terminal that can move its cursor.
#[must_use]
pub fn can_draw() -> bool {
    let names_terminal = env::var_os("TERM").is_some_and(|term| !term.is_empty());
    names_terminal && !ProgressDrawTarget::stdout().is_hidden()
}

/// The table and its place on the terminal.
#[derive(Debug)]
pub struct Table {
    lines: MultiProgress,
    /// Kept, because dropping a line clears it.
    _header: ProgressBar,
    rows: Vec<Row>,
    status: ProgressBar,
    drawn: Instant,
    rates_since: Instant,
}

/// One symbol.
#[derive(Debug)]
struct Row {
    symbol: Symbol,
    line: ProgressBar,
    /// The price that the last one is compared with.
    reference: Option<Reference>,
    /// The last price.
    last: f64,
    lost: i64,
    /// Ticks since the rate was last measured.
    ticks: u64,
    rate: f64,
}

impl Table {
    /// An empty table on standard output, which is a terminal.
    #[must_use]
    pub fn new(symbols: &[Symbol], now: Instant) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stdout_with_hz(20));
        let header = line(&lines);
        let row =
            |&symbol| Row { symbol, line: line(&lines), reference: None, last: 0.0, lost: 0, ticks: 0, rate: 0.0 };
        let rows = symbols.iter().map(row).collect();
        let status = line(&lines);
        header.set_message(format!(
            "{:<16} {:>14} {:>12} {:>12} {:>8}",
            "SYMBOL", "LAST", "SINCE FIRST", "TICKS/S", "LOST"
        ));
        Self { lines, _header: header, rows, status, drawn: now.checked_sub(FRAME).unwrap_or(now), rates_since: now }
    }

    /// A tick of the symbol at `index` arrived.
    pub fn tick(&mut self, index: usize, tick: &Tick, arrival: Arrival) {
        let Some(row) = self.rows.get_mut(index) else {
            return;
        };
        if !matches!(arrival, Arrival::OutOfOrder { .. }) {
            Reference::follow(&mut row.reference, tick, arrival == Arrival::Restart);
        }
        row.last = tick.price;
        row.lost = row.lost.saturating_add(arrival.lost());
        row.ticks += 1;
    }

    /// Draws the table with a status line below it.
    pub fn redraw(&mut self, now: Instant, status: String) {
        self.drawn = now;
        let span = now.saturating_duration_since(self.rates_since);
        if span >= RATE_SPAN {
            self.rates_since = now;
            for row in &mut self.rows {
                row.rate = std::mem::take(&mut row.ticks) as f64 / span.as_secs_f64();
            }
        }
        self.draw(status);
    }

    /// The time of the next drawing.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.drawn + FRAME
    }

    /// Leaves the drawing on the terminal, with the cursor at its end. Draws it a last time if there is a status line.
    pub fn finish(self, status: Option<String>) {
        if let Some(status) = status {
            self.draw(status);
        }
        // Dropping visible lines would draw them again.
        self.lines.set_draw_target(ProgressDrawTarget::hidden());
    }

    fn draw(&self, status: String) {
        for row in &self.rows {
            row.line.set_message(row.text());
        }
        self.status.set_message(status);
    }
}

impl Row {
    fn text(&self) -> String {
        let Some(reference) = self.reference else {
            return format!("{:<16} {:>14} {:>12} {:>12} {:>8}", self.symbol, "-", "-", "-", "-");
        };
        let last = self.last;
        let percent = reference.change_percent(last).unwrap_or(f64::INFINITY);
        let arrow = match percent {
            up if up > 0.0 => '▲',
            down if down < 0.0 => '▼',
            _ => ' ',
        };
        let change = format!("{arrow} {percent:+.3} %");
        format!("{:<16} {last:>14.4} {change:>12} {:>12.1} {:>8}", self.symbol, self.rate, self.lost)
    }
}

fn line(lines: &MultiProgress) -> ProgressBar {
    // The template is valid; the default style would do too.
    let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    lines.add(ProgressBar::new_spinner().with_style(style))
}
