//! Requests, replies and broadcasts as bytes, taken apart as the page specifies.

use super::{
    Frames,
    bytes::{text, u64_of},
};

/// The variables that name the endpoints.
pub(super) const REQUESTS: &str = "CHATZ_REQUESTS";
pub(super) const BROADCASTS: &str = "CHATZ_BROADCASTS";

/// Stands between user and text.
const SEPARATOR: char = '\u{1f}';

/// The first byte of a refusal.
const REFUSAL: u8 = 0x15;

/// A user who says something, as frame 1 of a request and as a broadcast.
pub(super) fn say(user: &str, text: &str) -> Vec<u8> {
    format!("{user}{SEPARATOR}{text}").into_bytes()
}

/// A user, and the text if there is one.
pub(super) fn user_and_text(frame: &[u8]) -> Result<(String, Option<String>), String> {
    let separator = frame.iter().position(|&byte| byte == SEPARATOR as u8);
    let user = user(&frame[..separator.unwrap_or(frame.len())])?;
    let Some(separator) = separator else { return Ok((user, None)) };
    match str::from_utf8(&frame[separator + 1..]) {
        Ok(said) if (1..=4096).contains(&said.len()) && !said.contains(SEPARATOR) => Ok((user, Some(said.to_owned()))),
        _ => Err("the text is not 1 to 4,096 bytes of UTF-8 without U+001F".to_owned()),
    }
}

/// A user's name.
fn user(bytes: &[u8]) -> Result<String, String> {
    let is_allowed = |character: char| character.is_alphanumeric() || character == '_';
    match str::from_utf8(bytes) {
        Ok(name) if (1..=32).contains(&name.chars().count()) && name.chars().all(is_allowed) => Ok(name.to_owned()),
        _ => Err(format!("{} is not a user of 1 to 32 letters, digits and _", text(bytes))),
    }
}

/// A reply without its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    Users(Vec<String>),
    Roster { version: u64, users: Vec<String> },
    Refusal(String),
}

impl Reply {
    /// The error names what is wrong with it.
    pub(super) fn parse(frames: &[Vec<u8>]) -> Result<Self, String> {
        let Some((first, rest)) = frames.split_first() else { return Err("the reply has no frame".to_owned()) };
        if let Some(version) = u64_of(first).filter(|_| first.ends_with(&[0])) {
            return match version {
                0 => Err("a version is never 0".to_owned()),
                _ => Ok(Self::Roster { version, users: users(rest)? }),
            };
        }
        match first.split_first() {
            Some((&REFUSAL, sentence)) => match str::from_utf8(sentence) {
                Ok(sentence) if (1..=512).contains(&sentence.len()) => Ok(Self::Refusal(sentence.to_owned())),
                _ => Err("the sentence of a refusal is not 1 to 512 bytes of UTF-8".to_owned()),
            },
            _ => Ok(Self::Users(users(frames)?)),
        }
    }

    /// The users that it names; none if it is a refusal.
    pub(super) fn users(&self) -> &[String] {
        match self {
            Self::Users(users) | Self::Roster { users, .. } => users,
            Self::Refusal(_) => &[],
        }
    }
}

fn users(frames: &[Vec<u8>]) -> Result<Vec<String>, String> {
    frames.iter().map(|frame| user(frame)).collect()
}

/// A request with the envelope that a `ROUTER` receives.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) envelope: Frames,
    pub(super) frames: Frames,
    pub(super) user: String,
    pub(super) text: Option<String>,
    pub(super) version: Option<u64>,
    pub(super) leaves: bool,
}

impl Request {
    /// The error names what is wrong with it. Without a delimiter, which is the claim of a check, the envelope is the routing
    /// id alone.
    pub(super) fn parse(message: &[Vec<u8>]) -> Result<Self, String> {
        let delimiter = message.iter().skip(1).position(Vec::is_empty);
        let (envelope, frames) = message.split_at(delimiter.map_or(1, |position| position + 2));
        let first = frames.first().ok_or("no frame follows the envelope")?;
        let (user, text) = user_and_text(first)?;
        let version = match frames.get(1) {
            None => None,
            Some(frame) => Some(u64_of(frame).ok_or("frame 2, the version of the roster, is not 8 bytes wide")?),
        };
        let leaves = frames.get(2).is_some_and(|frame| frame == &[4]);
        Ok(Self { envelope: envelope.to_vec(), frames: frames.to_vec(), user, text, version, leaves })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::vectors::{invalid, valid};

    #[test]
    fn replies_of_the_vectors_are_distinguished() {
        for case in valid("chatz", "reply") {
            let reply = Reply::parse(&case.frames).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
            let form = if case.meaning["refusal"].is_string() {
                matches!(reply, Reply::Refusal(_))
            } else if case.meaning["roster_version"].is_u64() {
                matches!(reply, Reply::Roster { .. })
            } else {
                matches!(reply, Reply::Users(_))
            };
            assert!(form, "{}: {reply:?}", case.name);
        }
        for case in invalid("chatz", "reply") {
            assert!(Reply::parse(&case.frames).is_err(), "{}", case.name);
        }
    }

    #[test]
    fn requests_of_the_vectors_are_accepted_or_refused() {
        let message = |frames: &Frames| [vec![b"id".to_vec(), vec![]], frames.clone()].concat();
        for case in valid("chatz", "request") {
            let request =
                Request::parse(&message(&case.frames)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
            assert_eq!(case.meaning["user"], request.user, "{}", case.name);
            assert_eq!(
                case.meaning.get("text").and_then(|text| text.as_str()),
                request.text.as_deref(),
                "{}",
                case.name
            );
            assert_eq!(case.meaning.get("leaves").is_some(), request.leaves, "{}", case.name);
        }
        for case in invalid("chatz", "request") {
            assert!(Request::parse(&message(&case.frames)).is_err(), "{}", case.name);
        }
    }
}
