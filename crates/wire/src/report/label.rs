//! Short texts in reports: names, endpoints, units, reasons.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{DecodeError, Fault, json::json_text};

/// The most bytes in a [`Label`].
pub const LABEL_BYTES_MAX: usize = 256;

/// Any text of at most 256 bytes, from outside: only [`foreign`](crate::foreign()) makes it safe to show, so it has no
/// `Display`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Arc<str>);

impl Label {
    /// The text, cut to 256 bytes at the end of a character.
    #[must_use]
    pub fn cut(text: &str) -> Self {
        Self(text[..text.floor_char_boundary(LABEL_BYTES_MAX)].into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        if text.len() > LABEL_BYTES_MAX {
            return Err(Fault::TooLong { max: LABEL_BYTES_MAX, unit: "bytes" }.of("label"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Label({:?})", self.as_str())
    }
}

json_text!(Label, Label::as_str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(Label::cut("ticks").as_str(), "ticks");
        assert_eq!(Label::cut(&"Ж".repeat(128)).as_str().len(), 256);
        assert_eq!(Label::cut(&format!("x{}", "Ж".repeat(128))).as_str().len(), 255);
    }
}
