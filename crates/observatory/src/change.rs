//! What is different after a report, for a view that shows changes instead of the graph.

use std::collections::BTreeMap;

use wire::report::{Connection, Label, Phase, ProcessId, ProcessState, SocketName, SocketState};

use crate::Presence;

/// A change of the graph.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A process appeared, is suspended, fell silent, reports again, or is gone.
    Process {
        /// The process.
        process: ProcessId,
        /// Before; `None` if it was not known.
        before: Option<Presence>,
        /// Now.
        after: Presence,
    },
    /// A process has opened or closed a socket.
    Socket {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: SocketName,
        /// Opened; otherwise closed.
        is_open: bool,
    },
    /// A connection has another phase.
    Connection {
        /// The process.
        process: ProcessId,
        /// Its socket.
        socket: SocketName,
        /// The connection, as it is now; one that the process no longer reports is [`Phase::Closed`].
        connection: Connection,
        /// Before; `None` if it is new.
        before: Option<Phase>,
    },
    /// Events of a process are missing: they were not reported, or lost on the way.
    Gap {
        /// The process.
        process: ProcessId,
        /// How many.
        missing: u64,
    },
}

impl Change {
    /// The process that has changed.
    #[must_use]
    pub const fn process(&self) -> ProcessId {
        match self {
            Self::Process { process, .. }
            | Self::Socket { process, .. }
            | Self::Connection { process, .. }
            | Self::Gap { process, .. } => *process,
        }
    }
}

/// Whether two states of a process differ in nothing but counts, values and the progress of attempts to connect.
pub(crate) fn is_same_graph(a: &ProcessState, b: &ProcessState) -> bool {
    let of = |state: &ProcessState| (state.pid, state.more_sockets, state.started_ms.to_bits());
    (&a.program, &a.role, &a.language, &a.host) == (&b.program, &b.role, &b.language, &b.host)
        && of(a) == of(b)
        && a.sockets.len() == b.sockets.len()
        && a.sockets.iter().zip(&b.sockets).all(|(a, b)| is_same_socket(a, b))
}

fn is_same_socket(a: &SocketState, b: &SocketState) -> bool {
    let of = |socket: &SocketState| (socket.send_queue, socket.receive_queue, socket.more_connections);
    (&a.name, &a.kind, &a.channel) == (&b.name, &b.kind, &b.channel)
        && (&a.bound, &a.connected) == (&b.bound, &b.connected)
        && of(a) == of(b)
        && a.connections.len() == b.connections.len()
        && a.connections.iter().zip(&b.connections).all(|(a, b)| is_same_connection(a, b))
}

fn is_same_connection(a: &Connection, b: &Connection) -> bool {
    let of =
        |connection: &Connection| (connection.id, connection.phase, connection.since_ms.to_bits(), connection.peer_pid);
    of(a) == of(b) && (&a.endpoint, &a.reason, &a.local, &a.remote) == (&b.endpoint, &b.reason, &b.local, &b.remote)
}

/// The differences between two states of a process; all sockets and connections of `after` if there is no `before`.
pub(crate) fn between(before: Option<&ProcessState>, after: &ProcessState) -> Vec<Change> {
    let process = after.process;
    let old = by_name(before.map_or(&[][..], |state| &state.sockets));
    let new = by_name(&after.sockets);
    let mut changes = Vec::new();
    for socket in before.into_iter().flat_map(|state| &state.sockets) {
        if !new.contains_key(&socket.name) {
            changes.push(Change::Socket { process, socket: socket.name.clone(), is_open: false });
        }
    }
    for socket in &after.sockets {
        let before = old.get(&socket.name).copied();
        if before.is_none() {
            changes.push(Change::Socket { process, socket: socket.name.clone(), is_open: true });
        }
        let connections = before.map_or(&[][..], |socket| &socket.connections);
        connection_changes(process, &socket.name, connections, &socket.connections, &mut changes);
    }
    changes
}

fn connection_changes(
    process: ProcessId,
    socket: &SocketName,
    before: &[Connection],
    after: &[Connection],
    changes: &mut Vec<Change>,
) {
    let (old, new) = (by_place(before), by_place(after));
    let mut push = |connection: Connection, before| {
        changes.push(Change::Connection { process, socket: socket.clone(), connection, before });
    };
    for (place, connection) in &old {
        if !new.contains_key(place) && connection.phase != Phase::Closed {
            push(Connection { phase: Phase::Closed, ..(*connection).clone() }, Some(connection.phase));
        }
    }
    for connection in after {
        let before = old.get(&place(connection)).map(|old| old.phase);
        if before != Some(connection.phase) {
            push(connection.clone(), before);
        }
    }
}

fn by_name(sockets: &[SocketState]) -> BTreeMap<&SocketName, &SocketState> {
    sockets.iter().map(|socket| (&socket.name, socket)).collect()
}

fn by_place(connections: &[Connection]) -> BTreeMap<(&Label, Option<u32>), &Connection> {
    connections.iter().map(|connection| (place(connection), connection)).collect()
}

/// By what a connection is the same in two states.
const fn place(connection: &Connection) -> (&Label, Option<u32>) {
    (&connection.endpoint, connection.id)
}
