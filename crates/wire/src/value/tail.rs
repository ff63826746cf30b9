//! The tail of an order, which comes back with its result.

use crate::{
    DecodeError, Fault, Frames,
    describe::{fields::Fields, words},
    fields::fixed,
};

/// The most frames in a [`Tail`].
pub const TAIL_FRAMES_MAX: usize = 8;

/// The most bytes in a [`Tail`], all frames together.
pub const TAIL_BYTES_MAX: usize = 1024;

/// The place of an order in its batch has 22 bits if source and reduce are of this suite (`protocol-docs/valuz.md`).
const PLACE_BITS: u32 = 22;

/// The frames that travel with an order and come back with its result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tail {
    /// No frame: a peer that speaks only the base messages.
    #[default]
    Empty,
    /// One frame of 8 bytes: the order's number in its batch, u64.
    Number(u64),
    /// Anything else, unchanged.
    Frames(Frames),
}

impl Tail {
    /// The order's number in its batch, if the first frame can be one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Empty => None,
            Self::Number(number) => Some(*number),
            Self::Frames(frames) => frames.get(0)?.try_into().ok().map(u64::from_le_bytes),
        }
    }

    #[inline]
    pub(super) fn push_to(&self, frames: &mut Frames) {
        match self {
            Self::Empty => {}
            Self::Number(number) => frames.push(&number.to_le_bytes()),
            Self::Frames(tail) => frames.append(tail),
        }
    }

    /// The frames from `index` on.
    #[inline]
    pub(super) fn decode(frames: &Frames, index: usize) -> Result<Self, DecodeError> {
        if frames.len() == index + 1 {
            if let Ok(number) = fixed(frames, index, "tail") {
                return Ok(Self::Number(u64::from_le_bytes(number)));
            }
        } else if frames.len() <= index {
            return Ok(Self::Empty);
        }
        if frames.len() - index > TAIL_FRAMES_MAX {
            return Err(Fault::TooLong { max: TAIL_FRAMES_MAX, unit: "frames" }.of("tail"));
        }
        let tail: Frames = frames.iter().skip(index).collect();
        if tail.byte_len() > TAIL_BYTES_MAX {
            return Err(Fault::TooLong { max: TAIL_BYTES_MAX, unit: "bytes" }.of("tail"));
        }
        Ok(Self::Frames(tail))
    }

    /// Adds the frames from `index` on to the fields.
    pub(super) fn describe(fields: &mut Fields<'_>, index: usize) {
        fields.frame("tail", index, |bytes| {
            Ok(bytes.try_into().map_or_else(|_| words::hex(bytes), |number| order_words(u64::from_le_bytes(number))))
        });
        fields.frames("tail", index + 1, |bytes| Ok(words::hex(bytes)));
    }
}

/// The number of an order in words.
pub(super) fn order_words(number: u64) -> String {
    match number >> PLACE_BITS {
        0 => format!("order {number}"),
        batch => format!("order {} of batch {batch}", number & ((1 << PLACE_BITS) - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_an_order_holds_that_of_its_batch() {
        assert_eq!(order_words(7), "order 7");
        assert_eq!(order_words((1_416_182_400_250 << 22) | 3), "order 3 of batch 1416182400250");
    }
}
