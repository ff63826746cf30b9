//! A time as price histories write it: ISO 8601, extended or basic, or a number since 1970. Pure.
//!
//! A number's unit follows from its size: what would lie beyond the year 5138 in one unit is of the next smaller one. Digits
//! that spell a date of the years 1900 to 2099 (`20240105`, with hours and minutes, or with seconds too) are that date.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// The units of numbers with their length in seconds, and below which size a number is of that unit.
const UNITS: [(Form, f64, f64); 4] = [
    (Form::Seconds, 1.0, 1e11),
    (Form::Milliseconds, 1e3, 1e14),
    (Form::Microseconds, 1e6, 1e17),
    (Form::Nanoseconds, 1e9, 1e20),
];

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An ISO 8601 date, or date and time.
    Calendar,
    /// Digits alone: year, month, day and perhaps a time of day.
    Digits,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
}

/// Reads a time as seconds since the Unix epoch, UTC; without a zone it is UTC.
#[must_use]
pub fn read(text: &str) -> Option<(f64, Form)> {
    if let Some(digits) = Digits::of(text) {
        return digits.read().map(|seconds| (seconds, Form::Digits));
    }
    if let Ok(number) = text.parse::<f64>() {
        let unit = UNITS.into_iter().find(|(_, _, bound)| number.abs() < *bound);
        return unit.map(|(form, per_second, _)| (number / per_second, form));
    }
    let timestamp = text.parse::<Timestamp>().or_else(|_| in_utc(text.parse::<DateTime>()?));
    timestamp.ok().map(|timestamp| (seconds(timestamp), Form::Calendar))
}

/// Digits that can only be meant as a date.
struct Digits<'a> {
    date: &'a str,
    time: &'a str,
}

impl<'a> Digits<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let is_date = matches!(text.len(), 8 | 12 | 14)
            && (text.starts_with("19") || text.starts_with("20"))
            && text.bytes().all(|byte| byte.is_ascii_digit());
        let (date, time) = is_date.then(|| text.split_at(8))?;
        Some(Self { date, time })
    }

    fn read(&self) -> Option<f64> {
        let date = Date::strptime("%Y%m%d", self.date).ok()?;
        let time = match self.time.len() {
            0 => Time::midnight(),
            4 => Time::strptime("%H%M", self.time).ok()?,
            _ => Time::strptime("%H%M%S", self.time).ok()?,
        };
        in_utc(date.to_datetime(time)).ok().map(seconds)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Calendar => "ISO 8601",
            Self::Digits => "dates of digits alone (YYYYMMDD)",
            Self::Seconds => "seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Microseconds => "microseconds since 1970",
            Self::Nanoseconds => "nanoseconds since 1970",
        })
    }
}

fn in_utc(local: DateTime) -> Result<Timestamp, jiff::Error> {
    TimeZone::UTC.to_timestamp(local)
}

/// The parts are exact each, so a fraction such as a quarter stays exact.
fn seconds(timestamp: Timestamp) -> f64 {
    timestamp.as_second() as f64 + f64::from(timestamp.subsec_nanosecond()) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601_extended_or_basic() {
        for text in [
            "2014-11-17T00:00:00.25",
            "2014-11-17 00:00:00.25",
            "2014-11-17T00:00:00.25Z",
            "2014-11-17T01:00:00.25+01:00",
            "2014-11-17T01:00:00.25+01:00[Europe/Berlin]",
            "20141117T000000.25",
            "20141117T000000.25Z",
            "20141117T010000.25+0100",
        ] {
            assert_eq!(read(text), Some((1_416_182_400.25, Form::Calendar)), "{text}");
        }
        assert_eq!(read("2014-11-17"), Some((1_416_182_400.0, Form::Calendar)));
    }

    #[test]
    fn digits_that_spell_a_date_are_that_date() {
        for text in ["20141117", "201411170000", "20141117000000"] {
            assert_eq!(read(text), Some((1_416_182_400.0, Form::Digits)), "{text}");
        }
        assert_eq!(read("20240105123059"), Some((1_704_457_859.0, Form::Digits)));
        // A date that no calendar has is no number either.
        for text in ["20249999", "20240230", "202401052500", "20240105126060"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_since_1970_are_of_the_unit_that_their_size_says() {
        for (text, form) in [
            ("1416182400.25", Form::Seconds),
            ("1416182400250", Form::Milliseconds),
            ("1416182400250000", Form::Microseconds),
            ("1416182400250000000", Form::Nanoseconds),
        ] {
            let (seconds, found) = read(text).unwrap();
            assert!(found == form && (seconds - 1_416_182_400.25).abs() < 1e-6, "{text}: {seconds} {found:?}");
        }
        for (text, seconds) in [("-1", -1.0), ("0", 0.0), ("12345678", 12_345_678.0), ("1e3", 1000.0)] {
            assert_eq!(read(text), Some((seconds, Form::Seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2014-13-01", "2014-02-30", "Jan 1 2000", "inf", "NaN", "12:00", "1e20", "1e999"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
