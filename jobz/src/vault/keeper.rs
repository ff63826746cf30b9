//! The thread that owns the store.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sockets::bell::Rope;
use tracing::warn;

use super::{Answer, Answered, Ask, DEAD_LETTERS_MAX, bytes_of};
use crate::store::{Outcome, Store, StoreError};

/// How long a store that has failed is left alone before it is opened again.
const PAUSE: Duration = Duration::from_millis(200);

/// How many changes are one transaction.
const CHANGES_AT_A_TIME: usize = 10_000;

/// The thread.
pub(super) struct Keeper<R> {
    /// `None` after a failure, until it is open again.
    pub(super) store: Option<Store>,
    pub(super) reopen: R,
    pub(super) failed_at: Option<Instant>,
    pub(super) asks: Receiver<(u64, Ask)>,
    pub(super) answers: SyncSender<Answered>,
    pub(super) rope: Rope,
}

impl<R: FnMut() -> Result<Store, StoreError>> Keeper<R> {
    pub(super) fn run(mut self) {
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
    pub(super) fn try_with<T>(&mut self, act: impl FnOnce(&mut Store) -> Result<T, StoreError>) -> Result<T, String> {
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

fn milliseconds_since_1970() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}
