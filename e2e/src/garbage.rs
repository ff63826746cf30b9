//! Messages to a broker of jobz that are not what the protocol says, or just are: valid ones that were changed, and random frames.

use std::{fs, io};

use rand::{
    Rng, RngExt as _,
    seq::{IndexedMutRandom as _, IndexedRandom as _},
};
use serde_json::Value;
use testkit::{Peer, RawPeer, peer::DEALER};
use wire::{
    Frames,
    job::{Dialect, FromWorker, PeerMessage, Request, Side},
};

/// The messages of the specification.
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol-docs/vectors/jobz.json");

/// The broker's services, with valid bodies; except `job.drain`, which has all workers leave.
const CALLS: [&[&str]; 15] = [
    &["job.submit", r#"{"key":"7","tries":2}"#, "echo", "hi"],
    &["job.submit", r#"{"deadline_ms":100}"#, "echo", "hi"],
    &["job.run", "", "echo", "hi"],
    &["job.wait", ID],
    &["job.status", ID],
    &["job.cancel", ID],
    &["job.close", ID],
    &["job.list", ""],
    &["job.dead", "echo"],
    &["job.resend", ID],
    &["titanic.request", "echo", "hi"],
    &["titanic.reply", ID],
    &["titanic.close", ID],
    &["mmi.stats", ""],
    &["mmi.workers", "echo"],
];

const ID: &str = "0006546b8f0c2a000000000000000001";

/// Asked to learn that the broker has taken all messages before it.
const QUESTION: [&[u8]; 4] = [b"MDPC02", b"\x01", b"mmi.service", b"echo"];

/// A message.
pub type Message = Vec<Vec<u8>>;

/// Valid messages of all kinds, in both directions, and the invalid ones of the specification.
///
/// # Panics
/// The specification cannot be read.
#[must_use]
pub fn originals() -> Vec<Message> {
    let vectors = fs::read_to_string(VECTORS).expect("there are vectors");
    let vectors: Value = serde_json::from_str(&vectors).expect("they are JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let cases =
        list(&vectors["messages"]).into_iter().flat_map(|it| [list(&it["valid"]), list(&it["invalid"])].concat());
    let frames =
        cases.map(|case| list(&case["frames"]).iter().map(|frame| unhex(frame.as_str().expect("hex"))).collect());
    let calls = CALLS.iter().map(|call| {
        let frames = call.iter().map(|frame| frame.as_bytes().to_vec());
        [b"MDPC02".to_vec(), vec![1]].into_iter().chain(frames).collect()
    });
    frames.chain(calls).filter(|message: &Message| !message.is_empty()).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// Random frames, or one of these messages with one to three changes.
#[must_use]
pub fn changed(originals: &[Message], chance: &mut impl Rng) -> Message {
    let mut message = match originals.choose(chance) {
        Some(original) if chance.random_ratio(7, 8) => original.clone(),
        _ => (0..chance.random_range(1..=8)).map(|_| frame(chance)).collect(),
    };
    for _ in 0..chance.random_range(1..=3) {
        change(&mut message, chance);
    }
    message
}

fn change(message: &mut Message, chance: &mut impl Rng) {
    let at = chance.random_range(0..message.len());
    match chance.random_range(0..8) {
        0 if message.len() > 1 => drop(message.remove(at)),
        1 => message.insert(at, message[at].clone()),
        2 => message.swap(at, 0),
        3 => message.insert(at, frame(chance)),
        4 => message[at] = frame(chance),
        5 => message[at].clear(),
        6 => message[at].truncate(1),
        _ => {
            if let Some(byte) = message[at].choose_mut(chance) {
                *byte = chance.random();
            }
        }
    }
}

/// Mostly small.
fn frame(chance: &mut impl Rng) -> Vec<u8> {
    let length_max =
        if chance.random_ratio(1, 100) { 70_000 } else { [0, 1, 1, 8, 24, 300][chance.random_range(0..6)] };
    let mut bytes = vec![0; chance.random_range(0..=length_max)];
    chance.fill_bytes(&mut bytes);
    bytes
}

/// Whether the broker must count a message as malformed.
#[must_use]
pub fn is_malformed(message: &Message) -> bool {
    let frames: Frames = message.iter().collect();
    if PeerMessage::is(&frames) {
        return PeerMessage::decode(&frames).is_err();
    }
    let dialect = match Side::of_message(&frames) {
        Some(Side::Client) => Request::decode(&frames).map(|request| request.dialect),
        _ => FromWorker::decode(&frames).map(|(dialect, _)| dialect),
    };
    !matches!(dialect, Ok(Dialect::Mdp1 | Dialect::Mdp2))
}

/// A peer that sends anything to a broker.
pub enum Stranger {
    /// By libzmq.
    Libzmq(Peer),
    /// By bytes of ZMTP.
    Raw(RawPeer),
}

impl Stranger {
    /// One that uses libzmq.
    #[must_use]
    pub fn libzmq(endpoint: &str) -> Self {
        Self::Libzmq(Peer::connect(DEALER, endpoint))
    }

    /// One that does not.
    ///
    /// # Errors
    /// The broker is not there.
    pub fn raw(endpoint: &str) -> io::Result<Self> {
        RawPeer::connect(endpoint, "DEALER").map(Self::Raw)
    }

    /// Sends a message.
    ///
    /// # Panics
    /// The broker has closed the connection.
    pub fn send<F: AsRef<[u8]>>(&mut self, message: &[F]) {
        match self {
            Self::Libzmq(peer) => peer.send(message),
            Self::Raw(peer) => peer.send(message).expect("the broker reads"),
        }
    }

    /// Waits until the broker has taken all messages.
    ///
    /// # Panics
    /// It has not in time.
    pub fn settle(&mut self) {
        self.send(&QUESTION);
        let name = QUESTION[2];
        match self {
            Self::Libzmq(peer) => while peer.receive().get(2).is_none_or(|frame| frame != name) {},
            Self::Raw(peer) => {
                let (mut came, mut buffer): (Vec<u8>, _) = (Vec::new(), [0; 1 << 16]);
                while !came.windows(name.len()).any(|bytes| bytes == name) {
                    // The name may be in two pieces.
                    came.drain(..came.len().saturating_sub(name.len()));
                    let count = peer.receive_bytes(&mut buffer).expect("the broker answers");
                    assert!(count > 0, "the broker has closed the connection");
                    came.extend(&buffer[..count]);
                }
            }
        }
    }
}
