//! The file of a new recording.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use tracing::{info, warn};

/// The largest number that a new recording may get in place of one that exists.
const NUMBER_MAX: u32 = 9_999;

/// Makes the file of a new recording. A recording that exists is left alone: the new one gets the next free number, such
/// as `talk-2.jsonl`.
///
/// # Errors
/// The file cannot be made.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    for number in 1..=NUMBER_MAX {
        let numbered = numbered(path, number);
        match OpenOptions::new().write(true).create_new(true).open(&numbered) {
            Ok(file) => {
                if number > 1 {
                    warn!(file = %path.display(), "this recording exists already: it is left alone");
                }
                info!(file = %numbered.display(), "recording");
                return Ok(file);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// `talk.jsonl`, `talk-2.jsonl`, and so on.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().map_or_else(OsString::new, OsString::from);
    if number > 1 {
        name.push(format!("-{number}"));
    }
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    #[test]
    fn a_new_recording_gets_a_number_and_leaves_those_that_exist_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("the.talk.jsonl");
        for text in ["first", "second", "third"] {
            create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        for (name, text) in [("the.talk.jsonl", "first"), ("the.talk-2.jsonl", "second"), ("the.talk-3.jsonl", "third")]
        {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
        }
        assert_eq!(numbered(Path::new("talk"), 2), Path::new("talk-2"));
        assert!(create(Path::new("/nowhere/at/all")).is_err());
    }
}
