//! A price history, read on a thread of its own, so that a slow standard input holds up nothing.
//!
//! The reader thread parses lines and puts them into a bounded queue; when the owner sleeps on an empty queue, it
//! rings. The owner takes lines out without ever blocking. Dropping the owner's side ends the thread at its next
//! line; one that is blocked in a read ends with the process.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
};

use csv::{ReaderBuilder, StringRecord};
use sockets::Interest;
use thiserror::Error;

use crate::{
    lines::Lines,
    row::{Columns, HeaderError, Row, RowError},
};

/// Lines that wait to be sent.
const QUEUE_MAX: usize = 4096;

/// Where a price history comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input, which cannot be read twice.
    Stdin,
}

/// Why a price history cannot be read on.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The system's reason.
    #[error("{input}: {reason}")]
    Read {
        /// The file.
        input: Input,
        /// Why not.
        reason: io::Error,
    },
    /// The first line is not a usable header.
    #[error("{input}: {reason}")]
    Header {
        /// The file.
        input: Input,
        /// What it lacks.
        reason: HeaderError,
    },
    /// A line was refused, and that was to be the end (`--strict`).
    #[error("{input}, line {line}: {reason}")]
    Refused {
        /// The file.
        input: Input,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        reason: RowError,
    },
}

/// What the reader found.
#[derive(Debug)]
pub enum Found {
    /// A price.
    Row(Row),
    /// A line that cannot be used.
    Refused {
        /// Its number, from 1.
        line: u64,
        /// Why.
        reason: RowError,
    },
    /// The end of the file, from which the reader starts again.
    Again,
    /// The history cannot be read on.
    Failed(ReplayError),
    /// The history is at its end.
    End,
}

/// The owner's side.
#[derive(Debug)]
pub struct Rows {
    found: Receiver<Found>,
    bell: UnixStream,
    /// Set by the owner before it sleeps, taken by the reader that wakes it.
    asleep: Arc<AtomicBool>,
}

/// The reader's side.
struct Reader {
    input: Input,
    again: bool,
    found: SyncSender<Found>,
    bell: UnixStream,
    asleep: Arc<AtomicBool>,
}

/// The owner is gone.
struct Abandoned;

impl Rows {
    /// Opens the history and starts to read it; with `again`, from its start each time it ends.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread or file descriptor can be had.
    pub fn open(input: Input, again: bool) -> Result<Self, ReplayError> {
        let failed = |reason| ReplayError::Read { input: input.clone(), reason };
        let first = open(&input).map_err(failed)?;
        let (near, far) = UnixStream::pair().map_err(failed)?;
        near.set_nonblocking(true).map_err(failed)?;
        far.set_nonblocking(true).map_err(failed)?;
        let (sender, found) = sync_channel(QUEUE_MAX);
        let asleep = Arc::new(AtomicBool::new(false));
        let reader = Reader { input: input.clone(), again, found: sender, bell: far, asleep: Arc::clone(&asleep) };
        thread::Builder::new().name("replay".to_owned()).spawn(move || reader.run(first)).map_err(failed)?;
        Ok(Self { found, bell: near, asleep })
    }

    /// What the reader found next; `None` where it has found nothing since.
    pub fn take(&mut self) -> Option<Found> {
        match self.found.try_recv() {
            Ok(found) => return Some(found),
            // The reader says how it ends, so this is only its thread's sudden death.
            Err(TryRecvError::Disconnected) => return Some(Found::End),
            Err(TryRecvError::Empty) => {}
        }
        // First the flag, then one more look: what the reader finds after the look rings.
        self.asleep.store(true, Ordering::SeqCst);
        let _ = self.bell.read(&mut [0; 64]);
        self.found.try_recv().ok()
    }

    /// To wait until there may be more, after [`Rows::take`] gave nothing.
    #[must_use]
    pub fn ring(&self) -> Interest<'_> {
        Interest::to_read(self.bell.as_fd())
    }
}

impl Reader {
    /// The thread: ends at the end of the history, at what cannot be read, or when the owner is gone.
    fn run(mut self, first: Box<dyn Read + Send>) {
        let mut opened = Ok(first);
        loop {
            let (last, empty) = match opened.and_then(|input| self.read(input)) {
                Err(PassError::Abandoned) => return,
                Err(PassError::Failed(error)) => (Found::Failed(error), true),
                // A history without one good line would start again for ever and never tick.
                Ok(rows) if self.again && rows > 0 => (Found::Again, false),
                Ok(_) => (Found::End, true),
            };
            if self.tell(last).is_err() || empty {
                return;
            }
            let failed = |reason| ReplayError::Read { input: self.input.clone(), reason };
            opened = open(&self.input).map_err(|error| PassError::Failed(failed(error)));
        }
    }

    /// Reads the history once; tells how many good lines it has.
    fn read(&mut self, input: Box<dyn Read + Send>) -> Result<u64, PassError> {
        let failed = |name: &Input, error: csv::Error| {
            PassError::Failed(ReplayError::Read { input: name.clone(), reason: io::Error::from(error) })
        };
        let mut records = ReaderBuilder::new().flexible(true).from_reader(Lines::new(input));
        let header = records.headers().map_err(|error| failed(&self.input, error))?;
        let columns = Columns::find(header)
            .map_err(|reason| PassError::Failed(ReplayError::Header { input: self.input.clone(), reason }))?;
        let mut record = StringRecord::new();
        let mut rows = 0;
        loop {
            let row = match records.read_record(&mut record) {
                Ok(false) => return Ok(rows),
                Ok(true) => columns.read(&record),
                Err(error) if error.is_io_error() => return Err(failed(&self.input, error)),
                Err(_) => Err(RowError::NotUtf8),
            };
            match row {
                Ok(row) => {
                    rows += 1;
                    self.tell(Found::Row(row))?;
                }
                Err(reason) => {
                    let line = records.get_ref().number();
                    self.tell(Found::Refused { line, reason })?;
                }
            }
        }
    }

    /// Waits while the queue is full.
    fn tell(&mut self, found: Found) -> Result<(), Abandoned> {
        self.found.send(found).map_err(|_| Abandoned)?;
        if self.asleep.swap(false, Ordering::SeqCst) {
            // A bell that is full of rings is ringing.
            let _ = self.bell.write(&[0]);
        }
        Ok(())
    }
}

/// Why a pass over the history ended early.
enum PassError {
    Abandoned,
    Failed(ReplayError),
}

impl From<Abandoned> for PassError {
    fn from(_: Abandoned) -> Self {
        Self::Abandoned
    }
}

fn open(input: &Input) -> io::Result<Box<dyn Read + Send>> {
    match input {
        Input::File(path) => Ok(Box::new(File::open(path)?)),
        Input::Stdin => Ok(Box::new(io::stdin())),
    }
}

impl std::str::FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Self::Stdin } else { Self::File(text.into()) })
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Stdin => formatter.write_str("standard input"),
        }
    }
}
