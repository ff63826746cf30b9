//! How much of each process is shown: the fewer there are, the more. Pure.

/// How many sockets, connections and values of all processes are shown together, about.
const SOCKETS_MAX: usize = 1_024;
const CONNECTIONS_MAX: usize = 4_096;
const VALUES_MAX: usize = 2_048;

/// How many connections of one socket are shown.
const CONNECTIONS_OF_SOCKET_MAX: usize = 32;

/// The limits of each process: what one claims takes nothing from the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) sockets: usize,
    pub(super) connections: usize,
    pub(super) connections_of_socket: usize,
    pub(super) values: usize,
}

impl Limits {
    /// The limits if there are so many processes.
    pub(super) fn of(processes: usize) -> Self {
        let share = |max: usize, least: usize| (max / processes.max(1)).max(least);
        Self {
            sockets: share(SOCKETS_MAX, 8).min(wire::report::state::SOCKETS_MAX),
            connections: share(CONNECTIONS_MAX, 16),
            connections_of_socket: CONNECTIONS_OF_SOCKET_MAX,
            values: share(VALUES_MAX, 8).min(wire::report::state::VALUES_MAX),
        }
    }
}
