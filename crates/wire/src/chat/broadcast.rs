//! A text that the server broadcasts.

use super::said;
use crate::{
    DecodeError, Fault, Frames, Text, User,
    describe::{Description, Place, fields::Fields},
    fields::frame,
};

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
        said::push(frames, &self.user, &self.text);
    }

    /// Reads a broadcast.
    ///
    /// # Errors
    /// `user` or `text` missing, empty or outside their alphabets and lengths.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let (user, text) = said::split(frame(frames, 0, "user")?);
        let user = User::decode(user)?;
        let text = Text::decode(text.ok_or(Fault::Missing.of("text"))?)?;
        Ok(Self { user, text })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        said::describe(&mut fields);
        fields.ignored(1);
        fields.describe("broadcast", Place { page: "chatz", section: "broadcast" }, Self::decode)
    }
}
