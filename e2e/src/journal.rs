//! What has happened to the requests of a run, in order: a file to which all processes of the run append, a line at a time.
//!
//! Its order needs no clock: a kill stands in it before and after it is done.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// One thing that has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A client is about to send the request with this key.
    Asked(String),
    /// A worker begins to do it.
    Begun(String, Execution),
    /// A client has its reply, which this execution made.
    Answered(String, Execution),
    /// Something is about to happen to a process.
    Before(Outage),
    /// It has happened, or is over.
    After(Outage),
}

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outage {
    /// The broker is killed.
    BrokerKilled,
    /// The worker with this number is killed.
    WorkerKilled(u32),
    /// The worker with this number is suspended until it is resumed.
    WorkerSuspended(u32),
}

/// One execution of a request; as text `WORKER.NUMBER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The number of the worker. One that is started again has another.
    pub worker: u32,
    /// Its number among those of this worker.
    pub number: u64,
}

impl fmt::Display for Execution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.worker, self.number)
    }
}

impl FromStr for Execution {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers =
            text.split_once('.').and_then(|(worker, number)| Some((worker.parse().ok()?, number.parse().ok()?)));
        numbers.map(|(worker, number)| Self { worker, number }).ok_or("not WORKER.NUMBER")
    }
}

/// The file.
#[derive(Debug)]
pub struct Journal(File);

impl Journal {
    /// Opens it to append to it; it is made if there is none.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        File::options().create(true).append(true).open(path).map(Self)
    }

    /// Appends an entry, in one write.
    ///
    /// # Panics
    /// The disk is full.
    pub fn write(&self, entry: &Entry) {
        let json = serde_json::to_string(entry).expect("an entry is JSON");
        // The line break before it ends the line that a process has not finished before it was killed.
        (&self.0).write_all(format!("\n{json}\n").as_bytes()).expect("the disk has room");
    }

    /// All entries. A process that was killed while it wrote one has not done what it says.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> io::Result<Vec<Entry>> {
        Ok(fs::read_to_string(path)?.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_they_were_written_past_one_that_is_cut_off() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let entries = [
            Entry::Asked("a".to_owned()),
            Entry::Begun("a".to_owned(), "17.5".parse().unwrap()),
            Entry::Before(Outage::WorkerKilled(17)),
        ];
        let journal = Journal::open(file.path()).unwrap();
        journal.write(&entries[0]);
        Journal::open(file.path()).unwrap().0.write_all(b"\n{\"Begun\":[\"b\"").unwrap();
        journal.write(&entries[1]);
        journal.write(&entries[2]);
        assert_eq!(Journal::read(file.path()).unwrap(), entries);
    }
}
