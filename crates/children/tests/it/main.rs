//! With real processes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot continue fails")]

mod child;
mod input;
mod parent;
mod several;

use std::{
    process::{Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use children::{Child, Event};

/// How long a wait may take before the test fails.
const BOUND: Duration = Duration::from_secs(60);

/// The longest line that is not cut.
const LINE_BYTES_MAX: usize = 100_000;

/// Ignores SIGTERM; prints `ready` once it does.
const STUBBORN: &str = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

/// A shell script with all its streams piped.
fn script(text: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", text]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A started command; at most `queue` of its events wait.
struct Started {
    child: Child,
    events: Receiver<Event>,
}

fn start(command: &mut Command, queue: usize) -> Started {
    let (sender, events) = sync_channel(queue);
    let child = Child::start(command, LINE_BYTES_MAX, move |event| drop(sender.send(event))).unwrap();
    Started { child, events }
}

/// In a separate process group.
fn start_group(text: &str) -> Started {
    let (sender, events) = sync_channel(100);
    let take = move |event| drop(sender.send(event));
    let child = Child::start_group(&mut script(text), LINE_BYTES_MAX, take).unwrap();
    Started { child, events }
}

fn start_script(text: &str) -> Started {
    start(&mut script(text), 100)
}

impl Started {
    fn next(&self) -> Event {
        self.events.recv_timeout(BOUND).expect("an event in time")
    }

    /// All events that are left.
    fn rest(&self) -> Vec<Event> {
        let mut events = vec![self.next()];
        while !matches!(events.last(), Some(Event::Exited(_))) {
            events.push(self.next());
        }
        events
    }
}

fn printed(line: impl ToString) -> Event {
    Event::Printed(line.to_string())
}

/// Waits for something that no event reports.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// The letter that Linux has for the state of a process: T is suspended, Z is a zombie; `None` if there is none.
#[cfg(target_os = "linux")]
fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
