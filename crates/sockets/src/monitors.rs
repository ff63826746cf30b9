//! One thread, named `monitors`, that reads the monitors of all watched sockets of a [`Context`].
//!
//! ```text
//! libzmq ── inproc://monitor.NAME ──▶ monitors ──▶ observer(NAME, event)
//!                                        └── a second PAIR ──▶ the socket's owner: Socket::next_event
//! ```
//!
//! libzmq blocks if a monitor is not read, so this thread never waits: what the observer does not take
//! is dropped and counted, and so is what an owner leaves unread beyond its queue, uncounted. A monitor's `PAIR`s are
//! closed after its last event, [`EventKind::MonitorStopped`], which the socket has libzmq send before it closes
//! (libzmq issue 3575). Each watched socket keeps the thread alive.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tracing::{error, warn};
use wire::{
    Frames,
    monitor::{EventKind, MonitorEvent},
};

use crate::{
    Context, SocketError,
    actor::{self, Handle, Inbox, NotTaken},
    limits::EVENTS_MAX,
    wait::{Interest, wait_for_any},
};

/// How many new sockets may wait to be watched.
const INBOX: usize = 64;

/// How many events are taken of a monitor that has stopped, so that they come before those of the next socket of the
/// same name: more than its queue holds.
const LAST_EVENTS_MAX: usize = 4096;

/// Makes the address of each relay of a process unique.
static RELAYS: AtomicU64 = AtomicU64::new(0);

/// The thread's handle; clones share it. The thread ends when the last clone is dropped, along with the contexts and sockets
/// that hold one.
#[derive(Clone)]
pub struct Monitors {
    handle: Arc<Handle<Watch, ()>>,
    dropped: Arc<AtomicU64>,
}

impl Monitors {
    /// Starts the thread. It calls `observer` with the socket's name and the event; the observer must not block, and returns
    /// whether it took the event.
    ///
    /// # Errors
    /// The process has no thread, socket or file descriptor left.
    pub fn spawn(
        context: &Context,
        observer: impl FnMut(&str, MonitorEvent) -> bool + Send + 'static,
    ) -> Result<Self, SocketError> {
        let dropped = Arc::new(AtomicU64::new(0));
        let reader = Reader {
            watched: Vec::new(),
            observer,
            dropped: Arc::clone(&dropped),
            frames: Frames::new(),
            message: zmq::Message::new(),
        };
        let handle = actor::spawn(context, "monitors", INBOX, move |inbox| reader.run(&inbox))?;
        Ok(Self { handle: Arc::new(handle), dropped })
    }

    /// How many events the observer did not take.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Hands a monitor's `PAIR` to the thread, and returns the `PAIR` that the socket's owner reads instead: the same one if
    /// the thread cannot take it.
    pub(crate) fn watch(&self, name: &str, monitor: zmq::Socket, relay: Relay) -> zmq::Socket {
        match self.handle.send(Watch { name: name.to_owned(), monitor, relay: relay.near }) {
            Ok(()) => relay.far,
            Err(NotTaken::Full(watch) | NotTaken::Ended(watch)) => {
                warn!(name, "the monitors' thread does not take a socket: only its owner sees its events");
                watch.monitor
            }
        }
    }
}

/// The way of an event from the thread to the socket's owner.
pub(crate) struct Relay {
    /// The thread's end.
    near: zmq::Socket,
    /// The owner's end.
    far: zmq::Socket,
}

impl Relay {
    pub(crate) fn new(context: &zmq::Context) -> zmq::Result<Self> {
        let endpoint = format!("inproc://relay.{}", RELAYS.fetch_add(1, Ordering::Relaxed));
        let relay = Self { near: context.socket(zmq::PAIR)?, far: context.socket(zmq::PAIR)? };
        relay.near.set_linger(0)?;
        relay.far.set_linger(0)?;
        relay.near.bind(&endpoint)?;
        relay.far.connect(&endpoint)?;
        Ok(relay)
    }
}

/// A socket whose monitor is to be read.
struct Watch {
    name: String,
    monitor: zmq::Socket,
    relay: zmq::Socket,
}

/// The thread's own state.
struct Reader<F> {
    /// In the order in which they began to be watched.
    watched: Vec<Watch>,
    observer: F,
    dropped: Arc<AtomicU64>,
    /// Reused for all events.
    frames: Frames,
    message: zmq::Message,
}

/// The outcome of reading a monitor.
#[derive(PartialEq, Eq)]
enum Read {
    /// There may be more.
    Event,
    Nothing,
    /// It has stopped; nothing follows.
    Stopped,
}

impl<F: FnMut(&str, MonitorEvent) -> bool> Reader<F> {
    fn run(mut self, inbox: &Inbox<Watch>) {
        loop {
            let monitors = self.watched.iter().map(|watch| Interest::new(&watch.monitor, zmq::POLLIN));
            match wait_for_any(&inbox.stop, monitors.chain([inbox.ring()]).collect()) {
                Ok(false) => {}
                Ok(true) => return,
                Err(error) => return error!(%error, "the monitors can no longer be read"),
            }
            self.read_all();
            while let Some(watch) = inbox.next() {
                self.add(watch);
            }
        }
    }

    /// The events of an older socket of this name come before those of this one.
    fn add(&mut self, watch: Watch) {
        let mut index = 0;
        while index < self.watched.len() {
            let same = self.watched[index].name == watch.name;
            if same && self.read_up_to(LAST_EVENTS_MAX, index) == Read::Stopped {
                self.watched.remove(index);
            } else {
                index += 1;
            }
        }
        self.watched.push(watch);
    }

    fn read_all(&mut self) {
        let mut index = 0;
        while index < self.watched.len() {
            if self.read_up_to(EVENTS_MAX, index) == Read::Stopped {
                self.watched.remove(index);
            } else {
                index += 1;
            }
        }
    }

    /// A peer that keeps failing makes events without end: a bounded number at a time.
    fn read_up_to(&mut self, max: usize, index: usize) -> Read {
        for _ in 0..max {
            match self.read(index) {
                Read::Event => {}
                end => return end,
            }
        }
        Read::Event
    }

    /// Takes one event, if there is one, and passes it on to the observer and the owner.
    fn read(&mut self, index: usize) -> Read {
        let watch = &self.watched[index];
        self.frames.clear();
        loop {
            match watch.monitor.recv(&mut self.message, zmq::DONTWAIT) {
                Ok(()) => self.frames.push(&self.message),
                Err(zmq::Error::EINTR) => continue,
                Err(_) => return Read::Nothing,
            }
            if !self.message.get_more() {
                break;
            }
        }
        // An owner that does not read, or is gone, misses events.
        let _ = watch.relay.send_multipart(self.frames.iter(), zmq::DONTWAIT);
        match MonitorEvent::decode(&self.frames) {
            Ok(event) => {
                let stopped = event.kind == EventKind::MonitorStopped;
                if !(self.observer)(&watch.name, event) {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
                if stopped { Read::Stopped } else { Read::Event }
            }
            Err(error) => {
                warn!(%error, hex = self.frames.hex(64), "monitor event not understood");
                Read::Event
            }
        }
    }
}

impl fmt::Debug for Monitors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Monitors(dropped: {})", self.dropped())
    }
}
