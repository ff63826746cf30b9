//! Reports, changes and messages as lines of JSON.
//!
//! Texts in reports come from outside, and a line may be printed on a terminal, so everything that could control it is escaped,
//! as [`wire::foreign()`] does for text; it stays the same JSON.

use std::io::{self, Write};

use observatory::{Change, Presence};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use wire::{
    foreign::controls_display,
    report::{Connection, Event, EventReport, MessageHeader, Phase, ProcessId, ProcessState, SocketName},
};

/// A report.
#[derive(Debug, Serialize)]
#[serde(tag = "report", rename_all = "camelCase")]
pub enum JsonReport<'a> {
    /// A state.
    State(&'a ProcessState),
    /// An event.
    Event {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: &'a SocketName,
        /// The event.
        #[serde(flatten)]
        event: &'a Event,
    },
}

/// A change.
#[derive(Debug, Serialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub enum JsonChange<'a> {
    /// Of the presence of a process.
    Process {
        /// The process.
        process: ProcessId,
        /// `present`, `suspended`, `silent` or `gone`.
        presence: &'static str,
    },
    /// A socket was opened or closed.
    Socket {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: &'a SocketName,
        /// Opened; otherwise closed.
        open: bool,
    },
    /// Of the phase of a connection.
    Connection {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: &'a SocketName,
        /// The phase before; `None` for a new one.
        before: Option<Phase>,
        /// The connection now.
        connection: &'a Connection,
    },
    /// Events are missing.
    Gap {
        /// The process.
        process: ProcessId,
        /// How many.
        missing: u64,
    },
}

/// A message of a tapped socket.
#[derive(Debug, Serialize)]
pub struct JsonMessage<'a> {
    /// The process.
    pub process: ProcessId,
    /// Its socket.
    pub socket: &'a SocketName,
    /// Its number, time, direction and counts.
    #[serde(flatten)]
    pub header: &'a MessageHeader,
    /// Its name; `message` if its protocol is not known.
    pub message: &'static str,
    /// Its frames in hex, as many as were reported.
    pub content: Vec<String>,
    /// Its fields, in the order of the frames.
    pub fields: Vec<JsonField>,
    /// Why it is malformed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub malformed: Option<String>,
}

/// A field of a message.
#[derive(Debug, Serialize)]
pub struct JsonField {
    /// Its name in `protocol-docs`.
    pub name: &'static str,
    /// The index of its frame, from 0.
    pub frame: usize,
    /// Its value in words.
    pub value: String,
}

/// The totals of a watcher.
#[derive(Debug, Serialize)]
pub struct Totals {
    /// Reports received.
    pub reports: u64,
    /// Malformed ones, which do not count as received.
    pub malformed: u64,
    /// Processes that report at the end.
    pub processes: usize,
}

impl<'a> JsonReport<'a> {
    /// An event and where it happened.
    #[must_use]
    pub const fn event(report: &'a EventReport) -> Self {
        Self::Event { process: report.process, socket: &report.socket, event: &report.event }
    }
}

impl<'a> JsonChange<'a> {
    /// A change as it is printed.
    #[must_use]
    pub const fn of(change: &'a Change) -> Self {
        match change {
            Change::Process { process, after, .. } => Self::Process { process: *process, presence: presence(*after) },
            Change::Socket { process, socket, is_open } => Self::Socket { process: *process, socket, open: *is_open },
            Change::Connection { process, socket, connection, before } => {
                Self::Connection { process: *process, socket, before: *before, connection }
            }
            Change::Gap { process, missing } => Self::Gap { process: *process, missing: *missing },
        }
    }
}

const fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Present => "present",
        Presence::Suspended => "suspended",
        Presence::Silent => "silent",
        Presence::Gone => "gone",
    }
}

/// Writes a value as one line.
///
/// # Errors
/// The target cannot take it.
pub fn write_line(mut target: impl Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut target, Safe))?;
    target.write_all(b"\n")
}

/// Escapes what could control a terminal.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if !fragment.contains(controls_display) {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if controls_display(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                write!(writer, "{character}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_control_a_terminal_and_stays_the_same() {
        let text = "a\u{1b}[2J\u{9b}0m\n\u{7f}\u{202e}日本\"";
        let mut line = Vec::new();
        write_line(&mut line, &text).unwrap();
        let line = String::from_utf8(line).unwrap();
        assert_eq!(line, "\"a\\u001b[2J\\u009b0m\\n\\u007f\\u202e日本\\\"\"\n");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
