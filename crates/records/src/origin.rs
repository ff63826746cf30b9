//! Where rows come from: a file, a named pipe or standard input.

use std::{convert::Infallible, fmt, io, path::PathBuf, str::FromStr};

use settings::input::{self, Input, Stopped};
use sockets::Stop;
use thiserror::Error;
use wire::foreign;

/// A path, or `-` for standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(PathBuf);

/// Why no more can be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The stop signal came while the input was waited for.
    #[error("stopped")]
    Stopped,
    /// The system's reason.
    #[error(transparent)]
    Io(io::Error),
}

impl Origin {
    /// Opens it; waiting for a pipe's writer or its data ends at the stop signal.
    ///
    /// # Errors
    /// It cannot be opened, or is a directory.
    pub fn open(&self, stop: &Stop) -> io::Result<Input> {
        Input::open(&self.0, stop)
    }

    /// Whether it is standard input.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        input::is_stdin(&self.0)
    }
}

impl From<PathBuf> for Origin {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl FromStr for Origin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_stdin() {
            return formatter.pad("standard input");
        }
        foreign(&self.0.to_string_lossy()).fmt(formatter)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<Stopped>()) { Self::Stopped } else { Self::Io(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_input_has_two_names_and_shows_as_neither() {
        for name in ["-", "/dev/stdin"] {
            let origin: Origin = name.parse().unwrap();
            assert!(origin.is_stdin());
            assert_eq!(origin.to_string(), "standard input");
        }
        assert_eq!(Origin::from(PathBuf::from("a\x1b.csv")).to_string(), "a\\u{1b}.csv");
    }

    #[test]
    fn a_stop_is_no_failure() {
        assert!(matches!(ReadError::from(io::Error::other(Stopped)), ReadError::Stopped));
        assert!(matches!(ReadError::from(io::Error::other("disk")), ReadError::Io(_)));
    }
}
