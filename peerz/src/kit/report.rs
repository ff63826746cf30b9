//! What came of the checks: as a table, as JSON, as a badge.

mod badge;
mod table;

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Candidate, Conclusion, Outcome, Plan, Verdicts};

pub use table::Table;

/// Lists the checks of a plan: name, section and claim.
///
/// # Errors
/// It cannot be written.
pub fn list(to: &mut impl Write, plan: &Plan) -> io::Result<()> {
    table::list(to, plan)
}

/// Writes every verdict to a file, as one JSON object.
///
/// # Errors
/// The file cannot be written.
pub fn write_json(path: &Path, plan: &Plan, candidate: &Candidate, verdicts: &Verdicts) -> anyhow::Result<()> {
    let checks: Vec<Value> = verdicts.outcomes.iter().map(json_of).collect();
    let all = json!({"role": plan.role.name, "command": candidate.command(), "checks": checks});
    write(path, &format!("{all:#}\n"))
}

fn json_of(Outcome { check, conclusion }: &Outcome) -> Value {
    let (verdict, reason) = match conclusion {
        Conclusion::Passed => ("passed", None),
        Conclusion::Unsupported => ("unsupported", None),
        Conclusion::Failed(reason) => ("failed", Some(reason)),
        Conclusion::NotRun => ("not_run", None),
    };
    json!({
        "name": check.name,
        "section": check.section,
        "claim": check.claim,
        "extension": check.extension,
        "verdict": verdict,
        "reason": reason,
    })
}

/// Writes a badge to a file, as SVG: the role, and how many of its checks have passed.
///
/// # Errors
/// The file cannot be written.
pub fn write_badge(path: &Path, plan: &Plan, verdicts: &Verdicts) -> anyhow::Result<()> {
    let (passed, required) = (verdicts.passed(), verdicts.required());
    write(path, &badge::svg(plan.role.name, &format!("{passed} of {required}"), passed == required))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", wire::foreign(&path.to_string_lossy())))
}
