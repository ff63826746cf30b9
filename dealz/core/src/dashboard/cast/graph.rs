//! The lines between sockets, and what follows from them: which peers are not there, and who is at the other end. Pure.

use std::collections::HashMap;

use observatory::{End, Line, Observatory, Place, Presence, Process, connects};
use wire::{
    foreign,
    report::{Label, Phase, ProcessId, SocketName},
};

use super::{
    key,
    strangers::{self, Strangers},
    view,
};
use crate::{event::Silence, view::LineView};

/// How many lines are shown.
const LINES_MAX: usize = 4_096;

/// A socket: places change as processes come and go.
type Key = (ProcessId, SocketName);

/// The lines as of one version of the observatory.
#[derive(Debug, Default)]
pub(super) struct Graph {
    version: u64,
    lines: Vec<Line>,
    /// The end of each line, by its beginning and the other way round.
    ends: HashMap<Place, End>,
    /// What cannot be heard: of sockets all of whose peers are not there.
    silences: HashMap<Key, Silence>,
    /// How many sockets of the same process are connected to a socket.
    inside: HashMap<Key, u32>,
}

impl Graph {
    /// The lines of this observatory; `since_ms` is since when a process has its presence.
    pub(super) fn new(observatory: &Observatory, since_ms: impl Fn(ProcessId) -> f64) -> Self {
        let (version, processes, mut lines) = (observatory.version(), observatory.processes(), observatory.lines());
        lines.retain(|line| !is_past(processes, line));
        let mut graph = Self { version, ..Self::default() };
        let mut absent: HashMap<Key, Option<Silence>> = HashMap::new();
        for line in &lines {
            graph.ends.insert(line.near, line.far.clone());
            let mut silence = None;
            if let End::Known(far) = line.far {
                if far.connection.is_some() {
                    graph.ends.insert(far, End::Known(line.near));
                } else if far.process == line.near.process && line.phase == Phase::Up {
                    *graph.inside.entry(place_key(processes, far)).or_default() += 1;
                }
                silence = silence_of(&processes[far.process], &since_ms);
            }
            if is_up_and_made(processes, line) {
                let known = absent.entry(place_key(processes, line.near)).or_insert_with(|| silence.clone());
                *known = known.take().and(silence);
            }
        }
        graph.silences = absent.into_iter().filter_map(|(place, silence)| Some((place, silence?))).collect();
        graph.lines = lines;
        graph
    }

    /// The version of the observatory that it was made of.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Why nothing can be heard on a socket.
    pub(super) fn silence(&self, socket: &Key) -> Option<&Silence> {
        self.silences.get(socket)
    }

    /// How many sockets of the same process are connected to a socket.
    pub(super) fn inside(&self, socket: &Key) -> u32 {
        self.inside.get(socket).copied().unwrap_or(0)
    }

    /// The addresses of all unknown ends at which a process has answered, each with whether it is of the machine `host`.
    pub(super) fn unknown<'a>(
        &'a self,
        processes: &'a [Process],
        host: Option<&'a Label>,
    ) -> impl Iterator<Item = (&'a Label, bool)> {
        self.lines.iter().filter_map(move |line| {
            let End::Unknown(address) = &line.far else { return None };
            let is_here = host == Some(&processes[line.near.process].state().host) && is_of_machine(address.as_str());
            matches!(line.phase, Phase::Up | Phase::Handshake | Phase::Refused).then_some((address, is_here))
        })
    }

    /// The name of the other end of a connection, if it is shown.
    pub(super) fn peer(&self, processes: &[Process], strangers: &Strangers, connection: Place) -> Option<String> {
        match self.ends.get(&connection)? {
            End::Known(place) => Some(socket_key(processes, *place)),
            End::Unknown(address) => strangers.id(address),
        }
    }

    /// The lines as they are shown: parallel connections are one.
    pub(super) fn view(&self, processes: &[Process], strangers: &Strangers) -> Vec<LineView> {
        let names = strangers.names();
        let mut indices: HashMap<(Place, Far<'_>), usize> = HashMap::new();
        let mut views: Vec<LineView> = Vec::new();
        for line in &self.lines {
            let far = match &line.far {
                End::Known(place) => Far::Known(socket_of(*place)),
                End::Unknown(address) => match names.get(address) {
                    Some(name) => Far::Unknown(name),
                    None => continue,
                },
            };
            let phase = view::phase(line.phase);
            let place = (socket_of(line.near), far);
            if let Some(index) = indices.get(&place) {
                views[*index].count = views[*index].count.saturating_add(1);
                views[*index].phase = views[*index].phase.min(phase);
            } else if views.len() < LINES_MAX {
                indices.insert(place, views.len());
                let from = socket_key(processes, line.near);
                let to = match far {
                    Far::Known(place) => socket_key(processes, place),
                    Far::Unknown(address) => strangers::id(address),
                };
                views.push(LineView { from, to, phase, count: 1 });
            }
        }
        views
    }
}

/// The other end of a line that is shown: a socket or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Far<'a> {
    Known(Place),
    Unknown(&'a Label),
}

/// Whether a line is the end of a connection that was accepted: its peer is gone, or reports its own end.
fn is_past(processes: &[Process], line: &Line) -> bool {
    let is_over = matches!(line.phase, Phase::Closed | Phase::Refused);
    is_over && matches!(line.far, End::Unknown(_)) && !is_made(processes, line)
}

fn is_up_and_made(processes: &[Process], line: &Line) -> bool {
    let Place { process, socket, connection } = line.near;
    let connection = connection.map(|index| &processes[process].state().sockets[socket].connections[index]);
    connection.is_some_and(|connection| connection.phase == Phase::Up) && is_made(processes, line)
}

/// Whether the socket at the beginning of a line connects.
fn is_made(processes: &[Process], line: &Line) -> bool {
    let Place { process, socket, connection } = line.near;
    let socket = &processes[process].state().sockets[socket];
    connection.is_some_and(|index| connects(socket, &socket.connections[index].endpoint))
}

/// Why nothing can be heard from a process.
fn silence_of(process: &Process, since_ms: impl Fn(ProcessId) -> f64) -> Option<Silence> {
    let why = match process.presence() {
        Presence::Present => return None,
        Presence::Suspended => "is suspended",
        Presence::Silent => "does not report",
        Presence::Gone => "has ended",
    };
    let state = process.state();
    let reason = format!("{} (pid {}) {why}", foreign(state.program.as_str()).at_most(64), state.pid);
    Some(Silence { since_ms: since_ms(state.process), reason })
}

/// Whether an address means a process of the same machine.
fn is_of_machine(address: &str) -> bool {
    ["tcp://127.", "tcp://[::1]:", "tcp://localhost:", "ipc://"].iter().any(|start| address.starts_with(start))
}

fn place_key(processes: &[Process], place: Place) -> Key {
    let state = processes[place.process].state();
    (state.process, state.sockets[place.socket].name.clone())
}

const fn socket_of(place: Place) -> Place {
    Place { connection: None, ..place }
}

fn socket_key(processes: &[Process], place: Place) -> String {
    let (process, socket) = place_key(processes, place);
    key(process, socket.as_str())
}
