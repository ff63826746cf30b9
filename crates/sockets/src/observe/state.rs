//! The state of a socket as a report: pure.

use std::time::SystemTime;

use wire::report::{self, Label, MessageHeader, MessageReport, ProcessId, SocketName, SocketState, Traffic};

use super::connections::{Connection, Connections, Phase};
use crate::{
    Endpoint, Tapped,
    descriptor::Ends,
    probe::{Facts, Kind, Meter, Probe},
};

/// A socket, with the connections that fit into a report, and how many messages wait to be received; `started_ms` is when
/// the process started.
pub(super) fn socket_state(
    name: SocketName,
    probe: &Probe,
    facts: &Facts,
    connections: &Connections,
    waiting: Option<u64>,
    started_ms: f64,
) -> SocketState {
    let labels = |endpoints: &[Endpoint]| endpoints.iter().map(|endpoint| Label::cut(endpoint.as_str())).collect();
    let unheard = unheard(facts, connections, started_ms);
    let kept = connections.iter().map(connection).chain(unheard).take(report::state::CONNECTIONS_MAX).collect();
    SocketState {
        name,
        kind: Label::cut(facts.kind.name()),
        channel: facts.channel.map(Label::cut),
        bound: labels(&facts.bound),
        connected: labels(&facts.connected),
        send_queue: facts.send_queue,
        receive_queue: facts.receive_queue,
        sent: traffic(&probe.sent),
        received: traffic(&probe.received),
        malformed: probe.malformed(),
        waiting,
        connections: kept,
        more_connections: connections.iter().count().saturating_sub(report::state::CONNECTIONS_MAX) as u64,
    }
}

/// A message that was copied, as a report.
pub(super) fn message_report(process: ProcessId, socket: SocketName, message: Tapped) -> MessageReport {
    let since_epoch = message.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let header = MessageHeader {
        number: message.id,
        time_ms: since_epoch.as_secs_f64() * 1_000.0,
        direction: message.direction,
        frames: message.frame_count as u64,
        bytes: message.byte_count as u64,
        cut: !message.is_whole(),
    };
    MessageReport { process, socket, header, content: message.frames }
}

/// The endpoints to which the socket connects and of which no event has come: libzmq has none for `inproc`, and none until
/// a host name is resolved. A link connects only when a client does.
fn unheard(facts: &Facts, connections: &Connections, started_ms: f64) -> Vec<report::Connection> {
    if facts.kind == Kind::Link {
        return Vec::new();
    }
    let count = facts.connected.len().saturating_sub(connections.made());
    let unheard = facts.connected.iter().filter(|endpoint| !connections.makes(endpoint.as_str()));
    let report = |endpoint: &Endpoint| {
        let unheard = Connection::new(endpoint.as_str(), started_ms);
        if !endpoint.as_str().starts_with("inproc://") {
            return connection(&unheard);
        }
        let end = Some(endpoint.as_str().to_owned());
        let ends = Some(Ends { local: end.clone(), remote: end, peer_pid: None });
        connection(&Connection { phase: Phase::Up, ends, ..unheard })
    };
    unheard.take(count).map(report).collect()
}

fn connection(connection: &Connection) -> report::Connection {
    let ends = connection.ends.as_ref();
    let (phase, retry_ms, reason) = match connection.phase {
        Phase::Connecting => (report::Phase::Connecting, None, None),
        Phase::Handshake => (report::Phase::Handshake, None, None),
        Phase::Up => (report::Phase::Up, None, None),
        Phase::Retrying(delay) => (report::Phase::Retrying, Some(delay.as_secs_f64() * 1_000.0), None),
        Phase::Refused(refusal) => (report::Phase::Refused, None, Some(Label::cut(&refusal.to_string()))),
        Phase::Closed => (report::Phase::Closed, None, None),
    };
    report::Connection {
        id: connection.descriptor,
        endpoint: Label::cut(&connection.endpoint),
        phase,
        since_ms: connection.since_ms,
        attempts: Some(connection.attempts).filter(|attempts| *attempts > 0),
        retry_ms,
        reason,
        local: ends.and_then(|ends| ends.local.as_deref()).map(Label::cut),
        remote: ends.and_then(|ends| ends.remote.as_deref()).map(Label::cut),
        peer_pid: ends.and_then(|ends| ends.peer_pid),
    }
}

fn traffic(meter: &Meter) -> Traffic {
    Traffic { messages: meter.messages(), bytes: meter.bytes() }
}
