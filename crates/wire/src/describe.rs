//! A message in words: its name, the place of its specification, and its fields with their places in its frames.
//!
//! [`describe`] needs what an observer of a socket knows: its channel, its type and the direction. Each protocol module
//! describes the messages of its channels next to their `decode`. A message that no module knows has its frames as text
//! or hex. The observed socket may be either peer's, and perhaps only the first part of a message was kept.
//!
//! - `fields`: the fields of one message, added frame by frame
//! - `general`: what is known without a protocol: envelopes, subscriptions, frames
//! - `words`: values as readable text

pub(crate) mod fields;
pub(crate) mod general;
pub(crate) mod words;

use std::ops::Range;

use crate::{
    DecodeError, Direction, Frames, PROTOCOLS, monitor, ppp,
    report::{
        MessageReport,
        message::{CONTENT_BYTES_MAX, CONTENT_FRAMES_MAX},
    },
};

/// The most frames of a message that are described: as many as a report carries.
pub const FRAMES_MAX: usize = CONTENT_FRAMES_MAX;

/// The most characters of [`Field::words`].
pub const WORDS_CHARS_MAX: usize = 500;

/// A message, and where it was observed.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The name of the socket's channel, if it has one.
    pub channel: Option<&'a str>,
    /// The socket's type, such as `XPUB`.
    pub socket_type: &'a str,
    /// The direction.
    pub direction: Direction,
    /// The message.
    pub message: Kept<'a>,
}

/// The frames of a message that an observer has kept: all of them, or the first ones, of which the last may be cut.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    frames: &'a Frames,
    is_whole: bool,
    /// The length of the last frame before it was cut; `None` if it is not known.
    last_frame_bytes: Option<usize>,
}

/// A message in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name, such as `tick` or `say`; `message` if no protocol names it.
    pub name: &'static str,
    /// Where it is specified; `None` if no protocol of the suite specifies it.
    pub place: Option<Place>,
    /// Its fields, in the order of the frames. Together they are all bytes of its first [`FRAMES_MAX`] frames.
    pub fields: Vec<Field>,
    /// Why it is malformed. It is `None` if the part that was not kept could be the reason.
    pub fault: Option<DecodeError>,
}

/// A section of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The page of `protocol-docs`, such as `tickz`.
    pub page: &'static str,
    /// A heading of the page.
    pub section: &'static str,
}

/// A field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in `protocol-docs`.
    pub name: &'static str,
    /// The index of its frame, from 0.
    pub frame: usize,
    /// Its bytes within the frame, also those that were not kept.
    pub bytes: Range<usize>,
    /// Its value with its unit, as text that is safe to show; at most [`WORDS_CHARS_MAX`] characters.
    pub words: String,
}

/// Describes a message of one channel.
pub(crate) type Describe = fn(&Observed<'_>) -> Description;

/// Describes a message.
#[must_use]
pub fn describe(observed: &Observed<'_>) -> Description {
    let described = PROTOCOLS.iter().copied().flatten().find(|(channel, _)| observed.channel == Some(channel.name));
    match described {
        Some((_, describe)) => describe(observed),
        None if observed.channel == Some(monitor::CHANNEL) => monitor::describe(observed),
        None if observed.channel == Some(ppp::CHANNEL) => ppp::describe(observed),
        None => general::message(observed),
    }
}

impl<'a> Kept<'a> {
    /// A message of which nothing is missing.
    #[must_use]
    pub const fn whole(frames: &'a Frames) -> Self {
        Self { frames, is_whole: true, last_frame_bytes: None }
    }

    /// The first frames of a longer message. `last_frame_bytes` is the length of the last of them before it was cut;
    /// `None` if it is not known.
    #[must_use]
    pub const fn part(frames: &'a Frames, last_frame_bytes: Option<usize>) -> Self {
        Self { frames, is_whole: false, last_frame_bytes }
    }

    /// Whether nothing of the message is missing.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether bytes of this frame may be missing.
    fn is_cut(&self, index: usize) -> bool {
        let is_last = index + 1 == self.frames.len();
        !self.is_whole && is_last && self.last_frame_bytes != self.frames.get(index).map(<[u8]>::len)
    }
}

impl<'a> From<&'a MessageReport> for Kept<'a> {
    fn from(MessageReport { header, content, .. }: &'a MessageReport) -> Self {
        let missing = usize::try_from(header.bytes).unwrap_or(usize::MAX).saturating_sub(content.byte_len());
        let last = content.iter().last().map_or(0, <[u8]>::len);
        if !header.cut {
            Self::whole(content)
        } else if header.frames == content.len() as u64 {
            Self::part(content, Some(last.saturating_add(missing)))
        } else {
            Self::part(content, (content.byte_len() < CONTENT_BYTES_MAX).then_some(last))
        }
    }
}

/// What a message does between two sockets, whichever of them it was observed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// From a publisher to its subscribers.
    Publication,
    /// From a subscriber to a publisher.
    Subscription,
    /// From a `PUSH` to a `PULL`.
    Task,
    /// From a `REQ` or `DEALER` to a `REP` or `ROUTER`.
    Request,
    /// From a `REP` or `ROUTER` to a `REQ` or `DEALER`.
    Reply,
    /// Anything else.
    Other,
}

impl Observed<'_> {
    pub(crate) fn purpose(&self) -> Purpose {
        match (self.socket_type, self.direction) {
            ("PUB" | "XPUB", Direction::Sent) | ("SUB" | "XSUB", Direction::Received) => Purpose::Publication,
            ("SUB" | "XSUB", Direction::Sent) | ("PUB" | "XPUB", Direction::Received) => Purpose::Subscription,
            ("PUSH", Direction::Sent) | ("PULL", Direction::Received) => Purpose::Task,
            ("REQ" | "DEALER", Direction::Sent) | ("REP" | "ROUTER", Direction::Received) => Purpose::Request,
            ("REQ" | "DEALER", Direction::Received) | ("REP" | "ROUTER", Direction::Sent) => Purpose::Reply,
            _ => Purpose::Other,
        }
    }
}
