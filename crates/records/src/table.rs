//! Rows below a header: the columns, and the fields of each line.
//!
//! The header names the wanted columns, in any order and any case; other columns are ignored. Fields are separated by
//! commas, semicolons or tabs, depending on the header, and may be quoted. A byte order mark and both kinds of line end are
//! understood.

use std::{
    fmt,
    io::{self, Read},
    str,
};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};
use thiserror::Error;
use wire::foreign;

use crate::{
    lines::{LINE_BYTES_MAX, Line, Lines},
    origin::ReadError,
};

/// The characters that may separate fields, and their names.
const SEPARATORS: [(u8, &str); 3] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];

/// The most columns that a message names.
const NAMED_MAX: usize = 12;

/// The most characters of a word from outside that a message shows.
const EXCERPT_CHARS_MAX: usize = 40;

/// Rows below a header.
pub struct Table<R> {
    lines: Lines<R>,
    header: Header,
    splitter: Splitter,
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
    separator: &'static str,
    /// The index of each wanted column among the names.
    places: Vec<usize>,
}

/// Why there is no table.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The input cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It has no line.
    #[error("empty: a header with the columns {0} is needed")]
    Empty(String),
    /// The first line is not text.
    #[error("line {line}: the header cannot be read: {fault}")]
    Header {
        /// Its number.
        line: u64,
        /// What is wrong.
        fault: LineFault,
    },
    /// The first line lacks a column.
    #[error("line {line}: the header names no column '{wanted}'; found: {found}")]
    Column {
        /// Its number.
        line: u64,
        /// The names that the missing column may have.
        wanted: String,
        /// The columns found.
        found: Header,
    },
}

/// Why a line has no fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LineFault {
    /// It is too long.
    #[error("longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// A quote is opened and not closed.
    #[error("a quote is not closed on its line")]
    OpenQuote,
    /// It is not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// It is text of another encoding.
    #[error("UTF-16, not UTF-8")]
    Utf16,
}

/// One line below the header.
#[derive(Debug)]
pub struct Record<'a> {
    /// The number of the line, from 1; the header counts too.
    pub line: u64,
    /// Its fields, or why it has none.
    pub fields: Result<Fields<'a>, LineFault>,
}

/// The wanted fields of one line.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    text: &'a str,
    ends: &'a [usize],
    places: &'a [usize],
}

/// Why a line is no header with a given separator.
enum Mismatch {
    Fault(LineFault),
    Column(Header, String),
}

/// Splits a line into fields.
struct Splitter {
    reader: csv_core::Reader,
    /// The fields of the line, concatenated.
    text: Vec<u8>,
    /// Where each field ends in the text.
    ends: Vec<usize>,
}

impl<R: Read> Table<R> {
    /// Reads the header. Each wanted column is given by the names that it may have, in order of preference.
    ///
    /// # Errors
    /// The input cannot be read, or its first line is not a header with these columns.
    pub fn open(input: R, wanted: &[&[&str]]) -> Result<Self, OpenError> {
        let mut lines = Lines::new(input);
        loop {
            let line = lines.next().map_err(ReadError::from)?;
            let bytes = match line {
                None => {
                    let columns: Vec<_> = wanted.iter().map(|names| names.join(" or ")).collect();
                    return Err(OpenError::Empty(columns.join(", ")));
                }
                Some(Line::TooLong) => {
                    return Err(OpenError::Header { line: lines.number(), fault: LineFault::TooLong });
                }
                Some(Line::Whole(bytes)) => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).to_vec(),
            };
            if is_blank(&bytes) {
                continue;
            }
            let (header, splitter) = Header::read(&bytes, lines.number(), wanted)?;
            return Ok(Self { lines, header, splitter });
        }
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The next line that is not blank; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    #[expect(clippy::should_implement_trait, reason = "a record borrows the buffer that the next one reuses")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        let line = loop {
            match self.lines.next()? {
                None => return Ok(None),
                Some(Line::Whole(bytes)) if is_blank(bytes) => {}
                Some(Line::Whole(bytes)) => break self.splitter.split(bytes),
                Some(Line::TooLong) => break Err(LineFault::TooLong),
            }
        };
        let fields = line.map(|(text, ends)| Fields { text, ends, places: &self.header.places });
        Ok(Some(Record { line: self.lines.number(), fields }))
    }

    /// Returns the input, to be rewound.
    pub fn into_input(self) -> R {
        self.lines.into_input()
    }
}

impl Header {
    /// Finds the separator with which the line has all wanted columns or, if there is none, the most columns.
    fn read(line: &[u8], number: u64, wanted: &[&[&str]]) -> Result<(Self, Splitter), OpenError> {
        let [first, rest @ ..] = SEPARATORS;
        let attempt = rest.into_iter().fold(Self::separate(line, first, wanted), |attempt, separator| {
            attempt.or_else(|closest| {
                let other = Self::separate(line, separator, wanted);
                other.map_err(|other| if other.width() > closest.width() { other } else { closest })
            })
        });
        attempt.map_err(|mismatch| match mismatch {
            Mismatch::Fault(fault) => OpenError::Header { line: number, fault },
            Mismatch::Column(found, wanted) => OpenError::Column { line: number, wanted, found },
        })
    }

    /// Reads the line with a given separator.
    fn separate(
        line: &[u8],
        (byte, separator): (u8, &'static str),
        wanted: &[&[&str]],
    ) -> Result<(Self, Splitter), Mismatch> {
        let mut splitter = Splitter::new(byte);
        let (text, ends) = splitter.split(line).map_err(Mismatch::Fault)?;
        let all = Fields { text, ends, places: &[] };
        let names = (0..ends.len()).map(|place| all.at(place).to_owned()).collect();
        let mut header = Self { names, separator, places: Vec::new() };
        match header.find(wanted) {
            Ok(()) => Ok((header, splitter)),
            Err(missing) => Err(Mismatch::Column(header, missing.join("' or '"))),
        }
    }

    /// Finds the index of each wanted column; returns the names of the first one that is missing.
    fn find<'a>(&mut self, wanted: &[&'a [&'a str]]) -> Result<(), &'a [&'a str]> {
        for &column in wanted {
            let place_of = |name: &&str| self.names.iter().position(|found| found.eq_ignore_ascii_case(name));
            self.places.push(column.iter().find_map(place_of).ok_or(column)?);
        }
        Ok(())
    }
}

impl fmt::Display for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names.iter().take(NAMED_MAX).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(formatter, "{comma}{}", excerpt(name))?;
        }
        match self.names.len() {
            1 => Ok(()),
            ..=NAMED_MAX => write!(formatter, " (separated by {})", self.separator),
            more => write!(formatter, " and {} more (separated by {})", more - NAMED_MAX, self.separator),
        }
    }
}

impl Mismatch {
    /// How many columns were found.
    const fn width(&self) -> usize {
        match self {
            Self::Fault(_) => 0,
            Self::Column(found, _) => found.names.len(),
        }
    }
}

impl<'a> Fields<'a> {
    /// The field of a wanted column, trimmed; empty if the line is too short.
    #[must_use]
    pub fn get(&self, column: usize) -> &'a str {
        self.places.get(column).map_or("", |&place| self.at(place))
    }

    fn at(&self, place: usize) -> &'a str {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(place).copied());
        range.and_then(|(start, end)| self.text.get(start..end)).unwrap_or("").trim()
    }
}

impl Splitter {
    fn new(separator: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(separator).terminator(Terminator::Any(b'\n')).build();
        Self { reader, text: Vec::new(), ends: Vec::new() }
    }

    /// Returns the fields of a line, concatenated, and where each ends.
    fn split(&mut self, line: &[u8]) -> Result<(&str, &[usize]), LineFault> {
        if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") {
            return Err(LineFault::Utf16);
        }
        // The most that a line of this length can need.
        self.text.resize(line.len() + 1, 0);
        self.ends.resize(line.len() + 2, 0);
        self.reader.reset();
        let (_, _, length, fields) = self.reader.read_record(line, &mut self.text, &mut self.ends);
        let (result, _, more, last) =
            self.reader.read_record(b"\n", &mut self.text[length..], &mut self.ends[fields..]);
        // Inside quotes the line end is part of a field.
        if result != ReadRecordResult::Record {
            return Err(LineFault::OpenQuote);
        }
        let text = str::from_utf8(&self.text[..length + more]).map_err(|_| LineFault::NotUtf8)?;
        Ok((text, &self.ends[..fields + last]))
    }
}

/// The start of a word from outside, for a message: enough to recognise it, and safe to show.
#[must_use]
pub fn excerpt(word: &str) -> String {
    foreign(word).at_most(EXCERPT_CHARS_MAX).to_string()
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Table").field("header", &self.header).finish_non_exhaustive()
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Read(error.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WANTED: &[&[&str]] = &[&["symbol"], &["timestamp", "date"], &["price"]];

    /// The wanted fields of each line, joined by `|`, or what is wrong with it.
    fn rows(text: &[u8]) -> Vec<(u64, String)> {
        let mut table = Table::open(text, WANTED).unwrap();
        let mut rows = Vec::new();
        while let Some(Record { line, fields }) = table.next().unwrap() {
            let shown = |fields: Fields<'_>| [0, 1, 2].map(|column| fields.get(column)).join("|");
            rows.push((line, fields.map_or_else(|fault| fault.to_string(), shown)));
        }
        rows
    }

    fn refusal(text: &[u8]) -> String {
        Table::open(text, WANTED).unwrap_err().to_string()
    }

    fn row(line: u64, text: &str) -> (u64, String) {
        (line, text.to_owned())
    }

    #[test]
    fn columns_are_found_in_any_order_and_case_with_each_separator() {
        for separator in [",", ";", "\t"] {
            let text = "PRICE,volume, Symbol ,Date\r\n1.5,9, MSFT ,\"a \"\"b\"\"\"\n\n2\n".replace(',', separator);
            let expected = [row(2, "MSFT|a \"b\"|1.5"), row(4, "||2")];
            assert_eq!(rows(text.as_bytes()), expected, "{separator:?}");
        }
    }

    #[test]
    fn the_first_of_a_columns_names_is_taken() {
        assert_eq!(rows(b"date,symbol,timestamp,price\n1,MSFT,2,3\n"), [row(2, "MSFT|2|3")]);
    }

    #[test]
    fn a_byte_order_mark_and_blank_lines_before_the_header_are_skipped() {
        assert_eq!(rows(b"\xef\xbb\xbf\n \nsymbol,date,price\nMSFT,1,2"), [row(4, "MSFT|1|2")]);
        assert_eq!(rows(b"\xef\xbb\xbfsymbol,date,price\nMSFT,1,2"), [row(2, "MSFT|1|2")]);
    }

    #[test]
    fn an_open_quote_spoils_its_line_and_no_other() {
        let good = "MSFT,1,2\n".repeat(1000);
        let text = format!("symbol,date,price\nMSFT,\"1,2\n{good}\"MSFT,1,2");
        let rows = rows(text.as_bytes());
        assert_eq!((&rows[0], rows.len()), (&row(2, "a quote is not closed on its line"), 1002));
        assert!(rows[1..1001].iter().all(|(_, text)| text == "MSFT|1|2"));
        assert_eq!(rows[1001], row(1003, "a quote is not closed on its line"));
    }

    #[test]
    fn a_line_that_is_not_text_or_too_long_is_refused_and_the_rest_is_read() {
        let mut text = b"symbol,date,price\nA\xff,1,2\n".to_vec();
        text.extend(vec![b'"'; 3 * LINE_BYTES_MAX]);
        text.extend(b"\nMSFT,1,2\n");
        assert_eq!(rows(&text), [row(2, "not UTF-8"), row(3, "longer than 65536 bytes"), row(4, "MSFT|1|2")]);
    }

    proptest! {
        #[test]
        fn a_good_line_is_read_whatever_is_before_it(noise in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut text = b"symbol,date,price\n".to_vec();
            text.extend(&noise);
            text.extend(b"\nMSFT,1,2");
            let rows = rows(&text);
            let last = text.iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
            prop_assert_eq!(rows.last(), Some(&row(last, "MSFT|1|2")));
        }
    }

    #[test]
    fn a_header_that_lacks_a_column_is_refused_with_what_was_found() {
        assert_eq!(
            refusal(b"symbol;date;close\n"),
            "line 1: the header names no column 'price'; found: symbol, date, close (separated by semicolons)"
        );
        assert_eq!(refusal(b"\nsymbol|price\n"), "line 2: the header names no column 'symbol'; found: symbol|price");
        assert!(refusal(b"symbol,price").contains("no column 'timestamp' or 'date'"));
        let many: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        assert!(refusal(many.join("\t").as_bytes()).ends_with("10, 11 and 88 more (separated by tabs)"));
        let escape = refusal(b"\x1b[31mred,date\n");
        assert!(!escape.contains('\x1b'), "{escape:?}");
    }

    #[test]
    fn an_input_that_is_no_table_is_refused() {
        assert_eq!(refusal(b" \n"), "empty: a header with the columns symbol, timestamp or date, price is needed");
        assert_eq!(refusal(b"\xff\xfes\0y\0"), "line 1: the header cannot be read: UTF-16, not UTF-8");
        assert_eq!(
            refusal(b"\"symbol,date,price"),
            "line 1: the header cannot be read: a quote is not closed on its line"
        );
        assert!(refusal(&[b'x'; 2 * LINE_BYTES_MAX]).ends_with("longer than 65536 bytes"));
    }
}
