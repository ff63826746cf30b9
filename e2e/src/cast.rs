//! What the program `cast` counts, and how a test starts it.

use std::{collections::BTreeMap, process::Command};

use serde::{Deserialize, Serialize};
use testkit::{Program, sibling};
use wire::report::{SocketState, Traffic};

/// What a socket has sent and received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Out of the socket.
    pub sent: Count,
    /// Into the socket.
    pub received: Count,
}

/// Messages, and the bytes of their frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Count {
    /// Counts a message of this size.
    pub const fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }
}

impl Counts {
    /// What a report says of a socket.
    #[must_use]
    pub fn reported(socket: &SocketState) -> Self {
        let count = |traffic: Traffic| Count { messages: traffic.messages, bytes: traffic.bytes };
        Self { sent: count(socket.sent), received: count(socket.received) }
    }
}

/// A running `cast`.
pub struct Cast {
    /// The program.
    pub program: Program,
}

impl Cast {
    /// Starts it in this role, with these arguments, to report to this hub.
    #[must_use]
    pub fn start(hub: &str, role: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(sibling("cast"));
        command.arg(role).args(arguments).env("SUITE_OBSERVE", hub);
        Self { program: Program::spawn(command) }
    }

    /// Where it has bound a socket; asked in the order of its arguments.
    ///
    /// # Panics
    /// It has not.
    #[must_use]
    pub fn endpoint(&self, socket: &str) -> String {
        let line = self.program.line_where(|line| line.starts_with(&format!("{socket} ")));
        line.split(' ').nth(1).map(str::to_owned).unwrap_or_default()
    }

    /// Ends it, and returns what its sockets have counted.
    ///
    /// # Panics
    /// It does not end well.
    #[must_use]
    pub fn finish(self) -> BTreeMap<String, Counts> {
        self.program.terminate();
        let finished = self.program.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        serde_json::from_value(finished.json()).expect("it prints its counts")
    }
}
