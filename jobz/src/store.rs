//! Requests on disk: accepted ones until they are done, their replies until they are closed, and dead letters.
//!
//! One file, in which every call of [`Store::commit`] is one transaction: after it has returned, all of its changes survive
//! whatever happens to the process and, with [`Sync::Always`], to the machine.

use std::path::{Path, PathBuf};

use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use thiserror::Error;
use wire::{Frames, mme};

use crate::requests::Number;

type Table<'a> = TableDefinition<'a, Number, &'static [u8]>;

/// Accepted requests that are not done. All values are frames ([`mme`]), the client's key first: here then the service and the body.
const OPEN: Table<'_> = TableDefinition::new("open");

/// Replies that are not closed: the key and the reply.
const REPLIES: Table<'_> = TableDefinition::new("replies");

/// Dead letters: the key, the reason, the service and the body.
const DEAD: Table<'_> = TableDefinition::new("dead");

/// The keys that clients have given, and their requests.
const KEYS: TableDefinition<'_, &[u8], Number> = TableDefinition::new("keys");

/// When what is committed has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Before a commit returns.
    Always,
    /// With the next commit that asks for it: a crash of the machine loses what came after the last one, a crash of the process
    /// nothing.
    Later,
}

/// A request that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The service's name.
    pub service: String,
    /// What the client calls it, so that it can be sent again; empty if nothing.
    pub key: Vec<u8>,
    /// What is asked.
    pub body: Frames,
}

/// A change to be committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A request is accepted.
    Accept(Number, Record),
    /// It is done: its reply.
    Finish(Number, Frames),
    /// Its tries are used up, for this reason.
    Die(Number, String),
    /// A dead letter is open again.
    Revive(Number),
    /// Nothing of it is needed any more.
    Close(Number),
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is not done.
    Open,
    /// Its reply.
    Reply(Frames),
    /// Why it is dead.
    Dead(String),
}

/// Why the file cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("{}: another process uses it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written, or is no store.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: redb::Error,
    },
    /// An entry is damaged.
    #[error("{}: an entry is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    database: Database,
    sync: Sync,
}

impl Store {
    /// Opens the file, which is made if there is none.
    ///
    /// # Errors
    /// As [`StoreError`] lists.
    pub fn open(path: &Path, sync: Sync) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let mut database = Database::create(&path).map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.clone() },
            other => StoreError::File { path: path.clone(), reason: other.into() },
        })?;
        // redb checks no page when it reads it, and panics at a damaged one.
        if let Err(reason) = database.check_integrity() {
            return Err(StoreError::File { path, reason: reason.into() });
        }
        let store = Self { path, database, sync };
        // Reading needs all tables.
        store.commit(&[])?;
        Ok(store)
    }

    /// Makes all changes in one transaction. A change of a request that is not in the state for it has no effect.
    ///
    /// # Errors
    /// The file cannot be written: then nothing has changed.
    pub fn commit(&self, changes: &[Change]) -> Result<(), StoreError> {
        self.try_commit(changes).map_err(|reason| self.file(reason))
    }

    fn try_commit(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(match self.sync {
            Sync::Always => Durability::Immediate,
            Sync::Later => Durability::None,
        })?;
        {
            let mut open = transaction.open_table(OPEN)?;
            let mut replies = transaction.open_table(REPLIES)?;
            let mut dead = transaction.open_table(DEAD)?;
            let mut keys = transaction.open_table(KEYS)?;
            for change in changes {
                match change {
                    Change::Accept(number, Record { service, key, body }) => {
                        open.insert(number, &*value(&[key, service.as_bytes()], body, 0))?;
                        if !key.is_empty() {
                            keys.insert(&**key, number)?;
                        }
                    }
                    Change::Finish(number, reply) => {
                        if let Some(request) = take(&mut open, *number)? {
                            replies.insert(number, &*value(&[key_of(&request)], reply, 0))?;
                        }
                    }
                    Change::Die(number, reason) => {
                        if let Some(request) = take(&mut open, *number)? {
                            dead.insert(number, &*value(&[key_of(&request), reason.as_bytes()], &request, 1))?;
                        }
                    }
                    Change::Revive(number) => {
                        if let Some(letter) = take(&mut dead, *number)? {
                            open.insert(number, &*value(&[key_of(&letter)], &letter, 2))?;
                        }
                    }
                    Change::Close(number) => {
                        for table in [&mut open, &mut replies, &mut dead] {
                            if let Some(entry) = take(table, *number)? {
                                keys.remove(key_of(&entry))?;
                            }
                        }
                    }
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// All requests that are not done, in the order in which they were accepted.
    ///
    /// # Errors
    /// The file cannot be read, or an entry is damaged.
    pub fn open_requests(&self) -> Result<Vec<(Number, Record)>, StoreError> {
        let mut requests = Vec::new();
        for (number, frames) in self.entries(OPEN)? {
            requests.push((number, self.record(&frames, 1)?));
        }
        Ok(requests)
    }

    /// All dead letters, the oldest first, each with its reason.
    ///
    /// # Errors
    /// The file cannot be read, or an entry is damaged.
    pub fn dead_letters(&self) -> Result<Vec<(Number, Record, String)>, StoreError> {
        let mut letters = Vec::new();
        for (number, frames) in self.entries(DEAD)? {
            letters.push((number, self.record(&frames, 2)?, text(frames.get(1))));
        }
        Ok(letters)
    }

    /// What is known of a request; `None` if nothing is, or not any more.
    ///
    /// # Errors
    /// The file cannot be read, or the entry is damaged.
    pub fn find(&self, number: Number) -> Result<Option<Found>, StoreError> {
        if let Some(frames) = self.entry(REPLIES, number)? {
            let mut reply = Frames::new();
            reply.append_from(&frames, 1);
            return Ok(Some(Found::Reply(reply)));
        }
        if let Some(frames) = self.entry(DEAD, number)? {
            return Ok(Some(Found::Dead(text(frames.get(1)))));
        }
        Ok(self.entry(OPEN, number)?.map(|_| Found::Open))
    }

    /// The request that a client has given this key.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find_key(&self, key: &[u8]) -> Result<Option<Number>, StoreError> {
        let find = || -> Result<_, redb::Error> {
            let keys = self.database.begin_read()?.open_table(KEYS)?;
            Ok(keys.get(key)?.map(|number| number.value()))
        };
        find().map_err(|reason| self.file(reason))
    }

    fn entry(&self, table: Table<'_>, number: Number) -> Result<Option<Frames>, StoreError> {
        let find = || -> Result<_, redb::Error> {
            let table = self.database.begin_read()?.open_table(table)?;
            Ok(table.get(number)?.map(|value| mme::decode(value.value())))
        };
        let found = find().map_err(|reason| self.file(reason))?;
        found.map(|frames| frames.ok_or_else(|| self.damaged())).transpose()
    }

    fn entries(&self, table: Table<'_>) -> Result<Vec<(Number, Frames)>, StoreError> {
        let read = || -> Result<Vec<_>, redb::Error> {
            let table = self.database.begin_read()?.open_table(table)?;
            let entry =
                |entry: Result<(redb::AccessGuard<'_, Number>, redb::AccessGuard<'_, &[u8]>), redb::StorageError>| {
                    let (number, value) = entry?;
                    Ok((number.value(), mme::decode(value.value())))
                };
            table.iter()?.map(entry).collect()
        };
        let entries = read().map_err(|reason| self.file(reason))?;
        entries.into_iter().map(|(number, frames)| Ok((number, frames.ok_or_else(|| self.damaged())?))).collect()
    }

    /// The request in an entry whose service is the frame at `index`.
    fn record(&self, frames: &Frames, index: usize) -> Result<Record, StoreError> {
        let service =
            frames.get(index).and_then(|service| str::from_utf8(service).ok()).ok_or_else(|| self.damaged())?;
        let mut body = Frames::new();
        body.append_from(frames, index + 1);
        Ok(Record { service: service.to_owned(), key: key_of(frames).to_vec(), body })
    }

    fn damaged(&self) -> StoreError {
        StoreError::Damaged { path: self.path.clone() }
    }

    fn file(&self, reason: redb::Error) -> StoreError {
        StoreError::File { path: self.path.clone(), reason }
    }
}

/// Removes an entry, and returns its frames; a damaged one has none.
fn take(table: &mut redb::Table<'_, Number, &'static [u8]>, number: Number) -> Result<Option<Frames>, redb::Error> {
    Ok(table.remove(number)?.map(|value| mme::decode(value.value()).unwrap_or_default()))
}

/// An entry: these frames, then those of `rest` from `index` on.
fn value(first: &[&[u8]], rest: &Frames, index: usize) -> Vec<u8> {
    let mut frames: Frames = first.iter().collect();
    frames.append_from(rest, index);
    let mut bytes = Vec::new();
    // No frame of a channel is as long as 4 GiB.
    let _ = mme::encode(&frames, &mut bytes);
    bytes
}

fn key_of(entry: &Frames) -> &[u8] {
    entry.get(0).unwrap_or_default()
}

fn text(frame: Option<&[u8]>) -> String {
    String::from_utf8_lossy(frame.unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, text: &str) -> Record {
        Record { service: "echo".to_owned(), key: key.into(), body: [text, ""].into_iter().collect() }
    }

    fn frames(text: &str) -> Frames {
        [text].into_iter().collect()
    }

    #[test]
    fn what_is_committed_is_there_when_the_file_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Store::open(&path, Sync::Always).unwrap();
        let accept = |number, key: &str| Change::Accept(number, record(key, "hi"));
        store.commit(&[accept(1, "a"), accept(2, ""), accept(3, "c"), accept(4, "")]).unwrap();
        store.commit(&[Change::Finish(1, frames("HI")), Change::Die(3, "no paper".to_owned())]).unwrap();
        drop(store);
        let store = Store::open(&path, Sync::Later).unwrap();
        assert_eq!(store.open_requests().unwrap(), [(2, record("", "hi")), (4, record("", "hi"))]);
        assert_eq!(store.find(1).unwrap(), Some(Found::Reply(frames("HI"))));
        assert_eq!(store.find(2).unwrap(), Some(Found::Open));
        assert_eq!(store.find(3).unwrap(), Some(Found::Dead("no paper".to_owned())));
        assert_eq!(store.find(5).unwrap(), None);
        assert_eq!(store.dead_letters().unwrap(), [(3, record("c", "hi"), "no paper".to_owned())]);
        assert_eq!((store.find_key(b"a").unwrap(), store.find_key(b"x").unwrap()), (Some(1), None));

        store.commit(&[Change::Revive(3), Change::Close(1), Change::Close(4)]).unwrap();
        assert_eq!(store.open_requests().unwrap(), [(2, record("", "hi")), (3, record("c", "hi"))]);
        assert_eq!((store.find(1).unwrap(), store.find_key(b"a").unwrap()), (None, None));
        // What is not open cannot be finished.
        store.commit(&[Change::Finish(1, frames("HI")), Change::Finish(4, frames("HI"))]).unwrap();
        assert_eq!((store.find(1).unwrap(), store.find(4).unwrap()), (None, None));
    }

    #[test]
    fn a_file_that_is_open_or_no_store_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let _store = Store::open(&path, Sync::Always).unwrap();
        let error = Store::open(&path, Sync::Always).unwrap_err().to_string();
        assert!(error.ends_with("store: another process uses it"), "{error}");
        let other = folder.path().join("other");
        std::fs::write(&other, "not a store".repeat(1000)).unwrap();
        assert!(matches!(Store::open(&other, Sync::Always), Err(StoreError::File { .. })));
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_and_ends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = Store::open(&path, Sync::Always).unwrap();
        let accept = |number| Change::Accept(number, record("", &"x".repeat(1_000)));
        store.commit(&(0..200).map(accept).collect::<Vec<_>>()).unwrap();
        drop(store);
        let whole = std::fs::read(&path).unwrap();
        let damaged = folder.path().join("damaged");
        let check = |bytes: &[u8]| {
            std::fs::write(&damaged, bytes).unwrap();
            if let Ok(store) = Store::open(&damaged, Sync::Always) {
                let _ = (store.open_requests(), store.dead_letters(), store.find(7), store.find_key(b"a"));
            }
        };
        for length in [0, 1, 9, 63, 64, 320, 4_096, whole.len() / 2, whole.len() - 1] {
            check(&whole[..length]);
        }
        for at in (0..whole.len()).step_by(whole.len() / 97) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            check(&bytes);
        }
    }
}
