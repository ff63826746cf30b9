//! A price history, read on a separate thread, so that a slow standard input does not delay the publisher.
//!
//! The reader thread parses lines and puts them into a bounded queue; if the owner sleeps on an empty queue, the reader
//! rings. The owner takes lines out without ever blocking. Dropping the owner's side ends the thread, even while it waits
//! for its input.

use std::{
    io::{self, Read as _, Write as _},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
};

use records::{Header, NothingUnderstood, OpenError, Origin, ReadError, Record, Table};
use settings::Input;
use sockets::{Interest, SocketError, Stop, Stopper};
use thiserror::Error;
use tracing::info;

use crate::{
    row::{COLUMNS, Row, RowError},
    time::Form,
};

/// The most lines that wait to be sent.
const QUEUE_MAX: usize = 4096;

/// Why a price history cannot be read, or not to its end.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The system's reason.
    #[error("{origin}: {reason}")]
    Read {
        /// The file or stream.
        origin: Origin,
        /// The system's reason.
        reason: io::Error,
    },
    /// It does not begin with a usable header.
    #[error("{origin}: {reason}")]
    Header {
        /// The file or stream.
        origin: Origin,
        /// What is wrong.
        reason: OpenError,
    },
    /// A stream was to be played in a loop.
    #[error("{origin}: --loop needs a regular file; a pipe or terminal can be read only once")]
    Stream {
        /// The stream.
        origin: Origin,
    },
    /// A line was refused, with `--strict`.
    #[error("{origin}, line {line}: {reason}")]
    Refused {
        /// The file or stream.
        origin: Origin,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: RowError,
    },
    /// All lines were refused.
    #[error(transparent)]
    Nothing(#[from] NothingUnderstood),
    /// The reader's thread or its stop signal cannot be made.
    #[error(transparent)]
    Stop(#[from] SocketError),
}

/// What the reader has found.
#[derive(Debug)]
pub enum Found {
    /// A price.
    Row(Row),
    /// A line that cannot be used.
    Refused {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: RowError,
    },
    /// The end of the file; the reader starts again.
    Again,
    /// The history cannot be read further.
    Failed(ReplayError),
    /// The end of the history; with its header.
    End(Header),
}

/// The owner's side.
#[derive(Debug)]
pub struct Rows {
    origin: Origin,
    found: Receiver<Found>,
    bell: UnixStream,
    /// Set by the owner before it sleeps, reset by the reader that wakes it.
    asleep: Arc<AtomicBool>,
    /// Ends the reader when it is dropped.
    _stopper: Stopper,
}

/// The reader's side.
struct Queue {
    origin: Origin,
    repeat: bool,
    found: SyncSender<Found>,
    bell: UnixStream,
    asleep: Arc<AtomicBool>,
    /// The forms of time met so far, or not worth a log line.
    forms: Vec<Form>,
}

impl Rows {
    /// Opens the history and starts to read it; with `repeat`, from its start each time it ends.
    ///
    /// # Errors
    /// The file cannot be opened, or is a stream and must be repeated; no thread or file descriptor is available.
    pub fn open(origin: Origin, repeat: bool) -> Result<Self, ReplayError> {
        let failed = |reason| ReplayError::Read { origin: origin.clone(), reason };
        let (stopper, stop) = Stop::pair()?;
        let input = origin.open(&stop).map_err(failed)?;
        if repeat && input.is_stream() {
            return Err(ReplayError::Stream { origin });
        }
        let (rows, queue) = Self::new(&origin, repeat, stopper).map_err(failed)?;
        thread::Builder::new().name("replay".to_owned()).spawn(move || queue.run(input)).map_err(failed)?;
        Ok(rows)
    }

    /// Both sides.
    fn new(origin: &Origin, repeat: bool, stopper: Stopper) -> io::Result<(Self, Queue)> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        let (sender, found) = sync_channel(QUEUE_MAX);
        let asleep = Arc::new(AtomicBool::new(false));
        let queue = Queue {
            origin: origin.clone(),
            repeat,
            found: sender,
            bell: far,
            asleep: Arc::clone(&asleep),
            forms: vec![Form::Calendar, Form::Seconds],
        };
        Ok((Self { origin: origin.clone(), found, bell: near, asleep, _stopper: stopper }, queue))
    }

    /// What the reader has found next; `None` if there is nothing new.
    pub fn take(&mut self) -> Option<Found> {
        match self.found.try_recv() {
            Ok(found) => return Some(found),
            // The reader reports its end, so here its thread has panicked.
            Err(TryRecvError::Disconnected) => {
                let reason = io::Error::other("the thread that reads it has panicked");
                return Some(Found::Failed(ReplayError::Read { origin: self.origin.clone(), reason }));
            }
            Err(TryRecvError::Empty) => {}
        }
        // First the ring of what was taken before it rang: after the flag it would pass for that of something new. Then the
        // flag and one more try: what the reader finds after that rings.
        let _ = self.bell.read(&mut [0; 64]);
        self.asleep.store(true, Ordering::SeqCst);
        self.found.try_recv().ok()
    }

    /// Signals that there may be more, after [`Rows::take`] returned nothing.
    #[must_use]
    pub fn ring(&self) -> Interest<'_> {
        Interest::to_read(self.bell.as_fd())
    }
}

impl Queue {
    /// The thread: ends at the end of the history, when it cannot be read, or when the owner is gone.
    fn run(mut self, input: Input) {
        let last = match self.play(input) {
            Err(Ended::Abandoned) => return,
            Err(Ended::Failed(error)) => Found::Failed(error),
            Ok(header) => Found::End(header),
        };
        // An owner that is gone needs no last word.
        let _ = self.put(last);
    }

    /// Reads the history to its end, repeatedly with `repeat`.
    fn play(&mut self, mut input: Input) -> Result<Header, Ended> {
        loop {
            let (header, good);
            (input, header, good) = self.play_once(input)?;
            // A history without a single good line would start again for ever and never tick.
            if !self.repeat || good == 0 {
                return Ok(header);
            }
            input.rewind().map_err(|error| Ended::from_read(&self.origin, error.into()))?;
            self.put(Found::Again)?;
        }
    }

    /// Reads the history once; returns its input, its header and the number of good lines.
    fn play_once(&mut self, input: Input) -> Result<(Input, Header, u64), Ended> {
        let origin = self.origin.clone();
        let mut table = Table::open(input, &COLUMNS).map_err(|error| match error {
            OpenError::Read(error) => Ended::from_read(&origin, error),
            reason => Ended::Failed(ReplayError::Header { origin: origin.clone(), reason }),
        })?;
        let mut good = 0;
        while let Some(Record { line, fields }) = table.next().map_err(|error| Ended::from_read(&origin, error))? {
            match fields.map_err(RowError::from).and_then(Row::read) {
                Ok(row) => {
                    good += 1;
                    self.note(row.form);
                    self.put(Found::Row(row))?;
                }
                Err(reason) => self.put(Found::Refused { line, reason })?,
            }
        }
        let header = table.header().clone();
        Ok((table.into_input(), header, good))
    }

    /// Logs once how times are understood, unless that is obvious.
    fn note(&mut self, form: Form) {
        if !self.forms.contains(&form) {
            self.forms.push(form);
            info!(file = %self.origin, "times are read as {form}");
        }
    }

    /// Waits while the queue is full.
    fn put(&mut self, found: Found) -> Result<(), Ended> {
        self.found.send(found).map_err(|_| Ended::Abandoned)?;
        if self.asleep.swap(false, Ordering::SeqCst) {
            // A bell that is full of rings is ringing.
            let _ = self.bell.write(&[0]);
        }
        Ok(())
    }
}

/// Why reading ended before the end of the history.
enum Ended {
    /// The owner is gone.
    Abandoned,
    Failed(ReplayError),
}

impl Ended {
    fn from_read(origin: &Origin, error: ReadError) -> Self {
        match error {
            ReadError::Stopped => Self::Abandoned,
            ReadError::Io(reason) => Self::Failed(ReplayError::Read { origin: origin.clone(), reason }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sockets::wait;

    use super::*;

    #[test]
    fn an_owner_that_is_as_fast_as_the_reader_is_woken_for_all_that_is_found() {
        let (stopper, stop) = Stop::pair().unwrap();
        let (mut rows, mut queue) = Rows::new(&"prices.csv".parse().unwrap(), true, stopper).unwrap();
        let reader = thread::spawn(move || (0..1_000_000).try_for_each(|_| queue.put(Found::Again)).is_ok());
        let (deadline, mut taken) = (Instant::now() + testkit::BOUND, 0);
        while taken < 1_000_000 {
            if rows.take().is_some() {
                taken += 1;
            } else {
                wait(&stop, [rows.ring()], Some(deadline)).unwrap();
                assert!(Instant::now() < deadline, "not woken after {taken}");
            }
        }
        assert!(reader.join().unwrap());
    }
}
