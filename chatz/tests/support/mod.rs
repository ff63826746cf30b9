//! A running server and the frames that peers of the base protocol send.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::{process::Command, time::Duration};

use testkit::{
    Peer, Program,
    peer::{DEALER, REQ, SUB},
};

pub(crate) const CHATZ: &str = env!("CARGO_BIN_EXE_chatz");

/// `chatz serve` on ports that the system chose.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) requests: String,
    pub(crate) broadcasts: String,
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_at("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", arguments)
    }

    /// The same with `RUST_LOG` set.
    pub(crate) fn start_logging(level: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(CHATZ);
        command.args(["serve", "--requests", "tcp://127.0.0.1:*", "--broadcasts", "tcp://127.0.0.1:*"]);
        command.args(arguments).env("RUST_LOG", level);
        Self::of(Program::spawn(command))
    }

    pub(crate) fn start_at(requests: &str, broadcasts: &str, arguments: &[&str]) -> Self {
        let own = ["serve", "--requests", requests, "--broadcasts", broadcasts];
        Self::of(Program::start(CHATZ, [&own, arguments].concat()))
    }

    fn of(program: Program) -> Self {
        let (requests, broadcasts) = (program.endpoint("requests"), program.endpoint("broadcasts"));
        Self { program, requests, broadcasts }
    }

    pub(crate) fn req(&self) -> Peer {
        Peer::connect(REQ, &self.requests)
    }

    pub(crate) fn dealer(&self) -> Peer {
        Peer::connect(DEALER, &self.requests)
    }

    /// A SUB that receives everything from now on: `probe` says something until that arrives.
    pub(crate) fn listener(&self) -> Peer {
        let listener = Peer::connect(SUB, &self.broadcasts);
        listener.subscribe(b"");
        let probe = self.req();
        testkit::eventually("a broadcast arrives", || {
            ask(&probe, &[b"probe\x1fprobe"]);
            listener.receive_within(Duration::from_millis(20)).is_some()
        });
        ask(&probe, &[b"probe\x1flast"]);
        while listener.receive() != [b"probe\x1flast"] {}
        listener
    }

    /// Arguments of a client of this server.
    pub(crate) fn client<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend(["--requests", &self.requests]);
        if arguments[0] == "join" {
            all.extend(["--broadcasts", &self.broadcasts]);
        }
        all
    }
}

/// Sends a request and returns the reply.
pub(crate) fn ask(peer: &Peer, frames: &[&[u8]]) -> Vec<Vec<u8>> {
    peer.send(frames);
    peer.receive()
}

/// A reply's frames as text.
pub(crate) fn names(reply: &[Vec<u8>]) -> Vec<String> {
    reply.iter().map(|frame| String::from_utf8_lossy(frame).into_owned()).collect()
}

/// The sentence of a refusal.
pub(crate) fn refusal(reply: &[Vec<u8>]) -> String {
    let [frame] = reply else { panic!("one frame is expected: {reply:?}") };
    assert_eq!(frame[0], 0x15, "{reply:?}");
    String::from_utf8(frame[1..].to_vec()).unwrap()
}
