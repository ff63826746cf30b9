//! A text read one line at a time, so that whoever reads records knows the line of each.
//!
//! The `csv` crate's own line numbers stand at the empty lines before a record. This hands over one line a read: when a
//! record is complete, the last line handed over is the record's last. It also bounds the length of a line.

use std::io::{self, BufRead, BufReader, Read};

/// The most bytes in a line; a text without line ends must not fill the memory.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A text, line by line.
#[derive(Debug)]
pub struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    /// How much of the line has been handed over.
    taken: usize,
    number: u64,
}

impl<R: Read> Lines<R> {
    /// The text from its start.
    pub fn new(input: R) -> Self {
        Self { input: BufReader::new(input), line: Vec::new(), taken: 0, number: 0 }
    }

    /// The number, from 1, of the last line that was handed over.
    pub const fn number(&self) -> u64 {
        self.number
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.line.len() {
            self.line.clear();
            self.taken = 0;
            let mut bounded = self.input.by_ref().take(LINE_BYTES_MAX as u64);
            if bounded.read_until(b'\n', &mut self.line)? == LINE_BYTES_MAX {
                let reason = format!("line {} is longer than {LINE_BYTES_MAX} bytes", self.number + 1);
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            self.number += u64::from(!self.line.is_empty());
        }
        let length = (&self.line[self.taken..]).read(buffer)?;
        self.taken += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_read_is_one_line_and_nothing_is_lost() {
        let text = "one\n\r\n\nlast";
        let mut lines = Lines::new(text.as_bytes());
        let mut buffer = [0; 100];
        let mut read = || {
            let length = lines.read(&mut buffer).unwrap();
            (String::from_utf8(buffer[..length].to_vec()).unwrap(), lines.number())
        };
        let expected = [("one\n", 1), ("\r\n", 2), ("\n", 3), ("last", 4), ("", 4), ("", 4)];
        assert_eq!(expected.map(|(text, number)| (text.to_owned(), number)), std::array::from_fn(|_| read()));
    }

    #[test]
    fn a_line_without_an_end_is_an_error() {
        let error = Lines::new(io::repeat(b'x')).read(&mut [0; 10]).unwrap_err();
        assert_eq!(error.to_string(), "line 1 is longer than 65536 bytes");
    }
}
