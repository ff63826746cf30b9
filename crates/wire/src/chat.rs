//! chatz: requests, replies and broadcasts (`protocol-docs/chatz.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`Request`], keep-alive | `user`; then, extension `roster version`, u64 (0 = none held) |
//! | [`Request`], say | `user` U+001F `text` in one frame; then the same |
//! | [`Request`], leave | either of them with a version; then, extension `leave`, one byte 0x04 |
//! | [`Reply::Users`] | one frame per present user, sorted by code point |
//! | [`Reply::Roster`] | u64, the roster's current version; the names only if they differ |
//! | [`Reply::Refusal`] | U+0015 and a sentence in one frame |
//! | [`Broadcast`] | `user` U+001F `text` in one frame |
//!
//! Requests and replies travel in an envelope: the peer's routing id, any frames that its socket added, and an empty
//! frame ([`envelope_len`]). Frames after the known ones are ignored.

use crate::{
    Channel, DecodeError, Fault, Frames, Limits, SocketType, Text, User,
    fields::{frame, unsigned, utf8},
    names::UNIT_SEPARATOR,
};

/// Requests and replies. The queue is short because one reply may carry 10,000 names; when it is full, the reply is dropped
/// (a `REQ` peer has one request open), and requests wait.
pub const REQUESTS: Channel = Channel {
    name: "requests",
    program: "chatz",
    variable: "CHATZ_REQUESTS",
    port: 9001,
    binds: SocketType::Router,
    connects: SocketType::Req,
    limits: Limits { queue: 32, frame_bytes: FRAME_BYTES_MAX, kernel_bytes: None, slow: None },
};

/// Texts to all users. When the queue is full, the broadcast is dropped for that user.
pub const BROADCASTS: Channel = Channel {
    name: "broadcasts",
    program: "chatz",
    variable: "CHATZ_BROADCASTS",
    port: 9002,
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: Limits { queue: 1_000, frame_bytes: FRAME_BYTES_MAX, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[Channel] = &[REQUESTS, BROADCASTS];

/// The largest frame in bytes: a user of 32 four-byte letters, the separator, a text, and a reserve.
const FRAME_BYTES_MAX: u32 = 8192;

/// The most bytes in the sentence of a refusal.
pub const REFUSAL_BYTES_MAX: usize = 512;

/// The highest roster version. Its frame's last byte is 0, which no user's name contains, so the first frame
/// of a reply is never ambiguous.
pub const ROSTER_VERSION_MAX: u64 = (1 << 56) - 1;

/// U+0004, the frame with which a user leaves.
const END_OF_TRANSMISSION: u8 = 0x04;

/// U+0015, before the sentence of a refusal; no user's name starts with it.
const NEGATIVE_ACKNOWLEDGE: u8 = 0x15;

/// The number of leading frames that form the envelope: up to and including the first empty one.
///
/// # Errors
/// `delimiter` missing if no frame is empty: the peer's socket is neither a REQ nor a DEALER that acts as one.
pub fn envelope_len(frames: &Frames) -> Result<usize, DecodeError> {
    let delimiter = frames.iter().position(<[u8]>::is_empty);
    delimiter.map(|index| index + 1).ok_or(Fault::Missing.of("delimiter"))
}

/// A peer's request: to stay present or to leave, and perhaps to send a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The user who sends it.
    pub user: User,
    /// The text for all users; `None` in a keep-alive.
    pub text: Option<Text>,
    /// Extension `roster version`: the version that the peer holds, 0 for none; `None` if it does not use versions.
    pub roster_version: Option<u64>,
    /// Extension `leave`: the user is not present after this request. Encoded only with a version.
    pub leaves: bool,
}

impl Request {
    /// Replaces `frames` by the request, without envelope.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        match &self.text {
            None => frames.push(self.user.as_bytes()),
            Some(text) => push_said(frames, &self.user, text),
        }
        if let Some(version) = self.roster_version {
            frames.push(&version.to_le_bytes());
            if self.leaves {
                frames.push(&[END_OF_TRANSMISSION]);
            }
        }
    }

    /// Reads a request without its envelope.
    ///
    /// # Errors
    /// `user` or `text` missing, empty or outside their alphabets and lengths; `roster_version` not 8 bytes.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let (user, text) = split_said(frame(frames, 0, "user")?);
        Ok(Self {
            user: User::decode(user)?,
            text: text.map(Text::decode).transpose()?,
            roster_version: (frames.len() > 1).then(|| unsigned(frames, 1, "roster_version")).transpose()?,
            leaves: frames.get(2) == Some(&[END_OF_TRANSMISSION]),
        })
    }
}

/// The server's reply: every request gets exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// All present users, sorted by code point, at least the requesting one.
    Users(Vec<User>),
    /// Extension `roster version`.
    Roster {
        /// The roster's current version, 1 to [`ROSTER_VERSION_MAX`].
        version: u64,
        /// All present users; `None` if the peer already holds this version.
        users: Option<Vec<User>>,
    },
    /// The reason why the request was refused, as a sentence.
    Refusal(String),
}

impl Reply {
    /// Replaces `frames` by the reply, without envelope. A refusal longer than [`REFUSAL_BYTES_MAX`] is cut.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        match self {
            Self::Users(users) => users.iter().for_each(|user| frames.push(user.as_bytes())),
            Self::Roster { version, users } => {
                frames.push(&version.to_le_bytes());
                users.iter().flatten().for_each(|user| frames.push(user.as_bytes()));
            }
            Self::Refusal(sentence) => {
                let end = sentence.floor_char_boundary(REFUSAL_BYTES_MAX);
                frames.push_parts(&[&[NEGATIVE_ACKNOWLEDGE], &sentence.as_bytes()[..end]]);
            }
        }
    }

    /// Reads a reply without its envelope.
    ///
    /// # Errors
    /// `users` missing if there is no frame; the fault of the first bad `user`; `refusal` empty, not UTF-8 or
    /// too long.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let first = frame(frames, 0, "users")?;
        // The version first: its lowest byte may be that of a refusal.
        if let Some(version) = version_of(first) {
            let users = (frames.len() > 1).then(|| decode_users(frames, 1)).transpose()?;
            return Ok(Self::Roster { version, users });
        }
        match first.strip_prefix(&[NEGATIVE_ACKNOWLEDGE]) {
            Some(sentence) => decode_refusal(sentence),
            None => Ok(Self::Users(decode_users(frames, 0)?)),
        }
    }
}

fn decode_users(frames: &Frames, index: usize) -> Result<Vec<User>, DecodeError> {
    frames.iter().skip(index).map(User::decode).collect()
}

fn decode_refusal(sentence: &[u8]) -> Result<Reply, DecodeError> {
    let sentence = utf8(sentence, "refusal")?;
    if sentence.is_empty() {
        return Err(Fault::Empty.of("refusal"));
    }
    if sentence.len() > REFUSAL_BYTES_MAX {
        return Err(Fault::TooLong { max: REFUSAL_BYTES_MAX, unit: "bytes" }.of("refusal"));
    }
    Ok(Reply::Refusal(sentence.to_owned()))
}

/// The roster's version, if the frame is one: 8 bytes of which the last is 0.
fn version_of(frame: &[u8]) -> Option<u64> {
    let version = u64::from_le_bytes(frame.try_into().ok()?);
    (version <= ROSTER_VERSION_MAX).then_some(version)
}

/// One user's text for all, exactly as the server accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Its author.
    pub user: User,
    /// The text.
    pub text: Text,
}

impl Broadcast {
    /// Replaces `frames` by the broadcast.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        push_said(frames, &self.user, &self.text);
    }

    /// Reads a broadcast.
    ///
    /// # Errors
    /// `user` or `text` missing, empty or outside their alphabets and lengths.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let (user, text) = split_said(frame(frames, 0, "user")?);
        let user = User::decode(user)?;
        let text = Text::decode(text.ok_or(Fault::Missing.of("text"))?)?;
        Ok(Self { user, text })
    }
}

fn push_said(frames: &mut Frames, user: &User, text: &Text) {
    frames.push_parts(&[user.as_bytes(), &[UNIT_SEPARATOR as u8], text.as_bytes()]);
}

/// Splits at the first separator; `None` for the second part if there is none.
fn split_said(frame: &[u8]) -> (&[u8], Option<&[u8]>) {
    match frame.iter().position(|&byte| byte == UNIT_SEPARATOR as u8) {
        None => (frame, None),
        Some(at) => (&frame[..at], Some(&frame[at + 1..])),
    }
}
