//! The thread that owns the [`Store`], and the handle that a loop holds.
//!
//! What is asked while a transaction is on its way to the disk waits, and is the next one: the more is asked, the more requests share
//! one sync. An answer to a change comes after its transaction.

mod keeper;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use sockets::{Interest, bell::Bell};
use thiserror::Error;
use tracing::error;

use self::keeper::Keeper;
use crate::{
    requests::Number,
    store::{Accepted, Change, DeadLetter, Found, Fsync, Record, Store, StoreError},
};

/// How much may be asked that is not answered yet, of what a client can ask as often as it likes.
const ASKED_MAX: usize = 10_000;

/// The bytes of the requests in it.
const ASKED_BYTES_MAX: usize = 64 << 20;

/// How many answers wait for the loop before the thread does.
const ANSWERS_MAX: usize = 1_000;

/// How many dead letters are listed.
pub const DEAD_LETTERS_MAX: usize = 1_000;

/// What is kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultConfig {
    /// The file; without one, all is kept in memory, and lost when the process ends.
    pub path: Option<PathBuf>,
    /// When it has to be on the disk.
    pub sync: Fsync,
    /// How long replies, dead letters and cancelled requests are kept.
    pub keep: Duration,
    /// The most bytes of requests, replies and dead letters: beyond them no request is accepted, and beyond twice as many no reply
    /// is kept. The file is larger: it has an index, and room that is free.
    pub bytes_max: u64,
}

impl Default for VaultConfig {
    fn default() -> Self {
        Self { path: None, sync: Fsync::Always, keep: Duration::from_secs(24 * 3600), bytes_max: 256 << 20 }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Make this change.
    Change(Change),
    /// What is known of a request?
    Find(Number),
    /// The oldest dead letters, at most [`DEAD_LETTERS_MAX`].
    Dead {
        /// Of this service; of all if it is empty.
        service: String,
    },
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The change is made; of [`Change::Accept`] its outcome.
    Changed(Option<Accepted>),
    /// Of [`Change::Revive`]: the request, which is open again; `None` if it was no dead letter.
    Revived(Option<Record>),
    /// What is known of the request; `None` if nothing is, or not any more.
    Found(Option<Found>),
    /// The dead letters.
    Dead(Vec<DeadLetter>),
    /// Nothing was changed or found, for this reason.
    Failed(String),
}

/// Why there is no vault.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process has no thread or file descriptor left.
    #[error("cannot start the store's thread: {0}")]
    Thread(#[from] io::Error),
}

/// The handle. When it is dropped, all that was asked is done first.
#[derive(Debug)]
pub struct Vault {
    /// `None` only while it is dropped.
    asks: Option<Sender<(u64, Ask)>>,
    answers: Option<Receiver<Answered>>,
    bell: Bell,
    /// What is refused at once is answered from here.
    refused: Vec<u64>,
    asked: usize,
    asked_bytes: usize,
    thread: Option<JoinHandle<()>>,
}

/// An answer, and the bytes of what was asked.
type Answered = (u64, usize, Answer);

impl Vault {
    /// Opens the store, and returns what is open in it, the oldest first.
    ///
    /// # Errors
    /// As [`VaultError`] lists.
    pub fn open(config: &VaultConfig) -> Result<(Self, Vec<(Number, Record)>), VaultError> {
        let store = Store::open(config)?;
        let open = store.open_requests()?;
        let config = config.clone();
        Ok((Self::start(store, move || Store::reopen(&config))?, open))
    }

    /// A vault of this store, which is opened in this way if it has failed.
    fn start(
        store: Store,
        reopen: impl FnMut() -> Result<Store, StoreError> + Send + 'static,
    ) -> Result<Self, VaultError> {
        let bell = Bell::new()?;
        let (asks, asked) = channel();
        let (answers, answered) = sync_channel(ANSWERS_MAX);
        let keeper = Keeper { store: Some(store), reopen, failed_at: None, asks: asked, answers, rope: bell.rope() };
        let thread = thread::Builder::new().name("jobz.vault".to_owned()).spawn(move || keeper.run())?;
        Ok(Self {
            asks: Some(asks),
            answers: Some(answered),
            bell,
            refused: Vec::new(),
            asked: 0,
            asked_bytes: 0,
            thread: Some(thread),
        })
    }

    /// Asks, without waiting; the answer has this token. If too much is asked already, it is a failure, unless this is about a try or the
    /// end of a request: there are never more of these than of requests.
    pub fn ask(&mut self, token: u64, ask: Ask) {
        let bytes = bytes_of(&ask);
        let is_refusable = !matches!(ask, Ask::Change(Change::Try(..) | Change::End(..) | Change::Close(_)));
        if is_refusable && (self.asked >= ASKED_MAX || self.asked_bytes + bytes > ASKED_BYTES_MAX) {
            self.refused.push(token);
            self.bell.rope().ring();
            return;
        }
        self.asked += 1;
        self.asked_bytes += bytes;
        if let Some(asks) = &self.asks {
            // The thread ends after this handle.
            let _ = asks.send((token, ask));
        }
    }

    /// Ready when there are answers.
    #[must_use]
    pub fn bell(&self) -> Interest<'_> {
        self.bell.interest()
    }

    /// Takes the answers that are there, in the order of what was asked.
    pub fn take_answers(&mut self, mut take: impl FnMut(u64, Answer)) {
        self.bell.silence();
        for token in self.refused.drain(..) {
            take(token, Answer::Failed("the store has too much to do".to_owned()));
        }
        for (token, bytes, answer) in self.answers.iter().flat_map(Receiver::try_iter) {
            self.asked -= 1;
            self.asked_bytes -= bytes;
            take(token, answer);
        }
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(self.asks.take());
        drop(self.answers.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            error!("the store's thread panicked");
        }
    }
}

/// The bytes that wait with it for the thread.
fn bytes_of(ask: &Ask) -> usize {
    match ask {
        Ask::Change(Change::Accept(_, record)) => record.body.byte_len(),
        _ => 0,
    }
}
