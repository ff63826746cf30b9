//! The thread that owns the [`Store`], and the handle that a loop holds.
//!
//! What is asked while a transaction is on its way to the disk waits, and is the next one: the more is asked, the more requests share
//! one sync. An answer to a change comes after its transaction.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sockets::{
    Interest,
    bell::{Bell, Rope},
};
use thiserror::Error;
use tracing::{error, warn};

use crate::{
    requests::Number,
    store::{Accepted, Change, DeadLetter, Found, Fsync, Outcome, Record, Store, StoreError},
};

/// How much may be asked that is not answered yet, of what a client can ask as often as it likes.
const ASKED_MAX: usize = 10_000;

/// The bytes of the requests in it.
const ASKED_BYTES_MAX: usize = 64 << 20;

/// How many changes are one transaction.
const CHANGES_AT_A_TIME: usize = 10_000;

/// How many answers wait for the loop before the thread does.
const ANSWERS_MAX: usize = 1_000;

/// How many dead letters are listed.
pub const DEAD_LETTERS_MAX: usize = 1_000;

/// How long a store that has failed is left alone before it is opened again.
const PAUSE: Duration = Duration::from_millis(200);

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

    /// Asks, without waiting; the answer has this token. If too much is asked already, it is a failure, unless this is about the end of
    /// a request: there are never more of these than of requests.
    pub fn ask(&mut self, token: u64, ask: Ask) {
        let bytes = bytes_of(&ask);
        let is_refusable = !matches!(ask, Ask::Change(Change::End(..) | Change::Close(_)));
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

/// The thread.
struct Keeper<R> {
    /// `None` after a failure, until it is open again.
    store: Option<Store>,
    reopen: R,
    failed_at: Option<Instant>,
    asks: Receiver<(u64, Ask)>,
    answers: SyncSender<Answered>,
    rope: Rope,
}

impl<R: FnMut() -> Result<Store, StoreError>> Keeper<R> {
    fn run(mut self) {
        let mut next = None;
        loop {
            let mut asks: Vec<(u64, Ask)> = match self.next_ask(next) {
                Ok(first) => first.into_iter().collect(),
                // The rest of what was asked has been taken before.
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => Vec::new(),
            };
            if !asks.is_empty() {
                asks.extend(self.asks.try_iter().take(CHANGES_AT_A_TIME));
            }
            self.answer_all(asks);
            next = self.housekeep();
        }
    }

    fn next_ask(&self, deadline: Option<Instant>) -> Result<Option<(u64, Ask)>, RecvTimeoutError> {
        match deadline {
            None => self.asks.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => self.asks.recv_timeout(deadline.saturating_duration_since(Instant::now())).map(Some),
        }
    }

    /// Makes all changes in one transaction, then answers everything.
    fn answer_all(&mut self, asks: Vec<(u64, Ask)>) {
        let mut changes = Vec::new();
        let mut others = Vec::new();
        let mut order = Vec::new();
        for (token, ask) in asks {
            order.push((token, bytes_of(&ask), matches!(ask, Ask::Change(_))));
            match ask {
                Ask::Change(change) => changes.push(change),
                other => others.push(other),
            }
        }
        let mut outcomes = if changes.is_empty() {
            Vec::new()
        } else {
            match self.try_with(|store| store.commit(milliseconds_since_1970(), &changes)) {
                Ok(outcomes) => outcomes.into_iter().map(Answer::from).collect(),
                Err(reason) => vec![Answer::Failed(reason); changes.len()],
            }
        }
        .into_iter();
        let mut others = others.into_iter();
        for (token, bytes, is_change) in order {
            let answer = if is_change { outcomes.next() } else { others.next().map(|other| self.find(other)) };
            if let Some(answer) = answer {
                self.answer((token, bytes, answer));
            }
        }
        self.rope.ring();
    }

    fn find(&mut self, ask: Ask) -> Answer {
        let answer = match ask {
            Ask::Find(number) => self.try_with(|store| store.find(number)).map(Answer::Found),
            Ask::Dead { service } => {
                self.try_with(|store| store.dead_letters(&service, DEAD_LETTERS_MAX)).map(Answer::Dead)
            }
            Ask::Change(_) => return Answer::Changed(None),
        };
        answer.unwrap_or_else(Answer::Failed)
    }

    /// Waits if the loop has many answers to take.
    fn answer(&self, answer: Answered) {
        if let Err(TrySendError::Full(answer)) = self.answers.try_send(answer) {
            self.rope.ring();
            // It fails after the handle was dropped.
            let _ = self.answers.send(answer);
        }
    }

    /// Removes what is too old and syncs, if it is time, and returns when it is next.
    fn housekeep(&mut self) -> Option<Instant> {
        let mut next = || -> Result<Option<Instant>, String> {
            let now = milliseconds_since_1970();
            let removal = self.try_with(|store| {
                if store.next_removal()?.is_some_and(|time| time <= now) {
                    store.commit(now, &[])?;
                }
                store.next_removal()
            })?;
            let removal = removal.map(|time| Instant::now() + Duration::from_millis(time.saturating_sub(now)));
            let sync = self.try_with(|store| store.sync_if_due())?;
            Ok(removal.into_iter().chain(sync).min())
        };
        // What cannot be removed now can be later.
        next().unwrap_or_else(|_| Some(Instant::now() + PAUSE))
    }

    /// Does something with the store. A store that fails is opened again for the next time.
    fn try_with<T>(&mut self, act: impl FnOnce(&mut Store) -> Result<T, StoreError>) -> Result<T, String> {
        let mut store = match self.store.take() {
            Some(store) => store,
            None => self.open_again()?,
        };
        // redb panics at a damaged page. A store that has panicked is not used again, and may panic again when it is dropped.
        let result = catch_unwind(AssertUnwindSafe(|| act(&mut store)));
        let reason = match result {
            Ok(Ok(value)) => {
                self.store = Some(store);
                return Ok(value);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store is damaged".to_owned(),
        };
        let _ = catch_unwind(AssertUnwindSafe(|| drop(store)));
        warn!(%reason, "the store has failed");
        self.failed_at = Some(Instant::now());
        Err(reason)
    }

    fn open_again(&mut self) -> Result<Store, String> {
        if self.failed_at.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err("the store has failed, and is opened again soon".to_owned());
        }
        let opened = catch_unwind(AssertUnwindSafe(|| (self.reopen)()));
        let reason = match opened {
            Ok(Ok(store)) => return Ok(store),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the store is damaged".to_owned(),
        };
        self.failed_at = Some(Instant::now());
        Err(reason)
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Made => Self::Changed(None),
            Outcome::Accepted(accepted) => Self::Changed(Some(accepted)),
            Outcome::Full => Self::Failed("the store is full".to_owned()),
            Outcome::Revived(record) => Self::Revived(record),
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

fn milliseconds_since_1970() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
