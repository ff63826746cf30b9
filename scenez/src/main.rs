//! The program `scenez`: parses the command line, does what it says, turns the result into an exit code.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    slice,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use scenez::{
    Scene,
    args::{Cli, Command, NamesArgs, PlayArgs, RehearseArgs, TourArgs},
    files::{self, SceneError},
    known::Programs,
    peers,
    player::{self, Pace},
    rehearsal::{self, Outcome, Report},
    stage::{StageConfig, StageHub},
    talk::{self, Cut, Talk},
    tour::{self, Part},
};
use settings::program;
use sockets::Stop;
use wire::{foreign, plural};

fn main() -> ExitCode {
    program::end_with_parent();
    program::exit_code(run(program::parse()))
}

fn run(Cli { command, scenes }: Cli) -> anyhow::Result<()> {
    // What a scene does is shown; the log would tear it.
    if env::var_os("RUST_LOG").is_some() {
        program::log_to_stderr();
    }
    match command {
        Command::Play(args) => play(&scenes, &args),
        Command::Tour(args) => tour(&scenes, &args),
        Command::Rehearse(args) => rehearse(&scenes, &args),
        Command::Exec(args) => program::exec(&args.words),
        Command::Check(args) => check(&scenes, &args),
        Command::List => list(&scenes),
    }
}

fn play(folder: &Path, args: &PlayArgs) -> anyhow::Result<()> {
    let path = files::path(folder, &args.name);
    let (scene, config) = (Arc::new(load(&path)?), stage_config(&path)?);
    let stop = Stop::on_signals()?;
    if !args.check {
        let pace = if args.auto { Pace::Expectations } else { Pace::Keys };
        return player::play(scene, config, pace, &stop);
    }
    // Standard error has no reader if this fails.
    let on_building = |what: &str| drop(writeln!(io::stderr(), "{what} …"));
    let outcome = rehearsal::play_through(scene, config, Duration::ZERO, &stop, on_building)?;
    ensure!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    Ok(())
}

/// Plays the scenes of the talk, after all of them were checked.
fn tour(folder: &Path, args: &TourArgs) -> anyhow::Result<()> {
    let talk = talk::load(folder)?;
    let (cut, first) = tour::choose(&talk, args.minutes, args.scene.as_deref())?;
    let paths = cut.parts.iter().map(|part| files::path(folder, &part.scene));
    let part = |path: PathBuf| {
        let (scene, config) = (load(&path)?, stage_config(&path)?);
        let missing = peers::missing(&scene, &config.root)?;
        Ok(Part { scene: Arc::new(scene), config, missing })
    };
    let scenes = paths.map(part).collect::<anyhow::Result<Vec<_>>>()?;
    let has_keys = !args.auto && io::stdin().is_terminal();
    let pace = if has_keys { Pace::Keys } else { Pace::Expectations };
    tour::play(&talk, cut, &scenes, first, pace, &Stop::on_signals()?)
}

/// Plays scenes by themselves, and prints a line for each as soon as it is over.
fn rehearse(folder: &Path, args: &RehearseArgs) -> anyhow::Result<()> {
    let (mut scenes, mut skipped, mut width) = (Vec::new(), 0, "scene".len());
    for path in paths(folder, &args.scenes)? {
        let (scene, config) = (load(&path)?, stage_config(&path)?);
        width = width.max(scene.name.chars().count());
        let missing = peers::missing(&scene, &config.root)?;
        missing.iter().try_for_each(|reason| writeln!(io::stdout(), "{}: skipped: {reason}", scene.name))?;
        if missing.is_empty() {
            scenes.push((Arc::new(scene), config));
        } else {
            skipped += 1;
        }
    }
    let (count, stop) = (scenes.len() as u64, Stop::on_signals()?);
    writeln!(io::stdout(), "{:width$}  cues  start     reset     time     verdict", "scene")?;
    let (mut played, mut failed) = (0, 0);
    for (name, report) in rehearsal::rehearse(scenes, args.jobs, args.pause, &stop)? {
        let outcome = match report {
            Report::Building(what) => {
                writeln!(io::stderr(), "{name}: {what} …")?;
                continue;
            }
            Report::Over(outcome) => outcome,
        };
        let Outcome { cues, start, reset, time, failures } = outcome.with_context(|| name.clone())?;
        let verdict = if failures.is_empty() { "ok" } else { "FAILED" };
        let (start, time) = (start.as_secs_f64(), time.as_secs_f64());
        let reset = reset.map_or_else(|| "-".to_owned(), |reset| format!("{:.2} s", reset.as_secs_f64()));
        writeln!(io::stdout(), "{name:width$}  {cues:4}  {start:5.2} s  {reset:>7}  {time:6.2} s  {verdict}")?;
        failures.iter().try_for_each(|failure| writeln!(io::stdout(), "    {failure}"))?;
        played += 1;
        failed += u64::from(!failures.is_empty());
    }
    ensure!(failed == 0, "{failed} of {} failed", plural(count, "scene"));
    ensure!(played == count, "stopped after {played} of {}", plural(count, "scene"));
    if skipped > 0 {
        writeln!(io::stdout(), "{} played, {skipped} skipped", plural(played, "scene"))?;
    }
    Ok(())
}

/// The programs are next to this one; the cast runs in the folder above that of the scene.
fn stage_config(path: &Path) -> anyhow::Result<StageConfig> {
    let own = env::current_exe().context("cannot find this program")?;
    let programs = own.parent().context("cannot find the folder of this program")?.to_owned();
    Ok(StageConfig { programs, root: files::root(path), hub: StageHub::Own, house: None })
}

fn paths(folder: &Path, args: &NamesArgs) -> Result<Vec<PathBuf>, SceneError> {
    match args.names.as_slice() {
        [] => files::all(folder),
        names => Ok(names.iter().map(|name| files::path(folder, name)).collect()),
    }
}

/// Checks scenes and the talk, and prints a line for each without a mistake, and one for each mistake of the others.
fn check(folder: &Path, args: &NamesArgs) -> anyhow::Result<()> {
    let is_talk = |path: &&PathBuf| files::name(path) == talk::NAME;
    let (paths, mut faulty, mut skipped) = (paths(folder, args)?, 0_u64, 0);
    for path in paths.iter().filter(|path| !is_talk(path)) {
        let loaded = load(path);
        let missing = loaded.as_ref().map_or(Ok(Vec::new()), |scene| peers::missing(scene, &files::root(path)))?;
        skipped += u64::from(!missing.is_empty());
        faulty += u64::from(!report(path, loaded.map(|scene| counts(&scene, &missing)))?);
    }
    let talk = if paths.iter().any(|path| is_talk(&path)) {
        Some(talk::load(folder))
    } else if args.names.is_empty() {
        talk::find(folder).transpose()
    } else {
        None
    };
    if let Some(talk) = talk {
        faulty += u64::from(!report(&files::path(folder, talk::NAME), talk.map(|talk| lengths(&talk)))?);
    }
    ensure!(faulty == 0, "{} with mistakes", plural(faulty, "file"));
    if skipped > 0 {
        writeln!(io::stdout(), "{} cannot be played on this machine", plural(skipped, "scene"))?;
    }
    Ok(())
}

/// Prints what a file has, or its mistakes; returns whether it has none.
fn report(path: &Path, checked: Result<String, SceneError>) -> io::Result<bool> {
    let is_good = checked.is_ok();
    match checked {
        Ok(counts) => writeln!(io::stdout(), "{}: {counts}", foreign(&path.to_string_lossy()))?,
        Err(error) => {
            for line in format!("{:#}", anyhow::Error::new(error)).lines() {
                writeln!(io::stderr(), "{}", foreign(line))?;
            }
        }
    }
    Ok(is_good)
}

/// What a scene has, and why this machine would skip it.
fn counts(scene: &Scene, missing: &[String]) -> String {
    let expectations: usize = scene.cues.iter().map(|cue| cue.expectations.len()).sum();
    let counts = [plural(scene.cues.len() as u64, "cue"), plural(expectations as u64, "expectation")].join(", ");
    [slice::from_ref(&counts), missing].concat().join("; skipped: ")
}

fn lengths(talk: &Talk) -> String {
    let length =
        |cut: &Cut| format!("{} in {}", plural(cut.parts.len() as u64, "scene"), plural(cut.minutes, "minute"));
    talk.cuts.iter().map(length).collect::<Vec<_>>().join(", ")
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
