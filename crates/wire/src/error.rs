//! Why bytes were refused: which field, and what is wrong with it.

use thiserror::Error;

/// A message that is not what its protocol says, named by the first field at fault in frame order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{field}: {fault}")]
pub struct DecodeError {
    /// The field's name in `protocol-docs/`, such as `price`.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field. [`Fault::code`] is the word that `protocol-docs/vectors` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The frame, or the part of a frame, is not there.
    #[error("missing")]
    Missing,
    /// A frame of fixed width has another.
    #[error("has {got} bytes where {expected} are expected")]
    Length {
        /// The width, or the unit of which it must be a multiple, in bytes.
        expected: usize,
        /// The frame's length in bytes.
        got: usize,
    },
    /// Nothing where at least one unit is expected.
    #[error("empty")]
    Empty,
    /// Fewer bytes than the least that makes sense.
    #[error("shorter than {min} bytes")]
    TooShort {
        /// The least length in bytes.
        min: usize,
    },
    /// More than the limit.
    #[error("longer than {max} {unit}")]
    TooLong {
        /// The limit.
        max: usize,
        /// What the limit counts, such as `bytes`.
        unit: &'static str,
    },
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A character outside the field's alphabet.
    #[error("a character that is not allowed")]
    BadCharacter,
    /// A float that is an infinity or not a number.
    #[error("not a finite number")]
    NotFinite,
    /// Zero or less where more is expected.
    #[error("not greater than zero")]
    NotPositive,
    /// A value that the protocol does not list.
    #[error("unknown value {value:#04x}")]
    Unknown {
        /// The byte that was found.
        value: u8,
    },
}

impl Fault {
    /// The fault's word in `protocol-docs/vectors`, such as `not_finite`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Length { .. } => "length",
            Self::Empty => "empty",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::NotUtf8 => "not_utf8",
            Self::BadCharacter => "bad_character",
            Self::NotFinite => "not_finite",
            Self::NotPositive => "not_positive",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The fault as an error of the named field.
    #[must_use]
    pub const fn of(self, field: &'static str) -> DecodeError {
        DecodeError { field, fault: self }
    }
}
