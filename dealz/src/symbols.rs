//! Which symbols are followed at first, unless the command line says.

use std::{fs::File, path::Path, time::Instant};

use anyhow::Context as _;
use records::{Origin, Record, Refusals, Table};
use tickz::row::{COLUMNS, Row, RowError};
use wire::Symbol;

/// How many can be followed.
pub(crate) const MAX: usize = 16;

/// The most lines of a file that are read: enough to meet each symbol of it.
const LINES_MAX: u32 = 10_000;

/// Those that a simulating tickz publishes.
pub(crate) fn of_the_talk() -> Vec<Symbol> {
    ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY"].into_iter().filter_map(|name| name.parse().ok()).collect()
}

/// Those of a file of prices, in their order there. It is read as tickz reads it.
///
/// # Errors
/// The file cannot be read, or tickz could not play it.
pub(crate) fn of_prices(path: &Path) -> anyhow::Result<Vec<Symbol>> {
    let name = || format!("--prices {}", path.display());
    let mut table = Table::open(File::open(path).with_context(name)?, &COLUMNS).with_context(name)?;
    let mut refusals = Refusals::of(Origin::from(path.to_owned()));
    let (mut symbols, mut understood) = (Vec::new(), 0);
    for _ in 0..LINES_MAX {
        let Some(Record { line, fields }) = table.next().with_context(name)? else {
            break;
        };
        match fields.map_err(RowError::from).and_then(Row::read) {
            Ok(row) => {
                understood += 1;
                symbols.extend((!symbols.contains(&row.symbol)).then_some(row.symbol));
            }
            Err(reason) => refusals.record(Instant::now(), line, reason),
        }
        if symbols.len() == MAX {
            break;
        }
    }
    refusals.check(understood, table.header()).context("--prices")?;
    Ok(symbols)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn of(text: &str) -> anyhow::Result<Vec<Symbol>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.csv");
        fs::write(&path, text).unwrap();
        of_prices(&path)
    }

    #[test]
    fn whatever_tickz_plays_gives_its_symbols() {
        for text in [
            "SYMBOL,date,Price\nMSFT,2000-01-01,1\nbad\nGOOG,20000101,1\nMSFT,2000-01-01,2\n",
            "\u{feff}price;timestamp;symbol\r\n1;0;MSFT\r\n1;0;GOOG\r\n",
        ] {
            assert_eq!(of(text).unwrap(), ["MSFT", "GOOG"].map(|name| name.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_file_that_tickz_cannot_play_is_refused_with_its_reason() {
        let missing = format!("{:#}", of("symbol,date\nMSFT,2000-01-01\n").unwrap_err());
        assert!(missing.contains("names no column 'price'; found: symbol, date"), "{missing}");
        let nothing = format!("{:#}", of("symbol,date,price\nmsft,2000-01-01,1\n").unwrap_err());
        assert!(nothing.contains("nothing understood") && nothing.contains("line 2: symbol 'msft'"), "{nothing}");
    }
}
