//! The dialects of the Majordomo Protocol, distinguished by the header of each message.

use crate::{
    DecodeError, Fault, Frames,
    describe::{fields::Fields, words},
    fields::frame,
};

/// Who speaks which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// [7/MDP](https://rfc.zeromq.org/spec/7/), version 0.1: an empty frame comes first, and a request has one reply.
    Mdp1,
    /// [18/MDP](https://rfc.zeromq.org/spec/18/), version 0.2: a request may have several replies, of which one is final.
    Mdp2,
    /// What the Python package majortomo calls version 0.2: with the empty frame, the commands of a worker on the client's side
    /// too, and no service in a reply.
    Majortomo,
}

/// The two kinds of peers that a broker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It sends requests.
    Client,
    /// It does them.
    Worker,
}

impl Side {
    /// The side of a message's peer, by its header; `None` if it has none of these protocols.
    #[must_use]
    pub fn of_message(frames: &Frames) -> Option<Self> {
        Self::of(frames, false)
    }

    /// Judges a message by its header alone. A `REQ` adds the empty frame itself, so its own messages are without.
    pub(super) fn of(frames: &Frames, is_req: bool) -> Option<Self> {
        let first = frames.get(0)?;
        let header = if first.is_empty() && !is_req { frames.get(1)? } else { first };
        match header {
            b"MDPC01" | b"MDPC02" => Some(Self::Client),
            b"MDPW01" | b"MDPW02" => Some(Self::Worker),
            _ => None,
        }
    }
}

impl Dialect {
    /// Whether an empty frame comes before the header.
    const fn has_empty(self) -> bool {
        !matches!(self, Self::Mdp2)
    }

    /// Adds the frames before the command.
    pub(super) fn push_header(self, side: Side, frames: &mut Frames) {
        if self.has_empty() {
            frames.push(b"");
        }
        frames.push(match (side, self) {
            (Side::Client, Self::Mdp1) => b"MDPC01",
            (Side::Client, Self::Mdp2 | Self::Majortomo) => b"MDPC02",
            (Side::Worker, Self::Mdp1) => b"MDPW01",
            (Side::Worker, Self::Mdp2 | Self::Majortomo) => b"MDPW02",
        });
    }

    /// The dialect of a message of this side, and the index of the frame after the header.
    ///
    /// # Errors
    /// `header` missing, or unknown.
    pub(super) fn read(side: Side, frames: &Frames) -> Result<(Self, usize), DecodeError> {
        let has_empty = frame(frames, 0, "header")?.is_empty();
        let at = usize::from(has_empty);
        let dialect = match (side, frame(frames, at, "header")?, has_empty) {
            (Side::Client, b"MDPC01", true) | (Side::Worker, b"MDPW01", true) => Self::Mdp1,
            (Side::Client, b"MDPC02", true) | (Side::Worker, b"MDPW02", true) => Self::Majortomo,
            (Side::Client, b"MDPC02", false) | (Side::Worker, b"MDPW02", false) => Self::Mdp2,
            _ => return Err(Fault::UnknownWord.of("header")),
        };
        Ok((dialect, at + 1))
    }

    /// Describes the frames before the command, and returns the dialect and the index of the next frame.
    pub(super) fn describe(side: Side, fields: &mut Fields<'_>, is_req: bool) -> (Self, usize) {
        let body = fields.body();
        let has_empty = !is_req && body.get(0).is_some_and(<[u8]>::is_empty);
        if has_empty {
            fields.frame("empty", 0, |bytes| Ok(words::bytes(bytes)));
        }
        let at = usize::from(has_empty);
        fields.frame("header", at, |bytes| Ok(words::text(bytes)));
        let dialect = match (side, body.get(at).unwrap_or_default()) {
            (_, b"MDPC01" | b"MDPW01") => Self::Mdp1,
            _ if has_empty => Self::Majortomo,
            _ => Self::Mdp2,
        };
        (dialect, at + 1)
    }
}

/// A frame of one byte.
///
/// # Errors
/// `command` missing, or another length.
pub(super) fn command(frames: &Frames, index: usize) -> Result<u8, DecodeError> {
    let [byte] = crate::fields::fixed(frames, index, "command")?;
    Ok(byte)
}

/// The frames as a `DEALER` would send them, if they are those of a `REQ`.
pub(super) fn as_sent(frames: &Frames, is_req: bool) -> Frames {
    let mut sent = Frames::new();
    if is_req {
        sent.push(b"");
    }
    sent.append(frames);
    sent
}
