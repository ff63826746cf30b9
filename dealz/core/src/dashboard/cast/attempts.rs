//! Attempts to connect that get no answer, which no event reports: not even a refusal by the system, or no handshake from a
//! peer that has accepted the connection. Pure.

use std::collections::BTreeMap;

use wire::{
    foreign,
    report::{Connection, Label, Phase},
};

use super::past;
use crate::event::Silence;

/// How long an attempt may go unanswered: after there was a connection, and before.
const ANSWER_MS: (f64, f64) = (1_000.0, 3_000.0);

/// If the next attempt follows sooner after its delay, the peer's system has refused the one before; otherwise that timed out.
const REFUSED_WITHIN_MS: f64 = 900.0;

/// How many endpoints are followed.
const ENDPOINTS_MAX: usize = 64;

/// The attempts of one socket.
#[derive(Debug)]
pub(super) struct Attempts {
    was_up: bool,
    /// By their endpoints.
    pending: BTreeMap<Label, Attempt>,
}

/// The attempts to connect to one endpoint.
#[derive(Debug)]
struct Attempt {
    phase: Phase,
    count: Option<u32>,
    /// When the last of them began, or the handshake.
    began_ms: f64,
    /// Since when there is no answer, over all of them.
    unanswered_ms: f64,
    /// Whether the system has answered since, so that the delay before the next attempt is a part of that time.
    is_waiting: bool,
}

impl Attempts {
    pub(super) const fn new() -> Self {
        Self { was_up: false, pending: BTreeMap::new() }
    }

    /// Takes the connections that the socket makes, as they are reported.
    pub(super) fn follow<'a>(&mut self, made: impl Iterator<Item = &'a Connection>, now_ms: f64) {
        let mut before = std::mem::take(&mut self.pending);
        for connection in made {
            match connection.phase {
                Phase::Up => self.was_up = true,
                Phase::Connecting | Phase::Handshake | Phase::Retrying if self.pending.len() < ENDPOINTS_MAX => {
                    let attempt = match before.remove(&connection.endpoint) {
                        Some(attempt) => attempt.follow(connection, now_ms),
                        None => Attempt::new(connection, now_ms),
                    };
                    self.pending.insert(connection.endpoint.clone(), attempt);
                }
                _ => {}
            }
        }
    }

    /// When the present delay before the next attempt began.
    pub(super) fn began_ms(&self, endpoint: &Label) -> Option<f64> {
        self.pending.get(endpoint).map(|attempt| attempt.began_ms)
    }

    /// What has not been answered for too long by this peer.
    pub(super) fn silence(&self, connection: &Connection, now_ms: f64) -> Option<Silence> {
        let attempt = self.pending.get(&connection.endpoint)?;
        let within_ms = if self.was_up { ANSWER_MS.0 } else { ANSWER_MS.1 };
        let delay_ms = if attempt.is_waiting { connection.retry_ms.unwrap_or(0.0) } else { 0.0 };
        // If attempts are not counted, it is not known whether there was one.
        let is_counted = attempt.count.is_some() || attempt.phase == Phase::Handshake;
        if !is_counted || now_ms - attempt.unanswered_ms < within_ms + delay_ms {
            return None;
        }
        let endpoint = foreign(connection.endpoint.as_str());
        let reason = if attempt.phase == Phase::Handshake {
            format!("{endpoint} accepted the connection and does not answer the handshake: that process may hang")
        } else {
            format!("no answer from {endpoint}: the network may drop packets")
        };
        Some(Silence { since_ms: attempt.unanswered_ms, reason })
    }
}

impl Attempt {
    fn new(connection: &Connection, now_ms: f64) -> Self {
        // When the last retry began is not known.
        let is_waiting = connection.phase == Phase::Retrying;
        let began_ms = if is_waiting { now_ms } else { past(connection.since_ms, now_ms) };
        Self { phase: connection.phase, count: connection.attempts, began_ms, unanswered_ms: began_ms, is_waiting }
    }

    fn follow(self, connection: &Connection, now_ms: f64) -> Self {
        let is_accepted = connection.phase == Phase::Handshake;
        if is_accepted != (self.phase == Phase::Handshake) || connection.attempts < self.count {
            return Self::new(connection, now_ms);
        }
        let is_next = connection.attempts > self.count;
        let has_failed = self.phase == Phase::Connecting && connection.phase == Phase::Retrying;
        if is_accepted || !(is_next || has_failed) {
            return Self { phase: connection.phase, ..self };
        }
        let delay_ms = if is_next { connection.retry_ms.unwrap_or(0.0) } else { 0.0 };
        let is_waiting = now_ms - self.began_ms - delay_ms < REFUSED_WITHIN_MS;
        if !is_next && !is_waiting {
            return Self { phase: connection.phase, ..self };
        }
        Self {
            phase: connection.phase,
            count: connection.attempts,
            began_ms: now_ms,
            unanswered_ms: if is_waiting { now_ms } else { self.unanswered_ms },
            is_waiting,
        }
    }
}
