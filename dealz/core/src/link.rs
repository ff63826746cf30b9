//! Where one socket stands, as its monitor tells: a pure fold of events to a [`SocketState`], without sockets and
//! clock.
//!
//! What libzmq does not tell follows from silence: an attempt to connect that nobody answers, not even to refuse it,
//! makes no event; nor does a peer that takes the connection and then hangs.

use std::collections::BTreeSet;

use sockets::Link;
use wire::monitor::{EventKind, MonitorEvent};

use crate::view::{SocketId, SocketState};

/// How long an attempt to connect may go unanswered: where there was a connection once, and where there was none.
const ANSWER_MS: (f64, f64) = (1_000.0, 3_000.0);

/// An attempt that ends sooner was refused by the peer's system; one that ends later was given up.
const REFUSED_WITHIN_MS: f64 = 900.0;

/// How long a bound socket without peers shows that it turned one away.
const REFUSAL_MS: f64 = 5_000.0;

/// One socket and its connections.
#[derive(Debug, Clone)]
pub(crate) struct SocketLink {
    endpoint: String,
    state: SocketState,
    since_ms: f64,
    /// What is not heard though the connection is up, as the socket's owner tells.
    silence: Option<String>,
    side: Side,
}

#[derive(Debug, Clone)]
enum Side {
    Connecting(Attempts),
    Bound(Peers),
}

/// The tries of a socket that connects.
#[derive(Debug, Clone, Default)]
struct Attempts {
    up: bool,
    was_up: bool,
    /// When the try that is under way began, until it is answered.
    began_ms: Option<f64>,
    /// Since when there is no answer, over all tries, or no greeting from who took the connection.
    unanswered_ms: Option<f64>,
    /// Whether the connection is taken, and the greeting is awaited.
    greeting: bool,
}

/// The connections to a socket that is bound.
///
/// A successful handshake does not tell whose it was, so only their number is known. What tells the end of a connection
/// that was up from that of one that never got so far is that libzmq says first that a handshake failed.
#[derive(Debug, Clone, Default)]
struct Peers {
    listening: bool,
    /// The file descriptors of all connections.
    accepted: BTreeSet<u32>,
    /// How many of them are up.
    up: usize,
    /// A handshake failed, and the end of its connection is not told yet.
    failed: bool,
    /// Until when a refusal is shown, and why.
    refusal: Option<(f64, String)>,
}

impl SocketLink {
    /// A socket that is not open yet and will be bound to, or connect to, `endpoint`.
    pub(crate) fn new(socket: SocketId, endpoint: &str, now_ms: f64) -> Self {
        let side = if socket.binds() { Side::Bound(Peers::default()) } else { Side::Connecting(Attempts::default()) };
        // Inside of a process libzmq tells nothing.
        let state = match side {
            _ if !endpoint.starts_with("inproc://") => SocketState::Off,
            Side::Bound(_) => SocketState::Listening,
            Side::Connecting(_) => SocketState::Connecting,
        };
        Self { endpoint: endpoint.to_owned(), state, since_ms: now_ms, silence: None, side }
    }

    /// Where it stands.
    pub(crate) const fn state(&self) -> &SocketState {
        &self.state
    }

    /// Since when it stands there.
    pub(crate) const fn since_ms(&self) -> f64 {
        self.since_ms
    }

    /// How many connections are up.
    pub(crate) fn peers(&self) -> u32 {
        match &self.side {
            Side::Connecting(attempts) => attempts.up.into(),
            Side::Bound(peers) => u32::try_from(peers.up).unwrap_or(u32::MAX),
        }
    }

    /// The monitor tells.
    pub(crate) fn handle_event(&mut self, event: &MonitorEvent, now_ms: f64) {
        if event.kind == EventKind::MonitorStopped {
            return self.handle_closed(now_ms);
        }
        let state = match &mut self.side {
            Side::Connecting(attempts) => attempts.handle_event(&self.state, event, now_ms),
            Side::Bound(peers) => peers.handle_event(&self.state, event, now_ms),
        };
        if let Some(state) = state {
            // Each try has a pause of its own, which counts from its beginning.
            let anew = event.kind == EventKind::ConnectRetried;
            self.change(state, now_ms, anew);
        }
        self.handle_timeout(now_ms);
    }

    /// The socket's owner tells that nothing is heard though the socket is connected, or that something is again.
    pub(crate) fn handle_silence(&mut self, silence: Option<String>, now_ms: f64) {
        self.silence = silence;
        if self.silence.is_none() && self.peers() > 0 {
            self.change(SocketState::Up, now_ms, false);
        }
        self.handle_timeout(now_ms);
    }

    /// The socket could not be bound, and why.
    pub(crate) fn handle_bind_failed(&mut self, reason: String, now_ms: f64) {
        if let Side::Bound(peers) = &mut self.side {
            *peers = Peers::default();
        }
        self.change(SocketState::Failed { reason }, now_ms, false);
    }

    /// Time has passed: what should have been answered by now is stale, and what was shown long enough goes.
    pub(crate) fn handle_timeout(&mut self, now_ms: f64) {
        let state = match &mut self.side {
            Side::Connecting(attempts) if attempts.up => {
                self.silence.clone().map(|reason| SocketState::Stale { reason })
            }
            Side::Connecting(attempts) => attempts.stale(&self.endpoint, now_ms),
            Side::Bound(peers) => peers.handle_timeout(now_ms),
        };
        if let Some(state) = state {
            self.change(state, now_ms, false);
        }
    }

    /// The socket is gone. Why it could not be bound stays to be seen.
    fn handle_closed(&mut self, now_ms: f64) {
        match &mut self.side {
            Side::Connecting(attempts) => *attempts = Attempts::default(),
            Side::Bound(peers) => *peers = Peers::default(),
        }
        if !matches!(self.state, SocketState::Failed { .. }) {
            self.change(SocketState::Off, now_ms, false);
        }
    }

    fn change(&mut self, state: SocketState, now_ms: f64, anew: bool) {
        if anew || self.state != state {
            self.state = state;
            self.since_ms = now_ms;
        }
    }
}

impl Attempts {
    /// What an event makes of the state; `None` leaves it.
    fn handle_event(&mut self, state: &SocketState, event: &MonitorEvent, now_ms: f64) -> Option<SocketState> {
        // A refusal lasts through the tries that follow, and so does it that nobody answers.
        let lasts = matches!(state, SocketState::Refused { .. } | SocketState::Stale { .. });
        match Link::after(event) {
            Link::Connecting => {
                self.began_ms = Some(now_ms);
                self.unanswered_ms.get_or_insert(now_ms);
                (!lasts).then_some(SocketState::Connecting)
            }
            Link::Handshaking => {
                (self.began_ms, self.unanswered_ms, self.greeting) = (None, Some(now_ms), true);
                (!matches!(state, SocketState::Refused { .. })).then_some(SocketState::Handshaking)
            }
            Link::Up => {
                *self = Self { up: true, was_up: true, ..Self::default() };
                Some(SocketState::Up)
            }
            Link::Refused(refusal) => {
                *self = Self { was_up: self.was_up, ..Self::default() };
                Some(SocketState::Refused { reason: refusal.to_string() })
            }
            Link::Down => self.handle_down(state, now_ms),
            Link::Retrying(pause) => {
                let in_ms = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX);
                (!lasts).then_some(SocketState::Retrying { in_ms })
            }
            Link::Listening | Link::Unchanged => None,
        }
    }

    /// A try has failed, or a connection is gone; how long libzmq waits now, it tells next.
    fn handle_down(&mut self, state: &SocketState, now_ms: f64) -> Option<SocketState> {
        let gone = SocketState::Retrying { in_ms: 0 };
        self.greeting = false;
        if let Some(began_ms) = self.began_ms.take() {
            if now_ms - began_ms >= REFUSED_WITHIN_MS {
                return None;
            }
            // Nobody listens there: the system has answered in its place.
            self.unanswered_ms = None;
            return Some(gone);
        }
        self.unanswered_ms = None;
        let was_up = std::mem::take(&mut self.up);
        (was_up || !matches!(state, SocketState::Refused { .. })).then_some(gone)
    }

    fn stale(&self, endpoint: &str, now_ms: f64) -> Option<SocketState> {
        let within_ms = if self.was_up { ANSWER_MS.0 } else { ANSWER_MS.1 };
        let unanswered_ms = self.unanswered_ms.filter(|since_ms| now_ms - since_ms >= within_ms);
        unanswered_ms.map(|_| SocketState::Stale {
            reason: if self.greeting {
                format!("{endpoint} took the connection and does not greet: whoever is there may hang")
            } else {
                format!("no answer from {endpoint}: the network may drop packets")
            },
        })
    }
}

impl Peers {
    /// What an event makes of the state; `None` leaves it.
    fn handle_event(&mut self, state: &SocketState, event: &MonitorEvent, now_ms: f64) -> Option<SocketState> {
        if event.kind == EventKind::BindFailed {
            let reason = std::io::Error::from_raw_os_error(event.value.cast_signed()).to_string();
            return (!matches!(state, SocketState::Failed { .. })).then_some(SocketState::Failed { reason });
        }
        match Link::after(event) {
            Link::Listening => self.listening = true,
            Link::Handshaking => {
                self.listening = true;
                // A number that is there already comes again: the end of the older connection was not told.
                if !self.accepted.insert(event.value) {
                    self.up = self.up.saturating_sub(1);
                }
            }
            Link::Up => {
                self.up += 1;
                self.refusal = None;
            }
            Link::Refused(refusal) => {
                self.failed = true;
                self.refusal = Some((now_ms + REFUSAL_MS, refusal.to_string()));
            }
            Link::Down => {
                let was_up = !std::mem::take(&mut self.failed);
                if self.accepted.remove(&event.value) && was_up {
                    self.up = self.up.saturating_sub(1);
                }
            }
            Link::Connecting | Link::Retrying(_) | Link::Unchanged => return None,
        }
        self.up = self.up.min(self.accepted.len());
        self.state()
    }

    fn handle_timeout(&mut self, now_ms: f64) -> Option<SocketState> {
        self.refusal.take_if(|(until_ms, _)| *until_ms <= now_ms)?;
        self.state()
    }

    /// `None` where it is not known to be bound.
    fn state(&self) -> Option<SocketState> {
        if !self.listening {
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
