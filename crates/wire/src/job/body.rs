//! What a request asks and a reply answers.

use std::fmt;

use crate::{
    DecodeError, Fault, Frames,
    describe::{fields::Fields, words},
    names::within,
};

/// The most frames in a [`Body`].
pub const BODY_FRAMES_MAX: usize = 1_000;

/// The last frames of a message: 1 to [`BODY_FRAMES_MAX`], of any bytes.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    frames: &'a Frames,
    /// The index of its first frame.
    start: usize,
}

impl<'a> Body<'a> {
    /// All frames from `start` on.
    ///
    /// # Errors
    /// `body` missing if there is none.
    pub const fn of(frames: &'a Frames, start: usize) -> Result<Self, DecodeError> {
        if start < frames.len() { Ok(Self { frames, start }) } else { Err(Fault::Missing.of("body")) }
    }

    /// The same, of a message that was received.
    ///
    /// # Errors
    /// `body` missing if there is none; too long if it has more than [`BODY_FRAMES_MAX`].
    pub(super) fn read(frames: &'a Frames, start: usize) -> Result<Self, DecodeError> {
        let body = Self::of(frames, start)?;
        within(body.len(), BODY_FRAMES_MAX, "frames").map_err(|fault| fault.of("body"))?;
        Ok(body)
    }

    /// The number of its frames, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> usize {
        self.frames.len() - self.start
    }

    /// The total length of its frames in bytes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.frames.byte_len_from(self.start)
    }

    /// Its frames in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.frames.iter().skip(self.start)
    }

    /// Adds its frames at the end of a message.
    pub fn push_to(&self, frames: &mut Frames) {
        frames.append_from(self.frames, self.start);
    }

    pub(super) fn describe(fields: &mut Fields<'_>, index: usize) {
        fields.frames("body", index, |bytes| Ok(words::bytes(bytes)));
    }
}

impl PartialEq for Body<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Body<'_> {}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}
