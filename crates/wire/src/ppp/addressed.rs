//! A request or a reply.

use std::fmt;

use crate::{
    DecodeError, Fault, Frames,
    describe::{fields::Fields, words},
    names::within,
};

/// The most frames of an address.
pub const ADDRESS_FRAMES_MAX: usize = 100;

/// The most frames of a content.
pub const CONTENT_FRAMES_MAX: usize = 1_000;

/// A request or a reply: perhaps an address, which an empty frame ends, and a content of at least one frame.
///
/// The address is that of a client, with those of the queues on the way to it. A reply has the address of its request.
#[derive(Clone, Copy)]
pub struct Addressed<'a> {
    frames: &'a Frames,
    /// The index of the first frame of the content.
    content: usize,
}

impl<'a> Addressed<'a> {
    /// Reads a message that is no command.
    ///
    /// # Errors
    /// `address` too long; `content` missing or too long.
    pub fn read(frames: &'a Frames) -> Result<Self, DecodeError> {
        let content = content_index(frames);
        within(content.saturating_sub(1), ADDRESS_FRAMES_MAX, "frames").map_err(|fault| fault.of("address"))?;
        let content_len = frames.len() - content;
        if content_len == 0 {
            return Err(Fault::Missing.of("content"));
        }
        within(content_len, CONTENT_FRAMES_MAX, "frames").map_err(|fault| fault.of("content"))?;
        Ok(Self { frames, content })
    }

    /// The frames of the address. `None` if no empty frame ends one: the peer is no queue.
    #[must_use]
    pub fn address(&self) -> Option<impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a>> {
        self.content.checked_sub(1).map(|len| self.frames.iter().take(len))
    }

    /// The client that gets the reply: the first frame of the address. `None` if there is none.
    #[must_use]
    pub fn client(&self) -> Option<&'a [u8]> {
        self.address()?.next()
    }

    /// The frames of the content, at least one.
    pub fn content(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        self.frames.iter().skip(self.content)
    }

    /// All its frames.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        self.frames.iter()
    }

    /// Adds its frames at the end of a message.
    pub fn push_to(&self, frames: &mut Frames) {
        frames.append(self.frames);
    }

    pub(super) fn describe(fields: &mut Fields<'_>) {
        let content = content_index(&fields.body());
        for index in 0..content.saturating_sub(1) {
            fields.frame("address", index, |bytes| Ok(words::bytes(bytes)));
        }
        if let Some(empty) = content.checked_sub(1) {
            fields.frame("empty", empty, |bytes| Ok(words::bytes(bytes)));
        }
        fields.frames("content", content, |bytes| Ok(words::bytes(bytes)));
    }
}

/// The index after the first empty frame; 0 if none is empty.
fn content_index(frames: &Frames) -> usize {
    frames.iter().position(<[u8]>::is_empty).map_or(0, |empty| empty + 1)
}

impl PartialEq for Addressed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.frames == other.frames
    }
}

impl Eq for Addressed<'_> {}

impl fmt::Debug for Addressed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter().map(String::from_utf8_lossy)).finish()
    }
}
