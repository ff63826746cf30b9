//! Orders from CSV with a header, a file's or a text's: `symbol`, `action`, `shares` and `price`, in any order and any
//! case.
//!
//! A line that is no order is refused with its reason and the rest goes on, unless the reader is strict.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use csv::{Position, ReaderBuilder, StringRecord};
use thiserror::Error;
use wire::{Symbol, value::Action};

use crate::orders::Listed;

/// The columns, in the order in which their places are kept.
const COLUMNS: [&str; 4] = ["symbol", "action", "shares", "price"];

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub struct Listing {
    /// The orders, in the file's order.
    pub orders: Vec<Listed>,
    /// The lines that are no orders.
    pub refused: Vec<RefusedLine>,
}

/// A line that is no order. Shows itself as `FILE:LINE: REASON`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct RefusedLine {
    /// Which file.
    pub file: PathBuf,
    /// Its line, from 1; the header is one.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for RefusedLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file.display(), self.line, self.reason)
    }
}

/// Why a file gives no orders.
#[derive(Debug, Error)]
pub enum ListingError {
    /// It cannot be read.
    #[error("{}: {reason}", file.display())]
    Read {
        /// Which file.
        file: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// A column is missing in the header, or a line is refused and the reader is strict.
    #[error(transparent)]
    Refused(#[from] RefusedLine),
}

impl Listing {
    /// Reads a file; a strict reader stops at the first line that is no order.
    ///
    /// # Errors
    /// The file cannot be read, or its header lacks a column; if `strict`, the first refused line.
    pub fn read(file: &Path, strict: bool) -> Result<Self, ListingError> {
        let reason = |reason: io::Error| ListingError::Read { file: file.to_owned(), reason };
        Self::parse(file, File::open(file).map_err(reason)?, strict)
    }

    /// Reads what a file holds from wherever it is; `file` is its name in what is refused.
    ///
    /// # Errors
    /// As of [`Listing::read`].
    pub fn parse(file: &Path, content: impl Read, strict: bool) -> Result<Self, ListingError> {
        let unreadable = |error: csv::Error| ListingError::Read { file: file.to_owned(), reason: error.into() };
        let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(content);
        let places = places(reader.headers().map_err(unreadable)?).map_err(|reason| RefusedLine {
            file: file.to_owned(),
            line: 1,
            reason,
        })?;
        let mut listing = Self::default();
        for record in reader.records() {
            let (line, order) = match record {
                Ok(record) => (record.position().map_or(0, Position::line), order(&record, places)),
                Err(error) if error.is_io_error() => return Err(unreadable(error)),
                // Bytes that are not UTF-8: the reader goes on at the next line.
                Err(error) => (error.position().map_or(0, Position::line), Err("not UTF-8".to_owned())),
            };
            match order {
                Ok(order) => listing.orders.push(order),
                Err(reason) => {
                    let refused = RefusedLine { file: file.to_owned(), line, reason };
                    if strict {
                        return Err(refused.into());
                    }
                    listing.refused.push(refused);
                }
            }
        }
        Ok(listing)
    }
}

/// At which index of a record each of [`COLUMNS`] stands.
fn places(header: &StringRecord) -> Result<[usize; 4], String> {
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|name| name.trim_start_matches('\u{feff}').eq_ignore_ascii_case(column));
        *place = found.ok_or_else(|| format!("the header has no column {column}"))?;
    }
    Ok(places)
}

fn order(record: &StringRecord, places: [usize; 4]) -> Result<Listed, String> {
    let [symbol, action, shares, price] = places.map(|place| record.get(place).unwrap_or_default());
    Ok(Listed {
        symbol: symbol.parse::<Symbol>().map_err(|error| format!("'{symbol}': {error}"))?,
        action: match action.to_ascii_uppercase().as_str() {
            "BUY" => Action::Buy,
            "SELL" => Action::Sell,
            _ => return Err(format!("'{action}': action: neither BUY nor SELL")),
        },
        shares: match shares.parse() {
            Ok(shares) if shares > 0 => shares,
            _ => return Err(format!("'{shares}': shares: not a whole number from 1 to {}", i32::MAX)),
        },
        price: match price.parse::<f64>() {
            Ok(price) if price.is_finite() && price > 0.0 => price,
            _ => return Err(format!("'{price}': price: not a finite number above zero")),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(bytes: &[u8], strict: bool) -> Result<Listing, ListingError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.csv");
        fs::write(&path, bytes).unwrap();
        Listing::read(&path, strict)
    }

    #[test]
    fn columns_stand_in_any_order_and_case() {
        let listing =
            read(b"\xef\xbb\xbfPrice,id,ACTION,shares,Symbol\n41.78,x,buy, 100 ,MSFT\n1e2,y,Sell,1,GO\n", true);
        let listing = listing.unwrap();
        let expected = [("MSFT", Action::Buy, 100, 41.78), ("GO", Action::Sell, 1, 100.0)]
            .map(|(symbol, action, shares, price)| Listed { symbol: symbol.parse().unwrap(), action, shares, price });
        assert_eq!(listing.orders, expected);
        assert_eq!(listing.refused, []);
    }

    #[test]
    fn a_bad_line_is_refused_with_its_place_and_reason_and_the_rest_goes_on() {
        let file = b"symbol,action,shares,price\nMSFT,BUY,1,1\nmsft,BUY,1,1\nMSFT,HOLD,1,1\nMSFT,BUY,0,1\n\
            MSFT,BUY,1.5,1\nMSFT,BUY,3000000000,1\nMSFT,BUY,1,-1\nMSFT,BUY,1,nan\nMSFT,BUY\n\xff\xff,BUY,1,1\nGOOG,SELL,2,3\n";
        let listing = read(file, false).unwrap();
        assert_eq!(listing.orders.len(), 2);
        let refused: Vec<_> = listing.refused.iter().map(|line| (line.line, line.reason.as_str())).collect();
        let shares = "shares: not a whole number from 1 to 2147483647";
        assert_eq!(
            refused,
            [
                (3, "'msft': symbol: a character that is not allowed"),
                (4, "'HOLD': action: neither BUY nor SELL"),
                (5, &*format!("'0': {shares}")),
                (6, &*format!("'1.5': {shares}")),
                (7, &*format!("'3000000000': {shares}")),
                (8, "'-1': price: not a finite number above zero"),
                (9, "'nan': price: not a finite number above zero"),
                (10, &*format!("'': {shares}")),
                (11, "not UTF-8"),
            ]
        );
        let message = read(file, true).unwrap_err().to_string();
        assert!(message.ends_with("orders.csv:3: 'msft': symbol: a character that is not allowed"), "{message}");
    }

    #[test]
    fn a_file_without_its_columns_or_without_itself_is_an_error() {
        let message = read(b"symbol,action,price\n", false).unwrap_err().to_string();
        assert!(message.ends_with("orders.csv:1: the header has no column shares"), "{message}");
        let message = Listing::read(Path::new("/nonexistent/orders.csv"), false).unwrap_err().to_string();
        assert!(message.starts_with("/nonexistent/orders.csv: No such file"), "{message}");
    }
}
