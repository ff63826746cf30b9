//! Which socket a tap means, among the processes that report.

use std::str::FromStr;

use observatory::{Presence, Process};
use thiserror::Error;
use wire::{
    DecodeError, foreign,
    report::{ProcessId, ProcessState, SocketName, Topic},
};

/// A socket as a person names it: `PROCESS/SOCKET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A program, a pid, or the first digits of an id.
    process: String,
    socket: SocketName,
}

/// Why a text names no socket.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// It lacks one of the two parts.
    #[error("not PROCESS/SOCKET, such as tickz/tickz.pub")]
    NoPair,
    /// The socket's name is invalid.
    #[error(transparent)]
    Socket(#[from] DecodeError),
}

/// What a target means at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// No process.
    Nothing,
    /// One socket of one process.
    Socket(ProcessId),
    /// Several processes; one of them must be chosen.
    Several(Vec<String>),
    /// One process, which has sockets of other names.
    NoSocket {
        /// The process.
        process: String,
        /// Its sockets.
        sockets: Vec<SocketName>,
    },
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (process, socket) = text.rsplit_once('/').ok_or(TargetError::NoPair)?;
        if process.is_empty() || socket.is_empty() {
            return Err(TargetError::NoPair);
        }
        Ok(Self { process: process.to_owned(), socket: socket.parse()? })
    }
}

impl Target {
    /// The topic of the socket's messages in this process.
    #[must_use]
    pub fn topic(&self, process: ProcessId) -> Topic {
        Topic::Message { process, socket: self.socket.clone() }
    }

    /// The socket's name.
    #[must_use]
    pub const fn socket(&self) -> &SocketName {
        &self.socket
    }

    /// What it means among these processes. Of several that match, those that have such a socket count.
    #[must_use]
    pub fn find(&self, processes: &[Process]) -> Match {
        let there = processes.iter().filter(|process| process.presence() != Presence::Gone).map(Process::state);
        let matching: Vec<&ProcessState> = there.filter(|one| self.names(one)).collect();
        let with_socket: Vec<_> = matching.iter().filter(|state| self.is_socket_of(state)).collect();
        match (with_socket.as_slice(), matching.as_slice()) {
            (_, []) => Match::Nothing,
            ([one], _) => Match::Socket(one.process),
            ([], [one]) => Match::NoSocket {
                process: name(one),
                sockets: one.sockets.iter().map(|socket| socket.name.clone()).collect(),
            },
            ([], several) => Match::Several(several.iter().map(|state| name(state)).collect()),
            (several, _) => Match::Several(several.iter().map(|state| name(state)).collect()),
        }
    }

    fn names(&self, state: &ProcessState) -> bool {
        self.process == state.program.as_str()
            || self.process == state.pid.to_string()
            || state.process.to_string().starts_with(&self.process)
    }

    fn is_socket_of(&self, state: &ProcessState) -> bool {
        state.sockets.iter().any(|socket| socket.name == self.socket)
    }
}

/// A process as a person knows it, safe to show: `tickz publish 4711 (00f3a1b2)`.
#[must_use]
pub fn name(state: &ProcessState) -> String {
    let id = state.process.to_string();
    let (program, role) = (foreign(state.program.as_str()).at_most(40), foreign(state.role.as_str()).at_most(40));
    format!("{program} {role} {} ({})", state.pid, &id[..8])
}
