//! The program `scenez`: parses the command line, does what it says, turns the result into an exit code.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::ensure;
use scenez::{
    Scene,
    args::{Cli, Command, NamesArgs},
    files::{self, SceneError},
    known::Programs,
};
use settings::program;
use wire::{foreign, plural};

fn main() -> ExitCode {
    program::end_with_parent();
    program::exit_code(run(program::parse()))
}

fn run(Cli { command, scenes }: Cli) -> anyhow::Result<()> {
    match command {
        Command::Check(args) => check(&scenes, &args),
        Command::List => list(&scenes),
    }
}

/// Checks scenes, and prints a line for each without a mistake, and one for each mistake of the others.
fn check(folder: &Path, args: &NamesArgs) -> anyhow::Result<()> {
    let paths: Vec<PathBuf> = match args.names.as_slice() {
        [] => files::all(folder)?,
        names => names.iter().map(|name| files::path(folder, name)).collect(),
    };
    let mut faulty = 0_u64;
    for path in paths {
        match load(&path) {
            Ok(scene) => {
                let expectations: usize = scene.cues.iter().map(|cue| cue.expectations.len()).sum();
                let counts = [plural(scene.cues.len() as u64, "cue"), plural(expectations as u64, "expectation")];
                writeln!(io::stdout(), "{}: {}", foreign(&path.to_string_lossy()), counts.join(", "))?;
            }
            Err(error) => {
                faulty += 1;
                for line in format!("{:#}", anyhow::Error::new(error)).lines() {
                    writeln!(io::stderr(), "{}", foreign(line))?;
                }
            }
        }
    }
    ensure!(faulty == 0, "{} with mistakes", plural(faulty, "scene"));
    Ok(())
}

/// Prints the name and the title of each scene.
fn list(folder: &Path) -> anyhow::Result<()> {
    let paths = files::all(folder)?;
    let names = paths.iter().map(|path| files::name(path)).collect::<Vec<_>>();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (path, name) in paths.iter().zip(names) {
        let title = load(path).map_or_else(|_| format!("has mistakes: scenez check {name}"), |scene| scene.title);
        writeln!(io::stdout(), "{:width$}  {}", foreign(&name), foreign(&title))?;
    }
    Ok(())
}

fn load(path: &Path) -> Result<Scene, SceneError> {
    files::load(path, &Programs::of_this_machine(&files::root(path)))
}
