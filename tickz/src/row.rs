//! One line of a price history: CSV with a header, columns in any order. Pure.
//!
//! ```csv
//! symbol,date,price
//! MSFT,2000-01-01,39.81
//! ```
//!
//! The header names `symbol`, `price` and `timestamp` or `date`, in any case; other columns are passed over. A time is
//! an ISO 8601 date (midnight UTC), a date and time with or without a zone (without: UTC), or seconds since the Unix
//! epoch.

use csv::StringRecord;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use thiserror::Error;
use wire::Symbol;

/// One price of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Whose price.
    pub symbol: Symbol,
    /// When it was the price: seconds since the Unix epoch, UTC.
    pub timestamp: f64,
    /// Finite and above zero.
    pub price: f64,
}

/// Which column holds what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    symbol: usize,
    time: usize,
    price: usize,
}

/// Why a header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the header names no column '{0}' (symbol, date or timestamp, and price are needed)")]
pub struct HeaderError(&'static str);

/// Why a line was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RowError {
    /// The line ends before the column.
    #[error("no {0}")]
    Missing(&'static str),
    /// Not a symbol.
    #[error("symbol '{0}': {1}")]
    Symbol(String, wire::Fault),
    /// Not a time.
    #[error("time '{0}' is neither an ISO 8601 date or date and time nor seconds since 1970")]
    Time(String),
    /// Not a price.
    #[error("price '{0}' is not a finite number above zero")]
    Price(String),
    /// The line is not text.
    #[error("not UTF-8")]
    NotUtf8,
}

impl Columns {
    /// Finds the columns. Where both are there, `timestamp` is taken rather than `date`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn find(header: &StringRecord) -> Result<Self, HeaderError> {
        let column = |wanted: &str| header.iter().position(|name| name.trim().eq_ignore_ascii_case(wanted));
        Ok(Self {
            symbol: column("symbol").ok_or(HeaderError("symbol"))?,
            time: column("timestamp").or_else(|| column("date")).ok_or(HeaderError("date"))?,
            price: column("price").ok_or(HeaderError("price"))?,
        })
    }

    /// Reads a line.
    ///
    /// # Errors
    /// The first of symbol, time and price that is missing or not what it must be.
    pub fn read(&self, line: &StringRecord) -> Result<Row, RowError> {
        let word = |column: usize, name| match line.get(column).map(str::trim) {
            None | Some("") => Err(RowError::Missing(name)),
            Some(word) => Ok(word),
        };
        let symbol = word(self.symbol, "symbol")?;
        let symbol = symbol.parse::<Symbol>().map_err(|error| RowError::Symbol(short(symbol), error.fault))?;
        let time = word(self.time, "time")?;
        let timestamp = seconds(time).ok_or_else(|| RowError::Time(short(time)))?;
        let price = word(self.price, "price")?;
        match price.parse::<f64>() {
            Ok(value) if value.is_finite() && value > 0.0 => Ok(Row { symbol, timestamp, price: value }),
            _ => Err(RowError::Price(short(price))),
        }
    }
}

/// Seconds since the Unix epoch, UTC.
fn seconds(time: &str) -> Option<f64> {
    if let Ok(seconds) = time.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    let timestamp = time.parse::<Timestamp>().or_else(|_| {
        let local: DateTime = time.parse()?;
        TimeZone::UTC.to_timestamp(local)
    });
    // The parts are exact each, so a fraction such as a quarter stays exact.
    timestamp.ok().map(|timestamp| timestamp.as_second() as f64 + f64::from(timestamp.subsec_nanosecond()) / 1e9)
}

/// Enough of a word to recognise it in a log.
fn short(word: &str) -> String {
    let mut start: String = word.chars().filter(|character| !character.is_control()).take(40).collect();
    if start.len() < word.len() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &[&str], line: &[&str]) -> Result<Row, RowError> {
        Columns::find(&StringRecord::from(header)).unwrap().read(&StringRecord::from(line))
    }

    fn time(text: &str) -> Result<f64, RowError> {
        read(&["symbol", "date", "price"], &["MSFT", text, "1"]).map(|row| row.timestamp)
    }

    #[test]
    fn columns_come_in_any_order_and_any_case() {
        let row =
            read(&["Volume", "PRICE", "Timestamp", " Symbol "], &["9", "41.78", "1416182400.25", "MSFT"]).unwrap();
        assert_eq!(row, Row { symbol: "MSFT".parse().unwrap(), timestamp: 1_416_182_400.25, price: 41.78 });
    }

    #[test]
    fn a_timestamp_beats_a_date() {
        let row = read(&["symbol", "date", "timestamp", "price"], &["MSFT", "2000-01-01", "5", "1"]).unwrap();
        assert_eq!(row.timestamp, 5.0);
    }

    #[test]
    fn a_header_without_a_column_is_refused_by_its_name() {
        for (header, name) in
            [(&["date", "price"], "symbol"), (&["symbol", "price"], "date"), (&["symbol", "date"], "price")]
        {
            let error = Columns::find(&StringRecord::from(&header[..])).unwrap_err();
            assert_eq!(error, HeaderError(name));
        }
    }

    #[test]
    fn times_are_dates_or_date_times_or_epoch_seconds() {
        for (text, seconds) in [
            ("2014-11-17", 1_416_182_400.0),
            ("2014-11-17T00:00:00.25", 1_416_182_400.25),
            ("2014-11-17 00:00:00.25", 1_416_182_400.25),
            ("2014-11-17T00:00:00.25Z", 1_416_182_400.25),
            ("2014-11-17T01:00:00+01:00", 1_416_182_400.0),
            ("2014-11-17T01:00:00+01:00[Europe/Berlin]", 1_416_182_400.0),
            ("1416182400.25", 1_416_182_400.25),
            ("-1", -1.0),
            ("0", 0.0),
        ] {
            assert_eq!(time(text), Ok(seconds), "{text}");
        }
        for text in ["yesterday", "2014-13-01", "2014-02-30", "Jan 1 2000", "inf", "NaN", "12:00"] {
            assert_eq!(time(text), Err(RowError::Time(text.to_owned())));
        }
    }

    #[test]
    fn a_bad_line_says_which_word_is_wrong() {
        let refusal = |line: &[&str]| read(&["symbol", "date", "price"], line).unwrap_err().to_string();
        assert_eq!(refusal(&["MSFT", "2000-01-01"]), "no price");
        assert_eq!(refusal(&["", "2000-01-01", "1"]), "no symbol");
        assert_eq!(refusal(&["msft", "2000-01-01", "1"]), "symbol 'msft': a character that is not allowed");
        for price in ["0", "-1", "NaN", "inf", "1e999", "$1", "1,5"] {
            assert_eq!(
                refusal(&["MSFT", "2000-01-01", price]),
                format!("price '{price}' is not a finite number above zero")
            );
        }
    }

    #[test]
    fn a_long_word_is_cut_in_the_reason() {
        assert_eq!(time(&"x".repeat(1000)), Err(RowError::Time(format!("{}…", "x".repeat(40)))));
    }
}
