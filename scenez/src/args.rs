//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

/// The longest pause after a cue: no speaker talks for longer.
const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);

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
    /// Play a scene in this terminal
    Play(PlayArgs),
    /// Play the talk in this terminal, scene after scene
    Tour(TourArgs),
    /// Play scenes by themselves, check what they expect, and print a table
    Rehearse(RehearseArgs),
    /// Find mistakes in scenes without running them
    Check(NamesArgs),
    /// List the scenes
    List,
    /// Run a program that ends when this program's parent does
    #[command(hide = true)]
    Exec(ExecArgs),
}

/// Which scene, and at which pace.
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// A name such as slow-joiner, or a file
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Play each cue when the expectations of the one before are met; fail at the first that is not
    #[arg(long)]
    pub auto: bool,
    /// As --auto, and print nothing but what has failed
    #[arg(long, conflicts_with = "auto")]
    pub check: bool,
}

/// Which length of the talk, where it begins, and at which pace.
#[derive(Debug, Args)]
pub struct TourArgs {
    /// The scene to begin with [default: the first]
    #[arg(value_name = "SCENE")]
    pub scene: Option<String>,
    /// Which length of the talk [default: the shortest with SCENE]
    #[arg(long, value_name = "N")]
    pub minutes: Option<u32>,
    /// Play each cue when the expectations of the one before are met; stop at the first that is not. So it is if standard
    /// input is no terminal
    #[arg(long)]
    pub auto: bool,
}

/// Which scenes, and how many at a time.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// Which scenes.
    #[command(flatten)]
    pub scenes: NamesArgs,
    /// How many scenes play at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub jobs: usize,
    /// Wait this long after each cue that is met, as a speaker who talks, such as 20s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_pause)]
    pub pause: Duration,
}

/// A command line.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The program and its arguments
    #[arg(value_name = "WORD", required = true, last = true)]
    pub words: Vec<OsString>,
}

/// Which scenes.
#[derive(Debug, Args)]
pub struct NamesArgs {
    /// Names such as slow-joiner, or files [default: all scenes in the folder]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// A pause after a cue: `2s`.
///
/// # Errors
/// It is no duration, or longer than an hour.
pub fn parse_pause(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(pause) if pause <= PAUSE_MAX => Ok(pause),
        Ok(_) => Err("longer than an hour".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
