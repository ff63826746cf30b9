//! A line of standard input.
//!
//! ```text
//! command = fault [ "for" DURATION ] / "clear" / "status"
//! fault   = "latency" DURATION [ "jitter" DURATION ] / "bandwidth" BYTES / "slicer" BYTES
//!         / "down" / "timeout" / "reset"
//! ```

use std::{str::FromStr, time::Duration};

use records::lines::LINE_BYTES_MAX;
use thiserror::Error;
use wire::foreign;

use crate::fault::{Fault, FaultError, duration};

/// The longest time after which a fault can end by itself: a day.
const LASTS_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What a line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Turns a fault on; one of the same name that is on is replaced.
    On {
        /// The fault.
        fault: Fault,
        /// After this time it ends by itself.
        lasts: Option<Duration>,
    },
    /// Ends all faults.
    Clear,
    /// Prints the faults that are on.
    Status,
}

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// Its first word is none.
    #[error(
        "'{}' is no command: latency, bandwidth, slicer, down, timeout, reset, clear or status is expected",
        foreign(.0).at_most(40)
    )]
    Unknown(String),
    /// It is longer than any command.
    #[error("a line of more than {} bytes is no command", LINE_BYTES_MAX)]
    TooLong,
    /// It ends too soon.
    #[error("'{after}' needs {needed} after it")]
    Missing {
        /// The last word.
        after: &'static str,
        /// What should follow.
        needed: &'static str,
    },
    /// It continues after its end.
    #[error("'{}' is not expected after '{after}'", foreign(.word).at_most(40))]
    Unexpected {
        /// The first word that is not expected.
        word: String,
        /// What is before it.
        after: String,
    },
    /// A number is wrong.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// A time after which a fault ends that is too short or too long.
    #[error("a fault can last from 1ms to {} hours", LASTS_MAX.as_secs() / 3600)]
    Lasts,
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let mut words = line.split_whitespace().peekable();
        let first = words.next().unwrap_or_default();
        let mut argument = |after, needed| words.next().ok_or(CommandError::Missing { after, needed });
        let command = match first {
            "latency" => {
                let latency = duration(argument("latency", "a duration, such as 200ms,")?)?;
                let jitter = match words.next_if_eq(&"jitter") {
                    Some(_) => duration(
                        words
                            .next()
                            .ok_or(CommandError::Missing { after: "jitter", needed: "a duration, such as 20ms," })?,
                    )?,
                    None => Duration::ZERO,
                };
                Self::on(Fault::latency(latency, jitter)?)
            }
            "bandwidth" => Self::on(Fault::bandwidth(argument("bandwidth", "a number of bytes per second")?)?),
            "slicer" => Self::on(Fault::slicer(argument("slicer", "a number of bytes")?)?),
            "down" => Self::on(Fault::Down),
            "timeout" => Self::on(Fault::Timeout),
            "reset" => Self::on(Fault::Reset),
            "clear" => Self::Clear,
            "status" => Self::Status,
            _ => return Err(CommandError::Unknown(first.to_owned())),
        };
        command.lasting(&mut words)
    }
}

impl Command {
    const fn on(fault: Fault) -> Self {
        Self::On { fault, lasts: None }
    }

    /// This command with the words after it, which may say how long a fault lasts.
    fn lasting<'a>(self, words: &mut impl Iterator<Item = &'a str>) -> Result<Self, CommandError> {
        let unexpected = |word: &str, after: String| Err(CommandError::Unexpected { word: word.to_owned(), after });
        let (command, after) = match (words.next(), self) {
            (None, _) => return Ok(self),
            (Some("for"), Self::On { fault, .. }) => {
                let needed = "a duration, such as 10s,";
                let lasts = duration(words.next().ok_or(CommandError::Missing { after: "for", needed })?)?;
                if !(Duration::from_millis(1)..=LASTS_MAX).contains(&lasts) {
                    return Err(CommandError::Lasts);
                }
                (Self::On { fault, lasts: Some(lasts) }, format!("for {}", crate::fault::words(lasts)))
            }
            (Some(word), Self::On { fault, .. }) => return unexpected(word, fault.to_string()),
            (Some(word), Self::Clear) => return unexpected(word, "clear".to_owned()),
            (Some(word), Self::Status) => return unexpected(word, "status".to_owned()),
        };
        words.next().map_or(Ok(command), |word| unexpected(word, after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_printed_as_it_is_typed() {
        for line in
            ["latency 200ms", "latency 1s500ms jitter 20ms", "bandwidth 10000", "slicer 3", "down", "timeout", "reset"]
        {
            let Command::On { fault, lasts: None } = line.parse().unwrap() else { panic!("{line}") };
            assert_eq!(fault.to_string(), line);
            let lasting: Command = format!("  {line}\tfor 10s ").parse().unwrap();
            assert_eq!(lasting, Command::On { fault, lasts: Some(Duration::from_secs(10)) });
        }
        assert_eq!("clear".parse(), Ok(Command::Clear));
        assert_eq!("status".parse(), Ok(Command::Status));
    }

    #[test]
    fn a_line_that_is_no_command_says_why() {
        for (line, why) in [
            ("", "'' is no command: latency, bandwidth"),
            ("\u{1b}[2J", "'\\u{1b}[2J' is no command"),
            ("LATENCY 1s", "is no command"),
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
            ("down for", "'for' needs a duration, such as 10s, after it"),
            ("down for 0s", "a fault can last from 1ms to 24 hours"),
            ("down for 2days", "a fault can last from 1ms to 24 hours"),
            ("down for 10s now", "'now' is not expected after 'for 10s'"),
            ("down 10s", "'10s' is not expected after 'down'"),
            ("clear down", "'down' is not expected after 'clear'"),
            ("clear for 10s", "'for' is not expected after 'clear'"),
        ] {
            let error = line.parse::<Command>().unwrap_err().to_string();
            assert!(error.contains(why), "{line}: {error}");
        }
    }
}
