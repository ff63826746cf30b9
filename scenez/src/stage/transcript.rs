//! The last lines that processes have printed.

use std::collections::VecDeque;

use wire::foreign;

use super::snapshot::PrintedLine;

/// How many lines are kept.
const LINES_MAX: usize = 200;

/// How much of a line is kept.
const LINE_CHARS_MAX: usize = 500;

/// The last lines of all processes, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    lines: VecDeque<PrintedLine>,
    count: u64,
}

impl Transcript {
    /// Keeps a line, without its colours and made safe to show, and returns it.
    pub(super) fn keep(&mut self, actor: usize, text: &str, is_log: bool) -> &str {
        let plain = anstream::adapter::strip_str(text).to_string();
        let text = foreign(plain.trim_end()).at_most(LINE_CHARS_MAX).to_string();
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(PrintedLine { number: self.count, actor, is_log, text: text.into() });
        self.count += 1;
        self.lines.back().map_or("", |line| &line.text)
    }

    /// The lines.
    pub(super) fn lines(&self) -> Vec<PrintedLine> {
        self.lines.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_with_their_numbers_and_cannot_control_a_terminal() {
        let mut transcript = Transcript::default();
        (0..300).for_each(|number| drop(transcript.keep(0, &format!("line {number}"), false).to_owned()));
        assert_eq!(transcript.keep(1, "\u{1b}[31mred\u{1b}[0m\u{202e}\r", true), "red\\u{202e}");
        assert_eq!(transcript.keep(1, &"x".repeat(1_000), true).chars().count(), LINE_CHARS_MAX + 1);
        let lines = transcript.lines();
        assert_eq!((lines.len(), lines[0].number, &*lines[0].text), (LINES_MAX, 102, "line 102"));
    }
}
