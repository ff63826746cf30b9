//! A short-lived child from its start to its exit: its last lines, within a time.

use std::{
    collections::VecDeque,
    io,
    process::{Command, Stdio},
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use crate::{Child, Event, Exit};

/// The most bytes of a line.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// How many of the last lines of each stream are kept.
const LINES_MAX: usize = 100;

/// What a child has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// How it ended.
    pub exit: Exit,
    /// Its last lines on standard output. Text from outside, as those of [`Event`].
    pub printed: VecDeque<String>,
    /// Its last lines on standard error.
    pub logged: VecDeque<String>,
}

/// Runs a command without input to its end.
///
/// # Errors
/// It cannot be started, or does not end in time: then it is killed, and the kind is [`io::ErrorKind::TimedOut`].
pub fn capture(command: &mut Command, bound: Duration) -> io::Result<Captured> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (sender, events) = channel();
    // Sending fails only after the loop has ended.
    let _child = Child::start(command, LINE_BYTES_MAX, move |event| drop(sender.send(event)))?;
    let (deadline, mut printed, mut logged) = (Instant::now() + bound, VecDeque::new(), VecDeque::new());
    loop {
        match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Exited(exit)) => return Ok(Captured { exit, printed, logged }),
            Ok(Event::Printed(line)) => keep(&mut printed, line),
            Ok(Event::Logged(line)) => keep(&mut logged, line),
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, format!("it does not end in {bound:?}"))),
        }
    }
}

fn keep(lines: &mut VecDeque<String>, line: String) {
    if lines.len() == LINES_MAX {
        lines.pop_front();
    }
    lines.push_back(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str, bound: Duration) -> io::Result<Captured> {
        capture(Command::new("sh").args(["-c", line]), bound)
    }

    #[test]
    fn the_last_lines_of_both_streams_are_kept() {
        let captured = shell("seq 150; echo no >&2; exit 3", Duration::from_secs(20)).unwrap();
        assert_eq!((captured.exit, captured.printed.len(), captured.printed[0].as_str()), (Exit::Code(3), 100, "51"));
        assert_eq!(captured.logged, ["no"]);
    }

    #[test]
    fn one_that_does_not_end_is_killed() {
        let late = shell("exec sleep 600", Duration::from_millis(50)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }
}
