//! The fields of one message, added frame by frame.

use std::ops::Range;

use super::{Description, FRAMES_MAX, Field, Kept, Observed, Place, words};
use crate::{DecodeError, Fault, Frames, plural};

/// The fields of a message. Frames are counted from the first after the envelope.
pub(crate) struct Fields<'a> {
    message: Kept<'a>,
    /// The number of frames in the envelope.
    envelope_len: usize,
    fields: Vec<Field>,
}

impl<'a> Fields<'a> {
    /// No fields, and no envelope.
    pub(crate) const fn of(observed: &Observed<'a>) -> Self {
        Self { message: observed.message, envelope_len: 0, fields: Vec::new() }
    }

    /// The kept frames after the envelope.
    pub(crate) fn body(&self) -> Frames {
        self.message.frames.iter().skip(self.envelope_len).collect()
    }

    /// The number of kept frames after the envelope.
    pub(crate) fn len(&self) -> usize {
        self.message.frames.len().saturating_sub(self.envelope_len)
    }

    /// The kept bytes of a frame.
    pub(crate) fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.message.frames.get(self.envelope_len + index)
    }

    /// The bytes of a frame, if none of them is missing.
    pub(crate) fn complete(&self, index: usize) -> Option<&'a [u8]> {
        self.get(index).filter(|_| !self.message.is_cut(self.envelope_len + index))
    }

    /// Adds the first frames as the envelope: routing ids, the request id that a `REQ` may add, and the delimiter.
    pub(crate) fn envelope(&mut self, len: usize) {
        for index in 0..len {
            let is_last_before_delimiter = self.get(index + 1).is_some_and(<[u8]>::is_empty);
            let name = match self.get(index).map_or(0, <[u8]>::len) {
                0 => "delimiter",
                4 if index > 0 && is_last_before_delimiter => "request_id",
                _ => "routing_id",
            };
            self.frame(name, index, |bytes| Ok(words::bytes(bytes)));
        }
        self.envelope_len = len;
    }

    /// Adds bytes of a frame.
    pub(crate) fn part(&mut self, name: &'static str, index: usize, bytes: Range<usize>, words: String) {
        let frame = self.envelope_len + index;
        if frame < FRAMES_MAX {
            self.fields.push(Field { name, frame, bytes, words: words::bounded(words) });
        }
    }

    /// Adds the bytes of a frame from `start` on, if there is the frame.
    pub(crate) fn rest(
        &mut self,
        name: &'static str,
        index: usize,
        start: usize,
        read: impl FnOnce(&[u8]) -> Result<String, Fault>,
    ) {
        let Some(kept) = self.get(index).and_then(|frame| frame.get(start..)) else { return };
        if self.complete(index).is_some() {
            self.part(name, index, start..start + kept.len(), words::or_fault(read(kept), kept));
        } else {
            let length = self.message.last_frame_bytes.map(|bytes| bytes.saturating_sub(start).max(kept.len()));
            self.part(name, index, start..start + length.unwrap_or(kept.len()), words::cut(kept, length));
        }
    }

    /// Adds a whole frame, if there is one.
    pub(crate) fn frame(
        &mut self,
        name: &'static str,
        index: usize,
        read: impl FnOnce(&[u8]) -> Result<String, Fault>,
    ) {
        self.rest(name, index, 0, read);
    }

    /// Adds a whole frame that is an f64.
    pub(crate) fn float(&mut self, name: &'static str, index: usize, read: impl FnOnce(f64) -> String) {
        self.fixed(name, index, |bytes| read(f64::from_le_bytes(bytes)));
    }

    /// Adds a whole frame that is a u64.
    pub(crate) fn unsigned(&mut self, name: &'static str, index: usize, read: impl FnOnce(u64) -> String) {
        self.fixed(name, index, |bytes| read(u64::from_le_bytes(bytes)));
    }

    /// Adds a whole frame of `N` bytes.
    pub(crate) fn fixed<const N: usize>(
        &mut self,
        name: &'static str,
        index: usize,
        read: impl FnOnce([u8; N]) -> String,
    ) {
        self.frame(name, index, |bytes| match bytes.try_into() {
            Ok(bytes) => Ok(read(bytes)),
            Err(_) => Err(Fault::Length { expected: N, got: bytes.len() }),
        });
    }

    /// Adds each frame from `index` on.
    pub(crate) fn frames(&mut self, name: &'static str, index: usize, read: impl Fn(&[u8]) -> Result<String, Fault>) {
        (index..self.len().min(FRAMES_MAX)).for_each(|index| self.frame(name, index, &read));
    }

    /// Adds a whole frame of records of `N` bytes: the first and the last of them, and how many are between. `check` says what is wrong
    /// with bytes that are no whole records; `describe` adds the record that begins at a byte of the frame.
    pub(crate) fn records<const N: usize>(
        &mut self,
        (name, one): (&'static str, &str),
        index: usize,
        check: impl FnOnce(&[u8]) -> Result<(), DecodeError>,
        describe: impl Fn(&mut Self, usize, &[u8; N]),
    ) {
        let Some(([first, others @ ..], [])) = self.complete(index).map(<[u8]>::as_chunks) else {
            self.frame(name, index, |bytes| check(bytes).map(|()| words::hex(bytes)).map_err(Fault::from));
            return;
        };
        describe(self, 0, first);
        let [between @ .., last] = others else { return };
        let end = others.len() * N;
        if !between.is_empty() {
            let count = format!("{} of {}", between.len(), plural(others.len() + 1, one));
            self.part(name, index, N..end, count);
        }
        describe(self, end, last);
    }

    /// Adds the frames from `index` on, which the protocol ignores.
    pub(crate) fn ignored(&mut self, index: usize) {
        self.frames("ignored", index, |bytes| Ok(words::hex(bytes)));
    }

    /// Adds the frames from `index` on, of which nothing is known.
    pub(crate) fn unknown(&mut self, index: usize) {
        self.frames("frame", index, |bytes| Ok(words::bytes(bytes)));
    }

    /// The description with these fields of a message that cannot be malformed.
    pub(crate) fn name(self, name: &'static str, place: Option<Place>) -> Description {
        Description { name, place, fields: self.fields, fault: None }
    }

    /// The description with these fields. `decode` reads the frames after the envelope.
    pub(crate) fn describe<T>(
        self,
        name: &'static str,
        place: Place,
        decode: impl Fn(&Frames) -> Result<T, DecodeError>,
    ) -> Description {
        let fault = decode(&self.body()).err().filter(|error| self.is_certain(error, decode));
        Description { name, place: Some(place), fields: self.fields, fault }
    }

    /// Whether an error is in the kept part of the message: what is too long stays so with more bytes, and what the
    /// frames that are complete do not lack is in one of them.
    fn is_certain<T>(&self, error: &DecodeError, decode: impl Fn(&Frames) -> Result<T, DecodeError>) -> bool {
        let is_last_cut = self.message.is_cut(self.message.frames.len().saturating_sub(1));
        let mut complete = self.body();
        complete.truncate(complete.len() - usize::from(is_last_cut).min(complete.len()));
        self.message.is_whole
            || matches!(error.fault, Fault::TooLong { .. })
            || (error.fault != Fault::Missing && decode(&complete).err() == Some(*error))
    }
}
