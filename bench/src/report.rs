//! The table with the machine's facts, on standard output and as `bench/RESULTS.md`.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context, Result};

use crate::{machine::Facts, table::Table};

/// From this line on the file is written by hand, and kept.
const REMARKS: &str = "## Remarks";

/// Prints the results.
pub(crate) fn print(facts: &Facts, table: &Table, rounds: u32) -> io::Result<()> {
    writeln!(io::stdout(), "{}", body(facts, table, rounds))
}

/// Replaces the results in the file and keeps its remarks.
pub(crate) fn write(path: &Path, facts: &Facts, table: &Table, rounds: u32) -> Result<()> {
    let before = fs::read_to_string(path).unwrap_or_default();
    let remarks = before.find(REMARKS).map_or(REMARKS, |start| before[start..].trim_end());
    let text = format!(
        "# Results\n\nWritten by `just bench`, which measures all of this in one run; the remarks at the end are written by \
         hand.\n\n{}\n{remarks}\n",
        body(facts, table, rounds)
    );
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn body(facts: &Facts, table: &Table, rounds: u32) -> String {
    format!(
        "{facts}\nRounds of each comparison: {rounds}, or as many as its note says; the suite and C alternately, each as often first.\n\n{table}"
    )
}
