//! Validated names and texts: a value of these types is never checked again downstream.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{DecodeError, Fault, fields::utf8};

/// The most bytes in a [`Symbol`].
pub const SYMBOL_BYTES_MAX: usize = 16;
/// The most characters (not bytes) in a [`User`].
pub const USER_CHARS_MAX: usize = 32;
/// The most bytes in a [`Text`].
pub const TEXT_BYTES_MAX: usize = 4096;
/// The most bytes in a [`WorkerName`].
pub const WORKER_BYTES_MAX: usize = 128;

/// U+001F, between a user and a text; it occurs in neither.
pub const UNIT_SEPARATOR: char = '\u{1f}';

/// A stock's symbol: `[A-Z][A-Z0-9]+`, 2 to 16 bytes. Kept inline, so it copies without allocating.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// Padded with zeros, which keeps the order alphabetical.
    bytes: [u8; SYMBOL_BYTES_MAX],
    length: u8,
}

impl Symbol {
    /// Reads a symbol from a whole frame.
    ///
    /// # Errors
    /// `symbol` too short, too long, or with a character other than `A-Z0-9` (the first: `A-Z`).
    #[inline]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let length = bytes.len();
        if length < 2 {
            return Err(Fault::TooShort { min: 2 }.of("symbol"));
        }
        if length > SYMBOL_BYTES_MAX {
            return Err(Fault::TooLong { max: SYMBOL_BYTES_MAX, unit: "bytes" }.of("symbol"));
        }
        let valid = bytes[0].is_ascii_uppercase()
            && bytes[1..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !valid {
            return Err(Fault::BadCharacter.of("symbol"));
        }
        let mut inline = [0; SYMBOL_BYTES_MAX];
        inline[..length].copy_from_slice(bytes);
        Ok(Self { bytes: inline, length: length as u8 })
    }

    /// Reads a symbol that zeros fill up to the length of the longest.
    ///
    /// # Errors
    /// As [`Symbol::decode`].
    #[inline]
    pub(crate) fn decode_padded(bytes: &[u8; SYMBOL_BYTES_MAX]) -> Result<Self, DecodeError> {
        Self::decode(&bytes[..length_of(*bytes)])
    }

    /// The symbol of bytes that are known to be padded and valid.
    #[inline]
    pub(crate) const fn of_valid(bytes: [u8; SYMBOL_BYTES_MAX]) -> Self {
        Self { bytes, length: length_of(bytes) as u8 }
    }

    /// Its bytes, padded with zeros.
    #[inline]
    pub(crate) const fn padded(&self) -> &[u8; SYMBOL_BYTES_MAX] {
        &self.bytes
    }

    /// The symbol's bytes, which are its frame and its topic.
    #[inline]
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The symbol as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It contains only ASCII, so this never falls back.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// How many bytes there are without the zeros at the end.
#[inline]
const fn length_of(padded: [u8; SYMBOL_BYTES_MAX]) -> usize {
    SYMBOL_BYTES_MAX - u128::from_le_bytes(padded).leading_zeros() as usize / 8
}

impl Ord for Symbol {
    /// Alphabetical order. Compares all letters at once: a watcher looks up the symbol of every tick.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        u128::from_be_bytes(self.bytes).cmp(&u128::from_be_bytes(other.bytes))
    }
}

impl PartialOrd for Symbol {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Symbol {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::decode(text.as_bytes())
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Symbol({})", self.as_str())
    }
}

/// Defines a type of shared text with a validating constructor.
macro_rules! validated_text {
    ($(#[$documentation:meta])* $name:ident, $field:literal, $check:expr) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Decodes a whole frame, or a part of one that ends where the value ends.
            ///
            /// # Errors
            /// Empty, not UTF-8, too long, or with a character that is not allowed.
            pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let text = utf8(bytes, $field)?;
                if text.is_empty() {
                    return Err(Fault::Empty.of($field));
                }
                let check: fn(&str) -> Result<(), Fault> = $check;
                check(text).map_err(|fault| fault.of($field))?;
                Ok(Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Its bytes on the wire.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;

            fn from_str(text: &str) -> Result<Self, DecodeError> {
                Self::decode(text.as_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({:?})", stringify!($name), self.as_str())
            }
        }
    };
}

pub(crate) use validated_text;

validated_text!(
    /// A chat user's name: `\w+` (Unicode letters, digits, `_`), 1 to 32 characters. Ordered by code point.
    User,
    "user",
    |text| {
        if !text.chars().all(|character| character.is_alphanumeric() || character == '_') {
            return Err(Fault::BadCharacter);
        }
        within(text.chars().count(), USER_CHARS_MAX, "characters")
    }
);

validated_text!(
    /// A chat text: 1 to 4,096 bytes of UTF-8 without U+001F.
    Text,
    "text",
    |text| {
        if text.contains(UNIT_SEPARATOR) {
            return Err(Fault::BadCharacter);
        }
        within(text.len(), TEXT_BYTES_MAX, "bytes")
    }
);

validated_text!(
    /// A worker's name, by convention `language:host:pid`: 1 to 128 bytes without control characters.
    WorkerName,
    "worker",
    |text| {
        if text.chars().any(char::is_control) {
            return Err(Fault::BadCharacter);
        }
        within(text.len(), WORKER_BYTES_MAX, "bytes")
    }
);

/// The parts of a worker's name `language:host:pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerParts<'a> {
    /// The language that the worker is written in.
    pub language: &'a str,
    /// The name of its machine.
    pub host: &'a str,
    /// Its process id there.
    pub pid: u32,
}

impl WorkerName {
    /// The parts of the name, if it has the conventional form.
    #[must_use]
    pub fn parts(&self) -> Option<WorkerParts<'_>> {
        let (language, rest) = self.as_str().split_once(':')?;
        let (host, pid) = rest.rsplit_once(':')?;
        Some(WorkerParts { language, host, pid: pid.parse().ok()? })
    }
}

/// Checks a length against its limit.
pub(crate) fn within(length: usize, max: usize, unit: &'static str) -> Result<(), Fault> {
    if length <= max { Ok(()) } else { Err(Fault::TooLong { max, unit }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_sort_alphabetically_whatever_their_length() {
        let mut symbols: Vec<Symbol> = ["MSFT", "GOOG", "GO", "AAPL"].map(|text| text.parse().unwrap()).into();
        symbols.sort();
        assert_eq!(symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["AAPL", "GO", "GOOG", "MSFT"]);
    }

    #[test]
    fn a_workers_name_has_parts_if_it_has_the_conventional_form() {
        let parts = |text: &str| -> Option<(String, String, u32)> {
            let name: WorkerName = text.parse().unwrap();
            name.parts().map(|WorkerParts { language, host, pid }| (language.to_owned(), host.to_owned(), pid))
        };
        assert_eq!(parts("rust:box:7"), Some(("rust".to_owned(), "box".to_owned(), 7)));
        assert_eq!(parts("c:::1:42"), Some(("c".to_owned(), "::1".to_owned(), 42)));
        for other in ["anything", "rust:box", "rust:box:", "rust:box:seven", "rust:box:-1"] {
            assert_eq!(parts(other), None, "{other}");
        }
    }

    #[test]
    fn users_are_measured_in_characters_and_texts_in_bytes() {
        assert!("Ж".repeat(32).parse::<User>().is_ok());
        assert_eq!("Ж".repeat(33).parse::<User>().unwrap_err().fault.code(), "too_long");
        assert!("Ж".repeat(2048).parse::<Text>().is_ok());
        assert_eq!("Ж".repeat(2049).parse::<Text>().unwrap_err().fault.code(), "too_long");
    }
}
