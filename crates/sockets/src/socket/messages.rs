//! Sending and receiving: a whole message at a time, without waiting.

use wire::Frames;

use super::Socket;
use crate::{
    Descriptor, Role, SocketError,
    error::zmq_error,
    limits::{FRAMES_MAX, MESSAGE_BYTES_MAX},
    raw,
};

/// What became of a message to one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is on its way.
    Sent,
    /// The peer's queue is full: nothing was sent.
    Full,
    /// No peer has this routing id: nothing was sent.
    Gone,
}

impl Socket {
    /// Sends a whole message, or returns `false` and sends nothing if it would have to wait.
    ///
    /// # Errors
    /// The socket cannot send: its context is gone, or its role does not allow it now.
    #[inline]
    pub fn send(&mut self, frames: &Frames) -> Result<bool, SocketError> {
        self.send_in_steps(frames, |_| {})
    }

    /// Sends a whole message of a `ROUTER` that was made to report peers that are gone ([`Role::Broker`]).
    ///
    /// # Errors
    /// As [`Socket::send`].
    pub fn send_to_peer(&mut self, frames: &Frames) -> Result<Delivery, SocketError> {
        match self.send(frames) {
            Ok(true) => Ok(Delivery::Sent),
            Ok(false) => Ok(Delivery::Full),
            Err(SocketError::Zmq { reason: zmq::Error::EHOSTUNREACH, .. }) => Ok(Delivery::Gone),
            Err(error) => Err(error),
        }
    }

    /// The same, frame by frame: calls `before` with the index of each frame before libzmq gets it, to show that peers receive
    /// nothing until it has the last.
    ///
    /// # Errors
    /// As [`Socket::send`].
    #[inline]
    pub fn send_in_steps(&mut self, frames: &Frames, mut before: impl FnMut(usize)) -> Result<bool, SocketError> {
        self.signal.disarm();
        let mut left = frames.len();
        let mut looked = false;
        for (index, frame) in frames.iter().enumerate() {
            before(index);
            left -= 1;
            let more = if left > 0 { zmq::SNDMORE } else { 0 };
            loop {
                match raw::send(&mut self.raw, frame, zmq::DONTWAIT | more) {
                    Ok(()) => break,
                    // A publisher that never drops tries again, with everything counted that its peers have taken so
                    // far: what they take after that wakes a loop that waits for `room`.
                    Err(zmq::Error::EAGAIN) if self.never_drops && !looked => {
                        looked = true;
                        self.raw.get_events().map_err(zmq_error("send"))?;
                    }
                    // In the middle of a message libzmq returns this if the peer is gone: it has taken back the
                    // earlier frames, so the message can be sent again from its start.
                    Err(zmq::Error::EAGAIN) => {
                        self.is_full = true;
                        return Ok(false);
                    }
                    Err(zmq::Error::EINTR) => {}
                    // A `ROUTER` drops it without an error.
                    Err(zmq::Error::EHOSTUNREACH) if self.role == Role::Stream => return Ok(true),
                    Err(error) => return Err(zmq_error("send")(error)),
                }
            }
        }
        if let Some(probe) = &self.probe {
            probe.count_sent(frames);
        }
        Ok(true)
    }

    /// Receives one message into `frames`, or returns `false` if there is none. Frames beyond 131,072 or bytes
    /// beyond 16 MiB are dropped: no message of the suite has as many.
    ///
    /// # Errors
    /// The socket cannot receive: its context is gone, or its role does not allow it now.
    #[inline]
    pub fn receive(&mut self, frames: &mut Frames) -> Result<bool, SocketError> {
        frames.clear();
        if !self.receive_frame(|frame| frames.push(frame))? || !self.receive_others(frames)? {
            return Ok(false);
        }
        if let Some(probe) = &self.probe {
            probe.count_received(frames);
        }
        Ok(true)
    }

    /// The same of a `ROUTER`: the routing id of the peer replaces `sender`.
    ///
    /// # Errors
    /// As [`Socket::receive`].
    #[inline]
    pub fn receive_from(&mut self, sender: &mut Vec<u8>, frames: &mut Frames) -> Result<bool, SocketError> {
        frames.clear();
        let is_received = self.receive_frame(|frame| {
            sender.clear();
            sender.extend_from_slice(frame);
        })?;
        if !is_received || !self.receive_others(frames)? {
            return Ok(false);
        }
        if let Some(probe) = &self.probe {
            probe.count_received_from(sender, frames);
        }
        Ok(true)
    }

    /// Receives the first frame of a message, if there is one.
    #[inline]
    fn receive_frame(&mut self, take: impl FnOnce(&[u8])) -> Result<bool, SocketError> {
        self.is_full = false;
        self.signal.disarm();
        loop {
            match self.last.receive(&mut self.raw, zmq::DONTWAIT) {
                Ok(frame) => {
                    take(frame);
                    return Ok(true);
                }
                Err(zmq::Error::EAGAIN) => {
                    self.signal.arm();
                    self.awaited.handle_drained();
                    if let Some(probe) = &self.probe {
                        probe.note_drained();
                    }
                    return Ok(false);
                }
                Err(zmq::Error::EINTR) => {}
                Err(error) => return Err(zmq_error("receive")(error)),
            }
        }
    }

    /// Receives the other frames of a message, which libzmq has once it gives the first; `false` if its connection is closed here
    /// before the last one.
    #[inline]
    fn receive_others(&mut self, frames: &mut Frames) -> Result<bool, SocketError> {
        while self.last.has_more() {
            match self.last.receive(&mut self.raw, zmq::DONTWAIT) {
                Ok(frame) => {
                    if frames.len() < FRAMES_MAX && frames.byte_len() + frame.len() <= MESSAGE_BYTES_MAX {
                        frames.push(frame);
                    }
                }
                Err(zmq::Error::EAGAIN) => return Ok(false),
                Err(zmq::Error::EINTR) => {}
                Err(error) => return Err(zmq_error("receive")(error)),
            }
        }
        if !self.awaited.is_empty() {
            self.handle_awaited();
        }
        Ok(true)
    }

    /// Not in line: few messages are awaited.
    #[cold]
    fn handle_awaited(&mut self) {
        let descriptor = self.peer_connection().and_then(Descriptor::of_number);
        self.awaited.handle_message(descriptor);
    }

    /// The host that sent the last message, as libzmq reports it; `?` for transports without addresses.
    pub fn peer_address(&self) -> &str {
        self.last.property(c"Peer-Address").unwrap_or("?")
    }

    /// The user name that ZAP gave the connection of the last message; `None` under NULL.
    pub fn peer_user(&self) -> Option<&str> {
        self.last.property(c"User-Id").filter(|user| !user.is_empty())
    }

    /// The number of the last message's connection, the same for all its messages while it lasts: its file descriptor.
    pub fn peer_connection(&self) -> Option<u64> {
        self.last.property(c"__fd")?.parse().ok()
    }
}
