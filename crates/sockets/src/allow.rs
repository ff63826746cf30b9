//! The list of who may come in: a text file that can be changed while the service runs.
//!
//! One peer a line: a user name, white space, and its public key in Z85 (CURVE) or its password (PLAIN). Empty
//! lines and lines that begin with `#` are passed over. A name may stand on several lines.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use thiserror::Error;
use tracing::{info, warn};
use wire::User;

use crate::keys::PublicKey;

/// Why a list cannot be used.
#[derive(Debug, Error)]
pub enum AllowError {
    /// The file cannot be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// A line is not `name key` or `name password`.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// The list and the file that it follows.
#[derive(Debug)]
pub struct AllowList {
    path: PathBuf,
    /// What the file looked like when it was read: another time, size or inode means that it changed.
    stamp: Stamp,
    entries: Vec<(User, String)>,
}

type Stamp = Option<(SystemTime, u64, u64)>;

impl AllowList {
    /// Reads a list.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not what it should be.
    pub fn read(path: &Path) -> Result<Self, AllowError> {
        // Stamped before it is read: a change in between is then seen at the next look.
        let stamp = stamp(path);
        Ok(Self { path: path.to_owned(), stamp, entries: entries(path)? })
    }

    /// Reads the file again if it changed. A file that cannot be used leaves the list as it was, and says so
    /// once.
    pub fn refresh(&mut self) {
        let now = stamp(&self.path);
        if now == self.stamp {
            return;
        }
        self.stamp = now;
        match entries(&self.path) {
            Ok(entries) => {
                info!(path = %self.path.display(), entries = entries.len(), "allow-list read again");
                self.entries = entries;
            }
            Err(error) => warn!(%error, "allow-list not usable, the old one stays"),
        }
    }

    /// The user who may come in with this key.
    #[must_use]
    pub fn user_of_key(&self, key: &PublicKey) -> Option<&User> {
        let key = key.to_string();
        self.entries.iter().find(|(_, credential)| *credential == key).map(|(user, _)| user)
    }

    /// Whether this user may come in with this password. Takes the same time wherever the passwords differ.
    #[must_use]
    pub fn has_password(&self, user: &str, password: &[u8]) -> bool {
        let same = |known: &[u8]| {
            known.len() == password.len()
                && known.iter().zip(password).fold(0, |difference, (one, other)| difference | (one ^ other)) == 0
        };
        self.entries.iter().any(|(name, known)| name.as_str() == user && same(known.as_bytes()))
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len(), file.ino()))
}

fn entries(path: &Path) -> Result<Vec<(User, String)>, AllowError> {
    let text = fs::read_to_string(path).map_err(|reason| AllowError::File { path: path.to_owned(), reason })?;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            entry(line).map_err(|reason| AllowError::Line { path: path.to_owned(), line: number, reason })
        })
        .collect()
}

fn entry(line: &str) -> Result<(User, String), String> {
    let (name, credential) = line.split_once(char::is_whitespace).ok_or("a name and a key or password are expected")?;
    let user = name.parse::<User>().map_err(|error| error.to_string())?;
    Ok((user, credential.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_follows_its_file_and_survives_a_bad_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        fs::write(&path, "# who may come in\n\nada secret\n").unwrap();
        let mut list = AllowList::read(&path).unwrap();
        assert!(list.has_password("ada", b"secret"));
        assert!(!list.has_password("ada", b"Secret") && !list.has_password("bob", b"secret"));

        fs::write(&path, "ada secret\nbob longer secret\n").unwrap();
        list.refresh();
        assert!(list.has_password("bob", b"longer secret"));

        fs::write(&path, "bob\n").unwrap();
        list.refresh();
        assert!(list.has_password("bob", b"longer secret"), "the old list stays");
        assert!(
            AllowList::read(&path)
                .unwrap_err()
                .to_string()
                .ends_with("allow:1: a name and a key or password are expected")
        );
    }
}
