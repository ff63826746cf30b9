//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Scenes: Markdown files that are a talk's script, a lesson and a test
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The folder of scenes; their casts run in the folder above it
    #[arg(long, value_name = "FOLDER", default_value = "scenes", global = true)]
    pub scenes: PathBuf,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find mistakes in scenes without running them
    Check(NamesArgs),
    /// List the scenes
    List,
}

/// Which scenes.
#[derive(Debug, Args)]
pub struct NamesArgs {
    /// Names such as slow-joiner, or files [default: all scenes in the folder]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}
