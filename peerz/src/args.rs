//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{languages::LanguagesArgs, matrix::MatrixArgs, run::RunArgs, setup::SetupArgs};

/// Peers in any language: proves that a program speaks the suite's protocols
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run any program as a role of the suite, and check what it does
    Conformance(ConformanceArgs),
    /// List the languages that peers are written in, and which of them this machine has
    Languages(LanguagesArgs),
    /// Install what languages need, by the system's package manager
    Setup(SetupArgs),
    /// Run a role in another language
    Run(RunArgs),
    /// Run the peers of all languages through the kit, and write the page that shows what came of it
    Matrix(MatrixArgs),
    /// Become another program, which ends when the caller of this one does
    #[command(hide = true)]
    Exec(ExecArgs),
}

/// The arguments of `conformance`.
#[derive(Debug, Args)]
#[command(after_help = CONFORMANCE_EXAMPLES)]
pub struct ConformanceArgs {
    /// The role that the program has: publish, watch, serve, join, source, worker, reduce, jobz-client, jobz-worker, jobz-broker, ppp-worker or ppp-queue
    #[arg(value_name = "ROLE")]
    pub role: String,
    /// List the checks of the role, and run none
    #[arg(long)]
    pub list: bool,
    /// Run only this check; may be repeated
    #[arg(long, value_name = "CHECK")]
    pub only: Vec<String>,
    /// Write the verdicts as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a badge as SVG, such as "worker: 24 of 24"
    #[arg(long, value_name = "FILE")]
    pub badge: Option<PathBuf>,
    /// The program and its arguments; the kit adds those of the role
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "list")]
    pub program: Vec<OsString>,
}

/// The arguments of `exec`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    pub words: Vec<OsString>,
}

const CONFORMANCE_EXAMPLES: &str = "\
The program gets its endpoints in the variables that protocol-docs/README.md names, such as VALUZ_ORDERS.
Exit code 0: every check passed; 1: one failed; 2: wrong usage.

Examples:
  peerz conformance worker -- valuz worker --report
  peerz conformance worker --only tail-unchanged -- python3 worker.py
  peerz conformance watch --json watch.json --badge watch.svg -- node watch.js
  peerz conformance worker --list";
