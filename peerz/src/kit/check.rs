//! A check, and its verdict.

use super::Candidate;

/// A role of the suite.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// Its name, unique in the suite, such as `worker`.
    pub name: &'static str,
    /// The arguments that the kit adds to the command, in words; empty if there are none.
    pub arguments: &'static str,
    /// The page of `protocol-docs` that specifies it, such as `valuz.md`.
    pub page: &'static str,
}

/// One claim about a role, and how it is checked.
#[derive(Debug)]
pub struct Check {
    /// Its name, unique within the role, such as `tail-unchanged`.
    pub name: &'static str,
    /// The page and the section that make the claim, such as `valuz.md#the-worker`.
    pub section: &'static str,
    /// The claim in one sentence.
    pub claim: &'static str,
    /// The extension of the protocol that the claim belongs to. Not to have the extension is no failure.
    pub extension: Option<&'static str>,
    /// Runs the check with a fresh process.
    pub run: fn(&Candidate) -> Verdict,
}

/// What came of a check.
pub type Verdict = Result<(), Finding>;

/// Why a check did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The claim does not hold: what was expected, and what was seen.
    Failed(String),
    /// The program does not have the extension.
    Unsupported,
}

impl Finding {
    /// The claim does not hold.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed(reason.into())
    }
}

/// Returns a finding unless `holds`.
///
/// # Errors
/// It does not hold.
pub fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Finding::Failed(reason())) }
}
