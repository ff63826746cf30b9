//! One thread, named `monitors`, that follows the events of all watched sockets of a [`Context`].
//!
//! ```text
//! libzmq ── inproc://monitor.NAME ──▶ the socket's owner: Socket::next_event
//!                                        └── an inbox ──▶ monitors ──▶ observer(NAME, event)
//! ```
//!
//! The owner reads its monitor itself, because the order matters: a file descriptor that has just been closed may be that of
//! a new connection, and its end must not be heard after that one's first message. It passes each event on and never
//! waits: what the thread's inbox or the observer does not take is dropped and counted. [`EventKind::MonitorStopped`] is the
//! last event of a socket. Each watched socket keeps the thread alive.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::error;
use wire::monitor::{EventKind, MonitorEvent};

use crate::{
    Context, SocketError,
    actor::{self, Handle, Inbox},
    wait::{Interest, wait_for_any},
};

/// How many events may wait for the thread.
const INBOX: usize = 4_096;

/// The time between two events of one socket that it could not accept a connection: without file descriptors, libzmq's
/// listener has some 25,000 of them a second.
const ACCEPT_FAILED: Duration = Duration::from_millis(10);

/// What follows the events of all watched sockets, on the thread.
pub(crate) trait Observer: Send + 'static {
    /// Takes an event of the socket with this name, and returns whether it did. It must not block.
    fn handle_event(&mut self, socket: &str, event: MonitorEvent) -> bool;

    /// To wait for anything else.
    fn interests(&self) -> Vec<Interest<'_>> {
        Vec::new()
    }

    /// When to call [`Observer::handle_wake`] though nothing happened.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// The thread has woken, and all events so far were passed on.
    ///
    /// # Errors
    /// The context is gone: the thread ends.
    fn handle_wake(&mut self) -> Result<(), SocketError> {
        Ok(())
    }

    /// The thread ends, after all sockets.
    fn handle_stop(&mut self) {}
}

/// The thread's handle; clones share it. The thread ends when the last clone is dropped, along with the contexts and sockets
/// that hold one.
#[derive(Clone)]
pub(crate) struct Monitors {
    handle: Arc<Handle<Passed, ()>>,
    dropped: Arc<AtomicU64>,
}

/// An event on its way to the thread, and the name of its socket.
type Passed = (Arc<str>, MonitorEvent);

impl Monitors {
    /// Starts the thread.
    ///
    /// # Errors
    /// The process has no thread, socket or file descriptor left.
    pub(crate) fn spawn(context: &Context, observer: impl Observer) -> Result<Self, SocketError> {
        let dropped = Arc::new(AtomicU64::new(0));
        let reader = Reader { observer, dropped: Arc::clone(&dropped) };
        let handle = actor::spawn(context, "monitors", INBOX, move |inbox| reader.run(&inbox))?;
        Ok(Self { handle: Arc::new(handle), dropped })
    }

    /// How many events were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The relay of the socket with this name.
    pub(crate) fn relay(&self, name: &str) -> Relay {
        Relay { name: name.into(), monitors: self.clone(), accept_failed: None }
    }
}

/// The way of a socket's events from its owner to the thread. Dropping it reports the last one.
pub(crate) struct Relay {
    name: Arc<str>,
    monitors: Monitors,
    /// When an event that it could not accept a connection was last passed on.
    accept_failed: Option<Instant>,
}

impl Relay {
    /// Passes an event on.
    pub(crate) fn pass(&mut self, event: &MonitorEvent) {
        let is_repeating = event.kind == EventKind::AcceptFailed && self.is_repeating();
        if !is_repeating && self.monitors.handle.send((Arc::clone(&self.name), event.clone())).is_err() {
            self.monitors.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the last failure to accept a connection was only just passed on.
    fn is_repeating(&mut self) -> bool {
        let now = Instant::now();
        let is_recent = self.accept_failed.is_some_and(|last| now.saturating_duration_since(last) < ACCEPT_FAILED);
        if !is_recent {
            self.accept_failed = Some(now);
        }
        is_recent
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.pass(&MonitorEvent { kind: EventKind::MonitorStopped, value: 0, endpoint: String::new() });
    }
}

/// The thread's own state.
struct Reader<O> {
    observer: O,
    dropped: Arc<AtomicU64>,
}

impl<O: Observer> Reader<O> {
    fn run(mut self, inbox: &Inbox<Passed>) {
        loop {
            let interests = [inbox.ring()].into_iter().chain(self.observer.interests()).collect();
            let is_stopped = match wait_for_any(&inbox.stop, interests, self.observer.next_deadline()) {
                Ok(is_stopped) => is_stopped,
                Err(error) => return error!(%error, "events can no longer be followed"),
            };
            while let Some((name, event)) = inbox.next() {
                if !self.observer.handle_event(&name, event) {
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            if is_stopped {
                return self.observer.handle_stop();
            }
            if let Err(error) = self.observer.handle_wake() {
                return error!(%error, "events can no longer be followed");
            }
        }
    }
}

impl fmt::Debug for Monitors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Monitors(dropped: {})", self.dropped())
    }
}

#[cfg(test)]
mod tests;
