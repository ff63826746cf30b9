//! Messages on the way: sent by one end and not yet received by the other.
//!
//! No socket knows this number; it follows from counts if nothing else sends to the receivers, all of them report, and what
//! they count is of the same messages. So it is known only of a socket type that does not drop messages, whose peers are
//! connected to nothing else, and only as long as no peer has left: what was on the way to that one is lost.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use wire::report::{Phase, ProcessId, SocketName, SocketState};

use crate::{End, Line, Place, Presence, Process, Rate};

/// How soon after its start a process must be seen for its counts to be known from their beginning.
const YOUNG_MS: f64 = 3_000.0;

/// Two states of this age difference are compared at one time, by their rates.
const LAG_MAX: Duration = Duration::from_secs(1);

/// Of a socket with more peers than this the number is not known.
const PEERS_MAX: usize = 256;

/// A socket, by its process and name.
type Key = (ProcessId, SocketName);

/// Which messages are on the way, followed over time.
#[derive(Debug, Default)]
pub struct Flows {
    processes: BTreeSet<ProcessId>,
    sockets: BTreeMap<Key, Flow>,
    on_the_way: BTreeMap<Key, u64>,
}

/// What is known of one socket.
#[derive(Debug)]
struct Flow {
    /// Its connections, sorted.
    links: Vec<Link>,
    sent: Half,
    received: Half,
}

/// One direction of a socket.
#[derive(Debug, Clone, Copy)]
struct Half {
    /// Messages before it had its present connections.
    before: u64,
    /// Whether that number is certain.
    is_certain: bool,
    /// Whether a connection has ended since.
    has_lost: bool,
    /// Messages until now, and whether there were none since the time before.
    count: u64,
    is_quiet: bool,
}

/// What distinguishes a connection from later ones: the process at the other end, its descriptor and beginning.
type Link = (ProcessId, Option<u32>, u64);

/// The other ends of a socket at the moment.
#[derive(Debug, Default)]
struct Ends {
    links: Vec<Link>,
    /// Their sockets, each once.
    peers: Vec<Place>,
    /// Whether a connection leads to a peer that does not report it, or there are very many.
    is_open: bool,
}

impl Flows {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages the socket has sent that its peers have not received, as of the last call of [`Flows::follow`];
    /// `None` if that cannot be known.
    #[must_use]
    pub fn on_the_way(&self, process: ProcessId, socket: &SocketName) -> Option<u64> {
        self.on_the_way.get(&(process, socket.clone())).copied()
    }

    /// Takes the processes and their [`lines`](crate::lines) as they are now.
    pub fn follow(&mut self, processes: &[Process], lines: &[Line]) {
        let mut ends = ends(processes, lines);
        let mut sockets = std::mem::take(&mut self.sockets);
        let known = std::mem::take(&mut self.processes);
        let is_seen_from_start = |process: &Process| {
            let state = process.state();
            known.contains(&state.process) || state.time_ms - state.started_ms <= YOUNG_MS
        };
        for (process, one) in processes.iter().enumerate() {
            for (socket, state) in one.state().sockets.iter().enumerate().filter(|(_, state)| counts(state)) {
                let place = Place { process, socket, connection: None };
                let ends = ends.entry(place).or_default();
                ends.links.sort_unstable();
                let key = (one.state().process, state.name.clone());
                let mut flow = sockets.remove(&key).unwrap_or_else(|| Flow::new(is_seen_from_start(one)));
                flow.follow(state, ends);
                self.sockets.insert(key, flow);
            }
        }
        self.processes = processes.iter().map(|process| process.state().process).collect();
        self.on_the_way.clear();
        for place in ends.keys() {
            if let Some((key, count)) = self.count(processes, &ends, *place) {
                self.on_the_way.insert(key, count);
            }
        }
    }

    /// What a socket has sent that its peers have not received.
    fn count(&mut self, processes: &[Process], ends: &HashMap<Place, Ends>, place: Place) -> Option<(Key, u64)> {
        let (sender, socket) = at(processes, place);
        let to = receivers(socket.kind.as_str())?;
        let here = ends.get(&place)?;
        let is_alone = |peer: &Place| ends.get(peer).is_some_and(|peer| !peer.is_open && peer.peers == [place]);
        if here.is_open || here.peers.is_empty() || !here.peers.iter().all(is_alone) {
            return None;
        }
        let key = (sender.state().process, socket.name.clone());
        let half = self.sockets.get(&key)?.sent;
        let (mut is_known, mut is_certain) = (!half.has_lost, half.is_certain);
        let (mut received, mut received_now) = (0, 0.0);
        let mut keys = Vec::new();
        for peer in &here.peers {
            let (receiver, socket) = at(processes, *peer);
            let key = (receiver.state().process, socket.name.clone());
            let half = self.sockets.get(&key)?.received;
            is_known &= to.contains(&socket.kind.as_str()) && !half.has_lost;
            is_certain &= half.is_certain;
            let count = socket.received.messages.saturating_sub(half.before);
            received += count;
            received_now += count as f64 + since(receiver, sender, receiver.rates(&socket.name).received);
            keys.push(key);
        }
        let sent = socket.sent.messages.saturating_sub(half.before);
        if !is_certain && sent == received {
            // All of it has arrived: whatever was before, nothing is missing.
            is_certain = true;
            self.sockets.entry(key.clone()).and_modify(|flow| flow.sent.is_certain = true);
            for key in keys {
                self.sockets.entry(key).and_modify(|flow| flow.received.is_certain = true);
            }
        }
        let on_the_way = (sent as f64 - received_now).max(0.0).round();
        (is_known && is_certain).then_some((key, on_the_way as u64))
    }
}

impl Flow {
    const fn new(is_certain: bool) -> Self {
        let half = Half { before: 0, is_certain, has_lost: false, count: 0, is_quiet: false };
        Self { links: Vec::new(), sent: half, received: half }
    }

    fn follow(&mut self, socket: &SocketState, Ends { links, is_open, .. }: &Ends) {
        let is_empty = links.is_empty() && !is_open;
        let is_there = |link: &Link| links.binary_search(link).is_ok();
        let has_lost = !self.links.iter().all(is_there);
        let has_none = has_lost && !self.links.iter().any(is_there);
        self.received.follow(is_empty, has_lost, has_none, socket.received.messages);
        // A socket that connects keeps what it has to send while it has no connection.
        let is_bound = socket.connected.is_empty();
        self.sent.follow(is_empty && is_bound, has_lost, has_none && is_bound, socket.sent.messages);
        self.links.clone_from(links);
    }
}

impl Half {
    /// `is_empty`: nothing is on the way in this direction, because there is no connection; `has_none`: there are others than
    /// before, and none of those before.
    const fn follow(&mut self, is_empty: bool, has_lost: bool, has_none: bool, count: u64) {
        if is_empty {
            (self.before, self.is_certain, self.has_lost) = (count, true, false);
        } else if has_none {
            // What has been sent since the time before was sent to either.
            (self.before, self.is_certain, self.has_lost) = (self.count, self.is_quiet, false);
        } else {
            self.has_lost |= has_lost;
        }
        (self.is_quiet, self.count) = (count == self.count, count);
    }
}

/// The other ends of all sockets that have any.
fn ends(processes: &[Process], lines: &[Line]) -> HashMap<Place, Ends> {
    let mut ends: HashMap<Place, Ends> = HashMap::new();
    for line in lines.iter().filter(|line| line.phase == Phase::Up) {
        let End::Known(far) = line.far else {
            ends.entry(socket_of(line.near)).or_default().is_open = true;
            continue;
        };
        for (place, other) in [(line.near, far), (far, line.near)] {
            let socket = at_socket(processes, place);
            let at = ends.entry(socket_of(place)).or_default();
            let connection = place.connection.map(|index| &socket.connections[index]);
            if at.peers.len() >= PEERS_MAX {
                at.is_open = true;
                continue;
            }
            match connection {
                Some(it) => at.links.push((processes[other.process].state().process, it.id, it.since_ms.to_bits())),
                // Inside a process only the socket that connects knows of the connection.
                None if is_inside(processes, line.near) => {
                    at.links.push((processes[other.process].state().process, None, 0));
                }
                None => at.is_open = true,
            }
            if !at.peers.contains(&socket_of(other)) {
                at.peers.push(socket_of(other));
            }
        }
    }
    for (place, ends) in &mut ends {
        ends.is_open |= at_socket(processes, *place).more_connections > 0;
    }
    ends
}

/// Whether what a socket sends or receives can be on the way.
fn counts(socket: &SocketState) -> bool {
    matches!(socket.kind.as_str(), "PUSH" | "PULL" | "PAIR" | "DEALER" | "REQ" | "REP" | "ROUTER")
}

/// The types of the peers of a socket type that drops nothing; `None` for one that drops messages, as a `ROUTER` does if a
/// peer is full.
fn receivers(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "PUSH" => Some(&["PULL"]),
        "PAIR" => Some(&["PAIR"]),
        "DEALER" => Some(&["ROUTER", "REP", "DEALER"]),
        "REQ" => Some(&["ROUTER", "REP"]),
        "REP" => Some(&["REQ", "DEALER"]),
        _ => None,
    }
}

/// What has flowed between the last state of one process and that of another, if both report.
fn since(from: &Process, to: &Process, rate: Rate) -> f64 {
    if [from, to].iter().any(|process| process.presence() != Presence::Present) {
        return 0.0;
    }
    let later = to.heard_at().saturating_duration_since(from.heard_at()).min(LAG_MAX).as_secs_f64();
    let earlier = from.heard_at().saturating_duration_since(to.heard_at()).min(LAG_MAX).as_secs_f64();
    rate.messages * (later - earlier)
}

/// Whether a connection is `inproc`.
fn is_inside(processes: &[Process], place: Place) -> bool {
    let connections = &at_socket(processes, place).connections;
    let connection = place.connection.and_then(|index| connections.get(index));
    connection.is_some_and(|connection| connection.endpoint.as_str().starts_with("inproc://"))
}

const fn socket_of(place: Place) -> Place {
    Place { connection: None, ..place }
}

fn at(processes: &[Process], place: Place) -> (&Process, &SocketState) {
    (&processes[place.process], at_socket(processes, place))
}

fn at_socket(processes: &[Process], place: Place) -> &SocketState {
    &processes[place.process].state().sockets[place.socket]
}

#[cfg(test)]
mod tests;
