//! One of the six sockets: its link, its rates, its malformed messages, and which of its events are repetitions. Pure.

use wire::monitor::{EventKind, MonitorEvent};

use crate::{
    event::{Counts, Silence},
    link::SocketLink,
    rates::Rates,
    sentence::{is_major, mark, sentence, warning},
    view::{Mark, Phase, SocketId, SocketState, SocketView},
};

/// Failures of peers that are further apart are not repetitions.
const REPEATS_WITHIN_MS: f64 = 5_000.0;

/// How long a warning is shown.
const WARNING_MS: f64 = 10_000.0;

/// The state of a socket.
#[derive(Debug)]
pub(crate) struct SocketFold {
    id: SocketId,
    /// The endpoint that it binds or connects to.
    endpoint: String,
    link: SocketLink,
    /// The silence that its owner reports.
    unheard: Option<Silence>,
    /// The silence that follows from the state of its service.
    asleep: Option<Silence>,
    counts: Counts,
    rates: Rates,
    malformed: u64,
    last_fault: Option<String>,
    /// A problem besides its state, and until when it is shown.
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
pub(crate) struct Meaning {
    pub(crate) mark: Mark,
    pub(crate) is_major: bool,
    pub(crate) sentence: String,
    /// The line in which it is counted.
    pub(crate) repeats: Option<u64>,
}

impl SocketFold {
    pub(crate) fn new(id: SocketId, endpoint: &str, now_ms: f64) -> Self {
        Self {
            id,
            endpoint: endpoint.to_owned(),
            link: SocketLink::new(id, endpoint, now_ms),
            unheard: None,
            asleep: None,
            counts: Counts::default(),
            rates: Rates::default(),
            malformed: 0,
            last_fault: None,
            warning: None,
            repeating: Vec::new(),
        }
    }

    /// Handles an event of its monitor. A socket that still cannot be bound is closed after each attempt, which is ignored.
    pub(crate) fn handle_event(&mut self, event: &MonitorEvent, now_ms: f64) -> Option<Meaning> {
        let (before, peers) = (self.link.state().clone(), self.link.peers());
        self.link.handle_event(event, now_ms);
        let is_lost = event.kind == EventKind::Disconnected && self.link.peers() < peers;
        // The system has chosen the port.
        if event.kind == EventKind::Listening && [":*", ":0"].iter().any(|any| self.endpoint.ends_with(any)) {
            self.endpoint.clone_from(&event.endpoint);
        }
        if let Some(sentence) = warning(event) {
            self.warning = Some((now_ms + WARNING_MS, sentence));
        }
        let fails = |state: &SocketState| matches!(state, SocketState::Failed { .. });
        if fails(&before) && fails(self.link.state()) && event.kind != EventKind::BindFailed {
            return None;
        }
        Some(Meaning {
            mark: mark(event),
            is_major: is_major(event, is_lost),
            sentence: sentence(self.id, event, is_lost, self.link.peers()),
            repeats: self.repeated(event.kind, is_lost, now_ms),
        })
    }

    /// Counts further events like this one in the line `id`.
    pub(crate) fn begin_line(&mut self, kind: EventKind, id: u64, now_ms: f64) {
        let starts_over = matches!(kind, EventKind::HandshakeSucceeded | EventKind::Listening);
        if !starts_over {
            self.repeating.retain(|line| line.kind != kind);
            self.repeating.push(Line { kind, id, last_ms: now_ms });
        }
    }

    pub(crate) fn handle_bind_failed(&mut self, reason: String, now_ms: f64) {
        self.link.handle_bind_failed(reason, now_ms);
    }

    /// Handles a silence that its owner reports, or its end.
    pub(crate) fn handle_silence(&mut self, silence: Option<Silence>, now_ms: f64) {
        self.unheard = silence;
        self.apply_silence(now_ms);
    }

    /// Handles that its service is suspended or does not reply on another socket, or that this has ended.
    pub(crate) fn handle_sleep(&mut self, silence: Option<Silence>, now_ms: f64) {
        if self.asleep != silence {
            self.asleep = silence;
            self.apply_silence(now_ms);
        }
    }

    pub(crate) fn handle_malformed(&mut self, count: u64, fault: String) {
        (self.malformed, self.last_fault) = (count, Some(fault));
    }

    pub(crate) fn handle_counts(&mut self, counts: Counts, now_ms: f64) {
        self.counts = counts;
        self.rates.handle_counts(now_ms, counts);
    }

    pub(crate) fn handle_time(&mut self, now_ms: f64) {
        self.link.handle_timeout(now_ms);
        self.warning.take_if(|(until_ms, _)| *until_ms <= now_ms);
    }

    /// Counts from zero again.
    pub(crate) fn clear(&mut self) {
        (self.counts, self.rates, self.malformed, self.last_fault) = (Counts::default(), Rates::default(), 0, None);
        self.repeating.clear();
    }

    /// The silence that its owner reports.
    pub(crate) const fn unheard(&self) -> Option<&Silence> {
        self.unheard.as_ref()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.link.phase()
    }

    pub(crate) fn view(&self) -> SocketView {
        let (received_per_second, sent_per_second) = self.rates.per_second();
        SocketView {
            id: self.id,
            role: self.id.role(),
            channel: self.id.channel().name.to_owned(),
            endpoint: self.endpoint.clone(),
            binds: self.id.binds(),
            state: self.link.state().clone(),
            since_ms: self.link.since_ms(),
            down_since_ms: self.link.outage().map(|outage| outage.since_ms),
            attempts: self.link.outage().map_or(0, |outage| outage.attempts),
            warning: self.warning.as_ref().map(|(_, sentence)| sentence.clone()),
            peers: self.link.peers(),
            received: self.counts.received,
            sent: self.counts.sent,
            received_per_second,
            sent_per_second,
            malformed: self.malformed,
            last_fault: self.last_fault.clone(),
        }
    }

    fn apply_silence(&mut self, now_ms: f64) {
        let silence = self.asleep.as_ref().or(self.unheard.as_ref()).cloned();
        self.link.handle_silence(silence, now_ms);
    }

    /// The line in which an event is counted. Those of an outage count until a handshake succeeds or a bind does; those of peers
    /// that fail, while they come one after the other.
    fn repeated(&mut self, kind: EventKind, is_lost: bool, now_ms: f64) -> Option<u64> {
        let is_bound = self.id.binds() && !matches!(self.link.state(), SocketState::Failed { .. });
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

#[cfg(test)]
mod tests;
