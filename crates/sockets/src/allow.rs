//! The allow-list: a text file that can change while the service runs.
//!
//! One peer a line: a user name, white space, and its public key in Z85 (CURVE) or its password (PLAIN). Empty
//! lines and lines that begin with `#` are skipped. A name may stand on several lines.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use thiserror::Error;
use tracing::{info, warn};
use wire::User;

use crate::{
    keys::{PublicKey, written},
    text,
};

/// The most bytes of a list: some 200,000 peers.
const LIST_BYTES_MAX: u32 = 16 << 20;

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
    /// A line is not `name key` or `name password`. The reason does not repeat the line, which may hold a secret.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Other users could read the passwords.
    #[error("{}: other users may read these passwords (mode {mode:04o}): chmod 600 it", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// What the second column of a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// Public keys, for CURVE; everybody may know them.
    Keys,
    /// Passwords, for PLAIN; only the file's owner may be able to read them.
    Passwords,
}

/// The list and the file that it follows.
#[derive(Debug)]
pub struct AllowList {
    path: PathBuf,
    credentials: Credentials,
    /// The state of the file when it was read; another state means that it changed.
    stamp: Stamp,
    entries: Vec<(User, Credential)>,
    /// This process itself, which the file does not know.
    itself: Option<(User, Credential)>,
}

#[derive(Debug)]
enum Credential {
    Key(PublicKey),
    Password(String),
}

/// When the file last changed, in any way, its size and its inode.
type Stamp = Option<((i64, i64), u64, u64)>;

impl AllowList {
    /// Reads a list of `credentials`.
    ///
    /// # Errors
    /// The file cannot be read, a line is not what it should be, or other users may read passwords.
    pub fn read(path: &Path, credentials: Credentials) -> Result<Self, AllowError> {
        // Before reading: a change in between then shows at the next look.
        let stamp = stamp(path);
        Ok(Self { path: path.to_owned(), credentials, stamp, entries: entries(path, credentials)?, itself: None })
    }

    /// Reads the file again if it changed. A file that cannot be used leaves the list as it was, which is logged once.
    pub fn refresh(&mut self) {
        let now = stamp(&self.path);
        if now == self.stamp {
            return;
        }
        self.stamp = now;
        if now.is_none() {
            warn!(path = %self.path.display(), "allow-list is no longer a file; the previous one stays in force");
            return;
        }
        match entries(&self.path, self.credentials) {
            Ok(entries) => {
                info!(path = %self.path.display(), entries = entries.len(), "allow-list read again");
                self.entries = entries;
            }
            Err(error) => warn!(%error, "allow-list cannot be used; the previous one stays in force"),
        }
    }

    /// Admits the holder of this key as well, whatever the file says.
    pub(crate) fn admit_key(&mut self, user: User, key: PublicKey) {
        self.itself = Some((user, Credential::Key(key)));
    }

    /// The same with a password.
    pub(crate) fn admit_password(&mut self, user: User, password: String) {
        self.itself = Some((user, Credential::Password(password)));
    }

    /// Adds a user's public key to the list at `path`, which is created if it is missing. Readers see the old list or the
    /// new one, and lists of two callers are not mixed up.
    ///
    /// # Errors
    /// The list cannot be read or written, or one of its lines is not `name key`.
    pub fn add_key(path: &Path, user: &User, key: &PublicKey) -> Result<(), AllowError> {
        let failed = |reason| AllowError::File { path: path.to_owned(), reason };
        // The file itself and not a link to it is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let lock = fs::File::open(folder).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let (mut text, mode) = match text::read(&path, LIST_BYTES_MAX) {
            Ok((text, metadata)) => (text, metadata.permissions().mode() & 0o7777),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), 0o644),
            Err(error) => return Err(failed(error)),
        };
        parse(&path, &text, Credentials::Keys)?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("{user} {key}\n"));
        let list = written(folder, mode, &text).map_err(failed)?;
        list.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// The user to whom this key belongs.
    #[must_use]
    pub fn user_of_key(&self, key: &PublicKey) -> Option<&User> {
        let is_same = |credential: &Credential| matches!(credential, Credential::Key(known) if known == key);
        self.all().find(|(_, credential)| is_same(credential)).map(|(user, _)| user)
    }

    /// Whether this is a password of this user. Takes the same time wherever the passwords differ.
    #[must_use]
    pub fn has_password(&self, user: &str, password: &[u8]) -> bool {
        let is_same = |known: &[u8]| {
            known.len() == password.len()
                && known.iter().zip(password).fold(0, |difference, (one, other)| difference | (one ^ other)) == 0
        };
        self.all().any(|(name, credential)| {
            name.as_str() == user && matches!(credential, Credential::Password(known) if is_same(known.as_bytes()))
        })
    }

    fn all(&self) -> impl Iterator<Item = &(User, Credential)> {
        self.entries.iter().chain(&self.itself)
    }
}

fn stamp(path: &Path) -> Stamp {
    // A pipe can be read only once: the list from it stays.
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(((file.ctime(), file.ctime_nsec()), file.len(), file.ino()))
}

fn entries(path: &Path, credentials: Credentials) -> Result<Vec<(User, Credential)>, AllowError> {
    let (text, metadata) =
        text::read(path, LIST_BYTES_MAX).map_err(|reason| AllowError::File { path: path.to_owned(), reason })?;
    let mode = metadata.permissions().mode() & 0o7777;
    if credentials == Credentials::Passwords && mode & 0o077 != 0 {
        return Err(AllowError::Exposed { path: path.to_owned(), mode });
    }
    parse(path, &text, credentials)
}

fn parse(path: &Path, text: &str, credentials: Credentials) -> Result<Vec<(User, Credential)>, AllowError> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            entry(line, credentials).map_err(|reason| AllowError::Line { path: path.to_owned(), line: number, reason })
        })
        .collect()
}

fn entry(line: &str, credentials: Credentials) -> Result<(User, Credential), String> {
    let (name, credential) = line.split_once(char::is_whitespace).ok_or("a name and a key or password are expected")?;
    let user = name.parse::<User>().map_err(|error| error.to_string())?;
    let credential = credential.trim();
    match credentials {
        Credentials::Passwords => Ok((user, Credential::Password(credential.to_owned()))),
        Credentials::Keys => {
            let key = credential.parse().map_err(|_| {
                let found = credential.chars().count();
                format!("after the name, a public key is expected: 40 characters of Z85 and no more; there are {found}")
            })?;
            Ok((user, Credential::Key(key)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyPair;

    fn write(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    #[test]
    fn a_list_follows_its_file_and_survives_a_bad_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        write(&path, "# who may connect\n\nada secret\n");
        let mut list = AllowList::read(&path, Credentials::Passwords).unwrap();
        assert!(list.has_password("ada", b"secret"));
        assert!(!list.has_password("ada", b"Secret") && !list.has_password("bob", b"secret"));

        write(&path, "ada secret\nbob longer secret\n");
        list.refresh();
        assert!(list.has_password("bob", b"longer secret"));

        write(&path, "bob\n");
        list.refresh();
        assert!(list.has_password("bob", b"longer secret"), "the old list stays");
        let error = AllowList::read(&path, Credentials::Passwords).unwrap_err().to_string();
        assert!(error.ends_with("allow:1: a name and a key or password are expected"), "{error}");
    }

    #[test]
    fn an_entry_that_is_no_key_is_named_by_its_line_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        let (ada, bob) = (KeyPair::generate().unwrap().public, KeyPair::generate().unwrap().public.to_string());
        write(&path, &format!("ada {ada}\n"));
        let mut list = AllowList::read(&path, Credentials::Keys).unwrap();
        for entry in [&bob[..39], &format!("\"{bob}\""), &format!("{bob} # Bob"), "secret"] {
            write(&path, &format!("ada {ada}\n\nbob {entry}\n"));
            let error = AllowList::read(&path, Credentials::Keys).unwrap_err().to_string();
            assert!(error.contains("allow:3: after the name, a public key is expected"), "{error}");
            assert!(!error.contains(&bob[..39]), "{error}");
            list.refresh();
            assert!(list.user_of_key(&ada).is_some(), "the old list stays");
        }
    }

    #[test]
    fn a_key_is_added_on_a_separate_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        let keys: Vec<PublicKey> = (0..3).map(|_| KeyPair::generate().unwrap().public).collect();
        let user = |name: &str| name.parse::<User>().unwrap();
        AllowList::add_key(&path, &user("ada"), &keys[0]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o600, 0o600);
        // An editor that ends the file without a line feed, and a list with another mode.
        write(&path, &format!("ada {}", keys[0]));
        AllowList::add_key(&path, &user("bob"), &keys[1]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("ada {}\nbob {}\n", keys[0], keys[1]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        AllowList::add_key(&link, &user("eve"), &keys[2]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let list = AllowList::read(&path, Credentials::Keys).unwrap();
        assert!(keys.iter().all(|key| list.user_of_key(key).is_some()));
    }

    #[test]
    fn a_list_may_be_written_on_windows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        let ada = KeyPair::generate().unwrap().public;
        write(&path, &format!("\u{feff}ada {ada}\r\n\r\n# others\r\n"));
        let list = AllowList::read(&path, Credentials::Keys).unwrap();
        assert_eq!(list.user_of_key(&ada).unwrap().as_str(), "ada");
    }

    #[test]
    fn passwords_that_other_users_may_read_are_refused_until_they_may_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allow");
        write(&path, "ada secret\n");
        let mut list = AllowList::read(&path, Credentials::Passwords).unwrap();
        fs::write(&path, "ada secret\nbob other\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = AllowList::read(&path, Credentials::Passwords).unwrap_err();
        assert!(matches!(error, AllowError::Exposed { mode: 0o644, .. }), "{error}");
        list.refresh();
        assert!(!list.has_password("bob", b"other"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        list.refresh();
        assert!(list.has_password("bob", b"other"));
    }
}
