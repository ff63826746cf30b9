//! Where rows come from: a file, a named pipe or standard input.
//!
//! Neither opening nor reading blocks without the stop signal: a pipe whose writer is late or silent is waited for
//! together with it. A stream is read once; only a regular file can be rewound.

use std::{
    convert::Infallible,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Seek as _},
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
    path::PathBuf,
    str::FromStr,
};

use rustix::fs::OFlags;
use sockets::{Interest, Stop, wait};
use thiserror::Error;
use wire::foreign;

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a pipe that has a path.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// An open input.
#[derive(Debug)]
pub struct Reader {
    file: File,
    /// A regular file, which never has to be waited for.
    is_regular: bool,
    stop: Stop,
}

/// Why no more can be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The stop signal came while the input was waited for.
    #[error("stopped")]
    Stopped,
    /// The system's reason.
    #[error(transparent)]
    Io(io::Error),
}

/// Marks the [`io::Error`] of a read that the stop signal ended.
#[derive(Debug, Error)]
#[error("stopped")]
struct Stopped;

impl Input {
    /// Opens the input; reading from it ends at the stop signal.
    ///
    /// # Errors
    /// The file cannot be opened, or is a folder.
    pub fn open(&self, stop: &Stop) -> io::Result<Reader> {
        let file = match self {
            // Non-blocking, because opening a named pipe would wait for its writer.
            Self::File(path) => {
                OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?
            }
            Self::Stdin => File::from(io::stdin().as_fd().try_clone_to_owned()?),
        };
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Reader { file, is_regular: metadata.is_file(), stop: stop.clone() })
    }
}

impl FromStr for Input {
    type Err = Infallible;

    /// Reads a path; `-` is standard input.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => foreign(&path.to_string_lossy()).fmt(formatter),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}

impl Reader {
    /// Whether the input can be read a second time.
    #[must_use]
    pub const fn can_rewind(&self) -> bool {
        self.is_regular
    }

    /// Starts again at the first byte.
    ///
    /// # Errors
    /// The input is a stream.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind()
    }

    /// Waits until there is something to read, which the end of a stream is too.
    fn wait(&self) -> io::Result<()> {
        let interests = [Interest::to_read(self.file.as_fd())];
        if wait(&self.stop, interests, None).map_err(io::Error::other)?.stopped {
            return Err(io::Error::other(Stopped));
        }
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_regular {
                self.wait()?;
            }
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        if error.get_ref().is_some_and(|inner| inner.is::<Stopped>()) { Self::Stopped } else { Self::Io(error) }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, thread};

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    fn pipe(folder: &Path) -> Input {
        let path = folder.join("pipe");
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
        Input::File(path)
    }

    #[test]
    fn a_named_pipe_is_read_to_the_end_of_its_writer() {
        let folder = tempfile::tempdir().unwrap();
        let Input::File(path) = pipe(folder.path()) else { unreachable!() };
        let (_stopper, stop) = Stop::pair().unwrap();
        let mut reader = Input::File(path.clone()).open(&stop).unwrap();
        let writer = thread::spawn(move || fs::write(path, "first\nsecond\n"));
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(text, "first\nsecond\n");
        assert!(!reader.can_rewind() && reader.rewind().is_err());
    }

    #[test]
    fn the_stop_signal_ends_the_wait_for_a_writer_that_never_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (stopper, stop) = Stop::pair().unwrap();
        let mut reader = pipe(folder.path()).open(&stop).unwrap();
        let waiting = thread::spawn(move || reader.read(&mut [0; 8]).map_err(ReadError::from));
        stopper.stop();
        assert!(matches!(waiting.join().unwrap(), Err(ReadError::Stopped)));
    }

    #[test]
    fn a_regular_file_can_be_read_again_and_a_folder_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        fs::write(&path, "row").unwrap();
        let (_stopper, stop) = Stop::pair().unwrap();
        let mut reader = Input::File(path).open(&stop).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(text, "row");
            assert!(reader.can_rewind());
            reader.rewind().unwrap();
        }
        let error = Input::File(folder.path().to_owned()).open(&stop).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
    }
}
