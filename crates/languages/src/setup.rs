//! What a language needs, installed by the system's package manager: only what is missing, and nothing without saying so.

use std::{
    env, io,
    os::unix::fs::MetadataExt as _,
    process::{Command, Stdio},
    time::Duration,
};

use children::capture;
use thiserror::Error;

use crate::Language;

/// The shell's word for the superuser's id.
const ROOT: u32 = 0;

/// How long a language's own set-up may take.
const SETUP: Duration = Duration::from_secs(300);

/// Why a language is still missing.
#[derive(Debug, Error)]
pub enum SetupError {
    /// This system has another package manager, or none.
    #[error(
        "{language} is missing, and this system has no apt. By hand: {library}; Debian's packages are {packages}. It is there when this succeeds: {present}"
    )]
    ByHand {
        /// The language.
        language: String,
        /// What it needs.
        library: String,
        /// What Debian calls it.
        packages: String,
        /// The line that asks whether it is there.
        present: String,
    },
    /// Installing needs other rights.
    #[error("{0} is missing, and there is no sudo; as root, run: apt-get install {1}")]
    NoSudo(String, String),
    /// A command cannot be run.
    #[error("cannot run {0}")]
    Run(String, #[source] io::Error),
    /// A command failed: its lines are above.
    #[error("`{0}` failed: see the lines above")]
    Failed(String),
    /// All commands succeeded, and it is not there.
    #[error("{language} is still missing after its set-up: this fails: {present}")]
    StillMissing {
        /// The language.
        language: String,
        /// The line that asks whether it is there.
        present: String,
    },
}

/// Installs what these languages need and this machine lacks. `say` gets a line before each thing that is done.
///
/// # Errors
/// It cannot be installed here, or the installation fails. Its output is on standard error.
pub fn set_up(languages: &[&Language], mut say: impl FnMut(&str)) -> Result<(), SetupError> {
    let mut missing: Vec<&Language> = languages.iter().copied().filter(|language| !language.is_present()).collect();
    // The tools may come from elsewhere: then the packages are not needed, and may even be in conflict with those.
    missing.retain(|language| !is_enough(language, &mut say));
    let packages = not_installed(missing.iter().flat_map(|language| language.packages()));
    if !packages.is_empty() {
        install(&missing, &packages, &mut say)?;
    }
    for language in missing {
        if let Some(setup) = &language.section.setup {
            say(&format!("setting up {} again: {setup}", language.name()));
            run(&mut language.shell(&language.line(setup, None)), setup)?;
        }
        if !language.is_present() {
            let (language, present) = (language.name().to_owned(), language.section.present.clone());
            return Err(SetupError::StillMissing { language, present });
        }
    }
    Ok(())
}

/// Whether the language is present after its own set-up alone.
fn is_enough(language: &Language, say: &mut impl FnMut(&str)) -> bool {
    let Some(setup) = &language.section.setup else { return false };
    say(&format!("setting up {}: {setup}", language.name()));
    let done = capture(&mut language.shell(&language.line(setup, None)), SETUP);
    done.is_ok_and(|done| done.exit.is_success()) && language.is_present()
}

/// Installs packages: of all languages together, since the package manager takes most of its time to begin.
fn install(missing: &[&Language], packages: &[String], say: &mut impl FnMut(&str)) -> Result<(), SetupError> {
    let names = missing.iter().map(|language| language.name()).collect::<Vec<_>>().join(", ");
    if !has("apt-get") {
        let all =
            |of: fn(&Language) -> String| missing.iter().map(|language| of(language)).collect::<Vec<_>>().join("; ");
        return Err(SetupError::ByHand {
            language: names,
            library: all(|language| language.library().to_owned()),
            packages: packages.join(" "),
            present: all(|language| language.section.present.clone()),
        });
    }
    let prefix: &[&str] = if is_root() { &[] } else { &["sudo"] };
    if !prefix.is_empty() && !has("sudo") {
        return Err(SetupError::NoSudo(names, packages.join(" ")));
    }
    say(&format!("installing {} (for {names})", packages.join(" ")));
    let update = ["apt-get", "update", "-qq"];
    let install =
        ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qq", "-y", "--no-install-recommends"];
    // Another installation may be at work.
    let patience = ["-o", "DPkg::Lock::Timeout=300"];
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    for words in [[prefix, &update].concat(), [prefix, &install, &patience, &packages].concat()] {
        let Some((program, arguments)) = words.split_first() else { continue };
        run(Command::new(program).args(arguments), &words.join(" "))?;
    }
    Ok(())
}

/// Runs a command without input. What it prints goes to standard error: standard output is for results.
fn run(command: &mut Command, shown: &str) -> Result<(), SetupError> {
    let cannot_run = |error| SetupError::Run(shown.to_owned(), error);
    let status = command.stdin(Stdio::null()).stdout(io::stderr()).status().map_err(cannot_run)?;
    if status.success() { Ok(()) } else { Err(SetupError::Failed(shown.to_owned())) }
}

/// Those packages that the system does not have, each once. Without dpkg that is all of them.
fn not_installed<'a>(packages: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut missing = Vec::new();
    for package in packages {
        let mut ask = Command::new("dpkg-query");
        ask.args(["-W", "-f", "${db:Status-Status}", package]).stdin(Stdio::null()).stderr(Stdio::null());
        let is_installed = ask.output().is_ok_and(|answer| answer.stdout == b"installed");
        if !is_installed && !missing.contains(package) {
            missing.push(package.clone());
        }
    }
    missing
}

fn has(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether this process belongs to the superuser.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == ROOT)
}
