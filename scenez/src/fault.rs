//! How something fails: a link by a fault of [`linkz`], with its words, or a process by a lack of time.

use std::{fmt, iter, ops::RangeInclusive, str::FromStr};

use linkz::fault::FaultError as LinkError;
pub use linkz::fault::lasts;
use thiserror::Error;
use wire::foreign;

/// For how much of the time, in percent, a slow process can be suspended.
const SLOW: RangeInclusive<u8> = 1..=99;

/// How something fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A link fails in this way.
    Link(linkz::Fault),
    /// A process is suspended for so many percent of the time, in short slices.
    Slow(u8),
}

/// Why words are no fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultError {
    /// The first word is no fault.
    #[error("'{}' is no fault: {} is expected", foreign(.0).at_most(40), Fault::names().collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// How slow a process is, is no share of the time.
    #[error("'slow' needs a share of the time from {}% to {}% after it", SLOW.start(), SLOW.end())]
    Slow,
    /// A link does not fail so.
    #[error(transparent)]
    Link(LinkError),
}

impl Fault {
    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        linkz::Fault::NAMES.into_iter().chain(iter::once("slow"))
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Link(fault) => fault.name(),
            Self::Slow(_) => "slow",
        }
    }
}

/// The fault that these words are: `latency 200ms jitter 20ms`, `slow 50%`.
impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        let (name, share) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if name == "slow" {
            let share = share.trim_start();
            let percent = share.strip_suffix('%').unwrap_or(share).parse().ok();
            return percent.filter(|percent| SLOW.contains(percent)).map(Self::Slow).ok_or(FaultError::Slow);
        }
        text.parse().map(Self::Link).map_err(|error| match error {
            LinkError::Unknown(word) => FaultError::Unknown(word),
            other => FaultError::Link(other),
        })
    }
}

/// As it is typed.
impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(fault) => fault.fmt(formatter),
            Self::Slow(percent) => write!(formatter, "slow {percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_printed_as_it_is_typed() {
        for words in ["latency 200ms jitter 20ms", "down", "slow 50%"] {
            let fault: Fault = words.parse().unwrap();
            assert_eq!(fault.to_string(), words);
            assert!(Fault::names().any(|name| name == fault.name()));
        }
        assert_eq!(" slow  7 ".parse(), Ok(Fault::Slow(7)));
    }

    #[test]
    fn words_that_are_no_fault_have_a_reason() {
        let share = "'slow' needs a share of the time from 1% to 99% after it";
        for (words, reason) in [
            ("", "'' is no fault: latency, bandwidth, slicer, down, timeout, reset, slow is expected"),
            ("fast", "'fast' is no fault: latency, bandwidth, slicer, down, timeout, reset, slow is expected"),
            ("slow", share),
            ("slow 0%", share),
            ("slow 100%", share),
            ("slow motion", share),
            ("slow 5 %", share),
            ("slowly 5", "'slowly' is no fault: latency, bandwidth, slicer, down, timeout, reset, slow is expected"),
            ("down now", "'now' is not expected after 'down'"),
        ] {
            assert_eq!(words.parse::<Fault>().unwrap_err().to_string(), reason, "{words}");
        }
    }
}
