//! The command line: one pattern, or several in one process, with `and` between them.

use std::env;

use clap::Parser;
use settings::{ReportingArgs, program};

use crate::Pattern;

/// The word between two patterns.
pub const AND: &str = "and";

/// The patterns of ZeroMQ as tiny programs
#[derive(Debug, Parser)]
#[command(
    name = "patternz",
    version,
    after_help = "Examples:
  patternz pong --bind tcp://127.0.0.1:7000
  patternz ping --connect tcp://127.0.0.1:7000
  patternz pong --bind inproc://a and ping --connect inproc://a    two patterns in one process"
)]
struct First {
    #[command(flatten)]
    suite: ReportingArgs,
    #[command(subcommand)]
    pattern: Pattern,
}

/// Those after `and` share the process, and with it the flags of the suite.
#[derive(Debug, Parser)]
#[command(name = "patternz")]
struct Next {
    #[command(subcommand)]
    pattern: Pattern,
}

/// Parses the command line of this process. Help, and wrong usage, end it here.
#[must_use]
pub fn parse_or_exit() -> (ReportingArgs, Vec<Pattern>) {
    let mut words = env::args_os();
    let program: Vec<_> = words.by_ref().take(1).collect();
    let words: Vec<_> = words.collect();
    let mut parts = words.split(|word| word == AND).map(|part| [&program[..], part].concat());
    let First { suite, pattern } = program::parse_from(parts.next().unwrap_or_default());
    let others = parts.map(|part| program::parse_from::<Next>(part).pattern);
    (suite, [pattern].into_iter().chain(others).collect())
}
