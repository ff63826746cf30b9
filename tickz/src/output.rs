//! Standard output that neither loses the stop signal nor costs a system call a line.
//!
//! A reader that stops reading fills the pipe, and a plain write would then block for ever. This one waits for the
//! pipe and for the stop signal together. Lines are kept until somebody flushes, or until there are many.

use std::{
    io::{self, Stdout, Write},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use sockets::{Interest, SocketError, Stop, Stopper, wait};

/// How much is kept at most.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// How much a pipe takes without blocking, once it says that it is ready: the least `PIPE_BUF` of our systems.
const READY_BYTES: usize = 512;

/// How long what is left may take after the stop signal.
const GRACE: Duration = Duration::from_millis(300);

/// Lines on their way to standard output.
#[derive(Debug)]
pub struct Output {
    stdout: Stdout,
    kept: Vec<u8>,
    stop: Stop,
    /// Never given: what is waited for together with it is waited for in full.
    grace: (Stopper, Stop),
}

impl Output {
    /// An output whose waiting `stop` ends.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn new(stop: &Stop) -> Result<Self, SocketError> {
        Ok(Self { stdout: io::stdout(), kept: Vec::new(), stop: stop.clone(), grace: Stop::pair()? })
    }

    /// Where to write the next line, whole.
    ///
    /// # Errors
    /// As [`Output::flush`], where much was kept.
    pub fn line(&mut self) -> io::Result<&mut Vec<u8>> {
        if self.kept.len() >= KEPT_BYTES_MAX {
            self.flush()?;
        }
        Ok(&mut self.kept)
    }

    /// Writes what is kept. After the stop signal, what nobody reads is let go.
    ///
    /// # Errors
    /// The reader is gone, or the file cannot take more.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut stdout = self.stdout.lock();
        let mut give_up = None;
        for part in self.kept.chunks(READY_BYTES) {
            if !self.is_ready(&mut give_up)? {
                break;
            }
            stdout.write_all(part)?;
            stdout.flush()?;
        }
        self.kept.clear();
        Ok(())
    }

    /// Waits until the reader takes more; tells whether it does.
    fn is_ready(&self, give_up: &mut Option<Instant>) -> io::Result<bool> {
        let stdout = || [Interest::to_write(self.stdout.as_fd())];
        let mut wake = wait(&self.stop, stdout(), None).map_err(io::Error::other)?;
        if wake.stopped && !wake.ready[0] {
            let deadline = *give_up.get_or_insert_with(|| Instant::now() + GRACE);
            wake = wait(&self.grace.1, stdout(), Some(deadline)).map_err(io::Error::other)?;
        }
        Ok(wake.ready[0])
    }
}
