//! One role of one language through the kit: in a separate process, which writes its verdicts to a file.

use std::{
    env, fmt, io,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use children::capture;
use languages::{Language, Registry};
use serde::Deserialize;
use wire::foreign;

/// How long the kit may take for a role.
const BOUND: Duration = Duration::from_secs(300);

/// What the kit has found.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) language: String,
    pub(super) role: &'static str,
    pub(super) time: Duration,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Checks(Vec<Checked>),
    /// There are no verdicts, and why.
    Nothing(String),
}

/// The kit's file.
#[derive(Debug, Deserialize)]
struct File {
    checks: Vec<Checked>,
}

#[derive(Debug, Deserialize)]
struct Checked {
    name: String,
    extension: Option<String>,
    verdict: Word,
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Passed,
    Failed,
    Unsupported,
    NotRun,
}

/// Runs a role through the kit.
///
/// # Errors
/// This program cannot be started again.
pub(super) fn of(language: &Language, role: &'static str) -> anyhow::Result<Verdict> {
    let begin = Instant::now();
    let found = match language.command(role) {
        Ok(words) => checks(role, &words)?,
        Err(error) => Found::Nothing(error.to_string()),
    };
    Ok(Verdict { language: language.id.clone(), role, time: begin.elapsed(), found })
}

fn checks(role: &str, words: &[String]) -> anyhow::Result<Found> {
    let file = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let mut kit = Command::new(env::current_exe().context("cannot find this program")?);
    kit.args(["conformance", role, "--json"]).arg(file.path()).arg("--").args(words);
    let done = match capture(&mut kit, BOUND) {
        Ok(done) => done,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(Found::Nothing(error.to_string())),
        Err(error) => return Err(error).context("cannot run the kit"),
    };
    let text = std::fs::read_to_string(file.path()).context("cannot read what the kit has written")?;
    Ok(match serde_json::from_str::<File>(&text) {
        Ok(File { checks }) => Found::Checks(checks),
        Err(_) => Found::Nothing(format!("{}: {}", done.exit, done.logged.iter().last().map_or("", |line| line))),
    })
}

impl Verdict {
    /// What is wrong with it, a line for each check.
    pub(super) fn failures(&self) -> impl Iterator<Item = String> {
        let (checks, nothing) = match &self.found {
            Found::Checks(checks) => (checks.as_slice(), None),
            Found::Nothing(reason) => (&[][..], Some(foreign(reason).to_string())),
        };
        let failed = checks.iter().filter(|check| check.is_failure());
        let line = |check: &Checked| {
            let reason = check.reason.as_deref().unwrap_or("not run");
            format!("{}: {}", check.name, foreign(reason))
        };
        nothing.into_iter().chain(failed.map(line))
    }

    /// What is not as the registry has it: failures that it does not except, where the peer has become worse or the kit stricter,
    /// and exceptions that are none any more.
    pub(super) fn surprises(&self, registry: &Registry) -> Vec<String> {
        let place = format!("{} {}", self.language, self.role);
        let checks = match &self.found {
            Found::Nothing(reason) => return vec![format!("{place}: {}", foreign(reason))],
            Found::Checks(checks) => checks,
        };
        let excepted = registry.language(&self.language).map(|language| language.except().keys()).into_iter().flatten();
        let excepted: Vec<&str> =
            excepted.filter_map(|check| check.strip_prefix(self.role)?.strip_prefix('/')).collect();
        let worse = checks.iter().filter(|check| check.is_failure() && !excepted.contains(&check.name.as_str()));
        let worse = worse.map(|check| format!("{place}: fails {}", check.name));
        let stale = excepted.iter().filter_map(|name| {
            let seen = match checks.iter().find(|check| check.name == *name) {
                Some(check) if check.is_failure() => return None,
                Some(_) => format!("passes {name}"),
                None => format!("there is no check {name}"),
            };
            Some(format!("{place}: {seen}, which languages.toml excepts: remove it there"))
        });
        worse.chain(stale).collect()
    }
}

impl Checked {
    const fn is_failure(&self) -> bool {
        matches!(self.verdict, Word::Failed | Word::NotRun)
    }
}

/// The cell of the table: how many checks passed, of those that apply, and which extensions it does not have.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found::Checks(checks) = &self.found else { return formatter.write_str("none") };
        let count = |is: fn(&Checked) -> bool| checks.iter().filter(|check| is(check)).count();
        let passed = count(|check| check.verdict == Word::Passed);
        write!(formatter, "{passed} of {}", passed + count(Checked::is_failure))?;
        let mut absent: Vec<&str> = checks
            .iter()
            .filter(|check| check.verdict == Word::Unsupported)
            .filter_map(|check| check.extension.as_deref())
            .collect();
        absent.dedup();
        if absent.is_empty() { Ok(()) } else { write!(formatter, "; no {}", absent.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(words: &[(&str, &str)]) -> Verdict {
        let checks: Vec<_> = words
            .iter()
            .map(|(name, verdict)| serde_json::json!({"name": name, "extension": "report", "verdict": verdict, "reason": null}))
            .collect();
        let File { checks } = serde_json::from_value(serde_json::json!({"role": "worker", "checks": checks})).unwrap();
        Verdict { language: "c".to_owned(), role: "worker", time: Duration::ZERO, found: Found::Checks(checks) }
    }

    #[test]
    fn a_cell_counts_what_applies_and_names_what_is_absent() {
        assert_eq!(verdict(&[("a", "passed"), ("b", "failed"), ("c", "not_run")]).to_string(), "1 of 3");
        assert_eq!(
            verdict(&[("a", "passed"), ("b", "unsupported"), ("c", "unsupported")]).to_string(),
            "1 of 1; no report"
        );
    }

    #[test]
    fn failures_that_are_not_excepted_and_exceptions_that_pass_are_surprises() {
        let folder = tempfile::tempdir().unwrap();
        let registry = "[c]\nname='C'\nlibrary=''\npresent='true'\nversions=''\nextension='c'\nrun='x'\nhard=''\n\
                        [c.except]\n'worker/known'='it is old'\n'worker/good'='it was bad'\n'worker/gone'='it is old'\n\
                        'watch/new'='it is old'\n";
        std::fs::write(folder.path().join("languages.toml"), registry).unwrap();
        let registry = Registry::load(folder.path(), folder.path()).unwrap();
        let verdict = verdict(&[("known", "failed"), ("new", "failed"), ("other", "not_run"), ("good", "passed")]);
        let surprises = [
            "c worker: fails new",
            "c worker: fails other",
            "c worker: there is no check gone, which languages.toml excepts: remove it there",
            "c worker: passes good, which languages.toml excepts: remove it there",
        ];
        assert_eq!(verdict.surprises(&registry), surprises);
        assert_eq!(verdict.failures().count(), 3);
    }
}
