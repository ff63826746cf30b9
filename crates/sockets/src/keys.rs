//! CURVE keys and their files.
//!
//! A pair is two files in the format of CZMQ's certificates, which other bindings read as well: `NAME.key` with the
//! public key, for everybody, and `NAME.key_secret` with both, mode 0600. Keys are written in Z85 (ZeroMQ RFC 32):
//! 40 characters for 32 bytes.

use std::{
    fmt, fs, io,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use tempfile::{NamedTempFile, PersistError};
use thiserror::Error;
use wire::foreign;

use crate::{SocketError, text};

/// The most bytes of a key file.
const FILE_BYTES_MAX: u32 = 64 << 10;

/// The public half of a pair: 32 bytes; as text, 40 characters of Z85.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub(crate) [u8; 32]);

/// Both halves. The secret one is never shown.
#[derive(Clone)]
pub struct KeyPair {
    /// The half that everybody may know.
    pub public: PublicKey,
    pub(crate) secret: [u8; 32],
}

/// Why a key, or a file of keys, cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The text is no key.
    #[error("'{}' is no key: 40 characters of Z85 are expected", foreign(.0).at_most(80))]
    Malformed(String),
    /// A key was given as the name of a secret key's file. It is not repeated: it may be the secret.
    #[error("the name of a file is expected, made by keyz, and not the secret key itself")]
    NotAFile,
    /// The file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// The file to write exists.
    #[error(
        "{} exists already, and a key pair is never overwritten: choose another name or folder, or remove the old pair",
        path.display()
    )]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The file has no such line.
    #[error("{}: no line {name} = \"…\" with 40 characters of Z85", path.display())]
    NoKey {
        /// Which file.
        path: PathBuf,
        /// `public-key` or `secret-key`.
        name: &'static str,
    },
    /// Other users could read a secret key.
    #[error("{}: other users may read this secret key (mode {mode:04o}): chmod 600 it", path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl PublicKey {
    /// Reads a key given as 40 characters of Z85, or as the path of a file that holds one.
    ///
    /// # Errors
    /// Neither a key nor a readable file with a `public-key` line.
    pub fn from_text_or_file(text: &str) -> Result<Self, KeyError> {
        match text.parse() {
            Ok(key) => Ok(key),
            Err(_) => {
                let path = Path::new(text);
                let (text, _) = text::read(path, FILE_BYTES_MAX).map_err(in_file(path))?;
                Ok(Self(line(path, &text, "public-key")?))
            }
        }
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        z85(text).map(Self).ok_or_else(|| KeyError::Malformed(text.to_owned()))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Z85 encodes any multiple of four bytes.
        formatter.write_str(&zmq::z85_encode(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyPair({})", self.public)
    }
}

impl KeyPair {
    /// A new pair.
    ///
    /// # Errors
    /// This libzmq has no CURVE.
    pub fn generate() -> Result<Self, SocketError> {
        let pair = zmq::CurveKeyPair::new().map_err(|_| SocketError::NoCurve)?;
        Ok(Self { public: PublicKey(pair.public_key), secret: pair.secret_key })
    }

    /// Reads the pair in a `.key_secret` file.
    ///
    /// # Errors
    /// The file cannot be read, lacks a key, or may be read by other users.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let (text, metadata) = text::read(path, FILE_BYTES_MAX).map_err(|reason| {
            if path.to_str().is_some_and(resembles_key) { KeyError::NotAFile } else { in_file(path)(reason) }
        })?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path: path.to_owned(), mode });
        }
        Ok(Self { public: PublicKey(line(path, &text, "public-key")?), secret: line(path, &text, "secret-key")? })
    }

    /// Writes `NAME.key` and `NAME.key_secret` into `folder`, which is created if it is missing, and returns their paths.
    /// Never replaces a file, and leaves either both or none behind.
    ///
    /// # Errors
    /// One of the files exists, or cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(PathBuf, PathBuf), KeyError> {
        fs::create_dir_all(folder).map_err(in_file(folder))?;
        let public = folder.join(format!("{name}.key"));
        let secret = folder.join(format!("{name}.key_secret"));
        let key = format!("    public-key = \"{}\"\n", self.public);
        let own = format!("metadata\ncurve\n{key}    secret-key = \"{}\"\n", PublicKey(self.secret));
        let own = written(folder, 0o600, &own).map_err(in_file(&secret))?;
        let others = written(folder, 0o644, &format!("metadata\ncurve\n{key}")).map_err(in_file(&public))?;
        own.persist_noclobber(&secret).map_err(not_replaced(&secret))?;
        if let Err(error) = others.persist_noclobber(&public) {
            // Alone it would block the next attempt. It is the file of a moment ago.
            let _ = fs::remove_file(&secret);
            return Err(not_replaced(&public)(error));
        }
        Ok((public, secret))
    }
}

fn z85(text: &str) -> Option<[u8; 32]> {
    // The decoder takes characters outside the alphabet and groups beyond 32 bits: only what encodes back to
    // itself is a key.
    let fits = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let key: [u8; 32] = fits.then(|| zmq::z85_decode(text).ok()?.try_into().ok())??;
    (PublicKey(key).to_string() == text).then_some(key)
}

fn line(path: &Path, text: &str, name: &'static str) -> Result<[u8; 32], KeyError> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim() == name)
        .and_then(|(_, value)| z85(value.trim().trim_matches('"')))
        .ok_or_else(|| KeyError::NoKey { path: path.to_owned(), name })
}

/// Whether a text that should name a file is likely a key, whole or mistyped.
fn resembles_key(text: &str) -> bool {
    (36..=44).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.ends_with(".key_secret")
        && !text.ends_with(".key")
}

/// A file in `folder` with this content, safely on the disk but without a name that lasts.
pub(crate) fn written(folder: &Path, mode: u32, text: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().permissions(fs::Permissions::from_mode(mode)).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn in_file(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |reason| KeyError::File { path: path.to_owned(), reason }
}

fn not_replaced(path: &Path) -> impl FnOnce(PersistError) -> KeyError {
    move |PersistError { error, .. }| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
        _ => in_file(path)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_read_back_from_its_files_and_the_secret_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate().unwrap();
        let (public, secret) = pair.write(folder.path(), "ada").unwrap();
        assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(PublicKey::from_text_or_file(public.to_str().unwrap()).unwrap(), pair.public);
        let again = KeyPair::read(&secret).unwrap();
        assert_eq!((again.public, again.secret), (pair.public, pair.secret));
        assert!(!fs::read_to_string(&public).unwrap().contains("secret"));
        assert!(matches!(pair.write(folder.path(), "ada"), Err(KeyError::Exists { path }) if path == secret));
    }

    #[test]
    fn a_pair_that_cannot_be_written_whole_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let public = folder.path().join("ada.key");
        fs::write(&public, "kept").unwrap();
        let pair = KeyPair::generate().unwrap();
        assert!(matches!(pair.write(folder.path(), "ada"), Err(KeyError::Exists { path }) if path == public));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::remove_file(&public).unwrap();
        assert!(pair.write(folder.path(), "ada").is_ok());
    }

    #[test]
    fn a_key_in_the_place_of_a_file_is_not_repeated() {
        let secret = PublicKey(KeyPair::generate().unwrap().secret).to_string();
        for given in [&secret[..], &secret[..39]] {
            let error = KeyPair::read(Path::new(given)).unwrap_err().to_string();
            assert!(!error.contains(given) && error.contains("not the secret key itself"), "{error}");
        }
        let path = Path::new("/home/ada/keys/that/are/gone/ada.key_secret");
        assert!(KeyPair::read(path).unwrap_err().to_string().contains("ada.key_secret"));
    }

    #[test]
    fn a_secret_key_that_other_users_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (_, secret) = KeyPair::generate().unwrap().write(folder.path(), "ada").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyPair::read(&secret), Err(KeyError::Exposed { mode: 0o644, .. })));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "short", &"#".repeat(40), &"~".repeat(40), &"\"".repeat(40), &"é".repeat(20), &"a".repeat(41)]
        {
            assert!(bad.parse::<PublicKey>().is_err(), "{bad}");
        }
    }
}
