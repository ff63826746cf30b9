//! The three sockets, bound now or when their ports are free: tried again every second.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sockets::{Context, SocketError};
use tracing::warn;

use super::{PUSH, bound::BoundSockets};
use crate::config::ValuzEndpoints;

/// How long after a failure the sockets are bound again.
const BIND_AGAIN: Duration = Duration::from_secs(1);

/// How long no connection is accepted after file descriptors ran out.
const GIVE_WAY: Duration = Duration::from_secs(2);

/// The endpoints that the sockets are bound to, or why they are not; shared with the handle.
pub(super) type Bound = Arc<Mutex<Result<ValuzEndpoints, String>>>;

/// The sockets, or why there are none.
pub(super) struct Binding {
    context: Context,
    wanted: ValuzEndpoints,
    shared: Bound,
    pub(super) sockets: Option<BoundSockets>,
    failure: Option<Failure>,
    /// While no connection is accepted: until when.
    closed_until: Option<Instant>,
}

/// A socket that cannot be bound.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) socket: &'static str,
    pub(super) reason: String,
    again: Instant,
}

impl Binding {
    /// Binds for the first time.
    pub(super) fn new(context: &Context, wanted: ValuzEndpoints, shared: Bound, now: Instant) -> Self {
        let mut binding =
            Self { context: context.clone(), wanted, shared, sockets: None, failure: None, closed_until: None };
        binding.open(now);
        binding
    }

    /// Binds again when it is time, and keeps connections from using up all file descriptors.
    ///
    /// # Errors
    /// The context is gone.
    pub(super) fn handle_time(&mut self, now: Instant) -> Result<(), SocketError> {
        if self.failure.as_ref().is_some_and(|failure| failure.again <= now) {
            self.open(now);
        }
        let Some(sockets) = &mut self.sockets else { return Ok(()) };
        match self.closed_until {
            None => {
                if sockets.give_way()? {
                    warn!("out of file descriptors: closing the connections of all workers for {GIVE_WAY:?}");
                    self.closed_until = Some(now + GIVE_WAY);
                }
            }
            Some(until) if until <= now => {
                self.closed_until = None;
                if let Err((socket, error)) = sockets.bind_again() {
                    self.sockets = None;
                    self.failure = Some(Failure { socket, reason: error.to_string(), again: now + BIND_AGAIN });
                }
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// When there is something to do though no message has come: to bind again, or to follow the connections.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let again = self.failure.as_ref().map(|failure| failure.again);
        let follow = self.sockets.as_ref().and_then(BoundSockets::next_deadline);
        [again, self.closed_until, follow].into_iter().flatten().min()
    }

    /// Why the sockets are not bound.
    pub(super) const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    fn open(&mut self, now: Instant) {
        let first = self.failure.as_ref().map_or(PUSH, |failure| failure.socket);
        let bound = match BoundSockets::open(&self.context, &self.wanted, first) {
            Ok(sockets) => {
                let endpoints = sockets.endpoints.clone();
                (self.sockets, self.failure) = (Some(sockets), None);
                Ok(endpoints)
            }
            Err((socket, error)) => {
                let reason = error.to_string();
                if self.failure.as_ref().is_none_or(|before| before.reason != reason) {
                    warn!(socket, "{reason}");
                }
                self.failure = Some(Failure { socket, reason: reason.clone(), again: now + BIND_AGAIN });
                Err(reason)
            }
        };
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = bound;
    }
}
