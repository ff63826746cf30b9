//! Lines: each connection joined with its other end.
//!
//! Over TCP two reports are of the same connection if the local address of each is the remote address of the other. Over
//! `ipc` and `inproc` the kernel knows only the path and perhaps the other process, so a connection of a socket that connects
//! there is joined with any one between the same two processes. An address of the loopback interface, or a path, means
//! something on one machine only.
//!
//! Nothing here is a table of what should be connected: a peer that does not report is an unknown end at its address.
//!
//! A connection outlives the process at its other end until all messages that were under way have been read. Meanwhile a new
//! process may be bound there: it is not the peer, so the connection has no line.

use std::collections::{HashMap, VecDeque};

use wire::report::{Connection, Label, Phase, SocketState};

use crate::{Presence, Process};

const TCP: &str = "tcp://";

/// A socket of a process, or one of its connections, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The position of the process.
    pub process: usize,
    /// The position of the socket among those of the process.
    pub socket: usize,
    /// The position of the connection among those of the socket; `None` for the socket itself.
    pub connection: Option<usize>,
}

/// One end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// A socket that reports.
    Known(Place),
    /// A peer that does not, at its address.
    Unknown(Label),
}

/// A connection, or an attempt to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The socket that connects, if it reports; otherwise the one that is bound.
    pub near: Place,
    /// The other end.
    pub far: End,
    /// The phase of the connection, as `near` reports it; closed if a process at one of its ends is gone.
    pub phase: Phase,
}

/// An address, and where it means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Address<'a> {
    scope: Scope<'a>,
    text: &'a str,
}

/// Where an address means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scope<'a> {
    Everywhere,
    /// On one machine: a path, or a port, because a socket that is bound on all interfaces is found on the loopback interface
    /// too.
    Host(&'a str),
    /// In one process, by its position.
    Process(usize),
}

impl<'a> Address<'a> {
    fn of(process: usize, host: &'a str, text: &'a str) -> Self {
        match text.strip_prefix(TCP) {
            Some(address) if is_local(address) => {
                let port = address.rfind(':').map_or(address, |colon| &address[colon..]);
                Self { scope: Scope::Host(host), text: port }
            }
            Some(_) => Self { scope: Scope::Everywhere, text },
            None if text.starts_with("inproc://") => Self { scope: Scope::Process(process), text },
            None => Self { scope: Scope::Host(host), text },
        }
    }
}

/// Whether a TCP address is of the loopback interface, or of all interfaces.
fn is_local(address: &str) -> bool {
    ["127.", "localhost:", "[::1]:", "*:", "0.0.0.0:", "[::]:"].iter().any(|start| address.starts_with(start))
}

/// Whether a socket connects to an endpoint that one of its connections has, and is not bound to it. An endpoint with the name
/// of a host is not the one that the connection has: that is an address.
#[must_use]
pub fn connects(socket: &SocketState, endpoint: &Label) -> bool {
    socket.connected.contains(endpoint) || (!socket.connected.is_empty() && !socket.bound.contains(endpoint))
}

/// The lines between these processes.
#[must_use]
pub fn lines(processes: &[Process]) -> Vec<Line> {
    let halves: Vec<Half<'_>> =
        sockets(processes).flat_map(|(place, socket)| halves(processes, place, socket)).collect();
    let (peers, bound) = (peers(&halves), bound(processes));
    let mut lines = Vec::new();
    for (index, half) in halves.iter().enumerate() {
        let far = match peers.get(&index).map(|peer| &halves[*peer]) {
            // A line between two that report is drawn once, from the one that connects.
            Some(peer) if (!half.connects, half.place) > (!peer.connects, peer.place) => continue,
            Some(peer) => End::Known(peer.place),
            None => match half.far_end(processes, &bound) {
                Some(far) => far,
                None => continue,
            },
        };
        let is_gone = |place: Place| processes[place.process].presence() == Presence::Gone;
        let is_over = is_gone(half.place) || matches!(far, End::Known(place) if is_gone(place));
        let phase = if is_over { Phase::Closed } else { half.connection.phase };
        lines.push(Line { near: half.place, far, phase });
    }
    lines
}

/// A connection and what is known of it.
struct Half<'a> {
    place: Place,
    host: &'a str,
    pid: u32,
    connection: &'a Connection,
    connects: bool,
}

/// What one half of a line is known by to the other.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key<'a> {
    /// From an address to another.
    Pair(Address<'a>, Address<'a>),
    /// Along a path, from one process to another; on the side that connects or on the other.
    Path(Address<'a>, [Option<u32>; 2], bool),
}

impl<'a> Half<'a> {
    /// By what this half is known, and by what its other half is; `None` if it has none.
    fn keys(&self) -> Option<(Key<'a>, Key<'a>)> {
        if !matches!(self.connection.phase, Phase::Connecting | Phase::Handshake | Phase::Up) {
            return None;
        }
        let endpoint = self.address(&self.connection.endpoint);
        if !self.connection.endpoint.as_str().starts_with(TCP) {
            let (own, other) = (self.connection.peer_pid.map(|_| self.pid), self.connection.peer_pid);
            let here = Key::Path(endpoint, [own, other], self.connects);
            return Some((here, Key::Path(endpoint, [other, own], !self.connects)));
        }
        let local = self.address(self.connection.local.as_ref()?);
        let remote = self.address(self.connection.remote.as_ref()?);
        Some((Key::Pair(local, remote), Key::Pair(remote, local)))
    }

    fn address(&self, label: &'a Label) -> Address<'a> {
        Address::of(self.place.process, self.host, label.as_str())
    }

    /// The far end of a connection whose peer does not report it: the socket that is bound where it connects to, if one
    /// reports that, or an unknown one. `None` if the peer was there before all those that are.
    fn far_end(&self, processes: &[Process], bound: &HashMap<Address<'a>, Vec<Place>>) -> Option<End> {
        let endpoint = &self.connection.endpoint;
        match bound.get(&self.address(endpoint)) {
            Some(places) if self.connects => {
                let mut possible = places.iter().filter(|place| self.may_lead_to(&processes[place.process]));
                possible.next().map(|place| End::Known(*place))
            }
            _ => Some(End::Unknown(self.connection.remote.as_ref().unwrap_or(endpoint).clone())),
        }
    }

    /// Whether a process may be at the other end: a connection that is up is not older than its peer. Other machines have
    /// other clocks.
    fn may_lead_to(&self, process: &Process) -> bool {
        let state = process.state();
        self.connection.phase != Phase::Up
            || state.host.as_str() != self.host
            || state.started_ms <= self.connection.since_ms
    }
}

fn halves<'a>(processes: &'a [Process], place: Place, socket: &'a SocketState) -> impl Iterator<Item = Half<'a>> {
    let state = processes[place.process].state();
    socket.connections.iter().enumerate().map(move |(index, connection)| Half {
        place: Place { connection: Some(index), ..place },
        host: state.host.as_str(),
        pid: state.pid,
        connection,
        connects: connects(socket, &connection.endpoint),
    })
}

fn sockets(processes: &[Process]) -> impl Iterator<Item = (Place, &SocketState)> {
    processes.iter().enumerate().flat_map(|(process, one)| {
        let place = move |socket| Place { process, socket, connection: None };
        one.state().sockets.iter().enumerate().map(move |(socket, state)| (place(socket), state))
    })
}

/// The other half of each one that has one, by their positions.
fn peers(halves: &[Half<'_>]) -> HashMap<usize, usize> {
    // Those that wait for their other half. Of several that claim to be the same, the first one is taken.
    let mut waiting: HashMap<Key<'_>, VecDeque<usize>> = HashMap::new();
    let mut peers = HashMap::new();
    for (index, half) in halves.iter().enumerate() {
        let Some((own, other)) = half.keys() else { continue };
        match waiting.get_mut(&other).and_then(VecDeque::pop_front) {
            Some(peer) => peers.extend([(index, peer), (peer, index)]),
            None => waiting.entry(own).or_default().push_back(index),
        }
    }
    peers
}

/// The sockets that are bound, by the addresses at which they are found; those of processes that are gone come last.
fn bound(processes: &[Process]) -> HashMap<Address<'_>, Vec<Place>> {
    let mut bound: HashMap<_, Vec<Place>> = HashMap::new();
    let is_gone = |place: Place| processes[place.process].presence() == Presence::Gone;
    let (gone, there): (Vec<_>, Vec<_>) = sockets(processes).partition(|(place, _)| is_gone(*place));
    for (place, socket) in there.into_iter().chain(gone) {
        let host = processes[place.process].state().host.as_str();
        for endpoint in &socket.bound {
            bound.entry(Address::of(place.process, host, endpoint.as_str())).or_default().push(place);
        }
    }
    bound
}

#[cfg(test)]
mod tests;
