//! A publisher as a process, and raw subscribers.
#![allow(dead_code, reason = "each test file uses some of it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::fs;

use serde_json::Value;
use testkit::{Peer, Program, eventually, peer::SUB};

/// The program.
pub(crate) const TICKZ: &str = env!("CARGO_BIN_EXE_tickz");

/// One received tick.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) symbol: String,
    pub(crate) timestamp: f64,
    pub(crate) price: f64,
    pub(crate) sequence: Option<u64>,
}

pub(crate) fn publish(arguments: &[&str]) -> Program {
    let always = ["publish", "--ticks", "tcp://127.0.0.1:*"];
    Program::start(TICKZ, always.iter().chain(arguments))
}

/// A subscriber to everything.
pub(crate) fn subscriber(publisher: &Program) -> Peer {
    Peer::connect_with(SUB, &publisher.endpoint("ticks"), |socket| socket.set_subscribe(b"").unwrap())
}

/// A subscriber to everything with small queues, which are full soon after it stops reading.
pub(crate) fn small(publisher: &Program) -> Peer {
    Peer::connect_with(SUB, &publisher.endpoint("ticks"), |socket| {
        socket.set_rcvhwm(10).unwrap();
        socket.set_rcvbuf(4096).unwrap();
        socket.set_subscribe(b"").unwrap();
    })
}

pub(crate) fn hear(peer: &Peer) -> Heard {
    let frames = peer.receive();
    let number = |index: usize| -> [u8; 8] { frames[index].as_slice().try_into().unwrap() };
    Heard {
        symbol: String::from_utf8(frames[0].clone()).unwrap(),
        timestamp: f64::from_le_bytes(number(1)),
        price: f64::from_le_bytes(number(2)),
        sequence: (frames.len() > 3).then(|| u64::from_le_bytes(number(3))),
    }
}

pub(crate) fn hear_all(peer: &Peer, count: usize) -> Vec<Heard> {
    (0..count).map(|_| hear(peer)).collect()
}

/// All ticks of a publisher that waits for its subscriber and drops nothing.
pub(crate) fn heard_from(arguments: &[&str], count: usize) -> Vec<Heard> {
    let publisher = publish(&[arguments, &["--await-subscribers", "1", "--block"]].concat());
    let peer = subscriber(&publisher);
    hear_all(&peer, count)
}

pub(crate) fn summary_of(arguments: &[&str]) -> Value {
    let finished = publish(&[arguments, &["--summary"]].concat()).finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.json()
}

pub(crate) fn file(content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    fs::write(&path, content).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

/// Waits until the main thread of a process is idle, because it waits for a peer, or the process has exited.
pub(crate) fn await_idle(pid: u32) {
    let mut looks = 0;
    eventually("a process is idle", || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // One that waits for a processor is ready to run, as one that has it.
        let is_ready = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('R'));
        looks = if is_ready { 0 } else { looks + 1 };
        looks == 3
    });
}
