//! One way to fail, and its words. The names are those that Toxiproxy gave them.
//!
//! ```text
//! fault = "latency" DURATION [ "jitter" DURATION ] / "bandwidth" BYTES / "slicer" BYTES
//!       / "down" / "timeout" / "reset"
//! ```

use std::{fmt, iter::Peekable, ops::RangeInclusive, str::FromStr, time::Duration};

use thiserror::Error;
use wire::foreign;

/// The least and the longest time after which a fault can end by itself: up to a day.
const LASTS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// The least and the longest latency.
const LATENCY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(60);

/// The most bytes of a piece.
const SLICE_MAX: u32 = 64 * 1024;

/// The most bytes a second that a bandwidth can be limited to.
const BANDWIDTH_MAX: u64 = 1_000_000_000;

/// One way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Each byte arrives this much later, more or less by at most the jitter.
    Latency {
        /// How much later.
        latency: Duration,
        /// By how much more or less, at random.
        jitter: Duration,
    },
    /// At most so many bytes a second pass, in each direction of each connection.
    Bandwidth(u64),
    /// New connections are refused, and present ones closed.
    Down,
    /// Bytes stop, and no peer is notified: connections are half open.
    Timeout,
    /// Present and new connections are reset (RST).
    Reset,
    /// Bytes arrive in pieces of at most this many.
    Slicer(u32),
}

/// Why words are no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultError {
    /// The first word is no fault.
    #[error("'{}' is no fault: {} is expected", foreign(.0).at_most(40), Fault::NAMES.join(", "))]
    Unknown(String),
    /// The words end too soon.
    #[error("'{after}' needs {needed} after it")]
    Missing {
        /// The last word.
        after: &'static str,
        /// What should follow.
        needed: &'static str,
    },
    /// The words continue after the end.
    #[error("'{}' is not expected after '{after}'", foreign(.word).at_most(40))]
    Unexpected {
        /// The first word that is not expected.
        word: String,
        /// What is before it.
        after: String,
    },
    /// A text that is no duration.
    #[error("'{}' is no duration, such as 200ms", foreign(.0).at_most(40))]
    Duration(String),
    /// A text that is no number.
    #[error("'{}' is no number of bytes", foreign(.0).at_most(40))]
    Number(String),
    /// A latency that is too short or too long.
    #[error("a latency must be from {} to {}", words(*LATENCY.start()), words(*LATENCY.end()))]
    Latency,
    /// A jitter that would make bytes arrive before they are sent.
    #[error("the jitter must not be longer than the latency")]
    Jitter,
    /// A bandwidth out of its range.
    #[error("a bandwidth must be from 1 to {BANDWIDTH_MAX} bytes per second")]
    Bandwidth,
    /// A piece out of its range.
    #[error("a piece must be from 1 to {SLICE_MAX} bytes")]
    Slice,
    /// A time after which a fault ends that is too short or too long.
    #[error("a fault can last from 1ms to {} hours", LASTS.end().as_secs() / 3600)]
    Lasts,
}

impl Fault {
    /// The names of all.
    pub const NAMES: [&str; 6] = ["latency", "bandwidth", "slicer", "down", "timeout", "reset"];

    /// The fault that the next words are.
    ///
    /// # Errors
    /// They are none.
    pub fn read<'a>(words: &mut Peekable<impl Iterator<Item = &'a str>>) -> Result<Self, FaultError> {
        let name = words.next().unwrap_or_default();
        let mut argument = |after, needed| words.next().ok_or(FaultError::Missing { after, needed });
        match name {
            "latency" => {
                let latency = duration(argument("latency", "a duration, such as 200ms,")?)?;
                let jitter = match words.next_if_eq(&"jitter") {
                    Some(_) => {
                        let needed = "a duration, such as 20ms,";
                        duration(words.next().ok_or(FaultError::Missing { after: "jitter", needed })?)?
                    }
                    None => Duration::ZERO,
                };
                Self::latency(latency, jitter)
            }
            "bandwidth" => Self::bandwidth(argument("bandwidth", "a number of bytes per second")?),
            "slicer" => Self::slicer(argument("slicer", "a number of bytes")?),
            "down" => Ok(Self::Down),
            "timeout" => Ok(Self::Timeout),
            "reset" => Ok(Self::Reset),
            _ => Err(FaultError::Unknown(name.to_owned())),
        }
    }

    /// A latency.
    ///
    /// # Errors
    /// It is out of its range, or the jitter is longer.
    pub fn latency(latency: Duration, jitter: Duration) -> Result<Self, FaultError> {
        if !LATENCY.contains(&latency) {
            return Err(FaultError::Latency);
        }
        if jitter > latency { Err(FaultError::Jitter) } else { Ok(Self::Latency { latency, jitter }) }
    }

    /// A limit of so many bytes a second.
    ///
    /// # Errors
    /// The text is no such number.
    pub fn bandwidth(text: &str) -> Result<Self, FaultError> {
        let bytes: u64 = number(text)?;
        if (1..=BANDWIDTH_MAX).contains(&bytes) { Ok(Self::Bandwidth(bytes)) } else { Err(FaultError::Bandwidth) }
    }

    /// Pieces of so many bytes.
    ///
    /// # Errors
    /// The text is no such number.
    pub fn slicer(text: &str) -> Result<Self, FaultError> {
        let bytes = u32::try_from(number::<u64>(text)?).unwrap_or(u32::MAX);
        if (1..=SLICE_MAX).contains(&bytes) { Ok(Self::Slicer(bytes)) } else { Err(FaultError::Slice) }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Bandwidth(_) => "bandwidth",
            Self::Down => "down",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Slicer(_) => "slicer",
        }
    }
}

/// A duration such as `200ms`.
///
/// # Errors
/// The text is none.
pub fn duration(text: &str) -> Result<Duration, FaultError> {
    humantime::parse_duration(text).map_err(|_| FaultError::Duration(text.to_owned()))
}

/// A time after which a fault ends by itself, such as `10s`.
///
/// # Errors
/// The text is no duration, or one that is too short or too long.
pub fn lasts(text: &str) -> Result<Duration, FaultError> {
    let lasts = duration(text)?;
    if LASTS.contains(&lasts) { Ok(lasts) } else { Err(FaultError::Lasts) }
}

fn number<T: FromStr>(text: &str) -> Result<T, FaultError> {
    text.parse().map_err(|_| FaultError::Number(text.to_owned()))
}

/// A duration in the form in which it is typed.
pub(crate) fn words(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

/// The fault that all the words are.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split_whitespace().peekable();
        let fault = Self::read(&mut words)?;
        match words.next() {
            None => Ok(fault),
            Some(word) => Err(FaultError::Unexpected { word: word.to_owned(), after: fault.to_string() }),
        }
    }
}

/// As it is typed.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        match *self {
            Self::Latency { latency, jitter: Duration::ZERO } => write!(formatter, " {}", words(latency)),
            Self::Latency { latency, jitter } => write!(formatter, " {} jitter {}", words(latency), words(jitter)),
            Self::Bandwidth(bytes) => write!(formatter, " {bytes}"),
            Self::Slicer(bytes) => write!(formatter, " {bytes}"),
            Self::Down | Self::Timeout | Self::Reset => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_printed_as_it_is_typed() {
        for words in
            ["latency 200ms", "latency 1s500ms jitter 20ms", "bandwidth 10000", "down", "timeout", "reset", "slicer 3"]
        {
            let fault: Fault = words.parse().unwrap();
            assert_eq!(fault.to_string(), words);
            assert!(Fault::NAMES.contains(&fault.name()));
        }
    }

    #[test]
    fn words_that_are_no_fault_have_a_reason() {
        for (words, reason) in [
            ("", "'' is no fault: latency, bandwidth, slicer, down, timeout, reset is expected"),
            ("LATENCY 1s", "'LATENCY' is no fault"),
            ("latency", "'latency' needs a duration, such as 200ms, after it"),
            ("latency soon", "'soon' is no duration, such as 200ms"),
            ("latency 0s", "a latency must be from 1ms to 1m"),
            ("latency 61s", "a latency must be from 1ms to 1m"),
            ("latency 1ms jitter", "'jitter' needs a duration"),
            ("latency 1ms jitter 2ms", "must not be longer than the latency"),
            ("latency 1ms jiter 1ms", "'jiter' is not expected after 'latency 1ms'"),
            ("bandwidth", "'bandwidth' needs a number of bytes per second after it"),
            ("bandwidth 10k", "'10k' is no number of bytes"),
            ("bandwidth 0", "from 1 to 1000000000 bytes per second"),
            ("slicer -1", "'-1' is no number of bytes"),
            ("slicer 0", "from 1 to 65536 bytes"),
            ("slicer 4294967297", "from 1 to 65536 bytes"),
            ("down for 10s", "'for' is not expected after 'down'"),
        ] {
            let error = words.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(reason), "{words}: {error}");
        }
    }
}
