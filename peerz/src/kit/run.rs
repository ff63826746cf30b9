//! Which checks run, and what came of them.

use std::{io, time::Duration, time::Instant};

use settings::program::Usage;
use strsim::damerau_levenshtein;

use super::{Candidate, Check, Finding, ROLES, Role};

/// The checks of one role that are to run, in order.
#[derive(Debug)]
pub struct Plan {
    /// The role.
    pub role: Role,
    /// The checks, at least one.
    pub checks: Vec<&'static Check>,
}

impl Plan {
    /// The checks of a role with these names, or all of them if none is named.
    ///
    /// # Errors
    /// There is no such role, or no such check.
    pub fn of(role: &str, only: &[String]) -> Result<Self, Usage> {
        let names: Vec<&str> = ROLES.iter().map(|(role, _)| role.name).collect();
        let (role, checks) = ROLES
            .iter()
            .find(|(known, _)| known.name == role)
            .ok_or_else(|| Usage(format!("no role {}: there are {}", wire::foreign(role), names.join(", "))))?;
        let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
        let prefix = format!("{}/", role.name);
        let only: Vec<&str> = only.iter().map(|name| name.strip_prefix(&prefix).unwrap_or(name)).collect();
        if let Some(name) = only.iter().find(|name| !names.contains(name)) {
            return Err(unknown_check(name, &names));
        }
        let checks = checks.iter().filter(|check| only.is_empty() || only.contains(&check.name)).collect();
        Ok(Self { role: *role, checks })
    }
}

/// An error that suggests the name that is most like the one that does not exist.
fn unknown_check(name: &str, names: &[&str]) -> Usage {
    let likely = names.iter().min_by_key(|known| damerau_levenshtein(known, name));
    let hint = likely.map(|likely| format!("did you mean {likely}? --list shows all")).unwrap_or_default();
    Usage(format!("no check {}: {hint}", wire::foreign(name)))
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// The claim holds.
    Passed,
    /// The claim belongs to an extension that the program does not have.
    Unsupported,
    /// The claim does not hold, for this reason.
    Failed(String),
    /// The role's first check has failed: the program shows no sign of life.
    NotRun,
}

/// A check and what came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The check.
    pub check: &'static Check,
    /// What came of it.
    pub conclusion: Conclusion,
}

/// What came of all checks.
#[derive(Debug)]
pub struct Verdicts {
    /// Every check of the plan, in order.
    pub outcomes: Vec<Outcome>,
    /// How long they took.
    pub time: Duration,
}

impl Verdicts {
    /// How many checks have passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.count(|conclusion| *conclusion == Conclusion::Passed)
    }

    /// How many checks have failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(|conclusion| matches!(conclusion, Conclusion::Failed(_)))
    }

    /// How many checks were not run.
    #[must_use]
    pub fn not_run(&self) -> usize {
        self.count(|conclusion| *conclusion == Conclusion::NotRun)
    }

    /// How many checks the program had to pass: all but those of extensions that it does not have.
    #[must_use]
    pub fn required(&self) -> usize {
        self.passed() + self.failed() + self.not_run()
    }

    /// The extensions of which the program has nothing.
    #[must_use]
    pub fn unsupported(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.conclusion == Conclusion::Unsupported)
            .filter_map(|outcome| outcome.check.extension)
            .collect();
        names.dedup();
        names
    }

    fn count(&self, is_counted: impl Fn(&Conclusion) -> bool) -> usize {
        self.outcomes.iter().filter(|outcome| is_counted(&outcome.conclusion)).count()
    }
}

/// Follows the checks as they run.
pub trait Follow {
    /// A check is over.
    ///
    /// # Errors
    /// It cannot be shown.
    fn handle_outcome(&mut self, outcome: &Outcome) -> io::Result<()>;

    /// All checks are over.
    ///
    /// # Errors
    /// It cannot be shown.
    fn handle_end(&mut self, verdicts: &Verdicts) -> io::Result<()>;
}

/// Runs the checks one after another. The first check of a role is a sign of life: if that fails, all others would fail for
/// the same reason, each after a long wait, so they do not run.
///
/// # Errors
/// `follow` fails.
pub fn run(plan: &Plan, candidate: &Candidate, mut follow: impl Follow) -> io::Result<Verdicts> {
    let begin = Instant::now();
    let is_sign_of_life = |check: &Check| {
        let first = ROLES.iter().find(|(role, _)| role.name == plan.role.name).and_then(|(_, checks)| checks.first());
        first.is_some_and(|first| first.name == check.name)
    };
    let (mut outcomes, mut is_lifeless) = (Vec::new(), false);
    for check in &plan.checks {
        let conclusion = if is_lifeless { Conclusion::NotRun } else { conclude(check, candidate) };
        is_lifeless |= matches!(conclusion, Conclusion::Failed(_)) && is_sign_of_life(check);
        let outcome = Outcome { check, conclusion };
        follow.handle_outcome(&outcome)?;
        outcomes.push(outcome);
    }
    let verdicts = Verdicts { outcomes, time: begin.elapsed() };
    follow.handle_end(&verdicts)?;
    Ok(verdicts)
}

fn conclude(check: &Check, candidate: &Candidate) -> Conclusion {
    match (check.run)(candidate) {
        Ok(()) => Conclusion::Passed,
        Err(Finding::Unsupported) if check.extension.is_some() => Conclusion::Unsupported,
        Err(Finding::Unsupported) => Conclusion::Failed("the program does not have it".to_owned()),
        Err(Finding::Failed(reason)) => Conclusion::Failed(reason),
    }
}
