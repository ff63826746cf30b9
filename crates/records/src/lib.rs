//! Rows of CSV from a file, a named pipe or standard input: the one reader behind `tickz --replay`, `valuz --input` and
//! `dealz --prices`.
//!
//! - [`origin`]: where rows come from; waiting for them ends at the stop signal
//! - [`lines`]: one line at a time, of bounded length
//! - [`table`]: finds the header and its columns, splits each line into fields
//! - [`refusals`]: counts the lines that cannot be used, names the first ones, logs boundedly
//!
//! A line is a record: a quote that is not closed on its line spoils that line and no other.

pub mod lines;
pub mod origin;
pub mod refusals;
pub mod table;

pub use origin::{Origin, ReadError};
pub use refusals::{NothingUnderstood, Refusals};
pub use table::{Fields, Header, LineFault, OpenError, Record, Table, excerpt};
