//! The file below redb, which asks for a sync at the end of each transaction: here it is decided whether there is one.

use std::{
    fs::File,
    io,
    ops::Bound,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use redb::{BackendError, DatabaseError, StorageBackend, backends::FileBackend};

use super::Fsync;

/// The file.
#[derive(Debug)]
pub(super) struct Disk {
    backend: FileBackend,
    syncing: Arc<Syncing>,
}

/// When the file is synced.
#[derive(Debug)]
pub(super) struct Syncing {
    policy: Fsync,
    file: OnceLock<File>,
    /// When something was written first that is not synced.
    since: Mutex<Option<Instant>>,
}

impl Syncing {
    pub(super) const fn new(policy: Fsync) -> Self {
        Self { policy, file: OnceLock::new(), since: Mutex::new(None) }
    }

    /// Syncs if it is time, and returns when it will be.
    pub(super) fn if_due(&self) -> io::Result<Option<Instant>> {
        let Fsync::Interval(interval) = self.policy else { return Ok(None) };
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(due) = since.map(|since| since + interval) else { return Ok(None) };
        if Instant::now() < due {
            return Ok(Some(due));
        }
        self.now()?;
        *since = None;
        Ok(None)
    }

    fn now(&self) -> io::Result<()> {
        self.file.get().map_or(Ok(()), File::sync_data)
    }
}

impl Disk {
    pub(super) fn new(file: File, syncing: Arc<Syncing>) -> Result<Self, DatabaseError> {
        let _ = syncing.file.set(file.try_clone()?);
        Ok(Self { backend: FileBackend::new(file)?, syncing })
    }
}

type Range = Bound<u64>;

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        match self.syncing.policy {
            Fsync::Always => self.backend.sync_data(),
            Fsync::Never => Ok(()),
            Fsync::Interval(_) => {
                self.syncing.since.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
                Ok(self.syncing.if_due().map(drop)?)
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.backend.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        if let Fsync::Interval(_) = self.syncing.policy {
            self.backend.sync_data()?;
        }
        self.backend.close()
    }

    fn try_lock_range(&self, start: Range, end: Range) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Range, end: Range) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Range, end: Range) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Range, end: Range) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Range, end: Range) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Range, end: Range) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}
