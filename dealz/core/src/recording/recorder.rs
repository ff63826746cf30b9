//! The thread that writes a recording.
//!
//! It looks ten times a second, as a page would, and writes a line for each update. Now and then it begins again with a
//! snapshot, so that a player can seek: after ten seconds at the earliest, and once three times the size of the last snapshot
//! was written, so that most of the file is what happened. Once a second the newest messages of the sockets that have
//! connections follow, all of those that have few, and all lines are handed to the system: after a crash the file plays up to
//! that second. With five prices an hour reaches about half of the largest size. The thread waits for nothing but the disk, and
//! nothing waits for it.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write as _},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sockets::{SocketError, Stop, Stopper};
use tracing::{error, warn};

use super::BYTES_MAX;
use crate::{
    feeds::observations::Taps,
    updates::Updates,
    view::{CastView, Recorded},
};

/// How often updates are written.
const BEAT: Duration = Duration::from_millis(100);

/// After how many beats messages are written, and all lines are handed to the system.
const BEATS_PER_FLUSH: u64 = 10;

/// After how many beats there may be another snapshot.
const BEATS_PER_SNAPSHOT: u64 = 100;

/// How many times the size of the last snapshot is written before there is another one.
const SIZES_PER_SNAPSHOT: u64 = 3;

/// Of how many sockets messages are written though no page looks at them. The desk keeps those of some more, for pages.
const SOCKETS_MAX: usize = 24;

/// The most messages of a socket that are written each time: of a line with fewer a page draws each one.
const MESSAGES_MAX: usize = 12;

/// How many of the last messages are written of a socket that has had more than those.
const OF_MANY: usize = 3;

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
    pub(crate) fn spawn(file: File, updates: Updates, taps: Taps) -> io::Result<Self> {
        let (stopper, stop) = Stop::pair().map_err(|error| match error {
            SocketError::System { reason, .. } => reason,
            error => io::Error::other(error.to_string()),
        })?;
        let writer = RecordingWriter::new(file, updates, taps);
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
    /// Of each socket that is looked at, the number of the last message that was recorded.
    seen: BTreeMap<String, u64>,
    /// At which beat there may be another snapshot.
    next_snapshot: u64,
    /// And down to how many bytes that are left.
    next_snapshot_left: u64,
}

impl RecordingWriter {
    fn new(file: File, updates: Updates, taps: Taps) -> Self {
        Self {
            file: BufWriter::new(file),
            left: BYTES_MAX,
            updates,
            taps,
            sockets: Vec::new(),
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
        if let Some(cast) = &update.cast {
            self.sockets = talking(cast);
            self.ask();
        }
        let (is_snapshot, before) = (update.snapshot, self.left);
        self.write(&Recorded::Update { update })?;
        if is_snapshot {
            self.next_snapshot = beats + BEATS_PER_SNAPSHOT;
            self.next_snapshot_left = self.left.saturating_sub(SIZES_PER_SNAPSHOT * (before - self.left));
        }
        Ok(())
    }

    /// Has the processes report the messages that are to be written.
    fn ask(&self) {
        for key in &self.sockets {
            // It is the key of a socket that reports, so it is valid. None of its messages is taken here.
            let _ = self.taps.ask(key, Some(u64::MAX));
        }
    }

    fn write_messages(&mut self) -> io::Result<()> {
        self.ask();
        let keys = self.taps.keys();
        self.seen.retain(|seen, _| keys.contains(seen));
        for socket in keys {
            let messages = self.taps.newest(&socket, self.seen.get(&socket).copied(), MESSAGES_MAX, OF_MANY);
            if let Some(last) = messages.last() {
                self.seen.insert(socket.clone(), last.id);
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

/// The keys of the sockets that have connections, those of the desk first.
fn talking(cast: &CastView) -> Vec<String> {
    let (own, others): (Vec<_>, Vec<_>) = cast.processes.iter().partition(|process| process.is_desk);
    let sockets = own.into_iter().chain(others).flat_map(|process| &process.sockets);
    sockets.filter(|socket| socket.peers > 0).map(|socket| socket.key.clone()).take(SOCKETS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use wire::report::ProcessId;

    use super::{super::read_file, *};
    use crate::{clock::Now, dashboard::Dashboard, event::Event, view::Update};

    #[test]
    fn a_recording_ends_at_its_limit_with_whole_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = RecordingWriter::new(file.reopen().unwrap(), Updates::new(None, false), Taps::default());
        let recorded = Recorded::Update { update: Update { snapshot: true, time_ms: 1.5, ..Update::default() } };
        let line = serde_json::to_string(&recorded).unwrap() + "\n";
        writer.left = 2 * line.len() as u64 + 5;
        let written = (0..9).take_while(|_| writer.write(&recorded).is_ok()).count();
        assert_eq!((written, read_file(file.path()).unwrap()), (2, line.repeat(2)));
    }

    #[test]
    fn a_recording_that_cannot_be_written_ends_with_the_reason() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let start = Now { at: Instant::now(), ms: 0.0 };
        let end = |file: File| {
            let dashboard = Dashboard::new(ProcessId(1), "ada", String::new(), start);
            let updates = Updates::new(Some(Arc::new(Mutex::new(dashboard))), false);
            Recorder::spawn(file, updates, Taps::default()).unwrap().end()
        };
        assert!(end(File::open(file.path()).unwrap()).is_err(), "it is open for reading alone");
        end(file.reopen().unwrap()).unwrap();
        assert!(read_file(file.path()).unwrap().contains("\"snapshot\":true"));
    }

    #[test]
    fn snapshots_come_again_and_again_and_are_the_smaller_part() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let start = Now { at: Instant::now(), ms: 0.0 };
        let dashboard = Arc::new(Mutex::new(Dashboard::new(ProcessId(1), "ada", String::new(), start)));
        let updates = Updates::new(Some(Arc::clone(&dashboard)), false);
        let mut writer = RecordingWriter::new(file.reopen().unwrap(), updates, Taps::default());
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
        let text = read_file(file.path()).unwrap();
        let snapshots: Vec<&str> = text.lines().filter(|line| line.contains("\"snapshot\":true")).collect();
        let bytes: usize = snapshots.iter().map(|line| line.len()).sum();
        assert!(snapshots.len() > 3 && snapshots.len() <= 20, "{}", snapshots.len());
        assert!(bytes < text.len() / 2, "{bytes} of {}", text.len());
    }
}
