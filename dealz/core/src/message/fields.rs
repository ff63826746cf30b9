//! The fields of one message, with their places in its frames.

use std::ops::Range;

use sockets::tap::Tapped;
use wire::{Fault, Frames};

use super::{count, words};
use crate::view::FieldView;

/// The fields found so far, in the order of the frames.
pub(super) struct Fields {
    views: Vec<FieldView>,
    /// The index of the last frame that was kept, and its length before it was cut.
    last: (usize, usize),
}

impl Fields {
    pub(super) fn of(tapped: &Tapped) -> Self {
        Self { views: Vec::new(), last: (tapped.frames.len().saturating_sub(1), tapped.last_frame_bytes) }
    }

    pub(super) fn into_views(self) -> Vec<FieldView> {
        self.views
    }

    /// Adds a field that is a part of a frame.
    pub(super) fn part(&mut self, name: &str, frame: usize, bytes: Range<usize>, value: String) {
        self.views.push(FieldView {
            name: name.to_owned(),
            value,
            frame: count(frame),
            start: count(bytes.start),
            byte_count: count(bytes.len()),
        });
    }

    /// Adds a field that is a whole frame, if the frame exists.
    pub(super) fn frame(
        &mut self,
        frames: &Frames,
        index: usize,
        name: &str,
        read: impl FnOnce(&[u8]) -> Result<String, Fault>,
    ) {
        if let Some(bytes) = frames.get(index) {
            let length = if index == self.last.0 { self.last.1 } else { bytes.len() };
            let value = if length == bytes.len() { read(bytes) } else { Ok(words::cut(bytes, length)) };
            self.part(name, index, 0..length, words::or_fault(value, bytes));
        }
    }

    /// Adds a field that is a whole frame and a float.
    pub(super) fn float(&mut self, frames: &Frames, index: usize, name: &str, say: impl FnOnce(f64) -> String) {
        self.frame(frames, index, name, |bytes| Ok(say(f64::from_le_bytes(eight(bytes)?))));
    }

    /// Adds a field that is a whole frame and a u64.
    pub(super) fn unsigned(&mut self, frames: &Frames, index: usize, name: &str, say: impl FnOnce(u64) -> String) {
        self.frame(frames, index, name, |bytes| Ok(say(u64::from_le_bytes(eight(bytes)?))));
    }

    /// Adds the frames from `index` on, which the protocol ignores.
    pub(super) fn ignored(&mut self, frames: &Frames, index: usize) {
        for index in index..frames.len() {
            self.frame(frames, index, "ignored", |bytes| Ok(words::hex(bytes)));
        }
    }
}

fn eight(bytes: &[u8]) -> Result<[u8; 8], Fault> {
    bytes.try_into().map_err(|_| Fault::Length { expected: 8, got: bytes.len() })
}
