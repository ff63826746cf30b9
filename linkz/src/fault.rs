//! One way to fail. The names are those that Toxiproxy gave them.

use std::{fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use thiserror::Error;
use wire::foreign;

/// The least and the longest latency.
pub const LATENCY: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(60);

/// The most bytes of a piece.
pub const SLICE_MAX: u32 = 64 * 1024;

/// The most bytes a second that a bandwidth can be limited to.
pub const BANDWIDTH_MAX: u64 = 1_000_000_000;

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
}

impl Fault {
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

fn number<T: FromStr>(text: &str) -> Result<T, FaultError> {
    text.parse().map_err(|_| FaultError::Number(text.to_owned()))
}

/// A duration in the form in which it is typed.
pub(crate) fn words(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
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
