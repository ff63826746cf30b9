//! States for tests.

use wire::report::{Connection, Label, Phase, ProcessId, ProcessState, SocketState, Traffic};

/// A state of a process without sockets.
pub(crate) fn state(process: u64, number: u64) -> ProcessState {
    ProcessState {
        process: ProcessId(process),
        program: label("tickz"),
        role: label("publish"),
        language: label("rust"),
        pid: process as u32,
        host: label("lab"),
        started_ms: 0.0,
        time_ms: 0.0,
        number,
        events: 0,
        values: Vec::new(),
        sockets: Vec::new(),
        more_sockets: 0,
        ended: false,
    }
}

/// A socket that is bound, or connects, to one endpoint.
pub(crate) fn socket(name: &str, endpoint: &str, connects: bool, connections: Vec<Connection>) -> SocketState {
    let endpoints = |is_there: bool| is_there.then(|| label(endpoint)).into_iter().collect();
    SocketState {
        name: name.parse().unwrap(),
        kind: label("XPUB"),
        channel: None,
        bound: endpoints(!connects),
        connected: endpoints(connects),
        send_queue: 0,
        receive_queue: 0,
        sent: Traffic::default(),
        received: Traffic::default(),
        malformed: 0,
        waiting: None,
        connections,
        more_connections: 0,
    }
}

/// A connection of a socket; an address that is empty is not known.
pub(crate) fn connection(id: u32, endpoint: &str, phase: Phase, local: &str, remote: &str) -> Connection {
    let known = |text: &str| (!text.is_empty()).then(|| label(text));
    Connection {
        id: (id > 0).then_some(id),
        endpoint: label(endpoint),
        phase,
        since_ms: 0.0,
        attempts: None,
        retry_ms: None,
        reason: None,
        local: known(local),
        remote: known(remote),
        peer_pid: None,
    }
}

pub(crate) fn label(text: &str) -> Label {
    Label::cut(text)
}
