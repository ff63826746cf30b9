//! What becomes of a connecting socket's one connection: events in; states, log lines and a new try out.
//!
//! A peer that fails for ever makes events for ever. A [`Connection`] folds them into a [`State`], tells a state when
//! it has changed, but not more often than once a second, and connects anew after a refusal, which libzmq does not.

use std::{
    fmt,
    time::{Duration, Instant},
};

use tracing::{debug, info, warn};
use wire::{Channel, monitor::MonitorEvent};

use crate::{Endpoint, Link, Socket, SocketError, limits::EVENTS_MAX, link::Refusal};

/// The least time between two tellings.
const QUIET: Duration = Duration::from_secs(1);

/// How long a refused socket waits before it connects anew: the other side's list may have changed.
const RETRY: Duration = Duration::from_secs(2);

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The first try has not ended.
    Connecting,
    /// There was never anybody to connect to; libzmq goes on trying.
    Nobody,
    /// Messages can flow.
    Up,
    /// The connection is gone; libzmq goes on trying.
    Down,
    /// There is somebody, who will not have us or speaks otherwise. Lasts through the tries that follow.
    Refused(Refusal),
}

/// What a connection's owner may have to do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The handshake succeeded.
    Up,
    /// The connection broke, or is made anew after a refusal: then what was queued for it is lost.
    Down,
    /// The handshake failed, for another reason than the one told last or after it had succeeded.
    Refused(Refusal),
}

/// The one connection of a connecting socket that is watched.
#[derive(Debug)]
pub struct Connection {
    channel: Channel,
    endpoint: Endpoint,
    state: State,
    told: Option<State>,
    /// Until then it is too early to tell another state.
    quiet_until: Option<Instant>,
    /// When to connect anew.
    retry_at: Option<Instant>,
}

impl Connection {
    /// The connection of a socket that connects to `endpoint`; nothing has come of it yet.
    #[must_use]
    pub const fn new(channel: Channel, endpoint: Endpoint) -> Self {
        Self { channel, endpoint, state: State::Connecting, told: None, quiet_until: None, retry_at: None }
    }

    /// Where it connects.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Takes the next events of the socket's monitor, up to a bound, and passes on what changed; connects the socket
    /// anew where that is due.
    ///
    /// # Errors
    /// The context is gone.
    pub fn follow(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        mut changed: impl FnMut(Change),
    ) -> Result<(), SocketError> {
        for _ in 0..EVENTS_MAX {
            let Some(event) = socket.next_event()? else { break };
            let (channel, endpoint) = (self.channel.name(), &self.endpoint);
            debug!(channel, %endpoint, kind = %event.kind, value = event.value, "socket event");
            if let Some(change) = self.handle_event(now, &event) {
                changed(change);
            }
        }
        if self.retry_at.take_if(|at| *at <= now).is_some() {
            socket.reconnect(&self.endpoint)?;
            changed(Change::Down);
        }
        Ok(())
    }

    /// The monitor tells.
    fn handle_event(&mut self, now: Instant, event: &MonitorEvent) -> Option<Change> {
        let before = self.state;
        match Link::after(event) {
            Link::Up => {
                self.state = State::Up;
                self.retry_at = None;
                Some(Change::Up)
            }
            Link::Refused(refusal) => {
                self.state = State::Refused(refusal);
                // After a broken handshake libzmq tries again by itself.
                if !matches!(refusal, Refusal::Broken(_)) {
                    self.retry_at = Some(now + RETRY);
                }
                (self.state != before).then_some(Change::Refused(refusal))
            }
            // CLOSED also comes after every try that failed.
            Link::Down | Link::Retrying(_) if before == State::Up => {
                self.state = State::Down;
                Some(Change::Down)
            }
            Link::Retrying(_) if before == State::Connecting => {
                self.state = State::Nobody;
                None
            }
            _ => None,
        }
    }

    /// The state, if it has changed since it was told and may be told again.
    pub fn news(&mut self, now: Instant) -> Option<State> {
        if self.told == Some(self.state) || self.quiet_until.is_some_and(|until| now < until) {
            return None;
        }
        self.told = Some(self.state);
        // These two come at most once, and what follows them is worth telling at once.
        if !matches!(self.state, State::Connecting | State::Nobody) {
            self.quiet_until = Some(now + QUIET);
        }
        self.told
    }

    /// Logs where it connects, the first time, and then the state if there is [`Connection::news`].
    pub fn log(&mut self, now: Instant) {
        // Even where the first event came sooner: a person wants to know where it was that it failed.
        if self.told.is_none() {
            self.told = Some(State::Connecting);
            self.log_state(State::Connecting);
        }
        if let Some(state) = self.news(now) {
            self.log_state(state);
        }
    }

    fn log_state(&self, state: State) {
        let (channel, endpoint) = (self.channel.name(), &self.endpoint);
        match state {
            State::Refused(_) => warn!(channel, %endpoint, "{state}"),
            // The line that it connects has told where.
            State::Nobody => debug!(channel, %endpoint, "{state}"),
            _ => info!(channel, %endpoint, "{state}"),
        }
    }

    /// When to call [`Connection::follow`], and ask for news, though no event came.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let telling = if self.told == Some(self.state) { None } else { self.quiet_until };
        telling.into_iter().chain(self.retry_at).min()
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Connecting => formatter.write_str("connecting"),
            Self::Nobody => formatter.write_str("nobody is there yet"),
            Self::Up => Link::Up.fmt(formatter),
            Self::Down => Link::Down.fmt(formatter),
            Self::Refused(refusal) => Link::Refused(refusal).fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests;
