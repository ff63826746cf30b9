//! `peerz setup`: installs what languages need, by the system's package manager.

use std::io::{self, Write as _};

use clap::Args;
use languages::{Language, Registry, set_up};

use crate::run::usage;

/// The arguments of `setup`.
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// Languages such as haskell, or `all`
    #[arg(value_name = "LANGUAGE", required = true)]
    languages: Vec<String>,
}

/// Installs what is missing.
///
/// # Errors
/// A language is unknown, or cannot be installed here.
pub fn run(args: &SetupArgs) -> anyhow::Result<()> {
    let registry = Registry::find(None)?;
    let languages = named(&registry, &args.languages)?;
    set_up(&languages, say)?;
    for language in languages {
        let versions = language.versions().unwrap_or_else(|| "of an unknown version".to_owned());
        writeln!(io::stdout(), "{} is present: {}", language.name(), wire::foreign(&versions))?;
    }
    Ok(())
}

/// The languages of these names; `all` is all of them, as no name is.
///
/// # Errors
/// One is unknown.
pub(crate) fn named<'a>(registry: &'a Registry, names: &[String]) -> anyhow::Result<Vec<&'a Language>> {
    match names {
        [] => Ok(registry.languages().iter().collect()),
        [all] if all == "all" => Ok(registry.languages().iter().collect()),
        names => names.iter().map(|name| registry.language(name).map_err(usage)).collect(),
    }
}

/// Says on standard error what is about to be done, if that takes it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "peerz: {line}");
}
