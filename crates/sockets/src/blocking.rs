//! A socket whose calls wait, for a program that does one thing at a time.
//!
//! A service waits in one place for everything that may happen ([`crate::Events`]). A program that shows one pattern
//! reads better as a sequence: send, receive, pause. Each call here follows the socket's monitor while it waits, and
//! ends with [`Ended::Stopped`] at the stop signal, so that `?` ends the program.

use std::{
    array, mem,
    time::{Duration, Instant},
};

use thiserror::Error;
use wire::{
    Channel, Frames,
    monitor::{EventKind, MonitorEvent},
};

use crate::{Interest, Listener, Socket, SocketError, Stop, wait::poll};

/// A watched socket, and the signal that ends its waits.
#[derive(Debug)]
pub struct BlockingSocket {
    socket: Socket,
    /// Follows the monitor: logs failed handshakes, and disconnects peers that flood.
    listener: Listener,
    stop: Stop,
    peers: usize,
    frames: Frames,
}

/// Why a wait ended without its result.
#[derive(Debug, Error)]
pub enum Ended {
    /// The stop signal was given.
    #[error("stopped")]
    Stopped,
    /// The socket failed.
    #[error(transparent)]
    Failed(#[from] SocketError),
}

impl BlockingSocket {
    /// A socket for this channel that is already watched ([`Socket::watch`]).
    #[must_use]
    pub fn new(socket: Socket, channel: Channel, stop: &Stop) -> Self {
        Self { socket, listener: Listener::of(channel), stop: stop.clone(), peers: 0, frames: Frames::new() }
    }

    /// The socket itself, for its options.
    pub const fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Sends a message, as soon as the socket takes it.
    ///
    /// # Errors
    /// The stop signal was given, or the socket cannot send: its role does not allow it now.
    pub fn send<F: AsRef<[u8]>>(&mut self, frames: impl IntoIterator<Item = F>) -> Result<(), Ended> {
        let message = frames.into_iter().collect();
        self.follow()?;
        while !self.socket.send(&message)? {
            wait([self], Socket::writable, None)?;
        }
        Ok(())
    }

    /// Sends a message if the socket takes it now; returns whether it did.
    ///
    /// # Errors
    /// As [`BlockingSocket::send`].
    pub fn try_send<F: AsRef<[u8]>>(&mut self, frames: impl IntoIterator<Item = F>) -> Result<bool, Ended> {
        self.follow()?;
        Ok(self.socket.send(&frames.into_iter().collect())?)
    }

    /// Receives the next message.
    ///
    /// # Errors
    /// The stop signal was given, or the socket cannot receive: its role does not allow it now.
    pub fn receive(&mut self) -> Result<Frames, Ended> {
        loop {
            if let Some(message) = self.receive_until(None)? {
                return Ok(message);
            }
        }
    }

    /// Receives the next message if it comes within this time.
    ///
    /// # Errors
    /// As [`BlockingSocket::receive`].
    pub fn receive_within(&mut self, time: Duration) -> Result<Option<Frames>, Ended> {
        self.receive_until(Instant::now() + time)
    }

    /// Receives the next message if it comes before `deadline`; `None` is for ever.
    ///
    /// # Errors
    /// As [`BlockingSocket::receive`].
    pub fn receive_until(&mut self, deadline: impl Into<Option<Instant>>) -> Result<Option<Frames>, Ended> {
        let deadline = deadline.into();
        self.follow()?;
        loop {
            if self.socket.receive(&mut self.frames)? {
                return Ok(Some(mem::take(&mut self.frames)));
            }
            if !wait([self], Socket::readable, deadline)?[0] {
                return Ok(None);
            }
        }
    }

    /// Does nothing for this time.
    ///
    /// # Errors
    /// The stop signal was given, or the context is gone.
    pub fn pause(&mut self, time: Duration) -> Result<(), Ended> {
        let deadline = Instant::now() + time;
        wait([self], |_| Interest::never(), Some(deadline)).map(drop)
    }

    /// Waits for the stop signal while libzmq sends what is still in the queue.
    ///
    /// # Errors
    /// Always: the stop signal was given, or the context is gone.
    pub fn rest(&mut self) -> Result<(), Ended> {
        wait([self], |_| Interest::never(), None).map(drop)
    }

    /// How many peers are connected. Monitors see those over TCP and IPC, not those over `inproc`.
    #[must_use]
    pub const fn peers(&self) -> usize {
        self.peers
    }

    /// How many handshakes have failed.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.listener.refused()
    }

    /// Waits until this many peers are connected.
    ///
    /// # Errors
    /// The stop signal was given, or the context is gone.
    pub fn await_peers(&mut self, peers: usize) -> Result<(), Ended> {
        while self.peers < peers {
            wait([self], Socket::events, None)?;
        }
        Ok(())
    }

    /// Takes the monitor's events, and returns early at the stop signal: also a program that never waits must end.
    fn follow(&mut self) -> Result<(), Ended> {
        wait([self], |_| Interest::ready(), None).map(drop)
    }

    fn take_events(&mut self) -> Result<(), SocketError> {
        let peers = &mut self.peers;
        self.listener.follow(Instant::now(), &mut self.socket, |event| count(peers, event))
    }
}

/// Waits until at least one of the sockets has a message, and returns which do.
///
/// # Errors
/// The stop signal was given, or the context is gone.
pub fn ready<const N: usize>(sockets: [&mut BlockingSocket; N]) -> Result<[bool; N], Ended> {
    wait(sockets, Socket::readable, None)
}

/// The same, until `deadline`: then none of them has.
///
/// # Errors
/// As [`ready`].
pub fn ready_until<const N: usize>(sockets: [&mut BlockingSocket; N], deadline: Instant) -> Result<[bool; N], Ended> {
    wait(sockets, Socket::readable, Some(deadline))
}

/// Waits until what is wanted of one of the sockets is there, and returns of which; of none at the deadline.
fn wait<const N: usize>(
    mut sockets: [&mut BlockingSocket; N],
    wanted: impl Fn(&Socket) -> Interest<'_>,
    deadline: Option<Instant>,
) -> Result<[bool; N], Ended> {
    let Some(stop) = sockets.first().map(|first| first.stop.clone()) else { return Ok([false; N]) };
    loop {
        let interests = sockets.iter().flat_map(|one| [wanted(&one.socket), one.socket.events()]);
        let looks = sockets.iter().filter_map(|one| one.listener.next_deadline());
        let ready = poll([stop.interest()].into_iter().chain(interests).collect(), looks.chain(deadline).min())?;
        if ready[0] {
            return Err(Ended::Stopped);
        }
        for one in &mut sockets {
            one.take_events()?;
        }
        let found = array::from_fn(|index| ready[1 + 2 * index]);
        if found.contains(&true) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(found);
        }
    }
}

const fn count(peers: &mut usize, event: &MonitorEvent) {
    match event.kind {
        EventKind::HandshakeSucceeded => *peers += 1,
        EventKind::Disconnected => *peers = peers.saturating_sub(1),
        _ => {}
    }
}
