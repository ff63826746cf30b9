//! The last log lines of a process, read by a separate thread.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use wire::foreign;

/// How many lines are kept.
const LINES_MAX: usize = 20;

/// How much of a line is kept.
const LINE_CHARS_MAX: usize = 500;

/// The most bytes of those characters.
const LINE_BYTES_MAX: usize = 4 * LINE_CHARS_MAX;

/// The last lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Mutex<VecDeque<String>>,
    /// Whether there are lines since [`Log::take_change`].
    is_changed: AtomicBool,
}

impl Log {
    /// Reads lines to the end of `stream`; calls `changed` for the first one after [`Log::take_change`].
    pub(crate) fn read(&self, stream: impl Read, mut changed: impl FnMut()) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(bytes) = reader.fill_buf() {
            if bytes.is_empty() {
                break;
            }
            let (part, length) = match bytes.iter().position(|&byte| byte == b'\n') {
                Some(end) => (&bytes[..end], end + 1),
                None => (bytes, bytes.len()),
            };
            let is_whole = length > part.len();
            line.extend_from_slice(&part[..part.len().min(LINE_BYTES_MAX - line.len())]);
            reader.consume(length);
            if is_whole {
                self.keep(&line, &mut changed);
                line.clear();
            }
        }
        if !line.is_empty() {
            self.keep(&line, &mut changed);
        }
    }

    /// The lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.locked().iter().cloned().collect()
    }

    /// The last line, if there is one.
    pub(crate) fn last(&self) -> Option<String> {
        self.locked().back().cloned()
    }

    /// Whether there are lines since the previous call.
    pub(crate) fn take_change(&self) -> bool {
        self.is_changed.swap(false, Ordering::Relaxed)
    }

    /// Removes all lines.
    pub(crate) fn clear(&self) {
        self.locked().clear();
    }

    fn keep(&self, line: &[u8], changed: &mut impl FnMut()) {
        let text = String::from_utf8_lossy(line);
        let text = foreign(text.trim_end()).at_most(LINE_CHARS_MAX).to_string();
        let mut lines = self.locked();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(text);
        drop(lines);
        if !self.is_changed.swap(true, Ordering::Relaxed) {
            changed();
        }
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_each_is_bounded() {
        let mut text = "x".repeat(1 << 20) + "\n";
        text.extend((0..100).map(|number| format!("line {number}\r\n")));
        text += &"Ж".repeat(10_000);
        let (log, mut changes) = (Log::default(), 0);
        log.read(text.as_bytes(), || changes += 1);
        let lines = log.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[18].as_str()), (LINES_MAX, "line 81", "line 99"));
        assert_eq!((lines[19].chars().count(), changes), (LINE_CHARS_MAX + 1, 1));
        assert!(log.take_change() && !log.take_change());
    }

    #[test]
    fn a_line_cannot_control_what_shows_it() {
        let log = Log::default();
        log.read(&b"\x1b[2Jgone\r\n"[..], || {});
        assert_eq!(log.lines(), ["\\u{1b}[2Jgone"]);
    }

    #[test]
    fn a_long_line_does_not_swallow_the_next() {
        let log = Log::default();
        log.read([&[b'x'; 1 << 20][..], b"\nnext\n\xff"].concat().as_slice(), || {});
        assert_eq!(log.lines()[1], "next");
        assert_eq!(log.lines()[0].chars().count(), LINE_CHARS_MAX + 1);
        log.clear();
        assert_eq!(log.last(), None);
    }
}
