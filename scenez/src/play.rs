//! One cue at work: its expectations, and how far each of them is. Pure: values, printed lines and times go in.
//!
//! ```text
//! Waiting ── true ──▶ Holding ── `stays` is over ──▶ Met ── all are: the cue is met
//!    │ `within`          │ false again
//!    ▼                   ▼
//!  Failed              Broken
//! ```
//!
//! A cue is met when all its expectations are met at one moment: what is true at first and false later, while others wait,
//! does not count. Only what was reported after the cue has acted is looked at, so no value of before can decide.

mod check;
mod words;

use std::time::Instant;

pub use self::check::{Check, Status};
use crate::{script::Cue, values::Values};

/// A cue at work.
#[derive(Debug, Clone)]
pub struct Play {
    checks: Vec<Check>,
    /// When the cue had acted.
    begun: Option<Instant>,
    verdict: Verdict,
}

/// What has come of a cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It acts, or expectations wait.
    Open,
    /// All expectations are met.
    Met,
    /// An expectation has failed. Others may still be met.
    Failed,
}

impl Play {
    /// A cue that is about to act: from the values of now, others rise.
    #[must_use]
    pub fn new(cue: &Cue, values: &Values<'_>) -> Self {
        let checks = cue.expectations.iter().map(|placed| Check::new(placed, values)).collect();
        Self { checks, begun: None, verdict: Verdict::Open }
    }

    /// The cue has acted: time runs.
    pub const fn begin(&mut self, now: Instant) {
        self.begun = Some(now);
    }

    /// Its expectations, in the order of the file.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What has come of it.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Takes a line that the process `actor` of `member` has printed.
    pub fn handle_line(&mut self, actor: &str, member: &str, line: &str) {
        for check in &mut self.checks {
            check.handle_line(actor, member, line);
        }
    }

    /// Takes the values of now; returns whether an expectation has changed, or what is seen of it.
    pub fn follow(&mut self, now: Instant, values: &Values<'_>) -> bool {
        let Some(begun) = self.begun.filter(|_| self.verdict != Verdict::Met) else { return false };
        let mut is_changed = false;
        for check in &mut self.checks {
            is_changed |= check.follow(now, begun, values);
        }
        let has = |status: Status| self.checks.iter().any(|check| check.status() == status);
        let verdict = if self.checks.iter().all(|check| check.status() == Status::Met) {
            Verdict::Met
        } else if has(Status::Failed) || has(Status::Broken) {
            Verdict::Failed
        } else {
            Verdict::Open
        };
        is_changed | (std::mem::replace(&mut self.verdict, verdict) != verdict)
    }

    /// When to call [`Play::follow`] though nothing was reported.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let begun = self.begun.filter(|_| self.verdict != Verdict::Met)?;
        self.checks.iter().filter_map(|check| check.next_deadline(begun)).min()
    }
}

#[cfg(test)]
mod tests;
