//! Values as readable text: bounded, and without characters that a page or a terminal would act on.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::WORDS_CHARS_MAX;
use crate::{DecodeError, Fault, foreign};

/// The most bytes that are written as hex.
const HEX_BYTES_MAX: usize = 16;

/// A decoded value, or the reason why there is none.
pub(crate) fn decoded(value: Result<impl fmt::Display, DecodeError>) -> Result<String, Fault> {
    value.map(|value| text(value.to_string().as_bytes())).map_err(|error| error.fault)
}

/// The words; or, if there are none, the bytes and the reason.
pub(crate) fn or_fault(words: Result<String, Fault>, bytes: &[u8]) -> String {
    words.unwrap_or_else(|fault| match str::from_utf8(bytes) {
        Ok("") => fault.to_string(),
        Ok(readable) if !readable.contains(char::is_control) => format!("{} ({fault})", text(bytes)),
        _ => format!("{} ({fault})", hex(bytes)),
    })
}

/// A text; bytes that are not UTF-8 are replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "empty".to_owned();
    }
    foreign(&String::from_utf8_lossy(bytes)).at_most(WORDS_CHARS_MAX).to_string()
}

/// The first bytes, two digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "empty".to_owned();
    }
    let mut text = String::new();
    for byte in bytes.iter().take(HEX_BYTES_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > HEX_BYTES_MAX {
        text.push('…');
    }
    text
}

/// Bytes of which nothing is known: as text if they are printable UTF-8, otherwise as hex after `0x`.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let is_unprintable = |sign: char| sign.is_control() && !matches!(sign, '\t' | '\n' | '\r');
    match str::from_utf8(bytes) {
        Ok(readable) if !readable.contains(is_unprintable) => text(bytes),
        _ => format!("0x{}", hex(bytes)),
    }
}

/// The first bytes of a frame that had `length`.
pub(crate) fn cut(bytes: &[u8], length: Option<usize>) -> String {
    match length {
        Some(length) => format!("{}: the first of {length} bytes", hex(bytes)),
        None => format!("{}: more bytes may follow", hex(bytes)),
    }
}

/// The words, cut after [`WORDS_CHARS_MAX`] characters; a `…` marks that.
pub(crate) fn bounded(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(WORDS_CHARS_MAX) {
        let last = words[..end].char_indices().next_back().map_or(0, |(index, _)| index);
        words.truncate(last);
        words.push('…');
    }
    words
}

/// A number in its shortest exact form.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

/// A price of one share.
pub(crate) fn price(price: f64) -> String {
    format!("{} per share", number(price))
}

/// Seconds since the Unix epoch, as a date and time, UTC.
pub(crate) fn time(seconds: f64) -> String {
    let since = format!("{} s since 1970", number(seconds));
    // A time outside of the calendar becomes one that jiff refuses, or is one.
    let milliseconds = (seconds * 1000.0).floor() as i64;
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) if seconds.is_finite() && time.strftime("%Y").to_string().len() == 4 => {
            format!("{} ({since})", time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
        }
        _ => since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_dates_if_possible() {
        for (seconds, text) in [
            (0.0, "1970-01-01T00:00:00.000Z (0 s since 1970)"),
            (1_416_182_400.25, "2014-11-17T00:00:00.250Z (1416182400.25 s since 1970)"),
            (951_782_400.0, "2000-02-29T00:00:00.000Z (951782400 s since 1970)"),
            (-0.5, "1969-12-31T23:59:59.500Z (-0.5 s since 1970)"),
            (1e300, "1e300 s since 1970"),
            (f64::NAN, "NaN s since 1970"),
            (f64::NEG_INFINITY, "-inf s since 1970"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(41.78, "41.78"), (-4178.0, "-4178"), (0.0, "0"), (1e-9, "1e-9"), (1.5e22, "1.5e22"), (5e-324, "5e-324")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn texts_are_bounded_and_hold_no_control_characters() {
        assert_eq!(text(b"a\x1b[2J\nb\xff"), "a\\u{1b}[2J\\nb\u{fffd}");
        assert_eq!(text(&[b'x'; 4096]).chars().count(), WORDS_CHARS_MAX + 1);
        assert_eq!(bounded(text(&[b'x'; 4096])).chars().count(), WORDS_CHARS_MAX);
        assert_eq!(bounded("Ж".repeat(WORDS_CHARS_MAX)), "Ж".repeat(WORDS_CHARS_MAX));
        assert_eq!(bounded("Ж".repeat(501)), format!("{}…", "Ж".repeat(499)));
        assert_eq!(hex(&[0xab; 100]), format!("{}…", "ab".repeat(16)));
    }

    #[test]
    fn unknown_bytes_are_text_if_they_can_be_read() {
        for (bytes, text) in [
            (&b"{\n\t\"a\": 1}"[..], "{\\n\\t\"a\": 1}"),
            ("Жанна".as_bytes(), "Жанна"),
            (b"", "empty"),
            (b"\x01MSFT", "0x014d534654"),
            (b"\xff", "0xff"),
        ] {
            assert_eq!(super::bytes(bytes), text);
        }
    }
}
