//! Which symbols are followed at first, where nobody says.

use std::{fs::File, path::Path};

use anyhow::Context as _;
use wire::Symbol;

/// How many can be followed.
pub(crate) const MAX: usize = 16;

/// Lines of a file that are looked at: enough to meet each symbol of it.
const LINES_MAX: usize = 10_000;

/// Those that a simulating tickz publishes.
pub(crate) fn of_the_talk() -> Vec<Symbol> {
    ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY"].into_iter().filter_map(|name| name.parse().ok()).collect()
}

/// Those of a file of prices, in the order in which they first stand there.
///
/// # Errors
/// The file cannot be read or has no column `symbol`.
pub(crate) fn of_prices(path: &Path) -> anyhow::Result<Vec<Symbol>> {
    let name = || format!("--prices {}", path.display());
    let mut reader = csv::Reader::from_reader(File::open(path).with_context(name)?);
    let column = reader.headers().with_context(name)?.iter().position(|title| title.trim() == "symbol");
    let column = column.context("its first line names no column `symbol`").with_context(name)?;
    let mut symbols = Vec::new();
    for record in reader.records().take(LINES_MAX) {
        // tickz says what is wrong with a line.
        let symbol = record.ok().and_then(|record| record.get(column)?.trim().parse::<Symbol>().ok());
        symbols.extend(symbol.filter(|symbol| !symbols.contains(symbol)));
        if symbols.len() == MAX {
            break;
        }
    }
    Ok(symbols)
}
