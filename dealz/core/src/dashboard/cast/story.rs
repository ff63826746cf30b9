//! The events of one socket: which of them are repetitions, which ends of connections are losses. Pure.
//!
//! An event arrives before the state that it leads to, as a rule, so what is up at an event follows from the last state and
//! from the events since. Only the end of a connection may be in a state before its event.

use std::collections::BTreeSet;

use wire::{
    monitor::{EventKind, MonitorEvent},
    report::{Connection, Phase, SocketState},
};

use crate::{
    sentence::{is_major, mark, warning},
    view::Mark,
};

/// Failures of peers that are further apart are not repetitions.
const REPEATS_WITHIN_MS: f64 = 5_000.0;

/// How long a warning is shown.
const WARNING_MS: f64 = 10_000.0;

/// How many connections that have ended wait for their events.
const ENDED_MAX: usize = 64;

/// What the events of one socket have been.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Whether the last event concerned an endpoint that the socket is bound to.
    is_bound: bool,
    /// Whether it cannot be bound.
    is_failing: bool,
    /// How many connections are up.
    up: u32,
    /// How many of them the last state does not have yet.
    fresh: u32,
    /// The descriptors of those that the last state has.
    descriptors: BTreeSet<u32>,
    /// Those of connections that were up and have ended, and of which no event has come.
    ended: BTreeSet<u32>,
    /// What is wrong with the socket, apart from its connections, and until when that is shown.
    warning: Option<(f64, String)>,
    /// The lines in which further events of their kind are counted.
    repeating: Vec<Line>,
}

/// A line of the list of events that counts.
#[derive(Debug)]
struct Line {
    kind: EventKind,
    id: u64,
    last_ms: f64,
}

/// The effect of an event.
#[derive(Debug)]
pub(super) struct Meaning {
    pub(super) mark: Mark,
    pub(super) is_major: bool,
    /// Whether it is the end of a connection that was up.
    pub(super) is_lost: bool,
    /// Whether it concerns an endpoint that the socket is bound to.
    pub(super) is_bound: bool,
    /// How many connections are up now.
    pub(super) peers: u32,
    /// The line in which it is counted.
    pub(super) repeats: Option<u64>,
}

impl Story {
    /// Takes a state of the socket, of whose connections this many are up.
    pub(super) fn follow(&mut self, socket: &SocketState, up: u32) {
        (self.up, self.fresh) = (up, 0);
        let is_up = |connection: &&Connection| connection.phase == Phase::Up;
        let descriptors = socket.connections.iter().filter(is_up).filter_map(|connection| connection.id).collect();
        self.ended.extend(self.descriptors.difference(&descriptors));
        self.ended.retain(|descriptor| !descriptors.contains(descriptor));
        while self.ended.len() > ENDED_MAX {
            self.ended.pop_first();
        }
        self.descriptors = descriptors;
    }

    /// Takes an event; `socket` is the last state of its socket. One that still cannot be bound is closed after each attempt,
    /// which is ignored.
    pub(super) fn handle_event(
        &mut self,
        event: &MonitorEvent,
        socket: Option<&SocketState>,
        now_ms: f64,
    ) -> Option<Meaning> {
        self.is_bound = is_bound(event, socket).unwrap_or(self.is_bound);
        let was_failing = self.is_failing;
        let is_lost = self.count(event);
        if let Some(sentence) = warning(event) {
            self.warning = Some((now_ms + WARNING_MS, sentence));
        }
        match event.kind {
            EventKind::BindFailed => self.is_failing = true,
            EventKind::Listening => self.is_failing = false,
            _ if was_failing => return None,
            _ => {}
        }
        Some(Meaning {
            mark: mark(event),
            is_major: is_major(event, is_lost),
            is_lost,
            is_bound: self.is_bound,
            peers: self.up,
            repeats: self.repeated(event.kind, is_lost, now_ms),
        })
    }

    /// Counts further events like this one in the line `id`.
    pub(super) fn begin_line(&mut self, kind: EventKind, id: u64, now_ms: f64) {
        let starts_over = matches!(kind, EventKind::HandshakeSucceeded | EventKind::Listening);
        if !starts_over {
            self.repeating.retain(|line| line.kind != kind);
            self.repeating.push(Line { kind, id, last_ms: now_ms });
        }
    }

    /// Forgets all lines.
    pub(super) fn clear(&mut self) {
        self.repeating.clear();
    }

    /// Whether a warning is no longer shown by now.
    pub(super) fn handle_time(&mut self, now_ms: f64) -> bool {
        self.warning.take_if(|(until_ms, _)| *until_ms <= now_ms).is_some()
    }

    /// What is wrong with the socket, apart from its connections.
    pub(super) fn warning(&self) -> Option<&str> {
        self.warning.as_ref().map(|(_, sentence)| sentence.as_str())
    }

    /// Counts the connections that are up; returns whether the event is the end of one.
    fn count(&mut self, event: &MonitorEvent) -> bool {
        match event.kind {
            EventKind::HandshakeSucceeded => {
                self.up = self.up.saturating_add(1);
                self.fresh = self.fresh.saturating_add(1);
                false
            }
            EventKind::Disconnected => {
                if self.ended.remove(&event.value) {
                    return true;
                }
                let is_known = self.descriptors.remove(&event.value);
                // Otherwise it may have come up since.
                let is_lost = is_known || self.fresh > 0;
                self.up = self.up.saturating_sub(is_lost.into());
                self.fresh -= u32::from(is_lost && !is_known);
                is_lost
            }
            EventKind::MonitorStopped => {
                (self.up, self.fresh) = (0, 0);
                self.descriptors.clear();
                self.ended.clear();
                false
            }
            _ => false,
        }
    }

    /// The line in which an event is counted. Those of an outage count until a handshake succeeds or a bind does; those of peers
    /// that fail, while they come one after the other.
    fn repeated(&mut self, kind: EventKind, is_lost: bool, now_ms: f64) -> Option<u64> {
        let is_bound = self.is_bound && !self.is_failing;
        match kind {
            // The connection that was accepted last is a good one.
            EventKind::HandshakeSucceeded if is_bound => self.repeating.retain(|line| line.kind != EventKind::Accepted),
            EventKind::HandshakeSucceeded | EventKind::Listening => self.repeating.clear(),
            EventKind::Disconnected if is_lost => self.repeating.retain(|line| line.kind != kind),
            _ => {}
        }
        let line = self.repeating.iter_mut().find(|line| line.kind == kind)?;
        let is_repeated = !is_bound || now_ms - line.last_ms <= REPEATS_WITHIN_MS;
        line.last_ms = now_ms;
        is_repeated.then_some(line.id)
    }
}

/// Whether an event concerns an endpoint that its socket is bound to, if that is known.
fn is_bound(event: &MonitorEvent, socket: Option<&SocketState>) -> Option<bool> {
    match event.kind {
        EventKind::Listening | EventKind::Accepted | EventKind::BindFailed | EventKind::AcceptFailed => Some(true),
        EventKind::Connected | EventKind::ConnectDelayed | EventKind::ConnectRetried => Some(false),
        _ => {
            let socket = socket.filter(|socket| !socket.bound.is_empty() || !socket.connected.is_empty())?;
            let is_bound_there = socket.bound.iter().any(|endpoint| endpoint.as_str() == event.endpoint);
            Some(is_bound_there || socket.connected.is_empty())
        }
    }
}

#[cfg(test)]
mod tests;
