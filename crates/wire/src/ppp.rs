//! The Paranoid Pirate Protocol, [6/PPP](https://rfc.zeromq.org/spec/6/): a queue, its workers, and heartbeats both ways
//! (`protocol-docs/ppp.md`).
//!
//! | message | from, to | frames |
//! |---|---|---|
//! | [`FromWorker`] | worker, queue | one byte, a command; or [`Addressed`] |
//! | [`ToWorker`] | queue, worker | one byte, a command; or [`Addressed`] |
//!
//! The protocol has no header and no channel of the suite: a program names its socket [`CHANNEL`], so that its messages are
//! described.

mod addressed;

use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Observed, Place, Purpose, fields::Fields, general},
};

pub use addressed::{ADDRESS_FRAMES_MAX, Addressed, CONTENT_FRAMES_MAX};

/// The name of a socket that speaks it.
pub const CHANNEL: &str = "ppp";

/// The page that specifies it.
const PAGE: &str = "ppp";

/// The only frame of a worker's first message.
pub const READY: [u8; 1] = [READY_BYTE];

/// The only frame of a heartbeat, in both directions.
pub const HEARTBEAT: [u8; 1] = [HEARTBEAT_BYTE];

const READY_BYTE: u8 = 1;
const HEARTBEAT_BYTE: u8 = 2;

/// A message of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromWorker<'a> {
    /// A conversation begins: the worker is free.
    Ready,
    /// It is there.
    Heartbeat,
    /// What it replies to its request, with the address of the request. It is free again.
    Reply(Addressed<'a>),
}

/// A message to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToWorker<'a> {
    /// The queue is there.
    Heartbeat,
    /// Something to do.
    Request(Addressed<'a>),
}

impl<'a> FromWorker<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, frames: &mut Frames) {
        match self {
            Self::Ready => frames.push(&READY),
            Self::Heartbeat => frames.push(&HEARTBEAT),
            Self::Reply(reply) => reply.push_to(frames),
        }
    }

    /// Reads a message without routing id.
    ///
    /// # Errors
    /// `command` missing if there is no frame; `address` too long; `content` missing or too long.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        match command(frames)? {
            Some(READY_BYTE) => Ok(Self::Ready),
            Some(_) => Ok(Self::Heartbeat),
            None => Ok(Self::Reply(Addressed::read(frames)?)),
        }
    }
}

impl<'a> ToWorker<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, frames: &mut Frames) {
        match self {
            Self::Heartbeat => frames.push(&HEARTBEAT),
            Self::Request(request) => request.push_to(frames),
        }
    }

    /// Reads a message as the worker receives it.
    ///
    /// # Errors
    /// `command` missing if there is no frame, or unknown if it is READY; `address` too long; `content` missing or too long.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        match command(frames)? {
            Some(HEARTBEAT_BYTE) => Ok(Self::Heartbeat),
            Some(value) => Err(Fault::Unknown { value }.of("command")),
            None => Ok(Self::Request(Addressed::read(frames)?)),
        }
    }
}

/// The command, if it is one: a message of this one byte.
fn command(frames: &Frames) -> Result<Option<u8>, DecodeError> {
    let first = frames.get(0).ok_or(Fault::Missing.of("command"))?;
    Ok(match first {
        &[byte @ (READY_BYTE | HEARTBEAT_BYTE)] if frames.len() == 1 => Some(byte),
        _ => None,
    })
}

/// Describes a message on a socket that has the name [`CHANNEL`].
pub(crate) fn describe(observed: &Observed<'_>) -> Description {
    let mut fields = Fields::of(observed);
    if observed.socket_type == "ROUTER" {
        fields.envelope(1);
    }
    let body = fields.body();
    let (section, exchanged) = match observed.purpose() {
        Purpose::Request => ("ppp_worker", "reply"),
        Purpose::Reply => ("ppp_queue", "request"),
        _ => return general::message(observed),
    };
    let name = match command(&body) {
        Ok(Some(HEARTBEAT_BYTE)) => Some("heartbeat"),
        Ok(Some(_)) => Some("ready"),
        _ => None,
    };
    if let Some(name) = name {
        fields.frame("command", 0, |_| Ok(name.to_ascii_uppercase()));
    } else {
        Addressed::describe(&mut fields);
    }
    let place = Place { page: PAGE, section };
    let mut description = fields.describe(name.unwrap_or(exchanged), place, |frames| match section {
        "ppp_worker" => FromWorker::decode(frames).map(|_| ()),
        _ => ToWorker::decode(frames).map(|_| ()),
    });
    if !observed.message.is_whole() {
        // Further frames make a command a content, and a content an address.
        description.fault = None;
    }
    description
}
