//! Makes CURVE key pairs: `NAME.key` for everybody, `NAME.key_secret` (mode 0600) for its owner.
//!
//! With `--allow` the new public key is also added to a service's allow-list, which the service reads again by itself.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;
use settings::program;
use sockets::{KeyPair, allow::AllowList};
use wire::User;

/// Make CURVE key pairs as files
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  keyz suite                                  a pair for the servers, into keys/
  keyz ada bob --allow keys/allow             two pairs, both added to the allow-list
  chatz serve --security curve --key keys/suite.key_secret --allow keys/allow
  chatz join ada --security curve --key keys/ada.key_secret --server-key keys/suite.key"
)]
struct Cli {
    /// The users to make pairs for: names as in chatz
    #[arg(required = true)]
    names: Vec<User>,
    /// The folder for the files; created if it is missing
    #[arg(long, value_name = "FOLDER", default_value = "keys")]
    out: PathBuf,
    /// An allow-list to add the new public keys to; created if it is missing
    #[arg(long, value_name = "FILE")]
    allow: Option<PathBuf>,
}

fn main() -> ExitCode {
    program::exit_code(run(&program::parse()))
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    for name in &cli.names {
        let pair = KeyPair::generate()?;
        let (public, secret) = pair.write(&cli.out, name.as_str())?;
        if let Some(allow) = &cli.allow {
            let added = AllowList::add_key(allow, name, &pair.public);
            if added.is_err() {
                // No peer has the pair yet, and it would block the next attempt.
                [&public, &secret].map(fs::remove_file).into_iter().collect::<io::Result<()>>()?;
            }
            added.with_context(|| format!("{name} is not added"))?;
        }
        writeln!(io::stdout(), "{name}: {} and {}", public.display(), secret.display())?;
    }
    Ok(())
}
