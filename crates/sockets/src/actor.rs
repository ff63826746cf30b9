//! A thread that owns sockets, and the handle that others hold.
//!
//! Commands travel on a bounded channel; a `PAIR` socket, the doorbell, wakes the thread out of [`crate::wait()`],
//! so it never polls. It is asked to stop once, and its result comes back from the join.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use thiserror::Error;
use tracing::error;

use crate::{
    Context, Interest, SocketError, Stop, Stopper,
    error::{system_error, zmq_error},
    signal::Signal,
};

/// Makes the address of each doorbell of a process unique.
static DOORBELLS: AtomicU64 = AtomicU64::new(0);

/// The handle of an owner thread: takes commands `C` and in the end returns its result `R`.
pub struct Handle<C, R> {
    commands: SyncSender<C>,
    /// A socket is used by one thread at a time; a ring is one non-blocking send.
    doorbell: Mutex<zmq::Socket>,
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<R>>,
}

/// The owner thread's side: its commands, its doorbell, its stop signal.
pub struct Inbox<C> {
    commands: Receiver<C>,
    doorbell: zmq::Socket,
    signal: Signal,
    /// Given when the handle is stopped or dropped.
    pub stop: Stop,
}

/// Why a command was not taken; it comes back.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NotTaken<C> {
    /// The inbox is full.
    #[error("the inbox is full")]
    Full(C),
    /// The thread has ended.
    #[error("the thread has ended")]
    Ended(C),
}

impl<C> NotTaken<C> {
    /// The same reason, with something else that comes back.
    pub fn map<D>(self, other: impl FnOnce(C) -> D) -> NotTaken<D> {
        match self {
            Self::Full(command) => NotTaken::Full(other(command)),
            Self::Ended(command) => NotTaken::Ended(other(command)),
        }
    }
}

/// Why a thread returned no result.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("the thread panicked")]
pub struct Panicked;

/// Starts an owner thread named `name` whose inbox holds at most `capacity` commands.
///
/// # Errors
/// The process has no thread, socket or file descriptor left.
pub fn spawn<C, R>(
    context: &Context,
    name: &str,
    capacity: usize,
    run: impl FnOnce(Inbox<C>) -> R + Send + 'static,
) -> Result<Handle<C, R>, SocketError>
where
    C: Send + 'static,
    R: Send + 'static,
{
    let (far, near) = doorbell(context).map_err(zmq_error("make a doorbell"))?;
    let (sender, receiver) = sync_channel(capacity);
    let (stopper, stop) = Stop::pair()?;
    let inbox = Inbox { commands: receiver, signal: Signal::of(&near), doorbell: near, stop };
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || run(inbox))
        .map_err(system_error("start a thread"))?;
    Ok(Handle { commands: sender, doorbell: Mutex::new(far), stopper: Some(stopper), thread: Some(thread) })
}

fn doorbell(context: &Context) -> zmq::Result<(zmq::Socket, zmq::Socket)> {
    let endpoint = format!("inproc://doorbell.{}", DOORBELLS.fetch_add(1, Ordering::Relaxed));
    let near = context.plain_pair()?;
    let far = context.plain_pair()?;
    near.bind(&endpoint)?;
    far.connect(&endpoint)?;
    Ok((far, near))
}

impl<C, R> Handle<C, R> {
    /// Puts a command into the inbox and rings.
    ///
    /// # Errors
    /// The inbox is full or the thread has ended; the command comes back.
    pub fn send(&self, command: C) -> Result<(), NotTaken<C>> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(command) => NotTaken::Full(command),
            TrySendError::Disconnected(command) => NotTaken::Ended(command),
        })?;
        let doorbell = self.doorbell.lock().unwrap_or_else(PoisonError::into_inner);
        // A full doorbell is ringing already.
        let _ = doorbell.send(&[][..], zmq::DONTWAIT);
        Ok(())
    }

    /// Whether the thread has ended, by itself or by stop.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Asks the thread to stop and waits for its result.
    ///
    /// # Errors
    /// The thread panicked.
    pub fn stop(mut self) -> Result<R, Panicked> {
        self.end().unwrap_or(Err(Panicked))
    }

    fn end(&mut self) -> Option<Result<R, Panicked>> {
        drop(self.stopper.take());
        self.thread.take().map(|thread| thread.join().map_err(|_| Panicked))
    }
}

impl<C, R> Drop for Handle<C, R> {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.end() {
            error!(%error, "owner thread");
        }
    }
}

impl<C> Inbox<C> {
    /// Ready when the doorbell rings.
    #[must_use]
    pub fn ring(&self) -> Interest<'_> {
        Interest::new(&self.doorbell, &self.signal, zmq::POLLIN)
    }

    /// The next command, if there is one now. Silences the bell first, so a ring after the last command is
    /// never lost.
    #[must_use]
    pub fn next(&self) -> Option<C> {
        self.signal.disarm();
        while self.doorbell.recv_bytes(zmq::DONTWAIT).is_ok() {}
        self.commands.try_recv().ok()
    }
}
