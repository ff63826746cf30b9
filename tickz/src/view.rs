//! The output of a watcher: a live table, lines of text, lines of JSON, or only the totals at the end.

use std::{
    io::{self, Write},
    iter,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sockets::{Output, Stop};
use wire::{Symbol, plural, tick::Tick};

use crate::{delay::Percentiles, table::Table, tally::Arrival};

/// How to show ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A live table.
    Table,
    /// `SYMBOL time price [#sequence]` per tick, and a sentence at the end.
    Lines,
    /// One object per tick, and another at the end.
    Json,
    /// Only the object at the end.
    Summary,
}

/// The totals of a watcher.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Ticks received of the symbols watched.
    pub received: u64,
    /// Ticks lost.
    pub lost: u64,
    /// Ticks that arrived after a later one, or twice.
    pub out_of_order: u64,
    /// From the first tick received to the last, in milliseconds.
    pub elapsed_ms: f64,
    /// Malformed messages.
    pub malformed: u64,
    /// Restarts of the publisher.
    pub restarts: u64,
    /// From a tick's timestamp to its receipt, in microseconds; with `--latency` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_us: Option<Percentiles>,
}

/// One tick as JSON.
#[derive(Serialize)]
struct JsonTick<'a> {
    symbol: &'a str,
    timestamp: f64,
    price: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

/// Shows ticks in one of these ways.
#[derive(Debug)]
pub struct View {
    show: Show,
    output: Output,
    table: Option<Table>,
}

impl View {
    /// A view of these symbols.
    #[must_use]
    pub fn new(show: Show, symbols: &[Symbol], stop: &Stop) -> Self {
        let table = (show == Show::Table).then(|| Table::new(symbols, Instant::now()));
        Self { show, output: Output::new(stop), table }
    }

    /// Whether there is a table, which log lines would tear.
    #[must_use]
    pub const fn is_table(&self) -> bool {
        self.table.is_some()
    }

    /// Ticks of the symbol at `index` arrived, the first of them like this and each of the others as the next one.
    ///
    /// # Errors
    /// Standard output is closed.
    #[inline]
    pub fn ticks(&mut self, index: usize, ticks: impl Iterator<Item = Tick>, arrival: Arrival) -> io::Result<()> {
        match self.show {
            Show::Summary => {}
            Show::Table => {
                if let Some(table) = &mut self.table {
                    let arrivals = iter::once(arrival).chain(iter::repeat(Arrival::Next { lost: 0 }));
                    ticks.zip(arrivals).for_each(|(tick, arrival)| table.tick(index, &tick, arrival));
                }
            }
            Show::Lines => {
                for tick in ticks {
                    write_line(self.output.line()?, &tick)?;
                }
            }
            Show::Json => {
                for tick in ticks {
                    write_json(self.output.line()?, &tick)?;
                }
            }
        }
        Ok(())
    }

    /// Writes buffered lines.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Draws the table with a status line below it.
    pub fn redraw(&mut self, now: Instant, status: String) {
        if let Some(table) = &mut self.table {
            table.redraw(now, status);
        }
    }

    /// The time of the table's next drawing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.table.as_ref().map(Table::next_deadline)
    }

    /// Shows the totals. A table is drawn a last time if there is a status line: after Ctrl-C there must be none, because
    /// its echo has moved the cursor.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn finish(mut self, summary: &Summary, status: Option<String>) -> io::Result<()> {
        let line = self.output.line()?;
        if let Some(table) = self.table.take() {
            table.finish(status);
            line.push(b'\n');
        }
        match self.show {
            Show::Table | Show::Lines => writeln!(line, "{}", sentence(summary))?,
            Show::Json | Show::Summary => {
                serde_json::to_writer(&mut *line, summary)?;
                line.push(b'\n');
            }
        }
        self.output.flush()
    }
}

fn write_line(line: &mut Vec<u8>, tick: &Tick) -> io::Result<()> {
    write!(line, "{} ", tick.symbol)?;
    match moment(tick.timestamp) {
        Some(time) => write!(line, "{time:.3}")?,
        None => write!(line, "{}", tick.timestamp)?,
    }
    write!(line, " {:.4}", tick.price)?;
    if let Some(sequence) = tick.sequence {
        write!(line, " #{sequence}")?;
    }
    writeln!(line)
}

fn write_json(line: &mut Vec<u8>, tick: &Tick) -> io::Result<()> {
    let Tick { symbol, timestamp, price, sequence } = tick;
    let object = JsonTick { symbol: symbol.as_str(), timestamp: *timestamp, price: *price, sequence: *sequence };
    serde_json::to_writer(&mut *line, &object)?;
    line.push(b'\n');
    Ok(())
}

/// A timestamp as a date and time; `None` outside the years with four digits.
fn moment(timestamp: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(timestamp).ok()?;
    Timestamp::from_duration(since).ok()
}

fn sentence(summary: &Summary) -> String {
    let Summary { received, lost, out_of_order, elapsed_ms, malformed, restarts, latency_us } = summary;
    let elapsed = Duration::from_millis(*elapsed_ms as u64);
    let mut text = format!(
        "{} received in {}: {lost} lost, {out_of_order} out of order, {malformed} malformed",
        plural(*received, "tick"),
        humantime::format_duration(elapsed)
    );
    match restarts {
        0 => {}
        1 => text += "; the publisher restarted once",
        times => text += &format!("; the publisher restarted {times} times"),
    }
    if let Some(Percentiles { p50, p99, p99_9 }) = latency_us {
        text += &format!("; latency in µs: p50 {p50}, p99 {p99}, p99.9 {p99_9}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(timestamp: f64, sequence: Option<u64>) -> (String, String) {
        let tick = Tick { symbol: "MSFT".parse().unwrap(), timestamp, price: 41.78, sequence };
        let (mut line, mut json) = (Vec::new(), Vec::new());
        write_line(&mut line, &tick).unwrap();
        write_json(&mut json, &tick).unwrap();
        (String::from_utf8(line).unwrap(), String::from_utf8(json).unwrap())
    }

    #[test]
    fn a_tick_is_a_line_or_an_object() {
        let (line, json) = lines(1_416_182_400.25, Some(7));
        assert_eq!(line, "MSFT 2014-11-17T00:00:00.250Z 41.7800 #7\n");
        assert_eq!(json, "{\"symbol\":\"MSFT\",\"timestamp\":1416182400.25,\"price\":41.78,\"sequence\":7}\n");
        let (line, json) = lines(-0.5, None);
        assert_eq!(line, "MSFT 1969-12-31T23:59:59.500Z 41.7800\n");
        assert_eq!(json, "{\"symbol\":\"MSFT\",\"timestamp\":-0.5,\"price\":41.78}\n");
    }

    #[test]
    fn a_time_beyond_the_calendar_is_shown_in_seconds() {
        assert_eq!(lines(1e15, None).0, "MSFT 1000000000000000 41.7800\n");
        assert!(lines(f64::MAX, None).0.starts_with("MSFT 17976931348"));
    }

    #[test]
    fn the_final_sentence_has_everything_that_is_in_the_object() {
        let mut summary = Summary {
            received: 10,
            lost: 2,
            out_of_order: 1,
            elapsed_ms: 1500.2,
            malformed: 3,
            restarts: 0,
            latency_us: None,
        };
        assert_eq!(sentence(&summary), "10 ticks received in 1s 500ms: 2 lost, 1 out of order, 3 malformed");
        assert_eq!(
            serde_json::to_string(&summary).unwrap(),
            r#"{"received":10,"lost":2,"out_of_order":1,"elapsed_ms":1500.2,"malformed":3,"restarts":0}"#
        );
        summary.received = 1;
        assert!(sentence(&summary).starts_with("1 tick received in "));
        summary.restarts = 1;
        summary.latency_us = Some(Percentiles { p50: 1.0, p99: 2.5, p99_9: 3.0 });
        assert!(sentence(&summary).ends_with("; the publisher restarted once; latency in µs: p50 1, p99 2.5, p99.9 3"));
    }
}
