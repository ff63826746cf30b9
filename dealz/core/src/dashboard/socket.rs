//! One of the six sockets: its link, its rates, what was not understood. Pure.

use wire::monitor::{EventKind, MonitorEvent};

use crate::{
    event::Counts,
    link::SocketLink,
    rates::Rates,
    sentence::{mark, sentence},
    view::{Mark, SocketId, SocketState, SocketView},
};

/// What is known of a socket.
#[derive(Debug)]
pub(crate) struct SocketFold {
    id: SocketId,
    /// Where it is bound or connects.
    endpoint: String,
    link: SocketLink,
    counts: Counts,
    rates: Rates,
    malformed: u64,
    last_fault: Option<String>,
    /// Whether it was told that it cannot be bound, and it still cannot.
    told_failure: bool,
}

impl SocketFold {
    pub(crate) fn new(id: SocketId, endpoint: &str, now_ms: f64) -> Self {
        Self {
            id,
            endpoint: endpoint.to_owned(),
            link: SocketLink::new(id, endpoint, now_ms),
            counts: Counts::default(),
            rates: Rates::default(),
            malformed: 0,
            last_fault: None,
            told_failure: false,
        }
    }

    /// Its monitor tells; what that means, also as a sentence. Nothing of a port that stays taken: it is tried every
    /// second, and told once.
    pub(crate) fn handle_event(&mut self, event: &MonitorEvent, now_ms: f64) -> Option<(Mark, String)> {
        let before = self.link.state().clone();
        self.link.handle_event(event, now_ms);
        // The system has chosen the port.
        if event.kind == EventKind::Listening && [":*", ":0"].iter().any(|any| self.endpoint.ends_with(any)) {
            self.endpoint.clone_from(&event.endpoint);
        }
        let still_fails = matches!(self.link.state(), SocketState::Failed { .. });
        let tells = !(self.told_failure && still_fails);
        self.told_failure = still_fails && (self.told_failure || event.kind == EventKind::BindFailed);
        tells.then(|| (mark(event), sentence(self.id, event, &before, self.link.peers())))
    }

    pub(crate) fn handle_bind_failed(&mut self, reason: String, now_ms: f64) {
        self.link.handle_bind_failed(reason, now_ms);
    }

    pub(crate) fn handle_silence(&mut self, silence: Option<String>, now_ms: f64) {
        self.link.handle_silence(silence, now_ms);
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
    }

    /// Counts from zero again.
    pub(crate) fn clear(&mut self) {
        (self.counts, self.rates, self.malformed, self.last_fault) = (Counts::default(), Rates::default(), 0, None);
    }

    pub(crate) fn view(&self) -> SocketView {
        let (received_per_second, sent_per_second) = self.rates.per_second();
        SocketView {
            id: self.id,
            role: self.id.role(),
            channel: self.id.channel().name().to_owned(),
            endpoint: self.endpoint.clone(),
            binds: self.id.binds(),
            state: self.link.state().clone(),
            since_ms: self.link.since_ms(),
            peers: self.link.peers(),
            received: self.counts.received,
            sent: self.counts.sent,
            received_per_second,
            sent_per_second,
            malformed: self.malformed,
            last_fault: self.last_fault.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_stays_taken_is_told_once() {
        let mut fold = SocketFold::new(SocketId::ValuzPush, "tcp://127.0.0.1:9004", 0.0);
        let mut told = |kind| {
            let event = MonitorEvent { kind, value: 98, endpoint: "tcp://127.0.0.1:9004".to_owned() };
            fold.handle_event(&event, 1.0).is_some()
        };
        assert!(told(EventKind::BindFailed));
        for _ in 0..3 {
            assert!(!told(EventKind::Closed) && !told(EventKind::MonitorStopped) && !told(EventKind::BindFailed));
        }
        assert!(told(EventKind::Listening) && told(EventKind::Accepted));
        assert!(told(EventKind::BindFailed) && !told(EventKind::MonitorStopped));
    }
}
