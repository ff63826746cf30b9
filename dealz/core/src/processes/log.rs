//! The last log lines of a process, which the thread that reads them keeps.

use std::{
    collections::VecDeque,
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
pub(crate) const LINE_BYTES_MAX: usize = 4 * LINE_CHARS_MAX;

/// The last lines, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Mutex<VecDeque<String>>,
    /// Whether there are lines since [`Log::take_change`].
    is_changed: AtomicBool,
}

impl Log {
    /// Keeps a line; returns whether it is the first one after [`Log::take_change`].
    pub(crate) fn keep(&self, line: &str) -> bool {
        let text = foreign(line.trim_end()).at_most(LINE_CHARS_MAX).to_string();
        let mut lines = self.locked();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(text);
        drop(lines);
        !self.is_changed.swap(true, Ordering::Relaxed)
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

    fn locked(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_each_is_bounded() {
        let log = Log::default();
        let changes = (0..100).filter(|number| log.keep(&format!("line {number}  "))).count();
        assert!(!log.keep(&"Ж".repeat(10_000)));
        let lines = log.lines();
        assert_eq!((lines.len(), lines[0].as_str(), lines[18].as_str()), (LINES_MAX, "line 81", "line 99"));
        assert_eq!((lines[19].chars().count(), changes), (LINE_CHARS_MAX + 1, 1));
        assert!(log.take_change() && !log.take_change());
        log.clear();
        assert_eq!(log.last(), None);
    }

    #[test]
    fn a_line_cannot_control_what_shows_it() {
        let log = Log::default();
        log.keep("\x1b[2Jgone");
        assert_eq!(log.lines(), ["\\u{1b}[2Jgone"]);
    }
}
