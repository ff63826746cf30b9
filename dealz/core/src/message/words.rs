//! Values in words. Bounded, and without characters that a page would act on.

use std::fmt::Write as _;

use jiff::Timestamp;
use wire::{Fault, foreign, value::REPEAT_NUMBERS_MAX};

/// The most characters of a text.
const TEXT_MAX: usize = 500;

/// The most bytes that are written as hex.
const HEX_MAX: usize = 16;

/// The most numbers of a REPEAT that are written.
const NUMBERS_MAX: usize = 20;

/// The place of an order in its batch has 22 bits if source and reduce are one program (`protocol-docs/valuz.md`).
const PLACE_BITS: u32 = 22;

/// The value; or, if there is none, the bytes and why.
pub(super) fn or_fault(value: Result<String, Fault>, bytes: &[u8]) -> String {
    value.unwrap_or_else(|fault| match str::from_utf8(bytes) {
        Ok("") => fault.to_string(),
        Ok(readable) if !readable.contains(char::is_control) => format!("{} ({fault})", text(bytes)),
        _ => format!("{} ({fault})", hex(bytes)),
    })
}

/// A text without characters that a page or a terminal would act on; bytes that are not UTF-8 are replaced.
pub(super) fn text(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "empty".to_owned();
    }
    foreign(&String::from_utf8_lossy(bytes)).at_most(TEXT_MAX).to_string()
}

/// The first bytes, two digits each.
pub(super) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "empty".to_owned();
    }
    let mut text = String::new();
    for byte in bytes.iter().take(HEX_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > HEX_MAX {
        text.push('…');
    }
    text
}

/// A frame of `length` bytes of which only `bytes` are kept.
pub(super) fn cut(bytes: &[u8], length: usize) -> String {
    format!("{}: the first of {length} bytes", hex(bytes))
}

/// A number in its shortest exact form.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) { format!("{value:e}") } else { value.to_string() }
}

/// Seconds since the Unix epoch, as a date and time, UTC.
pub(super) fn time(seconds: f64) -> String {
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

/// A frame of an order's tail; the first one is the order's number if it has 8 bytes.
pub(super) fn tail(bytes: &[u8], first: bool) -> String {
    match <[u8; 8]>::try_from(bytes).map(u64::from_le_bytes) {
        Ok(number) if first => match number >> PLACE_BITS {
            0 => format!("order {number}"),
            batch => format!("order {} of batch {batch}", number & ((1 << PLACE_BITS) - 1)),
        },
        _ => hex(bytes),
    }
}

/// The numbers of a REPEAT.
pub(super) fn numbers(bytes: &[u8]) -> Result<String, Fault> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    if bytes.is_empty() {
        return Err(Fault::Empty);
    }
    if !rest.is_empty() {
        return Err(Fault::Length { expected: 8, got: bytes.len() });
    }
    if numbers.len() > REPEAT_NUMBERS_MAX {
        return Err(Fault::TooLong { max: REPEAT_NUMBERS_MAX, unit: "numbers" });
    }
    let listed = numbers.iter().take(NUMBERS_MAX).map(|number| tail(number, true)).collect::<Vec<_>>().join(", ");
    Ok(match numbers.len() {
        1..=NUMBERS_MAX => listed,
        count => format!("{count} orders: {listed}, …"),
    })
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
        assert_eq!(text(&[b'x'; 4096]).chars().count(), 501);
        assert_eq!(hex(&[0xab; 100]), format!("{}…", "ab".repeat(16)));
    }

    #[test]
    fn the_number_of_an_order_holds_that_of_its_batch() {
        assert_eq!(tail(&7_u64.to_le_bytes(), true), "order 7");
        assert_eq!(tail(&((1_416_182_400_250 << 22) | 3_u64).to_le_bytes(), true), "order 3 of batch 1416182400250");
        assert_eq!(tail(&[1; 9], true), "010101010101010101");
        assert_eq!(numbers(&[0; 16]), Ok("order 0, order 0".to_owned()));
        assert!(numbers(&[0; 8 * 8192]).is_ok_and(|text| text.starts_with("8192 orders: ") && text.len() < 300));
    }
}
