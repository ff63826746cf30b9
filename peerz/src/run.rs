//! `peerz run`: becomes a role in another language.

use std::ffi::OsString;

use clap::Args;
use languages::{PeerError, Registry, set_up};
use settings::program::{self, Usage};

use crate::setup::say;

/// The arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  peerz run haskell worker
  peerz run --setup python watch MSFT")]
pub struct RunArgs {
    /// Install the language first if it is missing
    #[arg(long)]
    setup: bool,
    /// A language such as haskell
    #[arg(value_name = "LANGUAGE")]
    language: String,
    /// A role that it has: publish, watch, serve, join, source, worker, reduce, jobz-client, jobz-worker or jobz-broker
    #[arg(value_name = "ROLE")]
    role: String,
    /// Arguments of the role
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Becomes the role; it is built first if its sources have changed.
///
/// # Errors
/// There is no such role, its language is missing, or it cannot be built.
pub fn run(args: RunArgs) -> anyhow::Result<()> {
    let registry = Registry::find(None)?;
    let language = registry.language(&args.language).map_err(usage)?;
    language.has_role(&args.role).map_err(usage)?;
    if args.setup {
        set_up(&[language], say)?;
    }
    let words = language.command(&args.role).map_err(usage)?;
    let words: Vec<OsString> = words.into_iter().map(OsString::from).chain(args.arguments).collect();
    program::exec(&words)
}

/// Ends the program with the exit code of wrong usage if another word avoids the error.
pub(crate) fn usage(error: PeerError) -> anyhow::Error {
    if error.is_usage() { Usage(error.to_string()).into() } else { error.into() }
}
