//! libzmq's signal of a socket: a descriptor that is ready when something may have happened at the socket.
//!
//! Most calls of a socket process what has happened, whatever they are for, and take back the signal. A message that came then waits
//! without one, so before a sleep the socket has to be asked for its events, which costs as much as the sleep itself. After a
//! call that found no message this is not necessary.

use std::{cell::Cell, os::fd::RawFd};

/// The signal of one socket.
#[derive(Debug)]
pub(crate) struct Signal {
    /// `None` if the context was gone when the socket was made.
    fd: Option<RawFd>,
    /// Whether the next message gives the signal.
    is_armed: Cell<bool>,
}

impl Signal {
    pub(crate) fn of(socket: &zmq::Socket) -> Self {
        Self { fd: socket.get_fd().ok(), is_armed: Cell::new(false) }
    }

    pub(crate) const fn fd(&self) -> Option<RawFd> {
        self.fd
    }

    /// The last call found no message.
    pub(crate) fn arm(&self) {
        self.is_armed.set(true);
    }

    /// A call may take the signal of a message that it does not return.
    pub(crate) fn disarm(&self) {
        self.is_armed.set(false);
    }

    pub(crate) const fn is_armed(&self) -> bool {
        self.is_armed.get()
    }
}
