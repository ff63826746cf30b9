//! Keeps what is shown in a file, and reads it again.
//!
//! The thread `recorder` looks ten times a second, as a page would, and writes a line for each update. Again and again it
//! begins with a snapshot, so that a player can seek: ten seconds after the one before at the earliest, and when three
//! times as much was written as that one took, so that most of the file is what happened. Once a second the newest
//! messages of each socket follow. With five prices on the way an hour takes about as much as a recording may have. The
//! thread waits for nobody but the disk, and nobody waits for it.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sockets::{SocketError, Stop, Stopper, Taps};
use thiserror::Error;
use tracing::{error, info, warn};

use crate::{
    message::message_view,
    updates::Updates,
    view::{Recorded, SocketId},
};

/// How large a recording may be.
const BYTES_MAX: u64 = 64 << 20;

/// How often what is shown is kept.
const BEAT: Duration = Duration::from_millis(100);

/// After how many beats messages are kept, and what was written is handed to the system.
const BEATS_PER_FLUSH: u64 = 10;

/// After how many beats there may be another snapshot.
const BEATS_PER_SNAPSHOT: u64 = 100;

/// How many times the size of the last snapshot is written before there is another one.
const SIZES_PER_SNAPSHOT: u64 = 3;

/// How many messages of a socket are kept each time.
const MESSAGES_MAX: usize = 8;

/// Why a recording cannot be played.
#[derive(Debug, Error)]
pub enum PlayError {
    /// It cannot be read.
    #[error("{}: {reason}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// It is larger than any recording.
    #[error("{}: it is larger than {} MiB, which no recording is", path.display(), BYTES_MAX >> 20)]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line of it is not what a recording has.
    #[error("{}: line {line}: {reason}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing in it.
    #[error("{}: nothing is recorded in it", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

/// The handle; dropping it ends the recording with all that has happened until then.
pub(crate) struct Recorder {
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins to record into the file, in place of what was in it.
    ///
    /// # Errors
    /// The file cannot be written, or the system has no more threads or file descriptors.
    pub(crate) fn spawn(path: &Path, updates: Updates, taps: Taps) -> io::Result<Self> {
        let file = File::create(path)?;
        let (stopper, stop) = Stop::pair().map_err(|error| match error {
            SocketError::System { reason, .. } => reason,
            error => io::Error::other(error.to_string()),
        })?;
        info!(file = %path.display(), "recording");
        let tape = Tape::new(file, updates, taps);
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(move || tape.run(&stop))?;
        Ok(Self { stopper: Some(stopper), thread: Some(thread) })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.stopper.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread recorder panicked");
        }
    }
}

/// What the thread owns.
struct Tape {
    file: BufWriter<File>,
    /// How many bytes may still be written.
    left: u64,
    updates: Updates,
    taps: Taps,
    /// Of each socket, the number of the message after the last one kept.
    seen: [u64; SocketId::ALL.len()],
    /// At which beat there may be another snapshot.
    next_snapshot: u64,
    /// And down to how many bytes that are left.
    next_snapshot_left: u64,
}

impl Tape {
    fn new(file: File, updates: Updates, taps: Taps) -> Self {
        Self {
            file: BufWriter::new(file),
            left: BYTES_MAX,
            updates,
            taps,
            seen: [0; SocketId::ALL.len()],
            next_snapshot: 0,
            next_snapshot_left: BYTES_MAX,
        }
    }

    fn run(mut self, stop: &Stop) {
        if let Err(error) = self.record(stop) {
            warn!(%error, "the recording ends here");
        }
    }

    fn record(&mut self, stop: &Stop) -> io::Result<()> {
        let (start, mut beats) = (Instant::now(), 0);
        loop {
            let is_last = stop.wait_until(start + BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX)));
            self.write_update(beats)?;
            if is_last || beats % BEATS_PER_FLUSH == 0 {
                self.write_messages()?;
                self.file.flush()?;
            }
            if is_last {
                return Ok(());
            }
            beats += 1;
        }
    }

    fn write_update(&mut self, beats: u64) -> io::Result<()> {
        if beats >= self.next_snapshot && self.left <= self.next_snapshot_left {
            self.updates.rewind();
        }
        // A sign of life is of no use in a file.
        let Some(update) = self.updates.next().filter(|update| !update.is_empty()) else { return Ok(()) };
        let (is_snapshot, before) = (update.snapshot, self.left);
        self.write(&Recorded::Update { update })?;
        if is_snapshot {
            self.next_snapshot = beats + BEATS_PER_SNAPSHOT;
            self.next_snapshot_left = self.left.saturating_sub(SIZES_PER_SNAPSHOT * (before - self.left));
        }
        Ok(())
    }

    fn write_messages(&mut self) -> io::Result<()> {
        for id in SocketId::ALL {
            let tapped = self.taps.messages(id.name());
            let newest = &tapped[tapped.len().saturating_sub(MESSAGES_MAX)..];
            let seen = self.seen[id.index()];
            let new = newest.iter().filter(|message| message.id >= seen);
            let messages: Vec<_> = new.map(|message| message_view(id, message)).collect();
            if let Some(last) = messages.last() {
                self.seen[id.index()] = last.id + 1;
                self.write(&Recorded::Wire { socket: id, messages })?;
            }
        }
        Ok(())
    }

    fn write(&mut self, recorded: &Recorded) -> io::Result<()> {
        let mut line = serde_json::to_vec(recorded)?;
        line.push(b'\n');
        self.left = match self.left.checked_sub(line.len() as u64) {
            Some(left) => left,
            None => {
                self.file.flush()?;
                return Err(io::Error::other(format!("it is as large as a recording may be, {} MiB", BYTES_MAX >> 20)));
            }
        };
        self.file.write_all(&line)
    }
}

/// Reads a recording: one [`Recorded`] a line. A last line that was not written to its end is dropped.
///
/// # Errors
/// The file cannot be read, is too large, or is no recording.
pub(crate) fn read(path: &Path) -> Result<String, PlayError> {
    let failed = |reason| PlayError::Read { path: path.to_owned(), reason };
    if fs::metadata(path).map_err(failed)?.len() > BYTES_MAX {
        return Err(PlayError::TooLarge { path: path.to_owned() });
    }
    let mut bytes = fs::read(path).map_err(failed)?;
    let is_torn = bytes.last().is_some_and(|&byte| byte != b'\n');
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    if is_torn && serde_json::from_slice::<Recorded>(&bytes[whole..]).is_err() {
        bytes.truncate(whole);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + valid.iter().filter(|&&byte| byte == b'\n').count();
        PlayError::Line { path: path.to_owned(), line, reason: "not text".to_owned() }
    })?;
    let mut is_first = true;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason| PlayError::Line { path: path.to_owned(), line: index + 1, reason };
        let recorded: Recorded = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let is_snapshot = matches!(recorded, Recorded::Update { update } if update.snapshot);
        if is_first && !is_snapshot {
            return Err(wrong("a recording begins with a snapshot".to_owned()));
        }
        is_first = false;
    }
    if is_first { Err(PlayError::Empty { path: path.to_owned() }) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{dashboard::Dashboard, event::Event, view::Update};

    fn line(snapshot: bool) -> String {
        let update = Update { snapshot, time_ms: 1.5, ..Update::default() };
        serde_json::to_string(&Recorded::Update { update }).unwrap() + "\n"
    }

    fn read_back(bytes: impl AsRef<[u8]>) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let name = format!("{}: ", file.path().display());
        read(file.path()).map_err(|error| error.to_string().strip_prefix(&name).unwrap().to_owned())
    }

    #[test]
    fn a_recording_is_read_and_a_torn_line_dropped() {
        let good = line(true) + &line(false);
        assert_eq!(read_back(&good).unwrap(), good);
        assert_eq!(read_back(good.clone() + "{\"kind\":\"upd").unwrap(), good);
        assert_eq!(read_back([good.as_bytes(), &[0xd0]].concat()).unwrap(), good);
        assert_eq!(read_back(good.trim_end()).unwrap(), good.trim_end());
    }

    #[test]
    fn what_is_no_recording_is_refused_and_the_line_named() {
        let good = line(true);
        assert!(read_back(good.clone() + "x\n" + &good).unwrap_err().starts_with("line 2: expected value"));
        assert_eq!(read_back(line(false)).unwrap_err(), "line 1: a recording begins with a snapshot");
        assert_eq!(read_back([good.as_bytes(), b"\xff\n"].concat()).unwrap_err(), "line 2: not text");
        for nothing in ["", "\n", "{\"kind\""] {
            assert_eq!(read_back(nothing).unwrap_err(), "nothing is recorded in it");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES_MAX + 1).unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("larger than 64 MiB"));
        assert!(matches!(read(Path::new("/nowhere/at/all")), Err(PlayError::Read { .. })));
    }

    #[test]
    fn a_recording_ends_at_its_limit_with_whole_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut tape = Tape::new(file.reopen().unwrap(), Updates::new(None), Taps::new());
        tape.left = 2 * line(true).len() as u64 + 5;
        let recorded = Recorded::Update { update: Update { snapshot: true, time_ms: 1.5, ..Update::default() } };
        let written = (0..9).take_while(|_| tape.write(&recorded).is_ok()).count();
        assert_eq!((written, read(file.path()).unwrap()), (2, line(true).repeat(2)));
    }

    #[test]
    fn snapshots_come_again_and_again_and_are_the_smaller_part() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let dashboard = Arc::new(Mutex::new(Dashboard::new(["tcp://127.0.0.1:1"; 6], "ada", String::new(), 0.0)));
        let mut tape = Tape::new(file.reopen().unwrap(), Updates::new(Some(Arc::clone(&dashboard))), Taps::new());
        for beats in 0..2_000 {
            let said = chatz::Event::Message { user: "bob".parse().unwrap(), text: "hello".parse().unwrap() };
            dashboard.lock().unwrap().handle(Event::Chatz(said), 0.0);
            tape.write_update(beats).unwrap();
        }
        tape.file.flush().unwrap();
        let text = read(file.path()).unwrap();
        let snapshots: Vec<&str> = text.lines().filter(|line| line.contains("\"snapshot\":true")).collect();
        let bytes: usize = snapshots.iter().map(|line| line.len()).sum();
        assert!(snapshots.len() > 3 && snapshots.len() <= 20, "{}", snapshots.len());
        assert!(bytes < text.len() / 2, "{bytes} of {}", text.len());
    }
}
