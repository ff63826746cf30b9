//! `peerz matrix`: all roles of all languages through the kit, and the page that shows what came of it.
//!
//! - `verdict`: one role through the kit
//! - `rate`: what a worker achieves in a real batch
//! - `page`: `polyglot/README.md`, made from both and from the registry

mod page;
mod rate;
mod verdict;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use languages::{Language, Registry, SetupError, set_up};
use wire::plural;

use self::{
    page::{Page, Row},
    verdict::Verdict,
};
use crate::setup::{named, say};

/// The page, in the folder of all languages.
const PAGE: &str = "README.md";

/// How many roles are checked at a time: each is a process that mostly waits.
const JOBS: usize = 3;

/// The arguments of `matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Languages such as haskell [default: all; the others keep what the page says]
    #[arg(value_name = "LANGUAGE")]
    languages: Vec<String>,
    /// Compare with the page instead of writing it, and measure nothing
    #[arg(long)]
    check: bool,
    /// Install languages that are missing; those that this system cannot install are skipped
    #[arg(long)]
    setup: bool,
}

/// Runs the kit, and writes or compares the page.
///
/// # Errors
/// A peer fails a check that the registry does not except, or passes one that it does; the page is not what it would be; the kit cannot be run.
pub fn run(args: &MatrixArgs) -> anyhow::Result<()> {
    let registry = Registry::find(None)?;
    let chosen = named(&registry, &args.languages)?;
    if args.setup {
        match set_up(&chosen, say) {
            // What this system cannot install is skipped, as without the flag.
            Err(error @ SetupError::ByHand { .. }) => say(&error.to_string()),
            done => done?,
        }
    }
    let (present, missing): (Vec<&Language>, Vec<&Language>) =
        chosen.into_iter().partition(|language| language.is_present());
    for language in &missing {
        writeln!(io::stdout(), "{:22} skipped: {}", language.id, language.missing())?;
    }
    let verdicts = judge(&present)?;
    let surprises: Vec<String> = verdicts.iter().flat_map(|verdict| verdict.surprises(&registry)).collect();

    let path = registry.folder().join(PAGE);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let mut rows = Page::rows(&before);
    for language in &present {
        let row = rows.entry(language.id.clone()).or_default();
        row.verdicts = BTreeMap::new();
    }
    for verdict in &verdicts {
        if let Some(row) = rows.get_mut(&verdict.language) {
            row.verdicts.insert(verdict.role.to_owned(), verdict.to_string());
        }
    }
    if !args.check {
        measure(&present, &mut rows)?;
    }
    let page = Page::of(&registry, &rows)?.to_string();
    if !args.check {
        fs::write(&path, &page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (checked, skipped) = (plural(present.len() as u64, "language"), missing.len());
    writeln!(io::stdout(), "{checked} and {} checked, {skipped} skipped", plural(verdicts.len() as u64, "role"))?;
    ensure!(surprises.is_empty(), "{}", surprises.join("\n"));
    let differing = differing(&before, &page);
    ensure!(
        !args.check || differing.is_empty(),
        "{} is not what `just languages-matrix` would write:\n{}",
        path.display(),
        differing.join("\n")
    );
    Ok(())
}

/// Runs all roles of these languages through the kit, and prints a line for each.
fn judge(languages: &[&Language]) -> anyhow::Result<Vec<Verdict>> {
    let roles = languages.iter().flat_map(|language| language.roles().into_iter().map(move |role| (*language, role)));
    let waiting = Mutex::new(roles.collect::<Vec<_>>().into_iter());
    let (sender, verdicts) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..JOBS {
            let (waiting, sender) = (&waiting, sender.clone());
            scope.spawn(move || {
                let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((language, role)) = next() {
                    if sender.send(verdict::of(language, role)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut all = Vec::new();
        for verdict in verdicts {
            let verdict = verdict?;
            let (Verdict { language, role, time, .. }, words) = (&verdict, verdict.to_string());
            writeln!(io::stdout(), "{language:11} {role:11} {words}, in {:.1} s", time.as_secs_f64())?;
            verdict.failures().try_for_each(|failure| writeln!(io::stdout(), "    {failure}"))?;
            all.push(verdict);
        }
        Ok(all)
    })
}

/// Measures the worker of each language, one after another, and asks for versions.
fn measure(languages: &[&Language], rows: &mut BTreeMap<String, Row>) -> anyhow::Result<()> {
    for language in languages {
        let row = rows.entry(language.id.clone()).or_default();
        row.versions = language.versions().unwrap_or_default();
        if language.roles().contains(&"worker") {
            row.rate = rate::of(&language.id)?;
            writeln!(io::stdout(), "{:11} {:11} {} orders a second", language.id, "worker", row.rate)?;
        }
    }
    Ok(())
}

/// The lines of the first that the second does not have, and the other way round.
fn differing(before: &str, after: &str) -> Vec<String> {
    let only = |mark: &str, these: &str, others: &str| {
        let new = |line: &&str| !others.lines().any(|other| other == *line);
        these.lines().filter(new).map(|line| format!("{mark} {line}")).collect::<Vec<_>>()
    };
    [only("-", before, after), only("+", after, before)].concat()
}
