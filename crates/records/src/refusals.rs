//! The lines that cannot be used: counted, the first ones kept, and a bounded number of them logged.

use std::{
    fmt,
    time::{Duration, Instant},
};

use thiserror::Error;
use tracing::warn;

use crate::{origin::Origin, table::Header};

/// The number of refused lines named in an error.
const NAMED_MAX: usize = 3;

/// The number of refused lines that are all logged.
const LOGGED_MAX: u64 = 10;

/// The least time between two log lines after those.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// The refused lines of one input.
#[derive(Debug)]
pub struct Refusals {
    origin: Origin,
    count: u64,
    first: Vec<RefusedLine>,
    logged: Option<Instant>,
}

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Every line was refused.
#[derive(Debug, Error)]
#[error("{origin}: nothing understood: all lines were refused ({count}); columns: {columns}; {}", listed(first))]
pub struct NothingUnderstood {
    /// The input.
    pub origin: Origin,
    /// The number of refused lines.
    pub count: u64,
    /// The columns of its header.
    pub columns: String,
    /// The first refused lines.
    pub first: Vec<RefusedLine>,
}

impl Refusals {
    /// No line has been refused yet.
    #[must_use]
    pub const fn of(origin: Origin) -> Self {
        Self { origin, count: 0, first: Vec::new(), logged: None }
    }

    /// Counts a refused line. The first ones are all logged, later ones at most once per second.
    pub fn record(&mut self, now: Instant, line: u64, reason: impl fmt::Display) {
        self.count += 1;
        if self.first.len() < NAMED_MAX {
            self.first.push(RefusedLine { line, reason: reason.to_string() });
        }
        if self.count <= LOGGED_MAX {
            self.logged = Some(now);
            warn!(file = %self.origin, line, %reason, "line refused");
        } else if self.logged.is_none_or(|logged| now.saturating_duration_since(logged) >= LOG_EVERY) {
            self.logged = Some(now);
            warn!(file = %self.origin, line, %reason, count = self.count, "lines refused; this is the latest");
        }
    }

    /// The input.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The number of refused lines.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Checks, at the end of the input, that not every line was refused.
    ///
    /// # Errors
    /// Lines were refused, and `understood` is 0.
    pub fn check(&self, understood: u64, header: &Header) -> Result<(), NothingUnderstood> {
        if self.count == 0 || understood > 0 {
            return Ok(());
        }
        let (origin, columns, first) = (self.origin.clone(), header.to_string(), self.first.clone());
        Err(NothingUnderstood { origin, count: self.count, columns, first })
    }
}

impl fmt::Display for RefusedLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

fn listed(lines: &[RefusedLine]) -> String {
    lines.iter().map(RefusedLine::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Table;

    #[test]
    fn nothing_understood_names_the_first_three_lines_and_the_columns() {
        let table = Table::open(&b"symbol;price\n"[..], &[&["symbol"]]).unwrap();
        let mut refusals = Refusals::of("-".parse().unwrap());
        assert!(refusals.check(0, table.header()).is_ok());
        for line in 2..1000 {
            refusals.record(Instant::now(), line, format_args!("wrong {line}"));
        }
        assert_eq!(
            refusals.check(0, table.header()).unwrap_err().to_string(),
            "standard input: nothing understood: all lines were refused (998); columns: symbol, price (separated by \
             semicolons); line 2: wrong 2; line 3: wrong 3; line 4: wrong 4"
        );
        assert!(refusals.check(1, table.header()).is_ok());
        assert_eq!(refusals.count(), 998);
    }
}
