//! A reply of the server.

use crate::{
    DecodeError, Fault, Frames, User,
    describe::{Description, Place, fields::Fields, words},
    fields::{frame, utf8},
};

/// The most bytes in the sentence of a refusal.
pub const REFUSAL_BYTES_MAX: usize = 512;

/// The highest roster version. Its frame's last byte is 0, which no user's name contains, so the first frame
/// of a reply is never ambiguous.
pub const ROSTER_VERSION_MAX: u64 = (1 << 56) - 1;

/// U+0015, before the sentence of a refusal; no user's name starts with it.
const NEGATIVE_ACKNOWLEDGE: u8 = 0x15;

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
    /// The name of a refusal in a description.
    pub(super) const REFUSAL: &str = "refusal";

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
            Some(sentence) => Ok(Self::Refusal(decode_refusal(sentence)?.to_owned())),
            None => Ok(Self::Users(decode_users(frames, 0)?)),
        }
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        let first = fields.get(0).unwrap_or_default();
        let name = if version_of(first).is_some() {
            let unchanged = if fields.len() == 1 { ", unchanged" } else { "" };
            fields.unsigned("roster_version", 0, |version| format!("{version}{unchanged}"));
            fields.frames("user", 1, |bytes| words::decoded(User::decode(bytes)));
            "reply"
        } else if first.first() == Some(&NEGATIVE_ACKNOWLEDGE) {
            fields.part("refused", 0, 0..1, "this is a refusal (U+0015)".to_owned());
            fields.rest("refusal", 0, 1, |bytes| words::decoded(decode_refusal(bytes)));
            fields.ignored(1);
            Self::REFUSAL
        } else {
            fields.frames("user", 0, |bytes| words::decoded(User::decode(bytes)));
            "reply"
        };
        fields.describe(name, Place { page: "chatz", section: "reply" }, Self::decode)
    }
}

fn decode_users(frames: &Frames, index: usize) -> Result<Vec<User>, DecodeError> {
    frames.iter().skip(index).map(User::decode).collect()
}

fn decode_refusal(sentence: &[u8]) -> Result<&str, DecodeError> {
    let sentence = utf8(sentence, "refusal")?;
    if sentence.is_empty() {
        return Err(Fault::Empty.of("refusal"));
    }
    if sentence.len() > REFUSAL_BYTES_MAX {
        return Err(Fault::TooLong { max: REFUSAL_BYTES_MAX, unit: "bytes" }.of("refusal"));
    }
    Ok(sentence)
}

/// The roster's version, if the frame is one: 8 bytes of which the last is 0.
fn version_of(frame: &[u8]) -> Option<u64> {
    let version = u64::from_le_bytes(frame.try_into().ok()?);
    (version <= ROSTER_VERSION_MAX).then_some(version)
}
