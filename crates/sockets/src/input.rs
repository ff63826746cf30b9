//! A file or a stream to read from, whose waits end with the stop signal.
//!
//! A plain `File` waits for ever in two places that Ctrl-C cannot reach: opening a named pipe waits for a writer, and
//! reading an idle pipe waits for data.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek as _},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt as _,
    },
    path::Path,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    fs::OFlags,
};
use thiserror::Error;

use crate::Stop;

/// The stop signal came while a read waited for data; inside the [`io::Error`] that the read returns.
#[derive(Debug, Error)]
#[error("stopped while waiting for input")]
pub struct Stopped;

/// A file, a named pipe or standard input, open for reading.
#[derive(Debug)]
pub struct Input {
    file: File,
    stop: Stop,
    is_stream: bool,
}

impl Input {
    /// Opens `path` without waiting for a pipe's writer; `-` and `/dev/stdin` are standard input.
    ///
    /// # Errors
    /// The file cannot be opened, or it is a directory.
    pub fn open(path: &Path, stop: &Stop) -> io::Result<Self> {
        if is_stdin(path) {
            let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
            return Ok(Self { file, stop: stop.clone(), is_stream: true });
        }
        // A named pipe then opens at once; the first read waits for its writer.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { file, stop: stop.clone(), is_stream: !metadata.is_file() })
    }

    /// Whether it can be read only once: a pipe, a terminal, standard input.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// Starts again at the first byte.
    ///
    /// # Errors
    /// It is a stream.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.file.rewind()
    }
}

/// Whether `path` names standard input. Such a path must not be opened by name: a socket there cannot be.
#[must_use]
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdin")
}

impl Read for Input {
    /// Waits for data and reads it; the stop signal ends the wait with an error that holds [`Stopped`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            wait(self.file.as_fd(), &self.stop)?;
            match self.file.read(buffer) {
                // Another reader of the same stream was faster.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}

/// Waits until `file` has data or is at its end.
fn wait(file: BorrowedFd<'_>, stop: &Stop) -> io::Result<()> {
    let mut ends = [PollFd::from_borrowed_fd(file, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
    loop {
        match poll(&mut ends, None) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) if !ends[1].revents().is_empty() => return Err(io::Error::other(Stopped)),
            Ok(_) => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, thread};

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn named_pipe(folder: &tempfile::TempDir) -> std::path::PathBuf {
        let path = folder.path().join("pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }

    fn read_all(mut input: Input) -> io::Result<String> {
        let mut text = String::new();
        input.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn a_stop_ends_the_wait_for_a_named_pipe_without_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        let (stopper, stop) = Stop::pair().unwrap();
        let input = Input::open(&named_pipe(&folder), &stop).unwrap();
        assert!(input.is_stream());
        let reading = thread::spawn(move || read_all(input));
        stopper.stop();
        let error = reading.join().unwrap().unwrap_err();
        assert!(error.get_ref().is_some_and(|inner| inner.is::<Stopped>()), "{error}");
    }

    #[test]
    fn a_named_pipe_is_read_to_the_end_of_its_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = named_pipe(&folder);
        let (_stopper, stop) = Stop::pair().unwrap();
        let input = Input::open(&path, &stop).unwrap();
        let reading = thread::spawn(move || read_all(input));
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        writer.write_all(b"one\n").unwrap();
        writer.write_all(b"two\n").unwrap();
        drop(writer);
        assert_eq!(reading.join().unwrap().unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_file_can_be_read_again_and_a_directory_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let (_stopper, stop) = Stop::pair().unwrap();
        let path = folder.path().join("prices");
        fs::write(&path, "text").unwrap();
        let mut input = Input::open(&path, &stop).unwrap();
        assert!(!input.is_stream());
        for _ in 0..2 {
            let mut text = String::new();
            input.read_to_string(&mut text).unwrap();
            assert_eq!(text, "text");
            input.rewind().unwrap();
        }
        assert_eq!(Input::open(folder.path(), &stop).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
