//! Standard output that never misses the stop signal and does not cost a system call per line.
//!
//! A reader that stops reading fills the pipe, and a plain write would then block for ever. This one waits for the pipe
//! and for the stop signal together. Lines are buffered until [`Output::flush`], or until there are many.

use std::{
    io::{self, Stdout, Write},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use crate::{Events, Interest, SocketError, Stop};

/// The most bytes buffered.
const BUFFERED_BYTES_MAX: usize = 64 * 1024;

/// How much a pipe takes without blocking once it is writable: the smallest `PIPE_BUF` of the supported systems.
const WRITABLE_BYTES: usize = 512;

/// How long buffered lines may take after the stop signal.
const GRACE: Duration = Duration::from_millis(300);

/// Lines on their way to standard output.
#[derive(Debug)]
pub struct Output {
    stdout: Stdout,
    buffered: Vec<u8>,
    stop: Stop,
    /// The deadline of buffered lines after the stop signal.
    deadline: Option<Instant>,
}

/// Why a wait ended.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Writable,
    Stop,
    Deadline,
}

impl Output {
    /// An output that waits for its reader only until `stop`.
    #[must_use]
    pub fn new(stop: &Stop) -> Self {
        Self { stdout: io::stdout(), buffered: Vec::new(), stop: stop.clone(), deadline: None }
    }

    /// The buffer, for the next whole line.
    ///
    /// # Errors
    /// As [`Output::flush`], if much is buffered.
    pub fn line(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.buffered.len() >= BUFFERED_BYTES_MAX {
            self.flush()?;
        }
        Ok(&mut self.buffered)
    }

    /// Writes the buffered lines. After the stop signal, those that are not read soon are discarded.
    ///
    /// # Errors
    /// The reader is gone, or the file cannot take more.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut stdout = self.stdout.lock();
        for part in self.buffered.chunks(WRITABLE_BYTES) {
            if !is_writable(&self.stdout, &self.stop, &mut self.deadline).map_err(io::Error::other)? {
                break;
            }
            stdout.write_all(part)?;
            stdout.flush()?;
        }
        self.buffered.clear();
        Ok(())
    }
}

/// Waits until the reader takes more; returns whether it does, before the stop signal or within the grace after it.
fn is_writable(stdout: &Stdout, stop: &Stop, deadline: &mut Option<Instant>) -> Result<bool, SocketError> {
    let writable = || (Event::Writable, Interest::to_write(stdout.as_fd()));
    let event = Events::new().next(None, Event::Deadline, || [writable(), (Event::Stop, stop.interest())])?;
    if event != Event::Stop {
        return Ok(true);
    }
    let deadline = *deadline.get_or_insert_with(|| Instant::now() + GRACE);
    Ok(Events::new().next(Some(deadline), Event::Deadline, || [writable()])? == Event::Writable)
}
