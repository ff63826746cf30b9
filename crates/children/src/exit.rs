//! How a process ended.

use std::{fmt, os::unix::process::ExitStatusExt as _, process::ExitStatus};

/// How a process ended; its `Display` is in words, such as `exit code 1` or `killed by signal 9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// The system did not keep its status, as for a process that ignores SIGCHLD.
    Unknown,
}

impl Exit {
    /// Whether it ended with exit code 0.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Code(0))
    }

    /// Its exit code; `None` if a signal ended it.
    #[must_use]
    pub const fn code(self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(code),
            Self::Signal(_) | Self::Unknown => None,
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "exit code {code}"),
            Self::Signal(signal) => write!(formatter, "killed by signal {signal}"),
            Self::Unknown => formatter.write_str("unknown exit status"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_shown_in_words() {
        // As wait(2) encodes them: the code in the second byte, the signal in the first, 0x80 for a core dump.
        for (status, words) in
            [(0, "exit code 0"), (3 << 8, "exit code 3"), (9, "killed by signal 9"), (0x80 | 6, "killed by signal 6")]
        {
            assert_eq!(Exit::from(ExitStatus::from_raw(status)).to_string(), words);
        }
        assert!(Exit::Code(0).is_success() && !Exit::Code(1).is_success() && !Exit::Signal(9).is_success());
    }
}
