//! Accepted requests until they are done, their replies until they are closed or too old, and dead letters, in one file.
//!
//! Every call of [`Store::commit`] is one transaction: after it has returned, all of its changes survive whatever happens to the
//! process and, with [`Fsync::Always`], to the machine.

mod change;
mod disk;
mod entry;
mod tables;
#[cfg(test)]
mod tests;

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use redb::{
    Builder, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageBackend, TableError,
    backends::InMemoryBackend,
};
use thiserror::Error;
use wire::Frames;

pub use self::change::{Accepted, Change, Ending, Outcome, Record};
use self::{
    disk::{Disk, Syncing},
    tables::{DEAD, DONE, ENDED, KEYS, OPEN, Tables},
};
use crate::{requests::Number, vault::VaultConfig};

/// The memory for pages of the file.
const CACHE_BYTES: usize = 64 << 20;

/// When what is committed has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// Before a commit returns.
    Always,
    /// At most this time after it. If the machine crashes, what came after the last time is lost, and the file may be damaged;
    /// a crash of the process loses nothing.
    Interval(Duration),
    /// When the operating system likes. If the machine crashes, the file may be damaged; a crash of the process loses nothing.
    Never,
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
    /// It was cancelled.
    Cancelled,
}

/// A request that could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which.
    pub number: Number,
    /// Its service.
    pub service: String,
    /// Why.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

/// Why the store cannot be used.
#[derive(Debug, Error)]
#[error("cannot use the store {}: {reason}", path.as_deref().unwrap_or(Path::new("in memory")).display())]
pub struct StoreError {
    /// The file.
    pub path: Option<PathBuf>,
    /// The reason.
    pub reason: StoreFault,
}

/// What is wrong with a store.
#[derive(Debug, Error)]
pub enum StoreFault {
    /// Another process has it open.
    #[error("another process uses it")]
    InUse,
    /// It cannot be read or written, or is no store.
    #[error(transparent)]
    File(#[from] redb::Error),
    /// An entry is damaged.
    #[error("an entry is damaged")]
    Damaged,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    database: Database,
    config: VaultConfig,
    syncing: Arc<Syncing>,
    /// The bytes of all requests, replies and dead letters.
    bytes: u64,
}

impl Store {
    /// Opens the file, which is made if there is none, and reads all of it, so that it is known not to be damaged.
    ///
    /// # Errors
    /// As [`StoreFault`] lists.
    pub fn open(config: &VaultConfig) -> Result<Self, StoreError> {
        // redb checks no page when it reads it, and panics at a damaged one.
        Self::open_checking(config, true)
    }

    /// The same after a failure of this process, which damages nothing.
    pub(crate) fn reopen(config: &VaultConfig) -> Result<Self, StoreError> {
        Self::open_checking(config, false)
    }

    fn open_checking(config: &VaultConfig, check: bool) -> Result<Self, StoreError> {
        let syncing = Arc::new(Syncing::new(config.sync));
        let open = || -> Result<Self, StoreFault> {
            let Some(path) = &config.path else {
                return Self::on(InMemoryBackend::new(), check, config.clone(), Arc::clone(&syncing));
            };
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            let disk = Disk::new(file.map_err(redb::Error::Io)?, Arc::clone(&syncing))?;
            Self::on(disk, check, config.clone(), Arc::clone(&syncing))
        };
        open().map_err(|reason| StoreError { path: config.path.clone(), reason })
    }

    /// A store on any disk.
    #[cfg(test)]
    pub(crate) fn on_backend(backend: impl StorageBackend, config: &VaultConfig) -> Result<Self, StoreError> {
        Self::on(backend, true, config.clone(), Arc::new(Syncing::new(config.sync)))
            .map_err(|reason| StoreError { path: None, reason })
    }

    fn on(
        backend: impl StorageBackend,
        check: bool,
        config: VaultConfig,
        syncing: Arc<Syncing>,
    ) -> Result<Self, StoreFault> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(check);
        let database = builder.create_with_backend(backend)?;
        let transaction = database.begin_write().map_err(redb::Error::from)?;
        // Reading needs all tables.
        let bytes = Tables::open(&transaction)?.bytes()?;
        transaction.commit().map_err(redb::Error::from)?;
        Ok(Self { database, config, syncing, bytes })
    }

    /// Makes all changes in one transaction, at this time in milliseconds since 1970, and returns the outcome of each. Some of
    /// what is too old is removed as well.
    ///
    /// # Errors
    /// The file cannot be written: then nothing has changed, and the store has to be opened again.
    pub fn commit(&mut self, now: u64, changes: &[Change]) -> Result<Vec<Outcome>, StoreError> {
        self.try_commit(now, changes).map_err(|reason| self.failed(reason))
    }

    fn try_commit(&mut self, now: u64, changes: &[Change]) -> Result<Vec<Outcome>, redb::Error> {
        let transaction = self.database.begin_write()?;
        let mut bytes = self.bytes;
        let mut outcomes = Vec::with_capacity(changes.len());
        {
            let mut tables = Tables::open(&transaction)?;
            tables.remove_ended_before(now.saturating_sub(self.keep()), &mut bytes)?;
            for change in changes {
                outcomes.push(tables.change(now, change, &mut bytes, self.config.bytes_max)?);
            }
        }
        transaction.commit()?;
        self.bytes = bytes;
        Ok(outcomes)
    }

    /// When something is too old, in milliseconds since 1970, so that a commit would remove it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_removal(&self) -> Result<Option<u64>, StoreError> {
        let first = || -> Result<_, redb::Error> {
            let ended = self.database.begin_read()?.open_table(ENDED)?;
            Ok(ended.first()?.map(|(key, _)| key.value().0.saturating_add(self.keep())))
        };
        first().map_err(|reason| self.failed(reason))
    }

    /// Brings to the disk what has been committed, if it is time, and returns when it will be.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn sync_if_due(&self) -> Result<Option<Instant>, StoreError> {
        self.syncing.if_due().map_err(|error| self.failed(redb::Error::Io(error)))
    }

    /// All requests that are not done, in the order in which they were accepted.
    ///
    /// # Errors
    /// The file cannot be read, or an entry is damaged.
    pub fn open_requests(&self) -> Result<Vec<(Number, Record)>, StoreError> {
        let read = || -> Result<Vec<_>, redb::Error> {
            let open = self.database.begin_read()?.open_table(OPEN)?;
            let mut requests = Vec::new();
            for entry in open.iter()? {
                let (number, value) = entry?;
                requests.push((number.value(), entry::record(value.value())));
            }
            Ok(requests)
        };
        let requests = read().map_err(|reason| self.failed(reason))?;
        let whole = |(number, record): (_, Option<_>)| Ok((number, record.ok_or_else(|| self.damaged())?));
        requests.into_iter().map(whole).collect()
    }

    /// The dead letters of a service, or all if it is empty, the oldest first, at most `max`.
    ///
    /// # Errors
    /// The file cannot be read, or an entry is damaged.
    pub fn dead_letters(&self, service: &str, max: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let read = || -> Result<Option<Vec<_>>, redb::Error> {
            let dead = self.database.begin_read()?.open_table(DEAD)?;
            let mut letters = Vec::new();
            for entry in dead.iter()? {
                let (number, value) = entry?;
                let Some(letter) = entry::dead_letter(number.value(), value.value()) else { return Ok(None) };
                if service.is_empty() || letter.service == service {
                    letters.push(letter);
                }
                if letters.len() == max {
                    break;
                }
            }
            Ok(Some(letters))
        };
        read().map_err(|reason| self.failed(reason))?.ok_or_else(|| self.damaged())
    }

    /// What is known of a request; `None` if nothing is, or not any more.
    ///
    /// # Errors
    /// The file cannot be read, or the entry is damaged.
    pub fn find(&self, number: Number) -> Result<Option<Found>, StoreError> {
        let find = || -> Result<Option<Option<Found>>, redb::Error> {
            let transaction = self.database.begin_read()?;
            if let Some(value) = transaction.open_table(DONE)?.get(number)? {
                return Ok(Some(entry::done(value.value())));
            }
            if let Some(value) = transaction.open_table(DEAD)?.get(number)? {
                return Ok(Some(entry::dead_letter(number, value.value()).map(|letter| Found::Dead(letter.reason))));
            }
            Ok(transaction.open_table(OPEN)?.get(number)?.map(|_| Some(Found::Open)))
        };
        match find().map_err(|reason| self.failed(reason))? {
            Some(None) => Err(self.damaged()),
            Some(found) => Ok(found),
            None => Ok(None),
        }
    }

    /// How many clients' keys are known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<u64, StoreError> {
        let count = || -> Result<_, redb::Error> {
            Ok(redb::ReadableTableMetadata::len(&self.database.begin_read()?.open_table(KEYS)?)?)
        };
        count().map_err(|reason| self.failed(reason))
    }

    /// The bytes of all requests, replies and dead letters.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn keep(&self) -> u64 {
        u64::try_from(self.config.keep.as_millis()).unwrap_or(u64::MAX)
    }

    fn damaged(&self) -> StoreError {
        StoreError { path: self.config.path.clone(), reason: StoreFault::Damaged }
    }

    fn failed(&self, reason: redb::Error) -> StoreError {
        StoreError { path: self.config.path.clone(), reason: StoreFault::File(reason) }
    }
}

impl From<DatabaseError> for StoreFault {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            other => Self::File(other.into()),
        }
    }
}

impl From<TableError> for StoreFault {
    fn from(error: TableError) -> Self {
        Self::File(error.into())
    }
}
