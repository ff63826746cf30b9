//! A peer below libzmq: a plain stream that completes the handshake of any socket type under NULL (ZMTP 3.1, ZeroMQ RFC 37)
//! and then sends any bytes, including those that libzmq would never send.

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    net::sockopt::set_socket_linger,
};

use crate::BOUND;

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// How many bytes of a greeting tell the version of ZMTP: the last of them is its number.
const VERSION: usize = 11;

/// The types of sockets by their numbers in ZMTP 2.
const TYPES: [&str; 11] = ["PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"];

/// A connection after its handshake.
pub struct RawPeer {
    stream: TcpStream,
}

impl RawPeer {
    /// Connects to a `tcp://` or `ipc://` endpoint as a `socket_type`, such as `DEALER`.
    ///
    /// # Errors
    /// No process listens, or the handshake is cut off.
    pub fn connect(endpoint: &str, socket_type: &str) -> io::Result<Self> {
        Self::connect_as(endpoint, &greeting(socket_type))
    }

    /// Connects to a `tcp://` or `ipc://` endpoint and sends this greeting, such as one of [`greeting_as`].
    ///
    /// # Errors
    /// As [`RawPeer::connect`].
    pub fn connect_as(endpoint: &str, greeting: &[u8]) -> io::Result<Self> {
        let stream = match endpoint.strip_prefix("ipc://") {
            // A `TcpStream` can hold any stream.
            Some(path) => OwnedFd::from(UnixStream::connect(path)?).into(),
            None => TcpStream::connect(endpoint.trim_start_matches("tcp://"))?,
        };
        Self::handshake(stream, greeting)
    }

    /// Accepts a connection as a `socket_type`.
    ///
    /// # Errors
    /// None comes within [`BOUND`], or the handshake is cut off.
    pub fn accept(listener: &TcpListener, socket_type: &str) -> io::Result<Self> {
        let bound = BOUND.try_into().map_err(io::Error::other)?;
        if poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&bound))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Self::over(listener.accept()?.0, socket_type)
    }

    /// Completes the handshake of a `socket_type` on a connection that is accepted, in ZMTP 2 if the peer speaks no later one.
    ///
    /// # Errors
    /// It is cut off.
    pub fn over(mut stream: TcpStream, socket_type: &str) -> io::Result<Self> {
        stream.set_read_timeout(Some(BOUND))?;
        stream.set_write_timeout(Some(BOUND))?;
        let greeting = greeting(socket_type);
        let (version, rest) = greeting.split_at(VERSION);
        stream.write_all(version)?;
        let mut theirs = [0; VERSION];
        stream.read_exact(&mut theirs)?;
        if theirs[VERSION - 1] >= 3 {
            stream.write_all(rest)?;
            // The rest of its greeting and the head of its READY: it has accepted this one's.
            stream.read_exact(&mut [0; 66 - VERSION])?;
        } else {
            let kind = TYPES.iter().position(|kind| *kind == socket_type).unwrap_or_default();
            stream.write_all(&[kind as u8, 0, 0])?;
            // Its type and the head of the message with its routing id.
            stream.read_exact(&mut [0; 3])?;
        }
        Ok(Self { stream })
    }

    fn handshake(mut stream: TcpStream, greeting: &[u8]) -> io::Result<Self> {
        stream.set_read_timeout(Some(BOUND))?;
        stream.set_write_timeout(Some(BOUND))?;
        stream.write_all(greeting)?;
        // Its greeting (64 bytes) and the head of its READY: it has accepted this one's.
        stream.read_exact(&mut [0; 66])?;
        Ok(Self { stream })
    }

    /// Limits how long [`RawPeer::send`] waits for the peer to read.
    ///
    /// # Errors
    /// The duration is zero.
    pub fn wait_at_most(&mut self, bound: Duration) -> io::Result<()> {
        self.stream.set_write_timeout(Some(bound))
    }

    /// Sends one multipart message.
    ///
    /// # Errors
    /// The peer has closed the connection, or has not read for too long.
    pub fn send<F: AsRef<[u8]>>(&mut self, frames: &[F]) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (index, frame) in frames.iter().enumerate() {
            let frame = frame.as_ref();
            let more = if index + 1 < frames.len() { MORE } else { 0 };
            match u8::try_from(frame.len()) {
                Ok(length) => bytes.extend([more, length]),
                Err(_) => {
                    bytes.push(more | LONG);
                    bytes.extend((frame.len() as u64).to_be_bytes());
                }
            }
            bytes.extend(frame);
        }
        self.send_bytes(&bytes)
    }

    /// Ends the connection by a reset, which also drops what the peer has not read yet.
    pub fn reset(self) {
        // Without it the connection ends all the same, in order.
        let _ = set_socket_linger(&self.stream, Some(Duration::ZERO));
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// As [`RawPeer::send`].
    pub fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads what the peer has sent, as bytes, and returns how many there were; 0 if it has closed the connection.
    ///
    /// # Errors
    /// Nothing comes within [`BOUND`], or the connection is broken.
    pub fn receive_bytes(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

/// A ZMTP 3.1 greeting under NULL and the READY command of a socket of this type.
#[must_use]
pub fn greeting(socket_type: &str) -> Vec<u8> {
    greeting_as(socket_type, &[])
}

/// The same from a socket with this routing id; none if it is empty.
#[must_use]
pub fn greeting_as(socket_type: &str, routing_id: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1];
    bytes.extend(b"NULL");
    bytes.resize(64, 0);
    let mut ready = b"\x05READY\x0bSocket-Type\x00\x00\x00".to_vec();
    ready.push(socket_type.len() as u8);
    ready.extend(socket_type.bytes());
    if !routing_id.is_empty() {
        ready.extend(b"\x08Identity\x00\x00\x00");
        ready.push(routing_id.len() as u8);
        ready.extend(routing_id);
    }
    bytes.extend([COMMAND, ready.len() as u8]);
    bytes.extend(ready);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_goes_back_to_the_version_of_the_peer() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut worker = TcpStream::connect(listener.local_addr()?)?;
        let old = b"\xff\0\0\0\0\0\0\0\x01\x7f\x01";
        worker.write_all(&[&old[..], &[7, 0, 0]].concat())?;
        let mut source = RawPeer::over(listener.accept()?.0, "PUSH")?;
        source.send(&[b"order"])?;
        let mut came = [0; VERSION + 3 + 7];
        worker.set_read_timeout(Some(BOUND))?;
        worker.read_exact(&mut came)?;
        assert_eq!(came[VERSION..], *b"\x08\0\0\0\x05order");
        Ok(())
    }
}
