//! What the system says of processes and their connections, to compare an observer's graph with.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    time::Duration,
};

use observatory::{End, Observatory, Place, Presence, Process};
use procfs::{net::TcpState, process::FDTarget};
use wire::report::Connection;

use crate::length;

/// How long to wait for an observer before the system is asked again.
pub const LOOK: Duration = Duration::from_millis(50);

/// When an observer must be right again after an outage: a process is silent after 3 s. The rest is for a busy machine.
#[must_use]
pub fn right_within() -> Duration {
    Duration::from_secs(length(8, 4) as u64)
}

/// One end of a TCP connection: the process, its address, that of its peer.
pub type Half = (u32, String, String);

/// Which processes are there, and which of them are connected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graph {
    /// The processes that run.
    pub present: BTreeSet<u32>,
    /// Their TCP connections, of each end that is theirs.
    pub halves: BTreeSet<Half>,
    /// The connections between two of them: both ends, sorted.
    pub lines: BTreeSet<[Half; 2]>,
}

impl Graph {
    /// As the system says, of the processes with these ids. Connections to the ports in `ignored` are left out.
    ///
    /// # Panics
    /// The system has no `/proc`.
    #[must_use]
    pub fn of_system(pids: impl IntoIterator<Item = u32>, ignored: &[String]) -> Self {
        let running: Vec<(u32, Vec<u64>)> = pids.into_iter().filter_map(|pid| Some((pid, running(pid)?))).collect();
        let owners: HashMap<u64, u32> =
            running.iter().flat_map(|(pid, sockets)| sockets.iter().map(|inode| (*inode, *pid))).collect();
        let connections = procfs::net::tcp().expect("the system lists connections").into_iter();
        // One whose peer has closed it is still there while the process has not read all that was sent.
        let is_there = |state: &TcpState| matches!(state, TcpState::Established | TcpState::CloseWait);
        let halves = connections.filter(|connection| is_there(&connection.state)).filter_map(|one| {
            let (local, remote) = (endpoint(one.local_address), endpoint(one.remote_address));
            (!ignored.contains(&remote)).then_some((*owners.get(&one.inode)?, local, remote))
        });
        let halves: BTreeSet<Half> = halves.collect();
        let by_address: HashMap<(&str, &str), &Half> =
            halves.iter().map(|half| ((half.1.as_str(), half.2.as_str()), half)).collect();
        let line = |half: &Half| by_address.get(&(half.2.as_str(), half.1.as_str())).map(|far| sorted(half, far));
        let present = running.iter().map(|(pid, _)| *pid).collect();
        Self { present, lines: halves.iter().filter_map(line).collect(), halves }
    }

    /// What the other one has and this one has not, and the reverse; empty if both are the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Vec<String> {
        let parts = |here: &Self, there: &Self, which: &str| {
            let present = here.present.difference(&there.present).map(|pid| format!("{which} {pid}"));
            let halves = here.halves.difference(&there.halves).map(|half| format!("{which} {half:?}"));
            let lines = here.lines.difference(&there.lines).map(|line| format!("{which} {line:?}"));
            present.chain(halves).chain(lines).collect::<Vec<_>>()
        };
        [parts(self, other, "more:"), parts(other, self, "missing:")].concat()
    }

    /// As an observer sees it. A connection to a process that has ended, where another one is bound now, has no line.
    #[must_use]
    pub fn of_observatory(observatory: &Observatory) -> Self {
        let processes = observatory.processes();
        let is_present = |process: &&Process| process.presence() == Presence::Present;
        let half = |place: Place| {
            let process = Some(&processes[place.process]).filter(is_present)?;
            half(process, process.state().sockets.get(place.socket)?.connections.get(place.connection?)?)
        };
        let line = |line: observatory::Line| match line.far {
            End::Known(far) => Some(sorted(&half(line.near)?, &half(far)?)),
            End::Unknown(_) => None,
        };
        let present = || processes.iter().filter(is_present);
        let connections = present().flat_map(|process| {
            let connections = process.state().sockets.iter().flat_map(|socket| &socket.connections);
            connections.filter_map(move |connection| self::half(process, connection))
        });
        Self {
            present: present().map(|process| process.state().pid).collect(),
            halves: connections.collect(),
            lines: observatory.lines().into_iter().filter_map(line).collect(),
        }
    }
}

/// One end of a connection that exists, whatever its phase: attempts go on after a handshake that has failed.
fn half(process: &Process, connection: &Connection) -> Option<Half> {
    let (local, remote) = (connection.local.as_ref()?, connection.remote.as_ref()?);
    connection.id.map(|_| (process.state().pid, local.as_str().to_owned(), remote.as_str().to_owned()))
}

/// The sockets of a process that runs; `None` if it has ended or is suspended.
fn running(pid: u32) -> Option<Vec<u64>> {
    let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
    if matches!(process.stat().ok()?.state, 'T' | 't' | 'Z' | 'X') {
        return None;
    }
    let descriptors = process.fd().ok()?.flatten();
    let sockets = descriptors.filter_map(|fd| if let FDTarget::Socket(inode) = fd.target { Some(inode) } else { None });
    Some(sockets.collect())
}

fn endpoint(address: SocketAddr) -> String {
    format!("tcp://{address}")
}

fn sorted(one: &Half, other: &Half) -> [Half; 2] {
    let mut line = [one.clone(), other.clone()];
    line.sort();
    line
}
