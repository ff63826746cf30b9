//! The folder of scenes: one Markdown file each, named after the scene.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::{
    Problem, Scene,
    check::check,
    known::Programs,
    parse::{self, parse},
    talk,
};

/// The largest scene file in bytes.
pub const FILE_BYTES_MAX: u64 = 256 * 1024;

/// The extension of scene files.
const EXTENSION: &str = "md";

/// Why a scene cannot be played.
#[derive(Debug, Error)]
pub enum SceneError {
    /// There is no such file, or it cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It is larger than [`FILE_BYTES_MAX`].
    #[error("{} has more than {} KiB", .0.display(), FILE_BYTES_MAX / 1024)]
    TooLarge(PathBuf),
    /// It is not text.
    #[error("{} is not UTF-8", .0.display())]
    NotText(PathBuf),
    /// It is the file that orders scenes.
    #[error("{} orders scenes and is none: `scenez tour` plays it", .0.display())]
    Talk(PathBuf),
    /// It has mistakes. The display is a line for each, such as `scenes/slow-joiner.md:31: no process `lat``.
    #[error("{}", .1.iter().map(|problem| located(.0, problem)).collect::<Vec<_>>().join("\n"))]
    Mistakes(PathBuf, Vec<Problem>),
}

fn located(path: &Path, problem: &Problem) -> String {
    format!("{}:{}: {}", path.display(), problem.line.0, problem.reason)
}

/// The file of a scene: of this name in `folder`, or at this path if the name is one.
#[must_use]
pub fn path(folder: &Path, name: &str) -> PathBuf {
    let given = Path::new(name);
    let is_path = given.extension().is_some_and(|extension| extension == EXTENSION);
    if is_path { given.to_owned() } else { folder.join(format!("{name}.{EXTENSION}")) }
}

/// The files of all scenes in a folder, by name; the file that orders them is none.
///
/// # Errors
/// The folder cannot be read.
pub fn all(folder: &Path) -> Result<Vec<PathBuf>, SceneError> {
    let cannot_read = |error| SceneError::Read(folder.to_owned(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot_read)? {
        let path = entry.map_err(cannot_read)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) && name(&path) != talk::NAME {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The name of the scene in a file.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the cast of a scene runs: the folder above that of the file.
#[must_use]
pub fn root(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(path);
    let root = if folder.as_os_str().is_empty() { Path::new("..") } else { folder.parent().unwrap_or(folder) };
    if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() }
}

/// Reads and checks a scene.
///
/// # Errors
/// The file cannot be read, or has mistakes.
pub fn load(path: &Path, programs: &Programs) -> Result<Scene, SceneError> {
    if name(path) == talk::NAME {
        return Err(SceneError::Talk(path.to_owned()));
    }
    let mistakes = |problems| SceneError::Mistakes(path.to_owned(), problems);
    let scene = parse(&name(path), &read(path)?).map_err(mistakes)?;
    let problems = check(&scene, programs);
    if problems.is_empty() { Ok(scene) } else { Err(mistakes(problems)) }
}

/// The title of a scene, even if it has mistakes.
///
/// # Errors
/// The file cannot be read.
pub fn title(path: &Path) -> Result<String, SceneError> {
    Ok(parse::title(&read(path)?))
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, SceneError> {
    let cannot_read = |error| SceneError::Read(path.to_owned(), error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot_read)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(cannot_read)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(SceneError::TooLarge(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| SceneError::NotText(path.to_owned()))
}
