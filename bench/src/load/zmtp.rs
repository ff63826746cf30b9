//! One ZMTP 3.0 connection (23/ZMTP, mechanism NULL) on a plain TCP stream, as a client.
//!
//! With a libzmq socket per user the load would cost more than the server: each has a mailbox, a pipe and an entry in the
//! list that every poll scans. Here a user is one stream and one buffer.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use wire::Frames;

const GREETING_BYTES: usize = 64;

/// Frame flags: another frame follows; the length has 8 bytes; the frame is a command.
const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// Between two attempts to reach a server that is starting; short, since start-up times include it.
const RETRY: Duration = Duration::from_micros(200);

/// How many bytes are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// The part of a message that is kept: enough to distinguish replies, refusals and ticks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The number of frames, without a leading empty delimiter.
    pub(crate) frames: usize,
    /// The first of them.
    pub(crate) first: Vec<u8>,
}

/// A connection after its handshake.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects to `tcp://HOST:PORT` as a socket of this type (`REQ`, `SUB`, `DEALER`) and completes the handshake; retries until
    /// `deadline` while no server listens.
    pub(crate) fn open(endpoint: &str, socket_type: &str, deadline: Instant) -> io::Result<Self> {
        let address = endpoint.trim_start_matches("tcp://");
        let stream = loop {
            match TcpStream::connect(address) {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && Instant::now() < deadline => {
                    thread::sleep(RETRY);
                }
                outcome => break outcome?,
            }
        };
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(deadline.saturating_duration_since(Instant::now()).max(RETRY)))?;
        let mut connection = Self { stream, received: Vec::new() };
        connection.shake_hands(socket_type)?;
        Ok(connection)
    }

    /// The stream, to be polled.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Makes [`Self::fill`] return at once if there is nothing to read.
    pub(crate) fn set_nonblocking(&self) -> io::Result<()> {
        self.stream.set_nonblocking(true)
    }

    /// Sends one message.
    pub(crate) fn send(&mut self, frames: &[&[u8]]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(64);
        for (index, frame) in frames.iter().enumerate() {
            push_frame(&mut bytes, if index + 1 < frames.len() { MORE } else { 0 }, frame);
        }
        self.stream.write_all(&bytes)
    }

    /// Waits for one message.
    pub(crate) fn receive(&mut self) -> io::Result<Message> {
        loop {
            if let Some(message) = self.next_message()? {
                return Ok(message);
            }
            self.fill()?;
        }
    }

    /// Reads once; `false` if nothing has arrived.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        let length = self.received.len();
        self.received.resize(length + CHUNK_BYTES, 0);
        let read = self.stream.read(&mut self.received[length..]);
        self.received.truncate(length + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes the next whole message out of the buffer; answers pings on the way.
    pub(crate) fn next_message(&mut self) -> io::Result<Option<Message>> {
        let mut frames = Frames::new();
        if !self.next_frames(&mut frames)? {
            return Ok(None);
        }
        let start = usize::from(frames.len() > 1 && frames.get(0) == Some(b""));
        let first = frames.get(start).unwrap_or_default().to_vec();
        Ok(Some(Message { frames: frames.len() - start, first }))
    }

    /// The same with all of its frames, which replace those in `frames`; `false` if no message is whole.
    pub(crate) fn next_frames(&mut self, frames: &mut Frames) -> io::Result<bool> {
        frames.clear();
        let mut at = 0;
        while let Some((flags, body, end)) = frame_at(&self.received, at) {
            if flags & COMMAND != 0 {
                let ping = self.received[body..end].strip_prefix(b"\x04PING");
                // A ping is a time to live of two bytes and a context, which the pong repeats.
                if let Some(context) = ping.and_then(|ping| ping.get(2..)) {
                    let mut pong = Vec::new();
                    push_frame(&mut pong, COMMAND, &[b"\x04PONG", context].concat());
                    self.stream.write_all(&pong)?;
                }
                self.received.drain(at..end);
                continue;
            }
            frames.push(&self.received[body..end]);
            at = end;
            if flags & MORE == 0 {
                self.received.drain(..at);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn shake_hands(&mut self, socket_type: &str) -> io::Result<()> {
        let mut greeting = [0; GREETING_BYTES];
        greeting[0] = 0xff;
        greeting[9] = 0x7f;
        greeting[10] = 3;
        greeting[12..16].copy_from_slice(b"NULL");
        self.stream.write_all(&greeting)?;
        let mut ready = b"\x05READY\x0bSocket-Type".to_vec();
        ready.extend((socket_type.len() as u32).to_be_bytes());
        ready.extend(socket_type.as_bytes());
        let mut bytes = Vec::new();
        push_frame(&mut bytes, COMMAND, &ready);
        self.stream.write_all(&bytes)?;

        while self.received.len() < GREETING_BYTES {
            self.fill()?;
        }
        self.received.drain(..GREETING_BYTES);
        loop {
            if let Some((_, body, end)) = frame_at(&self.received, 0) {
                let accepted = self.received[body..end].starts_with(b"\x05READY");
                self.received.drain(..end);
                return if accepted { Ok(()) } else { Err(ErrorKind::ConnectionRefused.into()) };
            }
            self.fill()?;
        }
    }
}

fn push_frame(bytes: &mut Vec<u8>, flags: u8, body: &[u8]) {
    match u8::try_from(body.len()) {
        Ok(length) => bytes.extend([flags, length]),
        Err(_) => {
            bytes.push(flags | LONG);
            bytes.extend((body.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(body);
}

/// The frame at `at`: its flags, the start of its body and its end; `None` if it is incomplete.
fn frame_at(bytes: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let rest = bytes.get(at..)?;
    let &flags = rest.first()?;
    let (header, length) = if flags & LONG == 0 {
        (2, u64::from(*rest.get(1)?))
    } else {
        (9, u64::from_be_bytes(rest.get(1..9)?.try_into().ok()?))
    };
    let body = at + header;
    let end = body.checked_add(usize::try_from(length).ok()?)?;
    (end <= bytes.len()).then_some((flags, body, end))
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Instant};

    use super::*;

    /// A peer that completes the handshake, sends `bytes` and returns the bytes that it received afterwards.
    fn against(bytes: Vec<u8>, test: impl FnOnce(&mut Connection)) -> Vec<u8> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("tcp://{}", listener.local_addr().unwrap());
        let peer = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut handshake = [0; GREETING_BYTES + 2 + 25];
            stream.read_exact(&mut handshake).unwrap();
            let mut answer = vec![0; GREETING_BYTES];
            push_frame(&mut answer, COMMAND, b"\x05READY");
            answer.extend(bytes);
            stream.write_all(&answer).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            rest
        });
        let mut connection = Connection::open(&endpoint, "REQ", Instant::now() + Duration::from_secs(5)).unwrap();
        test(&mut connection);
        drop(connection);
        peer.join().unwrap()
    }

    #[test]
    fn a_message_loses_its_delimiter_and_keeps_its_first_frame() {
        let mut bytes = Vec::new();
        push_frame(&mut bytes, MORE, b"");
        push_frame(&mut bytes, MORE, b"ann");
        push_frame(&mut bytes, 0, &[b'b'; 300]);
        against(bytes, |connection| {
            assert_eq!(connection.receive().unwrap(), Message { frames: 2, first: b"ann".to_vec() });
        });
    }

    #[test]
    fn a_ping_is_answered_and_is_no_message() {
        let mut bytes = Vec::new();
        push_frame(&mut bytes, COMMAND, b"\x04PING\x00\x0acontext");
        push_frame(&mut bytes, 0, b"after");
        let sent = against(bytes, |connection| assert_eq!(connection.receive().unwrap().first, b"after"));
        assert_eq!(sent, b"\x04\x0c\x04PONGcontext");
    }
}
