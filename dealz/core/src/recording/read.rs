//! A recording, read and checked line by line.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use settings::Input;
use sockets::Stop;
use thiserror::Error;
use tracing::debug;
use wire::foreign;

use super::BYTES_MAX;
use crate::view::Recorded;

/// Why a recording cannot be played.
#[derive(Debug, Error)]
pub enum PlayError {
    /// It cannot be read.
    #[error("{}: {reason}", shown(path))]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// It is larger than any recording.
    #[error("{}: it is larger than {} MiB, the largest size of a recording", shown(path), BYTES_MAX >> 20)]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line of it is not a line of a recording.
    #[error("{}: line {line}: {reason} (this version of dealz plays its own recordings)", shown(path))]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It is empty.
    #[error("{}: it is empty", shown(path))]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

/// Reads a recording: one [`Recorded`] a line. An incomplete last line is dropped. A pipe is waited for until `stop`.
///
/// # Errors
/// The file cannot be read, is too large, or is no recording.
pub(crate) fn read(path: &Path, stop: &Stop) -> Result<String, PlayError> {
    debug!(file = %path.display(), "waiting for the recording");
    read_from(path, Input::open(path, stop))
}

/// The same of a regular file.
pub(crate) fn read_file(path: &Path) -> Result<String, PlayError> {
    read_from(path, File::open(path))
}

fn read_from(path: &Path, input: io::Result<impl io::Read>) -> Result<String, PlayError> {
    let failed = |reason| PlayError::Read { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    input.and_then(|input| input.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(PlayError::TooLarge { path: path.to_owned() });
    }
    let is_torn = bytes.last().is_some_and(|&byte| byte != b'\n');
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    if is_torn && serde_json::from_slice::<Recorded>(&bytes[whole..]).is_err() {
        bytes.truncate(whole);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
        PlayError::Line { path: path.to_owned(), line, reason: "not text".to_owned() }
    })?;
    let mut is_first = true;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason| PlayError::Line { path: path.to_owned(), line: index + 1, reason };
        let recorded: Recorded = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let is_snapshot = matches!(recorded, Recorded::Update { update } if update.snapshot);
        if is_first && !is_snapshot {
            return Err(wrong("a recording begins with a snapshot".to_owned()));
        }
        is_first = false;
    }
    if is_first { Err(PlayError::Empty { path: path.to_owned() }) } else { Ok(text) }
}

/// A path in an error's text.
fn shown(path: &Path) -> String {
    foreign(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::view::Update;

    fn line(snapshot: bool) -> String {
        let update = Update { snapshot, time_ms: 1.5, ..Update::default() };
        serde_json::to_string(&Recorded::Update { update }).unwrap() + "\n"
    }

    fn play(path: &Path) -> Result<String, PlayError> {
        let (_stopper, stop) = Stop::pair().unwrap();
        read(path, &stop)
    }

    fn read_back(bytes: impl AsRef<[u8]>) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let name = format!("{}: ", file.path().display());
        play(file.path()).map_err(|error| error.to_string().strip_prefix(&name).unwrap().to_owned())
    }

    #[test]
    fn a_recording_is_read_and_a_torn_line_dropped() {
        let good = line(true) + &line(false);
        assert_eq!(read_back(&good).unwrap(), good);
        assert_eq!(read_back(good.clone() + "{\"kind\":\"upd").unwrap(), good);
        assert_eq!(read_back([good.as_bytes(), &[0xd0]].concat()).unwrap(), good);
        assert_eq!(read_back(good.trim_end()).unwrap(), good.trim_end());
    }

    #[test]
    fn what_is_no_recording_is_refused_and_the_line_named() {
        let good = line(true);
        assert!(read_back(good.clone() + "x\n" + &good).unwrap_err().starts_with("line 2: expected value"));
        assert!(read_back(line(false)).unwrap_err().starts_with("line 1: a recording begins with a snapshot ("));
        assert!(read_back([good.as_bytes(), b"\xff\n"].concat()).unwrap_err().starts_with("line 2: not text ("));
        for nothing in ["", "\n", "{\"kind\""] {
            assert_eq!(read_back(nothing).unwrap_err(), "it is empty");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES_MAX + 1).unwrap();
        assert!(play(file.path()).unwrap_err().to_string().contains("larger than 64 MiB"));
        assert!(matches!(play(Path::new("/nowhere/at/all")), Err(PlayError::Read { .. })));
    }
}
