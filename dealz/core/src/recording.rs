//! Records what is shown in a file, and reads it again.
//!
//! The thread `recorder` looks ten times a second, as a page would, and writes a line for each update. Now and then it begins
//! again with a snapshot, so that a player can seek: after ten seconds at the earliest, and once three times the size of the
//! last snapshot was written, so that most of the file is what happened. Once a second the newest messages follow, of the
//! desk's sockets and of those that a page looks at, and all lines are handed to the system: after a crash the file plays up to
//! that second. With five prices an hour reaches about half of the largest size. The thread waits for nothing but the disk,
//! and nothing waits for it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use settings::Input;
use sockets::{SocketError, Stop, Stopper};
use thiserror::Error;
use tracing::{debug, error, info, warn};
use wire::foreign;

use crate::{feeds::observations::Taps, updates::Updates, view::Recorded};

/// The largest size of a recording.
const BYTES_MAX: u64 = 64 << 20;

/// How often updates are written.
const BEAT: Duration = Duration::from_millis(100);

/// After how many beats messages are written, and all lines are handed to the system.
const BEATS_PER_FLUSH: u64 = 10;

/// After how many beats there may be another snapshot.
const BEATS_PER_SNAPSHOT: u64 = 100;

/// How many times the size of the last snapshot is written before there is another one.
const SIZES_PER_SNAPSHOT: u64 = 3;

/// The most messages of a socket that are written each time.
const MESSAGES_MAX: usize = 8;

/// The largest number that a new recording may get in place of one that exists.
const NUMBER_MAX: u32 = 9_999;

/// Why a recording cannot be played.
#[derive(Debug, Error)]
pub enum PlayError {
    /// It cannot be read.
    #[error("{}: {reason}", shown(path))]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// It is larger than any recording.
    #[error("{}: it is larger than {} MiB, the largest size of a recording", shown(path), BYTES_MAX >> 20)]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line of it is not a line of a recording.
    #[error("{}: line {line}: {reason} (this version of dealz plays its own recordings)", shown(path))]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// It is empty.
    #[error("{}: it is empty", shown(path))]
    Empty {
        /// Which file.
        path: PathBuf,
    },
}

/// The handle; dropping it ends the recording with all that has happened until then.
pub(crate) struct Recorder {
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Recorder {
    /// Begins to record into the file.
    ///
    /// # Errors
    /// The system has no more threads or file descriptors.
    pub(crate) fn spawn(file: File, updates: Updates, taps: Taps, sockets: Vec<String>) -> io::Result<Self> {
        let (stopper, stop) = Stop::pair().map_err(|error| match error {
            SocketError::System { reason, .. } => reason,
            error => io::Error::other(error.to_string()),
        })?;
        let writer = RecordingWriter::new(file, updates, taps, sockets);
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(move || writer.run(&stop))?;
        Ok(Self { stopper: Some(stopper), thread: Some(thread) })
    }

    /// Ends the recording with all that has happened until now.
    ///
    /// # Errors
    /// Not everything could be written.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.stop()
    }

    fn stop(&mut self) -> io::Result<()> {
        drop(self.stopper.take());
        self.thread.take().map_or(Ok(()), |thread| {
            thread.join().unwrap_or_else(|_| {
                error!("the thread recorder panicked");
                Err(io::Error::other("the thread recorder panicked"))
            })
        })
    }
}

/// Makes the file of a new recording. A recording that exists is left alone: the new one gets the next free number, such
/// as `talk-2.jsonl`.
///
/// # Errors
/// The file cannot be made.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    for number in 1..=NUMBER_MAX {
        let numbered = numbered(path, number);
        match OpenOptions::new().write(true).create_new(true).open(&numbered) {
            Ok(file) => {
                if number > 1 {
                    warn!(file = %path.display(), "this recording exists already: it is left alone");
                }
                info!(file = %numbered.display(), "recording");
                return Ok(file);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// `talk.jsonl`, `talk-2.jsonl`, and so on.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.file_stem().map_or_else(OsString::new, OsString::from);
    if number > 1 {
        name.push(format!("-{number}"));
    }
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // The thread has logged why it failed.
        let _ = self.stop();
    }
}

/// What the thread owns.
struct RecordingWriter {
    file: BufWriter<File>,
    /// How many bytes may still be written.
    left: u64,
    updates: Updates,
    taps: Taps,
    /// The keys of the sockets whose messages are recorded even if no page looks at them.
    sockets: Vec<String>,
    /// Of each socket that is looked at, the number of the message after the last one that was recorded.
    seen: BTreeMap<String, u64>,
    /// At which beat there may be another snapshot.
    next_snapshot: u64,
    /// And down to how many bytes that are left.
    next_snapshot_left: u64,
}

impl RecordingWriter {
    fn new(file: File, updates: Updates, taps: Taps, sockets: Vec<String>) -> Self {
        Self {
            file: BufWriter::new(file),
            left: BYTES_MAX,
            updates,
            taps,
            sockets,
            seen: BTreeMap::new(),
            next_snapshot: 0,
            next_snapshot_left: BYTES_MAX,
        }
    }

    fn run(mut self, stop: &Stop) -> io::Result<()> {
        self.record(stop).inspect_err(|error| warn!(%error, "the recording ends here"))
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
        // A file needs no sign of life.
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
        for key in &self.sockets {
            // Asked for by its name in this process, which is valid; what is kept of it follows with all others.
            let _ = self.taps.ask(key, None);
        }
        let all = self.taps.all();
        self.seen.retain(|seen, _| all.iter().any(|(key, _)| key == seen));
        for (socket, mut messages) in all {
            let seen = self.seen.entry(socket.clone()).or_default();
            messages.drain(..messages.len().saturating_sub(MESSAGES_MAX));
            messages.retain(|message| message.id >= *seen);
            if let Some(last) = messages.last() {
                *seen = last.id.saturating_add(1);
                self.write(&Recorded::Wire { socket, messages })?;
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

/// Reads a recording: one [`Recorded`] a line. An incomplete last line is dropped. A pipe is waited for until `stop`.
///
/// # Errors
/// The file cannot be read, is too large, or is no recording.
pub(crate) fn read(path: &Path, stop: &Stop) -> Result<String, PlayError> {
    debug!(file = %path.display(), "waiting for the recording");
    read_from(path, Input::open(path, stop))
}

/// The same of a regular file.
pub(crate) fn read_file(path: &Path) -> Result<String, PlayError> {
    read_from(path, File::open(path))
}

fn read_from(path: &Path, input: io::Result<impl io::Read>) -> Result<String, PlayError> {
    let failed = |reason| PlayError::Read { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    input.and_then(|input| input.take(BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(PlayError::TooLarge { path: path.to_owned() });
    }
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

/// A path in an error's text.
fn shown(path: &Path) -> String {
    foreign(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        sync::{Arc, Mutex},
    };

    use wire::report::ProcessId;

    use super::*;
    use crate::{clock::Now, dashboard::Dashboard, event::Event, view::Update};

    fn line(snapshot: bool) -> String {
        let update = Update { snapshot, time_ms: 1.5, ..Update::default() };
        serde_json::to_string(&Recorded::Update { update }).unwrap() + "\n"
    }

    fn play(path: &Path) -> Result<String, PlayError> {
        let (_stopper, stop) = Stop::pair().unwrap();
        read(path, &stop)
    }

    fn read_back(bytes: impl AsRef<[u8]>) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        let name = format!("{}: ", file.path().display());
        play(file.path()).map_err(|error| error.to_string().strip_prefix(&name).unwrap().to_owned())
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
        assert!(read_back(line(false)).unwrap_err().starts_with("line 1: a recording begins with a snapshot ("));
        assert!(read_back([good.as_bytes(), b"\xff\n"].concat()).unwrap_err().starts_with("line 2: not text ("));
        for nothing in ["", "\n", "{\"kind\""] {
            assert_eq!(read_back(nothing).unwrap_err(), "it is empty");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES_MAX + 1).unwrap();
        assert!(play(file.path()).unwrap_err().to_string().contains("larger than 64 MiB"));
        assert!(matches!(play(Path::new("/nowhere/at/all")), Err(PlayError::Read { .. })));
    }

    #[test]
    fn a_new_recording_gets_a_number_and_leaves_those_that_exist_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("the.talk.jsonl");
        for text in ["first", "second", "third"] {
            create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        for (name, text) in [("the.talk.jsonl", "first"), ("the.talk-2.jsonl", "second"), ("the.talk-3.jsonl", "third")]
        {
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
        }
        assert_eq!(numbered(Path::new("talk"), 2), Path::new("talk-2"));
        assert!(create(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn a_recording_ends_at_its_limit_with_whole_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer =
            RecordingWriter::new(file.reopen().unwrap(), Updates::new(None, false), Taps::default(), Vec::new());
        writer.left = 2 * line(true).len() as u64 + 5;
        let recorded = Recorded::Update { update: Update { snapshot: true, time_ms: 1.5, ..Update::default() } };
        let written = (0..9).take_while(|_| writer.write(&recorded).is_ok()).count();
        assert_eq!((written, play(file.path()).unwrap()), (2, line(true).repeat(2)));
    }

    #[test]
    fn a_recording_that_cannot_be_written_ends_with_the_reason() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let start = Now { at: Instant::now(), ms: 0.0 };
        let end = |file: File| {
            let dashboard = Dashboard::new(ProcessId(1), "ada", String::new(), start);
            let updates = Updates::new(Some(Arc::new(Mutex::new(dashboard))), false);
            Recorder::spawn(file, updates, Taps::default(), Vec::new()).unwrap().end()
        };
        assert!(end(File::open(file.path()).unwrap()).is_err(), "it is open for reading alone");
        end(file.reopen().unwrap()).unwrap();
        assert!(play(file.path()).unwrap().contains("\"snapshot\":true"));
    }

    #[test]
    fn snapshots_come_again_and_again_and_are_the_smaller_part() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let start = Now { at: Instant::now(), ms: 0.0 };
        let dashboard = Arc::new(Mutex::new(Dashboard::new(ProcessId(1), "ada", String::new(), start)));
        let updates = Updates::new(Some(Arc::clone(&dashboard)), false);
        let mut writer = RecordingWriter::new(file.reopen().unwrap(), updates, Taps::default(), Vec::new());
        for beats in 0..2_000 {
            let said = chatz::Event::Message { user: "bob".parse().unwrap(), text: "hello".parse().unwrap() };
            let now = Now { at: start.at + Duration::from_secs(beats), ms: 1_000.0 * beats as f64 };
            let mut desk = dashboard.lock().unwrap();
            desk.handle(Event::Chatz(said), now);
            desk.handle_time(now);
            drop(desk);
            writer.write_update(beats).unwrap();
        }
        writer.file.flush().unwrap();
        let text = play(file.path()).unwrap();
        let snapshots: Vec<&str> = text.lines().filter(|line| line.contains("\"snapshot\":true")).collect();
        let bytes: usize = snapshots.iter().map(|line| line.len()).sum();
        assert!(snapshots.len() > 3 && snapshots.len() <= 20, "{}", snapshots.len());
        assert!(bytes < text.len() / 2, "{bytes} of {}", text.len());
    }
}
