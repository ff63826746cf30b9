//! The processes that `valuz run` starts: their lines and their exits, as one stream of events.
//!
//! Two threads per child read its pipes; everything else happens on the thread that owns the [`Children`]. No child
//! outlives it, not even a suspended one: the kernel kills each with its parent ([`program::kill_child_with_us`]).

use std::{
    io::{self, BufRead as _, BufReader, Read},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use settings::program;
use sockets::Stop;

/// How many lines may wait to be handled; a child that writes more waits.
const EVENTS_MAX: usize = 1_000;

/// For waits without a deadline.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What happened to a child, which is given by its place in the order of starting.
#[derive(Debug)]
pub(crate) enum Event {
    /// It wrote a line to standard output.
    Printed(usize, String),
    /// It wrote a line to standard error.
    Logged(usize, String),
    /// It has exited, and all its lines were read.
    Exited(usize, ExitStatus),
    /// The stop signal.
    Stopped,
}

/// What the threads send.
enum Notice {
    Event(Event),
    /// One of the two pipes of this child is at its end.
    Closed(usize),
}

/// All children, in the order of starting.
pub(crate) struct Children {
    running: Vec<Running>,
    sender: SyncSender<Notice>,
    receiver: Receiver<Notice>,
}

struct Running {
    child: Child,
    open_pipes: u8,
    status: Option<ExitStatus>,
}

impl Children {
    /// No child yet. The stop signal becomes an event.
    pub(crate) fn new(stop: &Stop) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(EVENTS_MAX);
        let (stop, notices) = (stop.clone(), sender.clone());
        thread::Builder::new().name("stop".to_owned()).spawn(move || {
            stop.wait();
            // This fails only after the loop has ended.
            let _ = notices.send(Notice::Event(Event::Stopped));
        })?;
        Ok(Self { running: Vec::new(), sender, receiver })
    }

    /// Starts a child; returns its place and its process id. Call it on the thread that lives longest: the kernel
    /// kills a child with the thread that started it.
    pub(crate) fn start(&mut self, mut command: Command) -> io::Result<(usize, u32)> {
        program::kill_child_with_us(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let place = self.running.len();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let pid = child.id();
        self.running.push(Running { child, open_pipes: 2, status: None });
        self.read("stdout", stdout, place, Event::Printed)?;
        self.read("stderr", stderr, place, Event::Logged)?;
        Ok((place, pid))
    }

    /// Writes to the standard input of a child that was started with a pipe there, on a separate thread.
    pub(crate) fn feed(
        &mut self,
        place: usize,
        write: impl FnOnce(ChildStdin) -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        if let Some(stdin) = self.running[place].child.stdin.take() {
            thread::Builder::new().name("stdin".to_owned()).spawn(move || {
                // It fails only for a child that has ended, which is an event already.
                let _ = write(stdin);
            })?;
        }
        Ok(())
    }

    fn read(
        &self,
        name: &str,
        pipe: Option<impl Read + Send + 'static>,
        place: usize,
        event: fn(usize, String) -> Event,
    ) -> io::Result<()> {
        let sender = self.sender.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let lines = pipe.map(|pipe| BufReader::new(pipe).split(b'\n'));
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                if sender.send(Notice::Event(event(place, line))).is_err() {
                    return;
                }
            }
            let _ = sender.send(Notice::Closed(place));
        })?;
        Ok(())
    }

    /// The next event before `deadline` (`None`: whenever it comes); `None` when that has passed.
    pub(crate) fn next_event(&mut self, deadline: Option<Instant>) -> io::Result<Option<Event>> {
        loop {
            let left = deadline.map_or(LONG, |deadline| deadline.saturating_duration_since(Instant::now()));
            let place = match self.receiver.recv_timeout(left) {
                Ok(Notice::Event(event)) => return Ok(Some(event)),
                Ok(Notice::Closed(place)) => place,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(None),
            };
            let running = &mut self.running[place];
            running.open_pipes -= 1;
            // Only when all its lines are read, so that no line comes after a child's exit.
            if running.open_pipes == 0 {
                let status = running.child.wait()?;
                running.status = Some(status);
                return Ok(Some(Event::Exited(place, status)));
            }
        }
    }

    /// How many were started.
    pub(crate) const fn count(&self) -> usize {
        self.running.len()
    }

    /// How a child exited; `None` while it runs.
    pub(crate) fn status(&self, place: usize) -> Option<ExitStatus> {
        self.running.get(place)?.status
    }

    /// Whether none runs.
    pub(crate) fn all_exited(&self) -> bool {
        self.running.iter().all(|running| running.status.is_some())
    }

    /// Sends SIGTERM to all that run, and SIGCONT, without which a suspended one would not handle it.
    pub(crate) fn terminate(&self) {
        for running in self.running.iter().filter(|running| running.status.is_none()) {
            // It was not waited for, so the process id is still its own.
            for signal in [Signal::TERM, Signal::CONT] {
                let _ = kill_process(Pid::from_child(&running.child), signal);
            }
        }
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for running in self.running.iter_mut().filter(|running| running.status.is_none()) {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}
