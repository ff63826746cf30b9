//! What a process has printed and no check has read yet. A process that prints for ever fills no memory.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The most lines of a stream that are kept, and the most bytes of them; older lines are dropped.
const LINES_MAX: usize = 10_000;
const BYTES_MAX: usize = 8 << 20;

/// The output of a process: one thread adds to it, another one reads it.
#[derive(Debug, Default)]
pub(super) struct Output {
    lines: Mutex<Lines>,
    changed: Condvar,
}

/// The lines that are kept.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) printed: Stream,
    pub(super) logged: Stream,
    /// Whether no line follows.
    pub(super) is_over: bool,
}

/// The lines of one stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Output {
    /// Changes the lines, and wakes the thread that waits for one.
    pub(super) fn change(&self, change: impl FnOnce(&mut Lines)) {
        change(&mut self.locked());
        self.changed.notify_all();
    }

    /// The next line of standard output if there is one within `bound`; none once it is over and all are read.
    pub(super) fn next_printed(&self, bound: Duration) -> Option<String> {
        let waits = |lines: &mut Lines| lines.printed.lines.is_empty() && !lines.is_over;
        let waited = self.changed.wait_timeout_while(self.locked(), bound, waits);
        let (mut lines, _) = waited.unwrap_or_else(PoisonError::into_inner);
        lines.printed.pop()
    }

    /// The last line of standard error that is not empty.
    pub(super) fn last_logged(&self) -> Option<String> {
        self.locked().logged.lines.iter().rev().find(|line| !line.trim().is_empty()).cloned()
    }

    fn locked(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    pub(super) fn push(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES_MAX || self.bytes > BYTES_MAX {
            self.pop();
        }
    }

    fn pop(&mut self) -> Option<String> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_within_both_limits() {
        let mut many = Stream::default();
        (0..=LINES_MAX).for_each(|number| many.push(number.to_string()));
        assert_eq!((many.lines.len(), many.pop().as_deref()), (LINES_MAX, Some("1")));

        let mut long = Stream::default();
        (0..100).for_each(|_| long.push("x".repeat(BYTES_MAX / 10)));
        assert_eq!((long.lines.len(), long.bytes), (10, BYTES_MAX / 10 * 10));
        while long.pop().is_some() {}
        assert_eq!(long.bytes, 0);
    }
}
