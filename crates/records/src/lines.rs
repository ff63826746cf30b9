//! A text, one line at a time. A line has a bounded length, so a text without line ends does not fill the memory.

use std::io::{self, BufRead, BufReader, Read};

/// The most bytes in a line, its end included.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// How much is read at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// The lines of a text.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes, without the line end.
    Whole(&'a [u8]),
    /// It is longer than [`LINE_BYTES_MAX`], and was skipped.
    TooLong,
}

impl<R: Read> Lines<R> {
    /// The lines from the start of `input`.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BLOCK_BYTES, input), line: Vec::new(), number: 0 }
    }

    /// The number of the last line, from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// The input cannot be read.
    #[expect(clippy::should_implement_trait, reason = "a line borrows the buffer that the next one reuses")]
    pub fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        if self.input.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let Some(line) = self.line.strip_suffix(b"\n") else {
            // The last line needs no end.
            let is_whole = self.line.len() < LINE_BYTES_MAX || self.input.fill_buf()?.is_empty();
            if is_whole {
                return Ok(Some(Line::Whole(&self.line)));
            }
            self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        };
        Ok(Some(Line::Whole(line.strip_suffix(b"\r").unwrap_or(line))))
    }

    /// Returns the input, to be rewound.
    pub fn into_input(self) -> R {
        self.input.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::new(text);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = match line {
                Line::Whole(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
                Line::TooLong => None,
            };
            all.push((lines.number(), text));
        }
        all
    }

    #[test]
    fn lines_are_numbered_and_end_with_either_line_end_or_the_text() {
        let expected =
            [(1, "one"), (2, ""), (3, ""), (4, "last")].map(|(number, text)| (number, Some(text.to_owned())));
        assert_eq!(all(b"one\n\r\n\nlast"), expected);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_one_is_whole() {
        let longest = "x".repeat(LINE_BYTES_MAX - 1);
        let text = format!("{longest}\n{longest}xx\nnext\n");
        let lines = all(text.as_bytes());
        assert_eq!(lines, [(1, Some(longest.clone())), (2, None), (3, Some("next".to_owned()))]);
        assert_eq!(all(format!("{longest}x").as_bytes()), [(1, Some(format!("{longest}x")))]);
    }
}
