//! Decoding errors: the invalid field, and the reason.

use thiserror::Error;

use crate::plural;

/// A message that violates its protocol, with the first invalid field in frame order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{field}: {fault}")]
pub struct DecodeError {
    /// The field's name in `protocol-docs/`, such as `price`.
    pub field: &'static str,
    /// The reason.
    pub fault: Fault,
}

/// The reason why a field is invalid. [`Fault::code`] is the word that `protocol-docs/vectors` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The frame, or a part of it, is absent.
    #[error("missing")]
    Missing,
    /// A frame of fixed width has another width.
    #[error("has {} instead of {expected}", plural(*got, "byte"))]
    Length {
        /// The width, or the unit of which it must be a multiple, in bytes.
        expected: usize,
        /// The frame's length in bytes.
        got: usize,
    },
    /// No bytes or numbers, and at least one is expected.
    #[error("empty")]
    Empty,
    /// Fewer bytes than the minimum.
    #[error("shorter than {min} bytes")]
    TooShort {
        /// The minimum length in bytes.
        min: usize,
    },
    /// More than the limit.
    #[error("longer than {max} {unit}")]
    TooLong {
        /// The limit.
        max: usize,
        /// The unit of the limit, such as `bytes`.
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
    /// Zero or less, and a positive number is expected.
    #[error("not greater than zero")]
    NotPositive,
    /// A value that the protocol does not define.
    #[error("unknown value {value:#04x}")]
    Unknown {
        /// The byte.
        value: u8,
    },
    /// A word that the protocol does not define.
    #[error("an unknown word")]
    UnknownWord,
    /// The frame is not one JSON text.
    #[error("not JSON at byte {at}")]
    NotJson {
        /// The place of the fault, in bytes from the start of the frame.
        at: usize,
    },
    /// A member of the JSON object is absent, twice there, of another type, or beyond its limits.
    #[error("a member is missing, repeated, of another type or beyond its limits, before byte {at}")]
    Member {
        /// Where reading stopped, in bytes from the start of the frame.
        at: usize,
    },
    /// It contradicts another part of the message.
    #[error("contradicts another part of the message")]
    Mismatch,
    /// A name that must be unique occurs twice.
    #[error("not unique")]
    Repeated,
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
            Self::Unknown { .. } | Self::UnknownWord => "unknown",
            Self::NotJson { .. } => "not_json",
            Self::Member { .. } => "member",
            Self::Mismatch => "mismatch",
            Self::Repeated => "repeated",
        }
    }

    /// The fault as an error of the named field.
    #[must_use]
    pub const fn of(self, field: &'static str) -> DecodeError {
        DecodeError { field, fault: self }
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        error.fault
    }
}
