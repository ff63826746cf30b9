//! What reduce and source print for a program that starts them (`--progress`): JSON objects, one per line, on standard
//! output, before anything else.

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};
use sockets::Endpoint;
use wire::Channel;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Progress {
    /// A channel is bound.
    Listening {
        /// The channel's name.
        channel: String,
        /// The endpoint that it is bound to.
        endpoint: String,
    },
    /// The workers are ready and START is published.
    Started {
        /// The number of workers that sent READY.
        workers: u64,
    },
    /// The number of orders counted so far; at most ten times per second.
    Counted(u64),
}

impl Progress {
    /// A channel is bound at `endpoint`.
    #[must_use]
    pub fn listening(channel: Channel, endpoint: &Endpoint) -> Self {
        Self::Listening { channel: channel.name.to_owned(), endpoint: endpoint.to_string() }
    }

    /// Writes the line to standard output, at once.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print(&self) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        serde_json::to_writer(&mut stdout, self)?;
        writeln!(stdout)?;
        stdout.flush()
    }

    /// The line as progress; `None` if it is something else that a program printed.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use wire::value::ORDERS;

    use super::*;

    #[test]
    fn lines_are_read_back_and_a_summary_is_no_progress() {
        for progress in [
            Progress::listening(ORDERS, &"tcp://127.0.0.1:1".parse().unwrap()),
            Progress::Started { workers: 2 },
            Progress::Counted(7),
        ] {
            assert_eq!(Progress::parse(&serde_json::to_string(&progress).unwrap()), Some(progress));
        }
        for other in ["", "3 orders in 1 s", r#"{"count":3,"value":1.5}"#] {
            assert_eq!(Progress::parse(other), None);
        }
    }
}
