//! One line of a price history: CSV with a header, columns in any order. Pure.
//!
//! ```csv
//! symbol,date,price
//! MSFT,2000-01-01,39.81
//! ```
//!
//! [`COLUMNS`] names the columns, [`time`] says how times are written.

use records::{Fields, LineFault, excerpt};
use thiserror::Error;
use wire::Symbol;

use crate::time::{self, Form};

/// The columns of a price history, each by the names it may have.
pub const COLUMNS: [&[&str]; 3] = [&["symbol"], &["timestamp", "date"], &["price"]];

/// One price of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Whose price.
    pub symbol: Symbol,
    /// When it was the price: seconds since the Unix epoch, UTC.
    pub timestamp: f64,
    /// How that was written.
    pub form: Form,
    /// Finite and above zero.
    pub price: f64,
}

/// Why a line was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// It has no fields.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// A field is empty, or the line ends before it.
    #[error("no {0}")]
    Missing(&'static str),
    /// Not a symbol.
    #[error("symbol '{0}': {1}")]
    Symbol(String, wire::Fault),
    /// Not a time.
    #[error("time '{0}' is neither ISO 8601 nor a number of seconds to nanoseconds since 1970")]
    Time(String),
    /// Not a price.
    #[error("price '{0}' is not a finite number above zero")]
    Price(String),
}

impl Row {
    /// Reads the fields of a line, in the order of [`COLUMNS`].
    ///
    /// # Errors
    /// The first of symbol, time and price that is missing or wrong.
    pub fn read(fields: Fields<'_>) -> Result<Self, RowError> {
        let word = |column, name| match fields.get(column) {
            "" => Err(RowError::Missing(name)),
            word => Ok(word),
        };
        let symbol = word(0, "symbol")?;
        let symbol = symbol.parse::<Symbol>().map_err(|error| RowError::Symbol(excerpt(symbol), error.fault))?;
        let time = word(1, "time")?;
        let (timestamp, form) = time::read(time).ok_or_else(|| RowError::Time(excerpt(time)))?;
        let price = word(2, "price")?;
        match price.parse::<f64>() {
            Ok(value) if value.is_finite() && value > 0.0 => Ok(Self { symbol, timestamp, form, price: value }),
            _ => Err(RowError::Price(excerpt(price))),
        }
    }
}

#[cfg(test)]
mod tests {
    use records::Table;

    use super::*;

    fn read(header: &str, line: &str) -> Result<Row, RowError> {
        let text = format!("{header}\n{line}\n");
        let mut table = Table::open(text.as_bytes(), &COLUMNS).unwrap();
        Row::read(table.next().unwrap().unwrap().fields?)
    }

    #[test]
    fn columns_come_in_any_order_and_a_timestamp_beats_a_date() {
        let row = read("Volume,PRICE,date,Timestamp, Symbol ", "9,41.78,2000-01-01,1416182400.25,MSFT").unwrap();
        let symbol = "MSFT".parse().unwrap();
        assert_eq!(row, Row { symbol, timestamp: 1_416_182_400.25, form: Form::Seconds, price: 41.78 });
    }

    #[test]
    fn a_bad_line_says_which_word_is_wrong() {
        let refusal = |line: &str| read("symbol;date;price", line).unwrap_err().to_string();
        assert_eq!(refusal("MSFT;2000-01-01"), "no price");
        assert_eq!(refusal(";2000-01-01;1"), "no symbol");
        assert_eq!(refusal("\"MSFT;2000-01-01;1"), "a quote is not closed on its line");
        assert_eq!(refusal("msft;2000-01-01;1"), "symbol 'msft': a character that is not allowed");
        assert!(refusal("MSFT;someday;1").starts_with("time 'someday' is neither"));
        for price in ["0", "-1", "NaN", "inf", "1e999", "$1", "1,5"] {
            let wanted = format!("price '{price}' is not a finite number above zero");
            assert_eq!(refusal(&format!("MSFT;2000-01-01;{price}")), wanted);
        }
    }

    #[test]
    fn a_long_or_evil_word_is_shown_in_part_and_escaped() {
        let long = read("symbol,date,price", &format!("MSFT,{},1", "x".repeat(1000)));
        assert_eq!(long, Err(RowError::Time(format!("{}…", "x".repeat(40)))));
        let evil = read("symbol,date,price", "MSFT,\x1b[31m,1").unwrap_err().to_string();
        assert!(evil.contains("time '\\u{1b}[31m'"), "{evil}");
    }
}
