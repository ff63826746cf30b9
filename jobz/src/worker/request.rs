//! What a handler gets.

use std::{
    fmt,
    sync::{Mutex, PoisonError, mpsc::SyncSender},
};

use sockets::bell::Rope;
use wire::{Frames, job::Body};

/// What a handler has to say about a request.
#[derive(Debug)]
pub(super) struct Said {
    /// Which registration of the worker it belongs to.
    pub(super) registration: u64,
    /// The address of the request.
    pub(super) address: Vec<u8>,
    pub(super) what: What,
}

/// What happens to a request.
#[derive(Debug)]
pub(super) enum What {
    Partial(Frames),
    Final(Frames),
    Failed(String),
}

/// How a handler's words reach the worker. While the worker has many that it could not send yet, a handler waits.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) sender: SyncSender<Said>,
    pub(super) rope: Rope,
    pub(super) registration: u64,
}

impl Line {
    pub(super) fn say(&self, address: &[u8], what: What) {
        let said = Said { registration: self.registration, address: address.to_vec(), what };
        // A worker that has ended needs nothing.
        if self.sender.send(said).is_ok() {
            self.rope.ring();
        }
    }
}

/// A request that a handler does.
#[derive(Debug)]
pub struct Request {
    pub(super) address: Vec<u8>,
    pub(super) body: Frames,
    pub(super) line: Line,
    pub(super) cancelled: std::sync::Arc<Cancelled>,
}

impl Request {
    /// What is asked: at least one frame.
    #[must_use]
    pub const fn body(&self) -> &Frames {
        &self.body
    }

    /// What its broker calls it, as hex digits: the same for each try of the same request.
    #[must_use]
    pub fn id(&self) -> String {
        self.address.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Sends a partial reply. A client of version 0.1 gets it with the final one.
    pub fn reply(&self, body: Body<'_>) {
        self.line.say(&self.address, What::Partial(body.iter().collect()));
    }

    /// Whether anybody waits for the reply.
    #[must_use]
    pub fn cancelled(&self) -> &Cancelled {
        &self.cancelled
    }
}

/// Whether a request is not wanted any more.
#[derive(Default)]
pub struct Cancelled(Mutex<State>);

#[derive(Default)]
struct State {
    is_cancelled: bool,
    end: Option<Box<dyn FnOnce() + Send>>,
}

impl Cancelled {
    /// Whether it is not.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// Has this done once it is not; at once if it is not already.
    pub fn then(&self, end: impl FnOnce() + Send + 'static) {
        let mut state = self.state();
        if state.is_cancelled {
            drop(state);
            end();
        } else {
            state.end = Some(Box::new(end));
        }
    }

    pub(super) fn cancel(&self) {
        let mut state = self.state();
        state.is_cancelled = true;
        let end = state.end.take();
        drop(state);
        if let Some(end) = end {
            end();
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Cancelled").field(&self.is_cancelled()).finish()
    }
}
