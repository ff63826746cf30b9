//! A role's program, built if it is not that of its sources.
//!
//! Next to a program is its recipe: the line that has built it, and name, size and time of each file of its language. A
//! program is fresh if its recipe is the same now. A file with a lock lets one process build at a time, and the others wait.

use std::{
    fs::{self, File},
    io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use children::capture;

use crate::language::{Language, PeerError};

/// How long a build may take.
const BUILD: Duration = Duration::from_secs(300);

/// Builds a role, if its language is built at all.
pub(crate) fn if_stale(language: &Language, role: &str) -> Result<(), PeerError> {
    let Some(line) = &language.section.build else { return Ok(()) };
    let failed = |reason: String| PeerError::Build { file: language.file(role), reason };
    build(language, role, &language.line(line, Some(role))).map_err(|error| failed(error.to_string()))?.map_err(failed)
}

/// Builds if it must; inside is what the build itself reports.
fn build(language: &Language, role: &str, line: &str) -> io::Result<Result<(), String>> {
    let program = language.program(role);
    fs::create_dir_all(&language.out)?;
    let lock = File::create(language.out.join(format!("{role}.lock")))?;
    lock.lock()?;
    let (recipe, made_by) = (recipe(line, &language.folder)?, language.out.join(format!("{role}.recipe")));
    if program.exists() && fs::read_to_string(&made_by).is_ok_and(|made_by| made_by == recipe) {
        return Ok(Ok(()));
    }
    // One that runs keeps its file, which has no name any more.
    remove(&program)?;
    let done = capture(&mut language.shell(line), BUILD)?;
    if !done.exit.is_success() {
        let lines: Vec<String> = done.printed.into_iter().chain(done.logged).collect();
        return Ok(Err(format!("{}\n{}", done.exit, lines.join("\n"))));
    }
    if !program.exists() {
        return Ok(Err(format!("`{line}` has made no {}", program.display())));
    }
    fs::write(made_by, recipe)?;
    Ok(Ok(()))
}

/// What a program is made from: read before it is built, so that a change meanwhile makes it stale.
fn recipe(line: &str, folder: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_file() {
            let time = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            files.push(format!("{} {} {time}\n", entry.file_name().to_string_lossy(), about.len()));
        }
    }
    files.sort();
    Ok(format!("{line}\n{}", files.concat()))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}
