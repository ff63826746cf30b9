//! A request of a client.

use super::said;
use crate::{
    DecodeError, Frames, Text, User,
    describe::{Description, Place, fields::Fields},
    fields::{frame, unsigned},
};

/// U+0004, the frame with which a user leaves.
const END_OF_TRANSMISSION: u8 = 0x04;

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
            Some(text) => said::push(frames, &self.user, text),
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
        let (user, text) = said::split(frame(frames, 0, "user")?);
        Ok(Self {
            user: User::decode(user)?,
            text: text.map(Text::decode).transpose()?,
            roster_version: (frames.len() > 1).then(|| unsigned(frames, 1, "roster_version")).transpose()?,
            leaves: frames.get(2) == Some(&[END_OF_TRANSMISSION]),
        })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        said::describe(&mut fields);
        fields.unsigned("roster_version", 1, |version| match version {
            0 => "none".to_owned(),
            version => version.to_string(),
        });
        let request = Self::decode(&fields.body());
        let name = match &request {
            Ok(Self { leaves: true, text: None, .. }) => "leave",
            Ok(Self { text: Some(_), .. }) => "say",
            Ok(_) => "keep-alive",
            Err(_) => "request",
        };
        if request.is_ok_and(|request| request.leaves) {
            fields.frame("leaves", 2, |_| Ok("the user leaves (U+0004)".to_owned()));
            fields.ignored(3);
        } else {
            fields.ignored(2);
        }
        fields.describe(name, Place { page: "chatz", section: "request" }, Self::decode)
    }
}
