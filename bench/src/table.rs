//! The table of results: rows of formatted quantities with a ratio or a limit, and whether it is met.

use std::fmt;

use crate::pairs::Spread;

/// The target of a row's number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    /// Shown for comparison only.
    Nothing,
}

impl Wanted {
    /// `None` without a target.
    fn met_by(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(limit) => Some(value >= limit),
            Self::AtMost(limit) => Some(value <= limit),
            Self::Nothing => None,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(limit) => write!(formatter, "at least {limit}"),
            Self::AtMost(limit) => write!(formatter, "at most {limit}"),
            Self::Nothing => Ok(()),
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    ours: String,
    reference: String,
    value: String,
    wanted: Wanted,
    met: Option<bool>,
}

impl Row {
    /// A comparison: both sides' medians with their unit, and the ratio suite to reference.
    pub(crate) fn compared(
        what: impl Into<String>,
        (ours, reference): (String, String),
        ratio: Spread,
        wanted: Wanted,
    ) -> Self {
        Self {
            what: what.into(),
            ours,
            reference,
            value: format!("{:.2} ({:.2} to {:.2})", ratio.median, ratio.low, ratio.high),
            wanted,
            met: wanted.met_by(ratio.median),
        }
    }

    /// A number of the suite that has no reference.
    pub(crate) fn alone(what: impl Into<String>, ours: String, value: f64, wanted: Wanted) -> Self {
        Self {
            what: what.into(),
            ours,
            reference: String::new(),
            value: String::new(),
            wanted,
            met: wanted.met_by(value),
        }
    }

    fn cells(&self) -> [String; 6] {
        let verdict = match self.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "",
        };
        [
            self.what.clone(),
            self.ours.clone(),
            self.reference.clone(),
            self.value.clone(),
            self.wanted.to_string(),
            verdict.to_owned(),
        ]
    }
}

/// All rows, with their notes.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
    failures: Vec<String>,
}

impl Table {
    pub(crate) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds a note below the table.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Adds a row that failed to run.
    pub(crate) fn fail(&mut self, failure: String) {
        self.failures.push(failure);
    }

    /// Whether every row was measured.
    pub(crate) fn all_measured(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Writes Markdown with aligned columns, readable in a terminal too.
impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["measured", "ours", "C", "ours / C (range)", "wanted", ""].map(str::to_owned);
        let lines: Vec<_> = std::iter::once(header).chain(self.rows.iter().map(Row::cells)).collect();
        let widths: [usize; 6] =
            std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        for (index, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(widths) {
                write!(formatter, "| {cell:width$} ")?;
            }
            writeln!(formatter, "|")?;
            if index == 0 {
                let rule: String = widths.iter().map(|width| format!("|{}", "-".repeat(width + 2))).collect();
                writeln!(formatter, "{rule}|")?;
            }
        }
        for (title, sentences) in [("Notes", &self.notes), ("Failed to run", &self.failures)] {
            if !sentences.is_empty() {
                writeln!(formatter, "\n{title}:\n")?;
            }
            for sentence in sentences {
                writeln!(formatter, "- {sentence}")?;
            }
        }
        Ok(())
    }
}
