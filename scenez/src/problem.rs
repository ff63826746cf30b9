//! A mistake in a scene file.

use crate::script::Line;

/// A mistake, and the line that it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub line: Line,
    /// What is wrong and, if something helps, what to write instead.
    pub reason: String,
}

/// The mistakes that have been found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds one.
    pub(crate) fn add(&mut self, line: Line, reason: impl Into<String>) {
        self.0.push(Problem { line, reason: reason.into() });
    }

    /// All of them, in the order of the file.
    pub(crate) fn sorted(mut self) -> Vec<Problem> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
