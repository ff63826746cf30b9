//! The state of one socket, folded from the events of its monitor: pure, without sockets and clock.
//!
//! Some things cause no event and follow from silence: an attempt to connect that is not answered, not even by a refusal,
//! and a peer that accepts the connection and then hangs.

use std::{collections::BTreeSet, mem};

use sockets::{Refusal, State};
use wire::monitor::{EventKind, MonitorEvent};

use crate::{
    event::Silence,
    view::{Phase, SocketId, SocketState},
};

/// How long an attempt to connect may go unanswered: after there was a connection, and before.
const ANSWER_MS: (f64, f64) = (1_000.0, 3_000.0);

/// An attempt that ends sooner was refused by the peer's system; one that ends later timed out.
const REFUSED_WITHIN_MS: f64 = 900.0;

/// How long a bound socket without peers shows that it refused one.
const REFUSAL_MS: f64 = 5_000.0;

/// One socket and its connections.
#[derive(Debug, Clone)]
pub(crate) struct SocketLink {
    endpoint: String,
    state: SocketState,
    since_ms: f64,
    /// What is not heard although the connection is up.
    silence: Option<Silence>,
    side: Side,
}

#[derive(Debug, Clone)]
enum Side {
    Connecting(Attempts),
    Bound(Peers),
}

/// A socket that connects has no connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outage {
    /// When it began.
    pub(crate) since_ms: f64,
    /// How many attempts to connect there were since.
    pub(crate) attempts: u32,
    /// Whether an attempt has failed, or there was a connection before.
    has_failed: bool,
}

/// The attempts of a socket that connects.
#[derive(Debug, Clone)]
struct Attempts {
    was_up: bool,
    /// None while there is a connection.
    outage: Option<Outage>,
    /// When the current attempt began, until it is answered.
    began_ms: Option<f64>,
    /// Since when there is no answer, over all attempts, or no greeting from the peer that accepted the connection.
    unanswered_ms: Option<f64>,
    /// Whether the connection is accepted, and the greeting is awaited.
    is_greeting: bool,
}

/// The connections to a socket that is bound.
///
/// A successful handshake names no connection, so only their number is known. libzmq reports that a handshake failed
/// before it reports the end of that connection: at once, except if the peer was not allowed.
#[derive(Debug, Clone, Default)]
struct Peers {
    is_listening: bool,
    /// The file descriptors of all connections.
    accepted: BTreeSet<u32>,
    /// How many of them are up.
    up: usize,
    /// The handshake of the connection that ends next has failed.
    has_failed: bool,
    /// How many connections are not allowed and have not ended.
    denied: usize,
    /// Until when a refusal is shown, and why.
    refusal: Option<(f64, String)>,
}

impl SocketLink {
    /// A socket that is not open yet and will bind or connect to `endpoint`.
    pub(crate) fn new(socket: SocketId, endpoint: &str, now_ms: f64) -> Self {
        let side = if socket.binds() { Side::Bound(Peers::default()) } else { Side::Connecting(Attempts::new(now_ms)) };
        // There are no events inside of a process.
        let state = match side {
            _ if !endpoint.starts_with("inproc://") => SocketState::Off,
            Side::Bound(_) => SocketState::Listening,
            Side::Connecting(_) => SocketState::Connecting,
        };
        Self { endpoint: endpoint.to_owned(), state, since_ms: now_ms, silence: None, side }
    }

    /// The state.
    pub(crate) const fn state(&self) -> &SocketState {
        &self.state
    }

    /// The beginning of the state; of a stale one, when something was heard last.
    pub(crate) const fn since_ms(&self) -> f64 {
        self.since_ms
    }

    /// The state in the long run.
    pub(crate) fn phase(&self) -> Phase {
        match &self.state {
            SocketState::Off => Phase::Off,
            SocketState::Connecting | SocketState::Handshaking => match &self.side {
                Side::Bound(_) => Phase::Listening,
                Side::Connecting(Attempts { outage: Some(outage), .. }) if outage.has_failed => Phase::Retrying,
                Side::Connecting(_) => Phase::Connecting,
            },
            SocketState::Up => Phase::Up,
            SocketState::Listening => Phase::Listening,
            SocketState::Retrying { .. } => Phase::Retrying,
            SocketState::Refused { .. } => Phase::Refused,
            SocketState::Stale { .. } => Phase::Silent,
            SocketState::Failed { .. } => Phase::Failed,
        }
    }

    /// The outage of a socket that connects, while it has no connection.
    pub(crate) const fn outage(&self) -> Option<Outage> {
        match &self.side {
            Side::Connecting(attempts) => attempts.outage,
            Side::Bound(_) => None,
        }
    }

    /// How many connections are up.
    pub(crate) fn peers(&self) -> u32 {
        match &self.side {
            Side::Connecting(attempts) => attempts.outage.is_none().into(),
            Side::Bound(peers) => u32::try_from(peers.up).unwrap_or(u32::MAX),
        }
    }

    /// Takes an event of the monitor.
    pub(crate) fn handle_event(&mut self, event: &MonitorEvent, now_ms: f64) {
        if event.kind == EventKind::MonitorStopped {
            return self.handle_closed(now_ms);
        }
        let state = match &mut self.side {
            Side::Connecting(attempts) => attempts.handle_event(&self.state, event, now_ms),
            Side::Bound(peers) => peers.handle_event(&self.state, event, now_ms),
        };
        if let Some(state) = state {
            self.change(state, now_ms);
            // Each delay counts from its own beginning.
            if event.kind == EventKind::ConnectRetried {
                self.since_ms = now_ms;
            }
        }
        self.handle_timeout(now_ms);
    }

    /// Nothing is heard although the socket is connected; or, with none, something is again.
    pub(crate) fn handle_silence(&mut self, silence: Option<Silence>, now_ms: f64) {
        self.silence = silence;
        if self.silence.is_none() && self.peers() > 0 {
            self.change(SocketState::Up, now_ms);
        }
        self.handle_timeout(now_ms);
    }

    /// The socket could not be bound, and why.
    pub(crate) fn handle_bind_failed(&mut self, reason: String, now_ms: f64) {
        if let Side::Bound(peers) = &mut self.side {
            *peers = Peers::default();
        }
        self.change(SocketState::Failed { reason }, now_ms);
    }

    /// Time has passed: what should have been answered by now is stale, and a refusal is no longer shown.
    pub(crate) fn handle_timeout(&mut self, now_ms: f64) {
        match &mut self.side {
            Side::Connecting(attempts) => {
                let silence = match attempts.outage {
                    None => self.silence.clone(),
                    Some(_) => attempts.silence(&self.endpoint, now_ms),
                };
                if let Some(Silence { since_ms, reason }) = silence {
                    (self.state, self.since_ms) = (SocketState::Stale { reason }, since_ms);
                }
            }
            Side::Bound(peers) => {
                if let Some(state) = peers.handle_timeout(now_ms) {
                    self.change(state, now_ms);
                }
            }
        }
    }

    /// The socket is closed. The reason why it could not be bound remains.
    fn handle_closed(&mut self, now_ms: f64) {
        match &mut self.side {
            Side::Connecting(attempts) => *attempts = Attempts::new(now_ms),
            Side::Bound(peers) => *peers = Peers::default(),
        }
        if !matches!(self.state, SocketState::Failed { .. }) {
            self.change(SocketState::Off, now_ms);
        }
    }

    /// States are compared without what they carry: another reason is no new beginning.
    fn change(&mut self, state: SocketState, now_ms: f64) {
        if mem::discriminant(&self.state) != mem::discriminant(&state) {
            self.since_ms = now_ms;
        }
        self.state = state;
    }
}

impl Attempts {
    const fn new(now_ms: f64) -> Self {
        let outage = Outage { since_ms: now_ms, attempts: 0, has_failed: false };
        Self { was_up: false, outage: Some(outage), began_ms: None, unanswered_ms: None, is_greeting: false }
    }

    /// The state after an event; `None` leaves it.
    fn handle_event(&mut self, state: &SocketState, event: &MonitorEvent, now_ms: f64) -> Option<SocketState> {
        // A refusal outlasts the attempts that follow, and so does a missing answer.
        let lasts = matches!(state, SocketState::Refused { .. } | SocketState::Stale { .. });
        match State::after(event)? {
            State::Connecting => {
                self.began_ms = Some(now_ms);
                self.unanswered_ms.get_or_insert(now_ms);
                let outage = self.outage.get_or_insert(Outage { since_ms: now_ms, attempts: 0, has_failed: true });
                outage.attempts = outage.attempts.saturating_add(1);
                (!lasts).then_some(SocketState::Connecting)
            }
            State::Handshaking => {
                (self.began_ms, self.unanswered_ms, self.is_greeting) = (None, Some(now_ms), true);
                (!matches!(state, SocketState::Refused { .. })).then_some(SocketState::Handshaking)
            }
            State::Up => {
                *self = Self { was_up: true, outage: None, ..Self::new(now_ms) };
                Some(SocketState::Up)
            }
            State::Refused(refusal) => {
                self.fail(now_ms);
                (self.began_ms, self.unanswered_ms, self.is_greeting) = (None, None, false);
                Some(SocketState::Refused { reason: refusal.to_string() })
            }
            State::Down => self.handle_down(state, now_ms),
            State::Retrying(delay) => {
                self.fail(now_ms);
                let in_ms = u32::try_from(delay.as_millis()).unwrap_or(u32::MAX);
                (!lasts).then_some(SocketState::Retrying { in_ms })
            }
            State::Listening => None,
        }
    }

    /// An attempt has failed, or a connection is gone; the delay of the next attempt is reported next.
    fn handle_down(&mut self, state: &SocketState, now_ms: f64) -> Option<SocketState> {
        let gone = SocketState::Retrying { in_ms: 0 };
        let was_up = self.outage.is_none();
        self.fail(now_ms);
        if mem::take(&mut self.is_greeting) {
            // A handshake that failed for a reason has ended with that.
            self.unanswered_ms = None;
            return Some(SocketState::Refused { reason: Refusal::NotZmtp.to_string() });
        }
        if let Some(began_ms) = self.began_ms.take() {
            if now_ms - began_ms >= REFUSED_WITHIN_MS {
                return None;
            }
            // Nothing listens there: the system has answered.
            self.unanswered_ms = None;
            return Some(gone);
        }
        self.unanswered_ms = None;
        (was_up || !matches!(state, SocketState::Refused { .. })).then_some(gone)
    }

    /// The outage continues, or begins.
    fn fail(&mut self, now_ms: f64) {
        self.outage.get_or_insert(Outage { since_ms: now_ms, attempts: 0, has_failed: true }).has_failed = true;
    }

    /// What has not been answered for too long.
    fn silence(&self, endpoint: &str, now_ms: f64) -> Option<Silence> {
        let within_ms = if self.was_up { ANSWER_MS.0 } else { ANSWER_MS.1 };
        let since_ms = self.unanswered_ms.filter(|since_ms| now_ms - since_ms >= within_ms)?;
        let reason = if self.is_greeting {
            format!("{endpoint} accepted the connection and does not answer the handshake: that process may hang")
        } else {
            format!("no answer from {endpoint}: the network may drop packets")
        };
        Some(Silence { since_ms, reason })
    }
}

impl Peers {
    /// The state after an event; `None` leaves it.
    fn handle_event(&mut self, state: &SocketState, event: &MonitorEvent, now_ms: f64) -> Option<SocketState> {
        if event.kind == EventKind::BindFailed {
            let reason = std::io::Error::from_raw_os_error(event.value.cast_signed()).to_string();
            return (!matches!(state, SocketState::Failed { .. })).then_some(SocketState::Failed { reason });
        }
        match State::after(event)? {
            State::Listening => self.is_listening = true,
            State::Handshaking => {
                self.is_listening = true;
                // A descriptor comes again: the end of its older connection was not reported.
                if !self.accepted.insert(event.value) {
                    self.up = self.up.saturating_sub(1);
                }
            }
            State::Up => {
                self.up += 1;
                self.refusal = None;
            }
            State::Refused(refusal) => {
                match refusal {
                    Refusal::NotAllowed(_) => self.denied += 1,
                    _ => self.has_failed = true,
                }
                self.refusal = Some((now_ms + REFUSAL_MS, refusal.to_string()));
            }
            State::Down => self.handle_down(event.value),
            State::Connecting | State::Retrying(_) => return None,
        }
        self.up = self.up.min(self.accepted.len());
        self.denied = self.denied.min(self.pending());
        self.state()
    }

    /// A connection has ended: one whose handshake failed, or one that was up.
    fn handle_down(&mut self, descriptor: u32) {
        let has_failed = mem::take(&mut self.has_failed);
        let pending = self.pending();
        if !self.accepted.remove(&descriptor) {
            return;
        }
        if pending > 0 && (has_failed || self.denied > 0) {
            self.denied -= usize::from(!has_failed);
        } else {
            self.up = self.up.saturating_sub(1);
        }
    }

    /// How many connections are not up.
    fn pending(&self) -> usize {
        self.accepted.len() - self.up.min(self.accepted.len())
    }

    fn handle_timeout(&mut self, now_ms: f64) -> Option<SocketState> {
        self.refusal.take_if(|(until_ms, _)| *until_ms <= now_ms)?;
        self.state()
    }

    /// `None` if it is not known to be bound.
    fn state(&self) -> Option<SocketState> {
        if !self.is_listening {
            return None;
        }
        Some(match &self.refusal {
            _ if self.up > 0 => SocketState::Up,
            Some((_, reason)) => SocketState::Refused { reason: reason.clone() },
            None if self.accepted.is_empty() => SocketState::Listening,
            None => SocketState::Handshaking,
        })
    }
}

#[cfg(test)]
mod tests;
