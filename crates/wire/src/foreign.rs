//! Text from outside, made safe to show: in a terminal, a log line, an error message.
//!
//! All text from a peer, a file or a command line goes through [`foreign`] before a person sees it. Unescaped, it
//! could move the cursor, recolour the terminal, fake a second line, or reverse the direction of what follows it.

use std::fmt;

/// The most characters that [`foreign`] shows unless [`Foreign::at_most`] says otherwise: the longest chat text fits.
pub const FOREIGN_CHARS_MAX: usize = 4096;

/// Ends a text that was cut.
const CUT: char = '…';

/// Shows text from outside with everything that could control a terminal escaped, as in `\n` and `\u{1b}`, and cut
/// after [`FOREIGN_CHARS_MAX`] characters, which a `…` marks. Width and alignment of the format apply.
#[must_use]
pub const fn foreign(text: &str) -> Foreign<'_> {
    Foreign { text, chars_max: FOREIGN_CHARS_MAX }
}

/// Text from outside; its `Display` is safe to show. Made by [`foreign`].
#[derive(Debug, Clone, Copy)]
pub struct Foreign<'a> {
    text: &'a str,
    chars_max: usize,
}

impl Foreign<'_> {
    /// The same text, cut after this many of its characters.
    #[must_use]
    pub const fn at_most(self, chars: usize) -> Self {
        Self { chars_max: chars, ..self }
    }
}

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.text.char_indices().nth(self.chars_max).map(|(index, _)| index);
        let kept = &self.text[..end.unwrap_or(self.text.len())];
        if end.is_none() && !kept.contains(controls_display) {
            return formatter.pad(kept);
        }
        let mut shown = String::with_capacity(kept.len());
        for character in kept.chars() {
            if controls_display(character) {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        shown.extend(end.map(|_| CUT));
        formatter.pad(&shown)
    }
}

/// Whether a character changes how others are shown: C0 and C1 controls, DEL, line and paragraph separators, the byte
/// order mark, and the bidirectional controls, which can swap the apparent authors of texts.
#[must_use]
pub fn controls_display(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_could_control_a_terminal_is_escaped() {
        for (text, shown) in [
            ("a\u{1b}[2Jb\nbob: c\u{202e}", "a\\u{1b}[2Jb\\nbob: c\\u{202e}"),
            ("\u{9b}31m\u{7f}\r\t\u{2028}", "\\u{9b}31m\\u{7f}\\r\\t\\u{2028}"),
            ("\u{feff}key", "\\u{feff}key"),
            ("naïve 日本 👩‍🚀", "naïve 日本 👩‍🚀"),
        ] {
            assert_eq!(foreign(text).to_string(), shown);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_marked() {
        assert_eq!(foreign("ЖЖЖ").at_most(3).to_string(), "ЖЖЖ");
        assert_eq!(foreign("ЖЖЖЖ").at_most(3).to_string(), "ЖЖЖ…");
        let endless = "x".repeat(1 << 20);
        assert_eq!(foreign(&endless).to_string().chars().count(), FOREIGN_CHARS_MAX + 1);
        assert!(foreign(&"\u{1b}".repeat(1 << 20)).to_string().len() < 16 * FOREIGN_CHARS_MAX);
    }

    #[test]
    fn it_fills_a_column_like_any_text() {
        assert_eq!(format!("[{:<6}]", foreign("a\n")), "[a\\n   ]");
    }
}
