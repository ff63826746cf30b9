//! `user` U+001F `text`: who says what, in one frame.

use crate::{
    Frames, Text, User,
    describe::{fields::Fields, words},
    names::UNIT_SEPARATOR,
};

pub(super) fn push(frames: &mut Frames, user: &User, text: &Text) {
    frames.push_parts(&[user.as_bytes(), &[UNIT_SEPARATOR as u8], text.as_bytes()]);
}

/// Splits at the first separator; `None` for the second part if there is none.
pub(super) fn split(frame: &[u8]) -> (&[u8], Option<&[u8]>) {
    match frame.iter().position(|&byte| byte == UNIT_SEPARATOR as u8) {
        None => (frame, None),
        Some(at) => (&frame[..at], Some(&frame[at + 1..])),
    }
}

/// Adds frame 0 to the fields.
pub(super) fn describe(fields: &mut Fields<'_>) {
    let Some(frame) = fields.get(0) else { return };
    let (user, text) = split(frame);
    let user_words = words::decoded(User::decode(user));
    if text.is_some() {
        let end = user.len();
        fields.part("user", 0, 0..end, words::or_fault(user_words, user));
        fields.part("separator", 0, end..end + 1, "U+001F".to_owned());
        fields.rest("text", 0, end + 1, |bytes| words::decoded(Text::decode(bytes)));
    } else {
        fields.frame("user", 0, |_| user_words);
    }
}
