//! The state of one socket, from what its process reports of its connections, and from the time. Pure.

use std::mem;

use observatory::connects;
use wire::{
    foreign,
    report::{self, Connection},
};

use super::{attempts::Attempts, past};
use crate::{
    event::Silence,
    view::{Phase, SocketState},
};

/// How long a bound socket without peers shows that it refused one.
const REFUSAL_MS: f64 = 5_000.0;

/// What follows from the reports of one socket.
#[derive(Debug)]
pub(super) struct Link {
    state: SocketState,
    since_ms: f64,
    is_bound: bool,
    is_connecting: bool,
    /// How many connections are up, as is reported, and when the first of them began.
    up: u32,
    up_since_ms: f64,
    /// How many sockets of the same process are connected to this one, which cannot report it.
    inside: u32,
    /// Whether a peer that was accepted is in its handshake.
    is_greeting: bool,
    /// The connection that it makes that is nearest to being up; none if one is.
    best: Option<Connection>,
    attempts: Attempts,
    /// None while there is a connection.
    outage: Option<Outage>,
    /// Until when a refusal is shown, and why; and when the last one was reported.
    refusal: Option<(f64, String)>,
    refused_ms: f64,
    /// When it could not be bound, and why.
    failure: Option<(f64, String)>,
}

/// A socket that connects has no connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outage {
    /// When it began.
    pub(super) since_ms: f64,
    /// How many attempts to connect there were since.
    pub(super) attempts: u32,
    /// Whether an attempt has failed, or there was a connection before.
    has_failed: bool,
}

/// How much another state is than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shift {
    /// Nothing.
    None,
    /// Only the progress of attempts to connect.
    Progress,
    /// Another state.
    State,
}

impl Link {
    /// A socket of which nothing is known, except that it is there since `since_ms`.
    pub(super) const fn new(since_ms: f64) -> Self {
        Self {
            state: SocketState::Off,
            since_ms,
            is_bound: false,
            is_connecting: false,
            up: 0,
            up_since_ms: 0.0,
            inside: 0,
            is_greeting: false,
            best: None,
            attempts: Attempts::new(),
            outage: None,
            refusal: None,
            refused_ms: f64::NEG_INFINITY,
            failure: None,
        }
    }

    /// The state.
    pub(super) const fn state(&self) -> &SocketState {
        &self.state
    }

    /// The beginning of the state; of a stale one, when something was heard last.
    pub(super) const fn since_ms(&self) -> f64 {
        self.since_ms
    }

    /// The outage of a socket that connects, while it has no connection.
    pub(super) const fn outage(&self) -> Option<Outage> {
        self.outage
    }

    /// How many connections are up.
    pub(super) const fn peers(&self) -> u32 {
        self.up.saturating_add(self.inside)
    }

    /// Whether it fails to bind.
    pub(super) const fn is_failing(&self) -> bool {
        self.failure.is_some()
    }

    /// The state in the long run: retries of one outage are one phase.
    pub(super) const fn phase(&self) -> Phase {
        match &self.state {
            SocketState::Off => Phase::Off,
            SocketState::Connecting | SocketState::Handshaking => match self.outage {
                None => Phase::Listening,
                Some(Outage { has_failed: true, .. }) => Phase::Retrying,
                Some(_) => Phase::Connecting,
            },
            SocketState::Up => Phase::Up,
            SocketState::Listening => Phase::Listening,
            SocketState::Retrying { .. } => Phase::Retrying,
            SocketState::Refused { .. } => Phase::Refused,
            SocketState::Stale { .. } => Phase::Silent,
            SocketState::Failed { .. } => Phase::Failed,
        }
    }

    /// Takes how many sockets of the same process are connected to this one.
    pub(super) const fn set_inside(&mut self, inside: u32, now_ms: f64) {
        if self.inside == 0 && self.up == 0 {
            self.up_since_ms = now_ms;
        }
        self.inside = inside;
    }

    /// Takes the socket as its process reported it at `reported_ms`.
    pub(super) fn follow(&mut self, socket: &report::SocketState, reported_ms: f64, now_ms: f64) {
        (self.is_bound, self.is_connecting) = (!socket.bound.is_empty(), !socket.connected.is_empty());
        self.failure.take_if(|(failed_ms, _)| self.is_bound && *failed_ms < reported_ms);
        let (mut up, mut up_since_ms) = (0_u64, if self.inside > 0 { self.up_since_ms } else { now_ms });
        self.is_greeting = false;
        let mut refused_ms = self.refused_ms;
        for connection in &socket.connections {
            match connection.phase {
                report::Phase::Up => {
                    up += 1;
                    up_since_ms = up_since_ms.min(past(connection.since_ms, now_ms));
                }
                _ if connects(socket, &connection.endpoint) => {}
                report::Phase::Handshake => self.is_greeting = true,
                report::Phase::Refused if connection.since_ms > refused_ms => {
                    refused_ms = connection.since_ms;
                    let reason = reason(connection, "the handshake failed");
                    self.refusal = Some((now_ms + REFUSAL_MS, reason));
                }
                _ => {}
            }
        }
        (self.refused_ms, self.up_since_ms) = (refused_ms, up_since_ms);
        self.up =
            u32::try_from(if up > 0 { up.saturating_add(socket.more_connections) } else { 0 }).unwrap_or(u32::MAX);
        self.refusal.take_if(|_| up > 0);
        let made = || socket.connections.iter().filter(|connection| connects(socket, &connection.endpoint));
        self.attempts.follow(made(), now_ms);
        self.best = made().filter(|_| up == 0).min_by_key(|connection| rank(connection.phase)).cloned();
        self.follow_outage(now_ms);
    }

    /// The socket is not reported: it is closed.
    pub(super) fn close(&mut self) {
        let failure = self.failure.take();
        *self = Self { failure, state: mem::replace(&mut self.state, SocketState::Off), ..Self::new(self.since_ms) };
    }

    /// The socket could not be bound.
    pub(super) fn fail(&mut self, reason: String, at_ms: f64) {
        self.failure = Some((at_ms, reason));
    }

    /// The socket is bound.
    pub(super) fn succeed(&mut self) {
        self.failure = None;
    }

    /// Concludes the state from the time, and from what is not heard although the socket is connected.
    pub(super) fn conclude(&mut self, silence: Option<&Silence>, now_ms: f64) -> Shift {
        self.refusal.take_if(|(until_ms, _)| *until_ms <= now_ms);
        let (state, since_ms) = self.judge(silence, now_ms);
        let is_other = mem::discriminant(&self.state) != mem::discriminant(&state);
        // Another reason is no new beginning; each delay and each silence has its own.
        let has_own = matches!(state, SocketState::Stale { .. } | SocketState::Retrying { .. });
        let since_ms = if is_other || has_own { since_ms } else { self.since_ms };
        let shift = match (&self.state, &state) {
            (SocketState::Retrying { .. }, SocketState::Retrying { .. }) if since_ms != self.since_ms => {
                Shift::Progress
            }
            (before, after) if before == after && since_ms == self.since_ms => Shift::None,
            _ => Shift::State,
        };
        (self.state, self.since_ms) = (state, since_ms);
        shift
    }

    /// The state, and its beginning if it is another one than before.
    fn judge(&self, silence: Option<&Silence>, now_ms: f64) -> (SocketState, f64) {
        let stale = |silence: &Silence| (SocketState::Stale { reason: silence.reason.clone() }, silence.since_ms);
        if let Some((failed_ms, reason)) = &self.failure {
            return (SocketState::Failed { reason: reason.clone() }, *failed_ms);
        }
        if self.peers() > 0 {
            let is_back = matches!(self.state, SocketState::Stale { .. });
            let up = || (SocketState::Up, if is_back { now_ms } else { self.up_since_ms });
            return silence.map_or_else(up, stale);
        }
        if self.is_connecting {
            let Some(best) = &self.best else { return (SocketState::Connecting, now_ms) };
            if let Some(silence) = self.attempts.silence(best, now_ms) {
                return stale(&silence);
            }
            let since_ms = past(best.since_ms, now_ms);
            return match best.phase {
                report::Phase::Connecting | report::Phase::Up => (SocketState::Connecting, since_ms),
                report::Phase::Handshake => (SocketState::Handshaking, since_ms),
                report::Phase::Refused => {
                    (SocketState::Refused { reason: reason(best, "the peer refused the handshake") }, since_ms)
                }
                report::Phase::Retrying => {
                    let in_ms = best.retry_ms.unwrap_or(0.0).clamp(0.0, f64::from(u32::MAX)) as u32;
                    let began_ms = self.attempts.began_ms(&best.endpoint).unwrap_or(since_ms);
                    (SocketState::Retrying { in_ms }, began_ms)
                }
                report::Phase::Closed => (SocketState::Retrying { in_ms: 0 }, since_ms),
            };
        }
        if !self.is_bound {
            return (SocketState::Off, now_ms);
        }
        let state = match &self.refusal {
            Some((_, reason)) => SocketState::Refused { reason: reason.clone() },
            None if self.is_greeting => SocketState::Handshaking,
            None => SocketState::Listening,
        };
        (state, now_ms)
    }

    fn follow_outage(&mut self, now_ms: f64) {
        let Some(best) = self.best.as_ref().filter(|_| self.is_connecting) else {
            self.outage = (self.is_connecting && self.up == 0).then(|| self.outage.unwrap_or(Outage::new(now_ms)));
            return;
        };
        let was_up = matches!(self.state, SocketState::Up | SocketState::Stale { .. }) && self.outage.is_none();
        let outage = self.outage.get_or_insert(Outage::new(past(best.since_ms, now_ms)));
        outage.attempts = best.attempts.unwrap_or(0);
        let has_failed = !matches!(best.phase, report::Phase::Connecting | report::Phase::Handshake);
        outage.has_failed |= was_up || has_failed || outage.attempts > 1;
    }
}

impl Outage {
    const fn new(since_ms: f64) -> Self {
        Self { since_ms, attempts: 0, has_failed: false }
    }
}

/// The order of phases, the nearest to being up first.
const fn rank(phase: report::Phase) -> u8 {
    match phase {
        report::Phase::Up => 0,
        report::Phase::Handshake => 1,
        report::Phase::Connecting => 2,
        report::Phase::Retrying => 3,
        report::Phase::Refused => 4,
        report::Phase::Closed => 5,
    }
}

fn reason(connection: &Connection, unknown: &str) -> String {
    connection.reason.as_ref().map_or_else(|| unknown.to_owned(), |reason| foreign(reason.as_str()).to_string())
}

#[cfg(test)]
mod tests;
