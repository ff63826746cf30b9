//! The processes that `valuz run` starts, by their place in the order of starting, and the stop signal: one stream of events.

use std::{
    io,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use children::{Children, Exit};
use sockets::Stop;

/// How many events may wait to be handled; a child that writes more waits.
const EVENTS_MAX: usize = 1_000;

/// The longest line: the totals of [`crate::sums::SYMBOLS_MAX`] symbols as JSON.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something that the process at this place did.
    Child(usize, children::Event),
    /// The stop signal.
    Stopped,
}

impl From<(usize, children::Event)> for Event {
    fn from((place, event): (usize, children::Event)) -> Self {
        Self::Child(place, event)
    }
}

/// All processes. No process outlives them.
pub(crate) struct Processes {
    /// Those whose exit was not handled yet.
    children: Children<usize, Event>,
    exits: Vec<Option<Exit>>,
    events: Receiver<Event>,
}

impl Processes {
    /// No process yet. The stop signal becomes an event.
    pub(crate) fn new(stop: &Stop) -> io::Result<Self> {
        let (sender, events) = sync_channel(EVENTS_MAX);
        let (stop, stopped) = (stop.clone(), sender.clone());
        thread::Builder::new().name("stop".to_owned()).spawn(move || {
            stop.wait();
            // This fails only after the loop has ended.
            let _ = stopped.send(Event::Stopped);
        })?;
        Ok(Self { children: Children::new(sender, LINE_BYTES_MAX), exits: Vec::new(), events })
    }

    /// Starts a process; returns its place and its process id. Call it on the thread that lives longest.
    pub(crate) fn start(&mut self, mut command: Command) -> io::Result<(usize, u32)> {
        let place = self.exits.len();
        let child = self.children.start(place, command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
        let pid = child.pid();
        self.exits.push(None);
        Ok((place, pid))
    }

    /// Has `write` write to the standard input of a process that was started with a pipe there.
    pub(crate) fn feed(
        &mut self,
        place: usize,
        write: impl FnOnce(ChildStdin) -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        // One that has ended already is an event.
        self.children.get_mut(&place).map_or(Ok(()), |child| child.feed(write))
    }

    /// The next event before `deadline` (`None`: whenever it comes); `None` when that has passed.
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> Option<Event> {
        let event = match deadline {
            None => self.events.recv().ok(),
            Some(deadline) => self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
        }?;
        if let Event::Child(place, children::Event::Exited(exit)) = event {
            self.children.remove(&place);
            self.exits[place] = Some(exit);
        }
        Some(event)
    }

    /// How many were started.
    pub(crate) const fn count(&self) -> usize {
        self.exits.len()
    }

    /// How a process exited; `None` while it runs.
    pub(crate) fn exit(&self, place: usize) -> Option<Exit> {
        *self.exits.get(place)?
    }

    /// Whether none runs.
    pub(crate) fn all_exited(&self) -> bool {
        self.children.is_empty()
    }

    /// Sends SIGTERM to all; kills those that still run after `grace`.
    pub(crate) fn stop(&self, grace: Duration) {
        self.children.stop(grace);
    }
}
