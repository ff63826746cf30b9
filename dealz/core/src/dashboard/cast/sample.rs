//! Reports for tests.

use wire::report::{Connection, Event, EventReport, Label, Phase, ProcessId, ProcessState, SocketState, Traffic};

/// The desk in tests.
pub(in crate::dashboard) const DESK: ProcessId = ProcessId(1);

/// A state of `tickz publish`, or of the desk.
pub(in crate::dashboard) fn state(process: u64, number: u64, sockets: Vec<SocketState>) -> ProcessState {
    let is_desk = ProcessId(process) == DESK;
    ProcessState {
        process: ProcessId(process),
        program: Label::cut(if is_desk { "dealz" } else { "tickz" }),
        role: Label::cut(if is_desk { "" } else { "publish" }),
        language: Label::cut("rust"),
        pid: process as u32,
        host: Label::cut("box"),
        started_ms: 0.0,
        time_ms: 0.0,
        number,
        events: 0,
        values: Vec::new(),
        sockets,
        more_sockets: 0,
        ended: false,
    }
}

/// A socket that connects to `endpoint`.
pub(in crate::dashboard) fn connects(name: &str, kind: &str, endpoint: &str, all: Vec<Connection>) -> SocketState {
    SocketState { connected: vec![Label::cut(endpoint)], bound: Vec::new(), ..binds(name, kind, endpoint, all) }
}

/// A socket that is bound to `endpoint`.
pub(in crate::dashboard) fn binds(name: &str, kind: &str, endpoint: &str, all: Vec<Connection>) -> SocketState {
    SocketState {
        name: name.parse().unwrap(),
        kind: Label::cut(kind),
        channel: None,
        bound: vec![Label::cut(endpoint)],
        connected: Vec::new(),
        send_queue: 0,
        receive_queue: 0,
        sent: Traffic::default(),
        received: Traffic::default(),
        malformed: 0,
        waiting: None,
        connections: all,
        more_connections: 0,
    }
}

/// A connection with this descriptor, or none if that is 0.
pub(in crate::dashboard) fn connection(id: u32, endpoint: &str, phase: Phase, since_ms: f64) -> Connection {
    Connection {
        id: (id > 0).then_some(id),
        endpoint: Label::cut(endpoint),
        phase,
        since_ms,
        attempts: None,
        retry_ms: None,
        reason: None,
        local: None,
        remote: None,
        peer_pid: None,
    }
}

/// The same with its addresses.
pub(in crate::dashboard) fn between(connection: Connection, local: &str, remote: &str) -> Connection {
    Connection { local: Some(Label::cut(local)), remote: Some(Label::cut(remote)), ..connection }
}

/// An event of the monitor of a socket.
pub(in crate::dashboard) fn event(process: u64, socket: &str, number: u64, name: &str, value: u32) -> EventReport {
    let endpoint = Label::cut("tcp://127.0.0.1:9003");
    let event = Event { number, time_ms: f64::MAX, name: Label::cut(name), value, endpoint, local: None, remote: None };
    EventReport { process: ProcessId(process), socket: socket.parse().unwrap(), event }
}
