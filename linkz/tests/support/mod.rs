//! A link as a process, with plain TCP on both sides.
#![allow(dead_code, reason = "each test file uses some of it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use testkit::{BOUND, Program};

/// The program.
pub(crate) const LINKZ: &str = env!("CARGO_BIN_EXE_linkz");

/// How long nothing must happen: long enough to notice that something does.
const QUIET: Duration = Duration::from_millis(300);

/// A link in front of a server.
pub(crate) struct Rig {
    pub(crate) server: TcpListener,
    pub(crate) link: Program,
    /// Where clients connect, without `tcp://`.
    pub(crate) address: String,
}

impl Rig {
    pub(crate) fn start(faults: &[&str]) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = format!("tcp://{}", server.local_addr().unwrap());
        let arguments = ["--from", "tcp://127.0.0.1:*", "--to", &to];
        let link = Program::start(LINKZ, arguments.iter().chain(faults));
        let address = link.endpoint("link").trim_start_matches("tcp://").to_owned();
        Self { server, link, address }
    }

    /// A client's connection.
    pub(crate) fn client(&self) -> TcpStream {
        patient(TcpStream::connect(&self.address).unwrap())
    }

    /// A client's connection, and the one that the link makes for it.
    pub(crate) fn pair(&self) -> (TcpStream, TcpStream) {
        (self.client(), self.accept())
    }

    /// The connection that the link makes.
    pub(crate) fn accept(&self) -> TcpStream {
        self.accept_within(BOUND).unwrap()
    }

    /// The connection that the link makes, if it makes one soon.
    pub(crate) fn accept_soon(&self) -> Option<TcpStream> {
        self.accept_within(QUIET)
    }

    fn accept_within(&self, bound: Duration) -> Option<TcpStream> {
        use rustix::event::{PollFd, PollFlags, poll};
        let waited = poll(&mut [PollFd::new(&self.server, PollFlags::IN)], Some(&bound.try_into().unwrap())).unwrap();
        (waited > 0).then(|| patient(self.server.accept().unwrap().0))
    }

    /// Types a line, and returns the faults that are on after it.
    pub(crate) fn after(&mut self, line: &str) -> String {
        self.link.say(line);
        self.status()
    }

    /// The faults that are on.
    pub(crate) fn status(&mut self) -> String {
        self.link.say("status");
        self.link.next_line()
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(BOUND)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Waits for exactly these bytes.
pub(crate) fn receives(mut stream: &TcpStream, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    stream.read_exact(&mut bytes).unwrap();
    assert!(bytes == expected, "other bytes");
}

/// Neither bytes nor an end arrive for a while.
pub(crate) fn is_quiet(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(QUIET)).unwrap();
    let read = stream.read(&mut [0]);
    assert_eq!(read.as_ref().err().map(io::Error::kind), Some(ErrorKind::WouldBlock), "{read:?}");
    stream.set_read_timeout(Some(BOUND)).unwrap();
}

/// The peer has ended its direction.
pub(crate) fn is_at_end(mut stream: &TcpStream) {
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

/// The connection was reset.
pub(crate) fn is_reset(mut stream: &TcpStream) {
    let read = stream.read(&mut [0]);
    assert_eq!(read.as_ref().err().map(io::Error::kind), Some(ErrorKind::ConnectionReset), "{read:?}");
}

pub(crate) fn send(mut stream: &TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
}
