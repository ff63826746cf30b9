//! What observers see of a link, which passes on the bytes of TCP connections and is no socket of libzmq: its owner reports
//! what libzmq's monitor reports of other sockets.
//!
//! A link has no handshake, so a connection is up at once. It makes one for each that it accepts, and does not make it
//! again. It counts bytes and no messages: it does not know where a message begins.

use std::{
    os::fd::{AsFd, AsRawFd as _},
    sync::{Arc, Mutex, PoisonError},
};

use wire::monitor::{EventKind, MonitorEvent};

use crate::{
    Endpoint,
    context::Observation,
    monitors::Relay,
    probe::{Facts, Kind, Probe},
};

/// The report of a link; dropping it ends the link for observers. It does nothing in a process that does not report.
#[derive(Debug)]
pub struct LinkReport(Option<Watched>);

struct Watched {
    probe: Arc<Probe>,
    relay: Mutex<Relay>,
}

impl LinkReport {
    pub(crate) fn open(observation: Option<&Observation>, name: &str) -> Self {
        Self(observation.map(|Observation { monitors, probes, .. }| {
            let facts = Facts {
                kind: Kind::Link,
                channel: None,
                send_queue: 0,
                receive_queue: 0,
                bound: Vec::new(),
                connected: Vec::new(),
            };
            let (name, probe) = probes.open(name, facts);
            Watched { probe, relay: Mutex::new(monitors.relay(&name)) }
        }))
    }

    /// It is bound to `endpoint`, where it may or may not accept connections.
    pub fn bound(&self, endpoint: &Endpoint) {
        self.with(|watched| watched.probe.bound(endpoint));
    }

    /// It accepts connections at `endpoint` from now on.
    pub fn opened(&self, endpoint: &Endpoint) {
        self.pass(EventKind::Listening, endpoint, 0);
    }

    /// It refuses connections at `endpoint` from now on.
    pub fn closed(&self, endpoint: &Endpoint) {
        self.pass(EventKind::Closed, endpoint, 0);
    }

    /// It connects to `endpoint` whenever it accepts a connection.
    pub fn connects_to(&self, endpoint: &Endpoint) {
        self.with(|watched| watched.probe.connected(endpoint));
    }

    /// It accepted a connection at `endpoint`.
    pub fn accepted(&self, endpoint: &Endpoint, connection: impl AsFd) {
        self.pass(EventKind::Accepted, endpoint, number(connection));
    }

    /// It tries to connect to `endpoint`.
    pub fn connecting(&self, endpoint: &Endpoint) {
        self.pass(EventKind::ConnectDelayed, endpoint, 0);
    }

    /// It is connected to `endpoint`.
    pub fn connected(&self, endpoint: &Endpoint, connection: impl AsFd) {
        self.pass(EventKind::Connected, endpoint, number(connection));
    }

    /// It could not connect to `endpoint`.
    pub fn failed(&self, endpoint: &Endpoint) {
        self.pass(EventKind::Closed, endpoint, 0);
    }

    /// A connection of `endpoint` is about to be closed: its number may have another meaning afterwards.
    pub fn ending(&self, endpoint: &Endpoint, connection: impl AsFd) {
        self.pass(EventKind::Disconnected, endpoint, number(connection));
    }

    /// It took bytes from a peer. One thread counts.
    pub fn received(&self, bytes: usize) {
        self.with(|watched| watched.probe.received.count_bytes(bytes));
    }

    /// It passed bytes on to a peer. One thread counts.
    pub fn sent(&self, bytes: usize) {
        self.with(|watched| watched.probe.sent.count_bytes(bytes));
    }

    fn pass(&self, kind: EventKind, endpoint: &Endpoint, value: u32) {
        self.with(|watched| {
            let event = MonitorEvent { kind, value, endpoint: endpoint.as_str().to_owned() };
            watched.relay.lock().unwrap_or_else(PoisonError::into_inner).pass(&event);
        });
    }

    fn with(&self, see: impl FnOnce(&Watched)) {
        self.0.as_ref().map(see);
    }
}

impl Drop for LinkReport {
    fn drop(&mut self) {
        self.with(|watched| watched.probe.closed());
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Watched({:?})", self.probe.facts())
    }
}

/// The number of a file descriptor, which is not negative.
fn number(connection: impl AsFd) -> u32 {
    connection.as_fd().as_raw_fd().cast_unsigned()
}
