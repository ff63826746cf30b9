//! The processes that `valuz run` starts, by their place in the order of starting, and the stop signal: one stream of events.

use std::{
    io,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use children::{Child, Exit};
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

/// All processes. No process outlives them.
pub(crate) struct Processes {
    started: Vec<Started>,
    sender: SyncSender<Event>,
    events: Receiver<Event>,
}

struct Started {
    child: Child,
    /// Once it was an event.
    exit: Option<Exit>,
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
        Ok(Self { started: Vec::new(), sender, events })
    }

    /// Starts a process; returns its place and its process id. Call it on the thread that lives longest.
    pub(crate) fn start(&mut self, mut command: Command) -> io::Result<(usize, u32)> {
        let (place, sender) = (self.started.len(), self.sender.clone());
        let child = Child::start(
            command.stdout(Stdio::piped()).stderr(Stdio::piped()),
            LINE_BYTES_MAX,
            // This fails only after the loop has ended.
            move |event| drop(sender.send(Event::Child(place, event))),
        )?;
        let pid = child.pid();
        self.started.push(Started { child, exit: None });
        Ok((place, pid))
    }

    /// Has `write` write to the standard input of a process that was started with a pipe there.
    pub(crate) fn feed(
        &mut self,
        place: usize,
        write: impl FnOnce(ChildStdin) -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        self.started[place].child.feed(write)
    }

    /// The next event before `deadline` (`None`: whenever it comes); `None` when that has passed.
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> Option<Event> {
        let event = match deadline {
            None => self.events.recv().ok(),
            Some(deadline) => self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
        }?;
        if let Event::Child(place, children::Event::Exited(exit)) = event {
            self.started[place].exit = Some(exit);
        }
        Some(event)
    }

    /// How many were started.
    pub(crate) const fn count(&self) -> usize {
        self.started.len()
    }

    /// How a process exited; `None` while it runs.
    pub(crate) fn exit(&self, place: usize) -> Option<Exit> {
        self.started.get(place)?.exit
    }

    /// Whether none runs.
    pub(crate) fn all_exited(&self) -> bool {
        self.running().next().is_none()
    }

    /// Sends SIGTERM to all; kills those that still run after `grace`.
    pub(crate) fn stop(&self, grace: Duration) {
        self.running().for_each(|child| child.stop(grace));
    }

    fn running(&self) -> impl Iterator<Item = &Child> {
        self.started.iter().filter(|started| started.exit.is_none()).map(|started| &started.child)
    }
}
