//! `peerz languages`: which languages there are, and which of them this machine has.

use std::{
    io::{self, Write as _},
    thread,
};

use clap::Args;
use languages::{Language, Registry};
use serde_json::json;
use wire::{foreign, plural};

/// Where the second column begins.
const INDENT: usize = 12;

/// The arguments of `languages`.
#[derive(Debug, Args)]
pub struct LanguagesArgs {
    /// Print one line: an array of JSON objects
    #[arg(long)]
    json: bool,
}

/// A language as this machine has it.
struct Found<'a> {
    language: &'a Language,
    /// None if it is missing.
    versions: Option<String>,
}

/// Prints all languages.
///
/// # Errors
/// There is no registry, or it cannot be written.
pub fn run(args: &LanguagesArgs) -> anyhow::Result<()> {
    let registry = Registry::find(None)?;
    let found = look_for(registry.languages());
    if args.json {
        let all: Vec<_> = found.iter().map(json_of).collect();
        writeln!(io::stdout(), "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    for Found { language, versions } in &found {
        let state = match versions {
            Some(versions) => foreign(versions).to_string(),
            None => format!("missing: `just setup {}` installs it", language.id),
        };
        writeln!(io::stdout(), "{:INDENT$}{state}", language.id)?;
        writeln!(io::stdout(), "{:INDENT$}{}", "", language.roles().join(", "))?;
    }
    let present = found.iter().filter(|found| found.versions.is_some()).count();
    writeln!(io::stdout(), "{}, {present} present", plural(found.len() as u64, "language"))?;
    Ok(())
}

/// Asks all of them at once: some take a second to start.
fn look_for(languages: &[Language]) -> Vec<Found<'_>> {
    let versions = |language: &Language| {
        language.is_present().then(|| language.versions().unwrap_or_else(|| "of an unknown version".to_owned()))
    };
    thread::scope(|scope| {
        let asked: Vec<_> = languages.iter().map(|language| scope.spawn(move || versions(language))).collect();
        let answers = asked.into_iter().map(|asked| asked.join().unwrap_or_default());
        languages.iter().zip(answers).map(|(language, versions)| Found { language, versions }).collect()
    })
}

fn json_of(Found { language, versions }: &Found<'_>) -> serde_json::Value {
    json!({
        "language": language.id,
        "name": language.name(),
        "library": language.library(),
        "packages": language.packages(),
        "roles": language.roles(),
        "present": versions.is_some(),
        "versions": versions,
    })
}
