//! The one connection of a connecting socket: events in; states, log lines and new attempts out.
//!
//! A peer that keeps failing produces an endless stream of events. A [`Connection`] folds them into a [`State`] that lasts, reports a
//! state when it has changed, but at most once a second, and connects again whenever libzmq has given up.
//!
//! libzmq reconnects by itself after most failures, but not after all: authentication that refuses the key, or a peer
//! that speaks no ZMTP (another program has the server's port for a while), ends the connection for good, and no event
//! says so. So a connection is judged by the event that should follow and does not: no new attempt (given up), no end of
//! the handshake (a silent peer), an end without a reason (no ZMTP), a retry without an attempt (an unknown host name).

use std::{
    mem,
    time::{Duration, Instant},
};

use tracing::{debug, info, warn};
use wire::{
    Channel,
    monitor::{EventKind, MonitorEvent},
};

use crate::{
    Descriptor, Endpoint, Refusal, Role, Socket, SocketError, State,
    incoming::{Incoming, LOOK, Look},
    limits::EVENTS_MAX,
};

/// The least time between two reports of a state.
const QUIET: Duration = Duration::from_secs(1);

/// How long after a connection has ended libzmq may take to announce its next attempt, which it does at once. It is also
/// how long a refused client waits: the server's allow-list may have changed.
const GIVEN_UP: Duration = Duration::from_secs(2);

/// How long an attempt that libzmq has announced or begun may go without an event: it may have to resolve a host name.
const STALLED: Duration = Duration::from_secs(60);

/// How long a peer that has accepted the connection may take to answer the handshake, before that is reported.
const SILENT: Duration = Duration::from_secs(3);

/// The bytes with which a peer of ZMTP 3 begins, whatever it says next.
const GREETING_BYTES: u64 = 64;

/// The most reasons for having no connection that are reported until there is one: a peer that fails in two ways by chance
/// is reported twice, and not forever.
const REFUSALS_MAX: usize = 4;

/// A change that may concern a connection's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The handshake succeeded.
    Up,
    /// The connection broke, or is made again after libzmq gave it up: messages queued for it are lost.
    Down,
    /// There is no connection, for another reason than the last one reported or after there was one.
    Refused(Refusal),
}

/// The one connection of a watched socket that connects.
#[derive(Debug)]
pub struct Connection {
    channel: Channel,
    endpoint: Endpoint,
    state: State,
    was_up: bool,
    reported: Option<State>,
    /// The refusals reported since the connection was up.
    refusals: Vec<Refusal>,
    /// Until then it is too early to report another state.
    quiet_until: Option<Instant>,
    /// When libzmq has given the connection up, unless it reports another event.
    given_up_at: Option<Instant>,
    /// Of a `PUSH`, while it is connected.
    unread: Option<Unread>,
    /// Whether an attempt to connect has begun since libzmq announced one.
    is_attempted: bool,
    /// When the peer counts as silent, during a handshake.
    silent_at: Option<Instant>,
    /// The last connection.
    descriptor: Option<Descriptor>,
}

/// What the server sends to a `PUSH`, which never reads.
#[derive(Debug)]
struct Unread {
    descriptor: Descriptor,
    incoming: Incoming,
    look_at: Instant,
}

impl Connection {
    /// The connection of a socket that connects to `endpoint`, before its first event.
    #[must_use]
    pub const fn new(channel: Channel, endpoint: Endpoint) -> Self {
        Self {
            channel,
            endpoint,
            state: State::Connecting,
            was_up: false,
            reported: None,
            refusals: Vec::new(),
            quiet_until: None,
            given_up_at: None,
            unread: None,
            is_attempted: false,
            silent_at: None,
            descriptor: None,
        }
    }

    /// The address that it connects to.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The state that lasts: [`State::Connecting`] until the first attempt has ended, then [`State::Up`],
    /// [`State::Down`] or [`State::Refused`], which stays through the attempts that follow.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Takes the next events of the socket's monitor, up to a bound, and passes on what changed; connects the socket
    /// again if libzmq has given it up.
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
            let (channel, endpoint) = (self.channel.name, &self.endpoint);
            debug!(channel, %endpoint, kind = %event.kind, value = event.value, "socket event");
            if socket.role() == Role::Push {
                self.follow_descriptor(now, &event);
            }
            if let Some(change) = self.handle_event(now, &event) {
                changed(change);
            }
        }
        if let Some(change) = self.handle_timeout(now) {
            changed(change);
        }
        if self.is_flooded(now, socket) {
            let (channel, endpoint) = (self.channel.name, &self.endpoint);
            warn!(channel, %endpoint, "the server sends too much: connecting again");
            self.reconnect(now, socket)?;
            changed(Change::Down);
        }
        if self.given_up_at.is_some_and(|at| at <= now) {
            self.connect_again(now, socket)?;
            changed(Change::Down);
        }
        Ok(())
    }

    /// Closes the connection and makes a new one under a new routing id: for a client whose requests go unanswered though
    /// the connection is up. The state is [`State::Down`] until then; messages queued for the old one are lost.
    ///
    /// # Errors
    /// The context is gone.
    pub fn reconnect(&mut self, now: Instant, socket: &mut Socket) -> Result<(), SocketError> {
        self.state = State::Down;
        self.connect_again(now, socket)
    }

    fn follow_descriptor(&mut self, now: Instant, event: &MonitorEvent) {
        match event.kind {
            EventKind::Connected => {
                let descriptor = Descriptor(event.value);
                self.unread = Some(Unread { descriptor, incoming: Incoming::new(now), look_at: now + LOOK });
            }
            EventKind::Disconnected | EventKind::Closed => self.unread = None,
            _ => {}
        }
    }

    /// Whether the server sends much to a `PUSH`; looks from time to time.
    fn is_flooded(&mut self, now: Instant, socket: &Socket) -> bool {
        let Some(unread) = self.unread.as_mut().filter(|unread| unread.look_at <= now) else { return false };
        unread.look_at = now + LOOK;
        socket.free_remains();
        unread.incoming.look_at_unread(now, unread.descriptor) == Look::Flood
    }

    fn connect_again(&mut self, now: Instant, socket: &mut Socket) -> Result<(), SocketError> {
        let (channel, endpoint) = (self.channel.name, &self.endpoint);
        debug!(channel, %endpoint, "connecting again");
        (self.given_up_at, self.silent_at) = (Some(now + STALLED), None);
        self.unread = None;
        socket.reconnect(&self.endpoint)
    }

    /// A peer that has not answered the handshake in time is silent, until the handshake ends; or it has sent less than a greeting,
    /// and waits for an answer: with a large limit for frames, libzmq takes a few words for the start of a long frame.
    fn handle_timeout(&mut self, now: Instant) -> Option<Change> {
        if self.knows_why() || self.silent_at.is_none_or(|at| now < at) {
            return None;
        }
        let arrived = self.descriptor.and_then(Descriptor::bytes_arrived);
        let has_begun = arrived.is_some_and(|bytes| (1..GREETING_BYTES).contains(&bytes));
        self.refuse(if has_begun { Refusal::NotZmtp } else { Refusal::Silent })
    }

    /// Whether the end of a handshake's time would add nothing.
    const fn knows_why(&self) -> bool {
        matches!(self.state, State::Refused(Refusal::Silent | Refusal::NotZmtp))
    }

    fn handle_event(&mut self, now: Instant, event: &MonitorEvent) -> Option<Change> {
        let before = self.state;
        let after = self.state_after(now, event)?;
        self.given_up_at = match after {
            State::Connecting | State::Retrying(_) | State::Refused(Refusal::Unresolved) => Some(now + STALLED),
            State::Down | State::Refused(_) => Some(now + GIVEN_UP),
            // libzmq has a timeout for handshakes; one with a peer of an old version ends without an event.
            State::Handshaking | State::Up | State::Listening => None,
        };
        match after {
            State::Up => {
                (self.state, self.was_up) = (State::Up, true);
                Some(Change::Up)
            }
            State::Refused(refusal) => self.refuse(refusal),
            // CLOSED also comes after every attempt that failed.
            State::Down | State::Retrying(_) if before == State::Up => {
                self.state = State::Down;
                Some(Change::Down)
            }
            State::Retrying(_) if matches!(before, State::Connecting | State::Refused(Refusal::Unresolved)) => {
                self.state = State::Down;
                None
            }
            _ => None,
        }
    }

    /// The state that an event means for this connection, given the events before it.
    fn state_after(&mut self, now: Instant, event: &MonitorEvent) -> Option<State> {
        let after = State::after(event)?;
        if event.kind == EventKind::Connected {
            self.descriptor = Some(Descriptor(event.value));
        }
        let is_attempted = mem::replace(&mut self.is_attempted, !matches!(after, State::Retrying(_)));
        let silent_at = mem::replace(&mut self.silent_at, (after == State::Handshaking).then_some(now + SILENT));
        Some(match after {
            // libzmq ends a handshake that takes too long as if the peer had.
            State::Refused(Refusal::Broken(_)) if silent_at.is_some_and(|at| at <= now) => match self.state {
                known @ State::Refused(Refusal::NotZmtp) => known,
                _ => State::Refused(Refusal::Silent),
            },
            State::Down if silent_at.is_some() => State::Refused(Refusal::NotZmtp),
            State::Retrying(_) if !is_attempted && self.endpoint.has_host_name() => State::Refused(Refusal::Unresolved),
            _ => after,
        })
    }

    fn refuse(&mut self, refusal: Refusal) -> Option<Change> {
        let before = mem::replace(&mut self.state, State::Refused(refusal));
        (before != self.state).then_some(Change::Refused(refusal))
    }

    /// The state, if it has changed since it was reported and may be reported again. A refusal is reported once until there is
    /// a connection.
    pub fn state_to_report(&mut self, now: Instant) -> Option<State> {
        if self.reported == Some(self.state) || self.quiet_until.is_some_and(|until| now < until) {
            return None;
        }
        self.reported = Some(self.state);
        match self.state {
            State::Up => self.refusals.clear(),
            State::Refused(refusal) if self.refusals.contains(&refusal) || self.refusals.len() >= REFUSALS_MAX => {
                return None;
            }
            State::Refused(refusal) => self.refusals.push(refusal),
            _ => {}
        }
        // Before the first connection these come once each, and what follows them is worth reporting at once.
        if self.was_up || matches!(self.state, State::Refused(_)) {
            self.quiet_until = Some(now + QUIET);
        }
        self.reported
    }

    /// Logs the address that it connects to, the first time, and then [`Connection::state_to_report`].
    pub fn log(&mut self, now: Instant) {
        // Even if the first event came sooner, so that the log shows which attempt failed.
        if self.reported.is_none() {
            self.reported = Some(State::Connecting);
            self.log_state(State::Connecting);
        }
        if let Some(state) = self.state_to_report(now) {
            self.log_state(state);
        }
    }

    fn log_state(&self, state: State) {
        let (channel, endpoint) = (self.channel.name, &self.endpoint);
        match state {
            State::Refused(_) => warn!(channel, %endpoint, "{state}"),
            // The line before it named the address.
            State::Down if !self.was_up => debug!(channel, %endpoint, "no server yet"),
            _ => info!(channel, %endpoint, "{state}"),
        }
    }

    /// When to call [`Connection::follow`] and [`Connection::log`] although no event has arrived.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let report = if self.reported == Some(self.state) { None } else { self.quiet_until };
        let look = self.unread.as_ref().map(|unread| unread.look_at);
        let silent = self.silent_at.filter(|_| !self.knows_why());
        [report, self.given_up_at, look, silent].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests;
