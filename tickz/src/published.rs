//! The summary of a publisher.

use std::io::{self, Write};

use serde::Serialize;
use tracing::info;

use crate::delay::Percentiles;

/// The summary of a publisher.
#[derive(Debug, Serialize)]
pub struct Published {
    /// Ticks sent.
    pub published: u64,
    /// Refused lines of a price history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_lines: Option<u64>,
    /// From the first tick to the end, in milliseconds.
    pub elapsed_ms: f64,
    /// The delays with which ticks were sent, in microseconds; none at full speed, where no tick waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_us: Option<Percentiles>,
}

impl Published {
    /// Prints it as one JSON object on standard output, or logs it.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn report(&self, json: bool) -> io::Result<()> {
        if json {
            let mut stdout = io::stdout().lock();
            serde_json::to_writer(&mut stdout, self)?;
            return writeln!(stdout);
        }
        let late_us = self.late_us.map(|late| format!("p50 {} p99 {} p99.9 {}", late.p50, late.p99, late.p99_9));
        info!(
            published = self.published,
            refused_lines = self.refused_lines,
            elapsed_ms = self.elapsed_ms,
            late_us,
            "done"
        );
        Ok(())
    }
}
