//! A line of standard input.
//!
//! ```text
//! command = fault [ "for" DURATION ] / "clear" / "status"
//! ```

use std::{str::FromStr, time::Duration};

use records::lines::LINE_BYTES_MAX;
use thiserror::Error;
use wire::foreign;

use crate::fault::{self, Fault, FaultError};

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
        "'{}' is no command: {}, clear or status is expected",
        foreign(.0).at_most(40),
        Fault::NAMES.join(", ")
    )]
    Unknown(String),
    /// It is longer than any command.
    #[error("a line of more than {} bytes is no command", LINE_BYTES_MAX)]
    TooLong,
    /// The words after the first are wrong.
    #[error(transparent)]
    Words(#[from] FaultError),
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let mut words = line.split_whitespace().peekable();
        let (command, after) = match words.next_if(|word| ["clear", "status"].contains(word)) {
            Some("clear") => (Self::Clear, "clear".to_owned()),
            Some(_) => (Self::Status, "status".to_owned()),
            None => {
                let fault = Fault::read(&mut words).map_err(|error| match error {
                    FaultError::Unknown(word) => CommandError::Unknown(word),
                    other => CommandError::Words(other),
                })?;
                match words.next_if_eq(&"for") {
                    None => (Self::On { fault, lasts: None }, fault.to_string()),
                    Some(after) => {
                        let needed = "a duration, such as 10s,";
                        let lasts = fault::lasts(words.next().ok_or(FaultError::Missing { after: "for", needed })?)?;
                        (Self::On { fault, lasts: Some(lasts) }, format!("{after} {}", fault::words(lasts)))
                    }
                }
            }
        };
        match words.next() {
            None => Ok(command),
            Some(word) => Err(FaultError::Unexpected { word: word.to_owned(), after }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_may_last_for_a_time() {
        let fault = Fault::Slicer(3);
        assert_eq!("slicer 3".parse(), Ok(Command::On { fault, lasts: None }));
        let lasting = Command::On { fault, lasts: Some(Duration::from_secs(10)) };
        assert_eq!("  slicer 3\tfor 10s ".parse(), Ok(lasting));
        assert_eq!("clear".parse(), Ok(Command::Clear));
        assert_eq!("status".parse(), Ok(Command::Status));
    }

    #[test]
    fn a_line_that_is_no_command_says_why() {
        for (line, why) in [
            ("", "'' is no command: latency, bandwidth"),
            ("\u{1b}[2J", "'\\u{1b}[2J' is no command"),
            ("latency soon", "'soon' is no duration, such as 200ms"),
            ("latency 1ms jiter 1ms", "'jiter' is not expected after 'latency 1ms'"),
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
