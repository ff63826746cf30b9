//! How a worker ends: it takes nothing more, finishes the requests that it has, and leaves the rest to other workers.

use std::time::{Duration, Instant};

use sockets::{SocketError, Stop};

/// How long a worker may take for the requests that it has when it is stopped, and what ends it before.
#[derive(Debug, Clone, Copy)]
pub struct Drain {
    /// How long it may take.
    pub time: Duration,
    /// Makes a second stop signal, at the first one.
    pub second_stop: fn() -> Result<Stop, SocketError>,
}

/// The end of a worker that has begun.
#[derive(Debug)]
pub(super) struct Draining {
    /// It ends it at once.
    pub(super) second_stop: Stop,
    /// When what is still open is left to other workers.
    pub(super) deadline: Instant,
}

impl Drain {
    pub(super) fn begin(&self, now: Instant) -> Result<Draining, SocketError> {
        Ok(Draining { second_stop: (self.second_stop)()?, deadline: now + self.time })
    }
}
