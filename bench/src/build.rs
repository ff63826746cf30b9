//! Builds both sides: the suite's programs with cargo in release mode, the reference programs with the C compiler.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::progress::Progress;

/// The measured programs of the suite, and the program of which there are many.
const SUITE: [&str; 7] = ["tickz", "chatz", "valuz", "jobz", "observez", "dealz", "cast"];

/// The reference programs, one file each in `bench/c`.
const REFERENCE: [&str; 13] = [
    "tick_publish",
    "tick_watch",
    "raw_publish",
    "raw_watch",
    "value_source",
    "value_worker",
    "value_reduce",
    "value_lean_worker",
    "value_lean_reduce",
    "chat_server",
    "job_broker",
    "job_worker",
    "job_client",
];

/// Returns the folder of the suite's release programs: `given`, or built now.
pub(crate) fn suite(given: Option<&Path>, progress: &Progress) -> Result<PathBuf> {
    let folder = match given {
        Some(folder) => folder.to_owned(),
        None => {
            progress.say("building the suite's programs");
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            command.current_dir(workspace()).args(["build", "--release", "--quiet", "--workspace"]);
            for program in SUITE {
                command.args(["--bin", program]);
            }
            ensure!(command.status().context("cannot start cargo")?.success(), "the suite does not build");
            target().join("release")
        }
    };
    for program in SUITE {
        ensure!(folder.join(program).is_file(), "{} holds no program {program}", folder.display());
    }
    Ok(folder)
}

/// Compiles the reference programs into `target/bench` and returns that folder.
pub(crate) fn reference(progress: &Progress) -> Result<PathBuf> {
    progress.say("compiling the reference programs");
    compile(&REFERENCE, &["libzmq"])
}

/// Compiles programs of `bench/c` with these libraries into `target/bench` and returns that folder.
///
/// # Errors
/// A library is not installed, or a program does not compile.
pub(crate) fn compile(programs: &[&str], libraries: &[&str]) -> Result<PathBuf> {
    let output = Command::new("pkg-config")
        .args(["--cflags", "--libs"])
        .args(libraries)
        .output()
        .context("cannot start pkg-config")?;
    let names = libraries.join(" and ");
    ensure!(output.status.success(), "pkg-config knows no {names}: install the development packages");
    let flags = String::from_utf8(output.stdout).context("pkg-config's output is no text")?;

    let sources = workspace().join("bench/c");
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for program in programs {
        let status = Command::new("cc")
            .args(["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o"])
            .arg(folder.join(program))
            .arg(sources.join(program).with_extension("c"))
            .args(flags.split_whitespace())
            .arg("-lm")
            .status()
            .context("cannot start the C compiler, cc")?;
        ensure!(status.success(), "{program}.c does not compile");
    }
    Ok(folder)
}

/// The file for the results of a full run.
pub(crate) fn results_path() -> PathBuf {
    workspace().join("bench/RESULTS.md")
}

/// The folder of the whole project.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}
