//! Orders from CSV with a header: the columns `symbol`, `action`, `shares` and `price`, in any order and any case.
//!
//! A line that is no order is refused with its reason and the rest is read, unless the reader is strict.

use std::{
    io::{self, BufWriter, Read, Write},
    time::Instant,
};

use records::{Fields, LineFault, NothingUnderstood, OpenError, Origin, ReadError, Record, Refusals, Table, excerpt};
use sockets::Stop;
use thiserror::Error;
use wire::{Symbol, value::Action};

use crate::orders::Listed;

/// The columns of a list of orders.
pub const COLUMNS: [&[&str]; 4] = [&["symbol"], &["action"], &["shares"], &["price"]];

/// The most orders that are held: a stream without end must not fill the memory.
pub const LISTED_MAX: usize = 10_000_000;

/// The orders of a file or stream.
#[derive(Debug, Default, PartialEq)]
pub struct Listing {
    /// The orders, in their order there.
    pub orders: Vec<Listed>,
    /// How many lines are no orders.
    pub refused: u64,
}

/// How a list is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The first refused line is an error.
    pub strict: bool,
    /// Stop after this many orders.
    pub count: Option<u64>,
}

/// Why a file or stream gives no orders.
#[derive(Debug, Error)]
pub enum ListingError {
    /// It cannot be read.
    #[error("{origin}: {reason}")]
    Read {
        /// Which.
        origin: Origin,
        /// The system's reason.
        reason: io::Error,
    },
    /// It does not begin with a usable header.
    #[error("{origin}: {reason}")]
    Header {
        /// Which.
        origin: Origin,
        /// What is wrong.
        reason: OpenError,
    },
    /// A line is refused and the reader is strict.
    #[error("{origin}, line {line}: {reason}")]
    Refused {
        /// Which.
        origin: Origin,
        /// Its line, from 1; the header is one.
        line: u64,
        /// What is wrong with it.
        reason: OrderFault,
    },
    /// All lines are refused.
    #[error(transparent)]
    Nothing(#[from] NothingUnderstood),
    /// It holds more orders than can be held.
    #[error("{0}: more than {LISTED_MAX} orders (--count N takes the first N)")]
    TooMany(Origin),
    /// The stop signal came while it was waited for.
    #[error("stopped")]
    Stopped,
}

/// Why a line is no order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderFault {
    /// It has no fields.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// Not a symbol.
    #[error("symbol '{0}': {1}")]
    Symbol(String, wire::Fault),
    /// Not an action.
    #[error("action '{0}' is neither BUY nor SELL")]
    Action(String),
    /// Not a number of shares.
    #[error("shares '{0}' is not a whole number from 1 to {max}", max = i32::MAX)]
    Shares(String),
    /// Not a price.
    #[error("price '{0}' is not a finite number above zero")]
    Price(String),
}

impl Listing {
    /// Reads a file or stream to its end, or until the stop signal.
    ///
    /// # Errors
    /// It cannot be read, lacks a column, or holds too many orders; every line is refused or, if strict, one is.
    pub fn read(origin: &Origin, reading: Reading, stop: &Stop) -> Result<Self, ListingError> {
        let content = origin.open(stop).map_err(|reason| ListingError::Read { origin: origin.clone(), reason })?;
        Self::parse(origin, content, reading)
    }

    /// Reads orders that are open already; `origin` is their name in messages.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn parse(origin: &Origin, content: impl Read, reading: Reading) -> Result<Self, ListingError> {
        let unreadable = |error| match error {
            ReadError::Stopped => ListingError::Stopped,
            ReadError::Io(reason) => ListingError::Read { origin: origin.clone(), reason },
        };
        let mut table = Table::open(content, &COLUMNS).map_err(|error| match error {
            OpenError::Read(error) => unreadable(error),
            reason => ListingError::Header { origin: origin.clone(), reason },
        })?;
        let mut refusals = Refusals::of(origin.clone());
        let mut orders = Vec::new();
        while reading.count.is_none_or(|count| (orders.len() as u64) < count) {
            let Some(Record { line, fields }) = table.next().map_err(unreadable)? else {
                break;
            };
            match fields.map_err(OrderFault::from).and_then(order) {
                Ok(_) if orders.len() == LISTED_MAX => return Err(ListingError::TooMany(origin.clone())),
                Ok(order) => orders.push(order),
                Err(reason) if reading.strict => {
                    return Err(ListingError::Refused { origin: origin.clone(), line, reason });
                }
                Err(reason) => refusals.record(Instant::now(), line, reason),
            }
        }
        refusals.check(orders.len() as u64, table.header())?;
        Ok(Self { orders, refused: refusals.count() })
    }
}

/// Writes orders as a list that [`Listing::parse`] reads as the same orders.
///
/// # Errors
/// As of the output.
pub fn write(orders: &[Listed], output: impl Write) -> io::Result<()> {
    let mut output = BufWriter::new(output);
    writeln!(output, "symbol,action,shares,price")?;
    for Listed { symbol, action, shares, price } in orders {
        let action = match action {
            Action::Buy => "BUY",
            Action::Sell => "SELL",
        };
        writeln!(output, "{symbol},{action},{shares},{price}")?;
    }
    output.flush()
}

/// Reads the fields of a line, in the order of [`COLUMNS`].
fn order(fields: Fields<'_>) -> Result<Listed, OrderFault> {
    let [symbol, action, shares, price] = [0, 1, 2, 3].map(|column| fields.get(column));
    Ok(Listed {
        symbol: symbol.parse::<Symbol>().map_err(|error| OrderFault::Symbol(excerpt(symbol), error.fault))?,
        action: match action {
            buy if buy.eq_ignore_ascii_case("BUY") => Action::Buy,
            sell if sell.eq_ignore_ascii_case("SELL") => Action::Sell,
            _ => return Err(OrderFault::Action(excerpt(action))),
        },
        shares: match shares.parse() {
            Ok(shares) if shares > 0 => shares,
            _ => return Err(OrderFault::Shares(excerpt(shares))),
        },
        price: match price.parse::<f64>() {
            Ok(price) if price.is_finite() && price > 0.0 => price,
            _ => return Err(OrderFault::Price(excerpt(price))),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], reading: Reading) -> Result<Listing, ListingError> {
        Listing::parse(&"orders.csv".parse().unwrap(), text, reading)
    }

    fn reason(text: &str) -> String {
        let text = format!("symbol,action,shares,price\n{text}\n");
        let error = read(text.as_bytes(), Reading { strict: true, count: None }).unwrap_err().to_string();
        error.strip_prefix("orders.csv, line 2: ").unwrap().to_owned()
    }

    #[test]
    fn columns_are_in_any_order_and_case() {
        let text = b"\xef\xbb\xbfPrice;id;ACTION;shares;Symbol\r\n41.78;x;buy; 100 ;MSFT\r\n1e2;y;Sell;1;GO\r\n";
        let expected = [("MSFT", Action::Buy, 100, 41.78), ("GO", Action::Sell, 1, 100.0)]
            .map(|(symbol, action, shares, price)| Listed { symbol: symbol.parse().unwrap(), action, shares, price });
        assert_eq!(read(text, Reading::default()).unwrap(), Listing { orders: expected.to_vec(), refused: 0 });
    }

    #[test]
    fn a_line_that_is_no_order_is_refused_with_its_reason() {
        let shares = "is not a whole number from 1 to 2147483647";
        for (text, expected) in [
            ("msft,BUY,1,1", "symbol 'msft': a character that is not allowed".to_owned()),
            ("MSFT,HOLD,1,1", "action 'HOLD' is neither BUY nor SELL".to_owned()),
            ("MSFT,BUY,0,1", format!("shares '0' {shares}")),
            ("MSFT,BUY,1.5,1", format!("shares '1.5' {shares}")),
            ("MSFT,BUY,3000000000,1", format!("shares '3000000000' {shares}")),
            ("MSFT,BUY", format!("shares '' {shares}")),
            ("MSFT,BUY,1,-1", "price '-1' is not a finite number above zero".to_owned()),
            ("MSFT,BUY,1,nan", "price 'nan' is not a finite number above zero".to_owned()),
            ("MSFT,\x1b[2J,1,1", "action '\\u{1b}[2J' is neither BUY nor SELL".to_owned()),
            ("MSFT,\"BUY,1,1", "a quote is not closed on its line".to_owned()),
        ] {
            assert_eq!(reason(text), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_orders() {
        let order = |action, shares, price| Listed { symbol: "MSFT".parse().unwrap(), action, shares, price };
        let orders = [order(Action::Buy, i32::MAX, 0.1 + 0.2), order(Action::Sell, 1, f64::MIN_POSITIVE)];
        let mut text = Vec::new();
        write(&orders, &mut text).unwrap();
        assert_eq!(read(&text, Reading { strict: true, count: None }).unwrap().orders, orders);
    }

    #[test]
    fn a_bad_line_costs_no_other_order() {
        let good = "MSFT,BUY,1,1\n".repeat(500);
        let text = format!("symbol,action,shares,price\n{good}MSFT,\"BUY,1,1\n{good}");
        let listing = read(text.as_bytes(), Reading::default()).unwrap();
        assert_eq!((listing.orders.len(), listing.refused), (1000, 1));
    }

    #[test]
    fn nothing_understood_is_an_error_and_no_line_at_all_is_none() {
        let header = "symbol,action,shares,price\n";
        let error = read(format!("{header}{}", "MSFT,HOLD,1,1\n".repeat(5)).as_bytes(), Reading::default());
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("orders.csv: nothing understood: all lines were refused (5); columns: symbol,"),
            "{error}"
        );
        assert_eq!(read(header.as_bytes(), Reading::default()).unwrap(), Listing::default());
        let error = read(b"symbol,action,price\n", Reading::default()).unwrap_err().to_string();
        assert!(
            error.starts_with("orders.csv: line 1: the header names no column 'shares'; found: symbol,"),
            "{error}"
        );
    }

    #[test]
    fn a_stream_is_read_up_to_the_count_that_is_wanted() {
        let text = "symbol,action,shares,price\nMSFT,BUY,1,1\n".chars().chain("MSFT,BUY,1,1\n".chars().cycle());
        let endless = Endless(text);
        let reading = Reading { strict: false, count: Some(1000) };
        let listing = Listing::parse(&"-".parse().unwrap(), endless, reading).unwrap();
        assert_eq!(listing.orders.len(), 1000);
    }

    /// A text that never ends.
    struct Endless<I>(I);

    impl<I: Iterator<Item = char>> Read for Endless<I> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            for (byte, character) in buffer.iter_mut().zip(&mut self.0) {
                *byte = character as u8;
            }
            Ok(buffer.len())
        }
    }
}
