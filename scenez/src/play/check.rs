//! One expectation of a cue, and how far it is.

use std::{collections::BTreeMap, time::Instant};

use wire::{foreign, plural};

use super::words;
use crate::{
    script::{Comparison, Expectation, Line, Operand, Placed, Wanted},
    values::{Missing, Values},
};

/// How much of a printed line a sentence has.
const LINE_CHARS_MAX: usize = 60;

/// How much of a long line is shown before what was found in it.
const BEFORE_FOUND_CHARS: usize = 16;

/// An expectation at work.
#[derive(Debug, Clone)]
pub struct Check {
    expectation: Expectation,
    line: Line,
    status: Status,
    /// What was seen last, in words.
    seen: String,
    /// What the path was before the cue, by process id.
    before: BTreeMap<u32, f64>,
    /// Since when it is true.
    true_since: Option<Instant>,
    printed: Printed,
}

/// How far an expectation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is not true yet.
    Waiting,
    /// It is true, and has to stay so.
    Holding,
    /// It is true, and has stayed so.
    Met,
    /// It did not become true in time.
    Failed,
    /// It became false before its time was over.
    Broken,
}

/// The lines that were printed since the cue.
#[derive(Debug, Clone, Default)]
struct Printed {
    count: u64,
    last: String,
    is_found: bool,
}

impl Check {
    pub(super) fn new(placed: &Placed<Expectation>, values: &Values<'_>) -> Self {
        let expectation = placed.what.clone();
        let before = match expectation.wanted {
            Wanted::Rises(..) => values.numbers(&expectation.path).unwrap_or_default(),
            _ => BTreeMap::new(),
        };
        Self {
            expectation,
            line: placed.line,
            status: Status::Waiting,
            seen: "not seen yet".to_owned(),
            before,
            true_since: None,
            printed: Printed::default(),
        }
    }

    /// Where it is in the file.
    #[must_use]
    pub const fn line(&self) -> Line {
        self.line
    }

    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// What is expected, in words: `early.lost = 0`.
    #[must_use]
    pub fn expected(&self) -> String {
        words::wanted(&self.expectation.path, &self.expectation.wanted)
    }

    /// What was seen last, in words: `is 12`.
    #[must_use]
    pub fn seen(&self) -> &str {
        &self.seen
    }

    /// Both in one sentence, with the time that has decided: `early.lost = 0, is 12 after 5 s`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (expected, seen) = (self.expected(), self.seen());
        match self.status {
            Status::Waiting | Status::Holding | Status::Met => format!("{expected}, {seen}"),
            Status::Failed => format!("{expected}, {seen} after {}", words::time(self.expectation.within)),
            Status::Broken => {
                format!("{expected}, {seen}: was true, but not for {}", words::time(self.expectation.stays))
            }
        }
    }

    pub(super) fn handle_line(&mut self, actor: &str, member: &str, line: &str) {
        let path = &self.expectation.path;
        let Wanted::Contains(text) = &self.expectation.wanted else { return };
        if self.printed.is_found || (path.member != actor && path.member != member) {
            return;
        }
        let found = line.find(text.as_str());
        self.printed = Printed {
            count: self.printed.count + 1,
            last: found.map_or_else(|| line.to_owned(), |at| from_around(line, at)),
            is_found: found.is_some(),
        };
    }

    /// Takes the values of now; returns whether anything has changed.
    pub(super) fn follow(&mut self, now: Instant, begun: Instant, values: &Values<'_>) -> bool {
        if matches!(self.status, Status::Failed | Status::Broken) {
            return false;
        }
        let (is_true, seen) = self.look(begun, values);
        let status = self.next_status(now, begun, is_true);
        let is_changed = status != self.status || seen != self.seen;
        (self.status, self.seen) = (status, seen);
        is_changed
    }

    fn next_status(&mut self, now: Instant, begun: Instant, is_true: bool) -> Status {
        let Expectation { within, stays, .. } = self.expectation;
        if is_true {
            let since = *self.true_since.get_or_insert(now);
            return if now.saturating_duration_since(since) >= stays { Status::Met } else { Status::Holding };
        }
        let was_true = self.true_since.take().is_some();
        if was_true && !stays.is_zero() {
            Status::Broken
        } else if now.saturating_duration_since(begun) >= within {
            Status::Failed
        } else {
            Status::Waiting
        }
    }

    pub(super) fn next_deadline(&self, begun: Instant) -> Option<Instant> {
        match self.status {
            Status::Waiting => Some(begun + self.expectation.within),
            Status::Holding => self.true_since.map(|since| since + self.expectation.stays),
            Status::Met | Status::Failed | Status::Broken => None,
        }
    }

    /// Whether it is true, and what is seen.
    fn look(&self, begun: Instant, values: &Values<'_>) -> (bool, String) {
        let Expectation { path, wanted, .. } = &self.expectation;
        if !values.is_fresh(path, begun) {
            return (false, words::missing(path, Missing::Unreported));
        }
        let looked = match wanted {
            Wanted::Number(comparison, operand) => self.look_at_number(*comparison, operand, begun, values),
            Wanted::Rises(comparison, by) => values.numbers(path).map(|numbers| {
                let before = |pid| self.before.get(pid).copied().unwrap_or(0.0);
                let risen = numbers.iter().map(|(pid, number)| number - before(pid)).sum();
                (compares(risen, *comparison, *by), format!("has risen by {}", words::number_word(risen)))
            }),
            Wanted::Phase(phase) => values.phases(path).map(|phases| {
                let is_true = phases.iter().all(|phases| phases.contains(phase));
                let seen = words::list(phases.iter().flatten().copied().map(words::phase_word));
                (is_true, if seen.is_empty() { "has no connection".to_owned() } else { format!("is {seen}") })
            }),
            Wanted::Presence(presence) => values.presences(path).map(|presences| {
                let seen = words::list(presences.iter().copied().map(words::presence_word));
                (presences.iter().all(|seen| seen == presence), format!("is {seen}"))
            }),
            Wanted::Contains(_) => Ok(self.look_at_lines()),
        };
        looked.unwrap_or_else(|reason| (false, words::missing(path, reason)))
    }

    fn look_at_number(
        &self,
        comparison: Comparison,
        operand: &Operand,
        begun: Instant,
        values: &Values<'_>,
    ) -> Result<(bool, String), Missing> {
        let number = values.number(&self.expectation.path)?;
        let is = format!("is {}", words::number_word(number));
        match operand {
            Operand::Number(other) => Ok((compares(number, comparison, *other), is)),
            Operand::Path(path) => {
                let other = values.number(path).ok().filter(|_| values.is_fresh(path, begun));
                let Some(other) = other else { return Ok((false, format!("{is}; the other is not known"))) };
                Ok((compares(number, comparison, other), format!("{is}; the other is {}", words::number_word(other))))
            }
        }
    }

    fn look_at_lines(&self) -> (bool, String) {
        let Printed { count, last, is_found } = &self.printed;
        let seen = match (is_found, count) {
            (true, _) => format!("has printed '{}'", foreign(last).at_most(LINE_CHARS_MAX)),
            (false, 0) => "has printed nothing since".to_owned(),
            (false, count) => {
                format!("not in {}, the last: '{}'", plural(*count, "line"), foreign(last).at_most(LINE_CHARS_MAX))
            }
        };
        (*is_found, seen)
    }
}

/// A line that is too long to be shown whole, from shortly before what was found in it.
fn from_around(line: &str, found: usize) -> String {
    if line.chars().nth(LINE_CHARS_MAX).is_none() {
        return line.to_owned();
    }
    match line[..found].char_indices().nth_back(BEFORE_FOUND_CHARS) {
        Some((start, _)) => format!("…{}", &line[start..]),
        None => line.to_owned(),
    }
}

/// Whether two numbers compare so.
fn compares(left: f64, comparison: Comparison, right: f64) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Different => left != right,
        Comparison::Less => left < right,
        Comparison::AtMost => left <= right,
        Comparison::Greater => left > right,
        Comparison::AtLeast => left >= right,
    }
}
