//! Makes CURVE key pairs: `NAME.key` for everybody, `NAME.key_secret` (mode 0600) for its owner.
//!
//! With `--allow` the new public key goes onto a service's allow-list at once; the service reads the list again
//! by itself.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use clap::Parser;
use settings::program;
use sockets::{KeyPair, PublicKey};
use wire::User;

/// Make CURVE key pairs as files
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:
  keyz suite                                  the pair of the bound sides, into keys/
  keyz ada bob --allow keys/allow             two pairs, both put on the allow-list
  chatz serve --security curve --key keys/suite.key_secret --allow keys/allow
  chatz join ada --security curve --key keys/ada.key_secret --server-key keys/suite.key"
)]
struct Cli {
    /// Whose pairs to make; each name is a user's, as in chatz
    #[arg(required = true)]
    names: Vec<User>,
    /// The folder to put the files into; made if need be
    #[arg(long, value_name = "FOLDER", default_value = "keys")]
    out: PathBuf,
    /// An allow-list to add the new public keys to; made if need be
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
        writeln!(io::stdout(), "{name}: {} and {}", public.display(), secret.display())?;
        if let Some(allow) = &cli.allow {
            put_on_list(allow, name, &pair.public)
                .with_context(|| format!("{}: not put on the list", allow.display()))?;
        }
    }
    Ok(())
}

fn put_on_list(path: &Path, name: &User, key: &PublicKey) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
    ensure!(file.metadata()?.is_file(), "not a file");
    // One write, so that a service that reads meanwhile sees a whole line or none.
    file.write_all(format!("{name} {key}\n").as_bytes())?;
    Ok(())
}
