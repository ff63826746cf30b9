//! The connections of one socket, folded from the events of its monitor: pure, without sockets and clock.
//!
//! libzmq does not report everything. A handshake's end names the endpoint and not the connection, so it is taken for that
//! of the oldest connection of that endpoint whose handshake is in progress; if that turns out to be wrong, because the
//! other one ends first, the two change places. A connection that the process itself ends causes no event: see
//! [`Connections::retain`].

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use wire::monitor::{EventKind, MonitorEvent};

use crate::{State, descriptor::Ends, probe::Kind, role::Role, state::Refusal};

/// How long an accepted connection is kept after it has ended, in milliseconds.
const ENDED_MS: f64 = 3_000.0;

/// The most ended connections that are kept.
const ENDED_MAX: usize = 16;

/// The most failed handshakes whose connection has not ended yet.
const FAILURES_MAX: usize = 64;

/// The most connections that a socket makes.
const ATTEMPTS_MAX: usize = 1_024;

/// The connections of one socket.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// Whether the socket is a link: its connections are not made again when they have ended.
    is_link: bool,
    /// Whether its connections are up at once: those of a link and of a STREAM have no handshake.
    is_raw: bool,
    /// Those that it has accepted, by their descriptors.
    accepted: BTreeMap<u32, Connection>,
    /// Those of them whose handshake is in progress, in the order in which they were accepted.
    greeting: VecDeque<u32>,
    /// Handshakes that failed, by their endpoints; the end of the connection follows.
    failures: VecDeque<(String, Refusal)>,
    /// Accepted connections that have ended, oldest first; of a link also those that it has made.
    ended: VecDeque<Connection>,
    /// Those that it makes.
    made: Vec<Connection>,
}

/// One connection, or an endpoint to which the socket connects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Connection {
    /// The endpoint of the socket that it belongs to.
    pub(super) endpoint: String,
    /// While it exists.
    pub(super) descriptor: Option<u32>,
    pub(super) phase: Phase,
    pub(super) since_ms: f64,
    /// How many attempts were made since it was up.
    pub(super) attempts: u32,
    /// As the kernel reports them.
    pub(super) ends: Option<Ends>,
}

/// The phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The first attempts.
    Connecting,
    /// The handshake is in progress.
    Handshake,
    /// Messages can flow.
    Up,
    /// libzmq tries again after this time.
    Retrying(Duration),
    /// The handshake failed; attempts may go on.
    Refused(Refusal),
    /// It has ended, and no attempt is announced.
    Closed,
}

impl Connections {
    /// Those of a socket of this kind.
    pub(super) fn of(kind: Kind) -> Self {
        let is_link = kind == Kind::Link;
        Self { is_link, is_raw: is_link || kind == Kind::Zmq(Role::Stream), ..Self::default() }
    }

    /// Takes an event at `now_ms`; `ends` are those of its descriptor, if it has one.
    pub(super) fn handle_event(&mut self, event: &MonitorEvent, ends: Option<Ends>, now_ms: f64) {
        if event.kind == EventKind::Accepted {
            self.accept(event, ends, now_ms);
            return;
        }
        match State::after(event) {
            Some(State::Connecting) => {
                let made = self.attempt(&event.endpoint, now_ms);
                if let Some(made) = made {
                    made.attempts = made.attempts.saturating_add(1);
                    if made.phase == Phase::Closed {
                        made.enter(Phase::Connecting, now_ms);
                    }
                }
            }
            Some(State::Retrying(delay)) => {
                if let Some(made) = self.attempt(&event.endpoint, now_ms)
                    && !matches!(made.phase, Phase::Refused(_))
                {
                    made.enter(Phase::Retrying(delay), now_ms);
                }
            }
            // Connected: an accepted one is above.
            Some(State::Handshaking) => {
                let phase = self.first_phase();
                if let Some(made) = self.attempt(&event.endpoint, now_ms) {
                    (made.descriptor, made.ends) = (Some(event.value), ends);
                    if !matches!(made.phase, Phase::Refused(_)) {
                        made.enter(phase, now_ms);
                    }
                }
            }
            Some(State::Up) => self.succeed(&event.endpoint, now_ms),
            Some(State::Refused(refusal)) => self.fail(&event.endpoint, refusal, now_ms),
            Some(State::Down) if event.kind == EventKind::Closed && !self.is_there(event.value) => {
                self.fail_attempt(&event.endpoint, now_ms);
            }
            Some(State::Down) => self.end(event.value, now_ms),
            Some(State::Listening) | None => {}
        }
    }

    /// Forgets the connections for which `is_there` returns `false`: the process ended them itself, and libzmq reports no
    /// end of those. Also forgets connections that have ended a while ago.
    pub(super) fn retain(&mut self, now_ms: f64, mut is_there: impl FnMut(u32, &Ends) -> bool) {
        let mut ended = Vec::new();
        for connection in self.accepted.values().chain(&self.made) {
            if let (Some(descriptor), Some(ends)) = (connection.descriptor, &connection.ends)
                && !is_there(descriptor, ends)
            {
                ended.push(descriptor);
            }
        }
        ended.into_iter().for_each(|descriptor| self.end(descriptor, now_ms));
        while self.ended.front().is_some_and(|ended| now_ms - ended.since_ms >= ENDED_MS) {
            self.ended.pop_front();
        }
    }

    /// All connections: those that the socket makes, those that it has accepted, and those that have just ended.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection> {
        self.made.iter().chain(self.accepted.values()).chain(&self.ended)
    }

    /// Whether it makes a connection to `endpoint`, as an event has named it.
    pub(super) fn makes(&self, endpoint: &str) -> bool {
        self.made.iter().any(|made| made.endpoint == endpoint)
    }

    /// How many endpoints it connects to that events have named.
    pub(super) fn made(&self) -> usize {
        self.made.len()
    }

    fn accept(&mut self, event: &MonitorEvent, ends: Option<Ends>, now_ms: f64) {
        let descriptor = event.value;
        // The end of an older connection of this descriptor was not reported.
        self.greeting.retain(|other| *other != descriptor);
        let phase = self.first_phase();
        if phase == Phase::Handshake {
            self.greeting.push_back(descriptor);
        }
        let connection = Connection { descriptor: Some(descriptor), ends, ..Connection::new(&event.endpoint, now_ms) };
        self.accepted.insert(descriptor, Connection { phase, ..connection });
    }

    /// The phase of a new connection.
    const fn first_phase(&self) -> Phase {
        if self.is_raw { Phase::Up } else { Phase::Handshake }
    }

    /// The connection to `endpoint` that does not exist at the moment; a new one if there is none.
    fn attempt(&mut self, endpoint: &str, now_ms: f64) -> Option<&mut Connection> {
        let found = self.made.iter().position(|made| made.descriptor.is_none() && made.endpoint == endpoint);
        let index = match found {
            Some(index) => index,
            None if self.made.len() >= ATTEMPTS_MAX => return None,
            None => {
                self.made.push(Connection::new(endpoint, now_ms));
                self.made.len() - 1
            }
        };
        self.made.get_mut(index)
    }

    /// A handshake at `endpoint` has succeeded.
    fn succeed(&mut self, endpoint: &str, now_ms: f64) {
        if let Some(made) = self.handshake_made(endpoint) {
            made.attempts = 0;
            made.enter(Phase::Up, now_ms);
        } else if let Some(index) = self.oldest_greeting(endpoint)
            && let Some(descriptor) = self.greeting.remove(index)
            && let Some(accepted) = self.accepted.get_mut(&descriptor)
        {
            accepted.enter(Phase::Up, now_ms);
        }
    }

    fn fail(&mut self, endpoint: &str, refusal: Refusal, now_ms: f64) {
        if let Some(made) = self.handshake_made(endpoint) {
            made.enter(Phase::Refused(refusal), now_ms);
        } else if self.failures.len() < FAILURES_MAX {
            self.failures.push_back((endpoint.to_owned(), refusal));
        }
    }

    /// The connection to `endpoint` whose handshake is in progress.
    fn handshake_made(&mut self, endpoint: &str) -> Option<&mut Connection> {
        self.made.iter_mut().find(|made| {
            made.descriptor.is_some()
                && made.endpoint == endpoint
                && matches!(made.phase, Phase::Handshake | Phase::Refused(_))
        })
    }

    fn oldest_greeting(&self, endpoint: &str) -> Option<usize> {
        self.greeting.iter().position(|descriptor| {
            self.accepted.get(descriptor).is_some_and(|connection| connection.endpoint == endpoint)
        })
    }

    fn is_there(&self, descriptor: u32) -> bool {
        self.accepted.contains_key(&descriptor) || self.made.iter().any(|made| made.descriptor == Some(descriptor))
    }

    /// An attempt to connect to `endpoint` has failed: the peer that refused a handshake there is gone.
    fn fail_attempt(&mut self, endpoint: &str, now_ms: f64) {
        let of_attempt = |made: &Connection| made.descriptor.is_none() && made.endpoint == endpoint;
        let Some(index) = self.made.iter().position(of_attempt) else { return };
        if self.is_link {
            self.end_made(index, now_ms);
        } else if let Some(made) = self.made.get_mut(index)
            && matches!(made.phase, Phase::Refused(_))
        {
            made.enter(Phase::Closed, now_ms);
        }
    }

    /// The connection with this descriptor has ended.
    fn end(&mut self, descriptor: u32, now_ms: f64) {
        let made = self.made.iter().position(|made| made.descriptor == Some(descriptor));
        if let Some(index) = made.filter(|_| self.is_link) {
            self.end_made(index, now_ms);
            return;
        }
        if let Some(made) = made.and_then(|index| self.made.get_mut(index)) {
            (made.descriptor, made.ends) = (None, None);
            match made.phase {
                Phase::Refused(_) => {}
                // A handshake that fails for a reason has ended with that.
                Phase::Handshake => made.enter(Phase::Refused(Refusal::NotZmtp), now_ms),
                _ => made.enter(Phase::Closed, now_ms),
            }
            return;
        }
        let Some(connection) = self.accepted.remove(&descriptor) else { return };
        self.greeting.retain(|other| *other != descriptor);
        let failure = self.failures.iter().position(|(endpoint, _)| *endpoint == connection.endpoint);
        let refusal = failure.and_then(|index| self.failures.remove(index)).map(|(_, refusal)| refusal);
        if refusal.is_some() && connection.phase == Phase::Up {
            // It was taken for another one, whose handshake has succeeded.
            self.succeed(&connection.endpoint, now_ms);
        }
        self.keep_ended(connection, refusal.map_or(Phase::Closed, Phase::Refused), now_ms);
    }

    /// The connection that a link has made, or its attempt, has ended, and no other follows.
    fn end_made(&mut self, index: usize, now_ms: f64) {
        let connection = self.made.remove(index);
        self.keep_ended(connection, Phase::Closed, now_ms);
    }

    fn keep_ended(&mut self, connection: Connection, phase: Phase, now_ms: f64) {
        if self.ended.len() >= ENDED_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(Connection { descriptor: None, phase, since_ms: now_ms, ..connection });
    }
}

impl Connection {
    pub(super) fn new(endpoint: &str, now_ms: f64) -> Self {
        let endpoint = endpoint.to_owned();
        Self { endpoint, descriptor: None, phase: Phase::Connecting, since_ms: now_ms, attempts: 0, ends: None }
    }

    /// Retries of one outage are one phase.
    fn enter(&mut self, phase: Phase, now_ms: f64) {
        if std::mem::discriminant(&self.phase) != std::mem::discriminant(&phase) {
            self.since_ms = now_ms;
        }
        self.phase = phase;
    }
}

#[cfg(test)]
mod tests;
