//! Processes and sockets as pages receive them. Pure.

use observatory::{Observatory, Place, Presence};
use wire::{
    foreign,
    report::{self, Connection, Label, ProcessState, SocketState},
};

use super::{
    graph::Graph,
    key,
    limits::Limits,
    member::Member,
    members::Members,
    past,
    roster::{Entry, roster},
    services::Services,
    strangers::Strangers,
};
use crate::view::{self, CastProcess, CastView, ConnectionPhase, ConnectionView, SocketView};

/// All that a view is made of.
pub(super) struct Parts<'a> {
    pub(super) observatory: &'a Observatory,
    pub(super) graph: &'a Graph,
    pub(super) strangers: &'a Strangers,
    pub(super) members: &'a Members,
    pub(super) services: &'a Services,
    /// The name of this machine.
    pub(super) host: Option<&'a Label>,
    pub(super) desk: report::ProcessId,
    pub(super) fault: Option<&'a str>,
    pub(super) now_ms: f64,
}

impl Parts<'_> {
    /// The whole cast.
    pub(super) fn view(&self) -> CastView {
        let processes = self.observatory.processes();
        let limits = Limits::of(processes.len());
        CastView {
            processes: (0..processes.len()).map(|index| self.process(index, &limits)).collect(),
            strangers: self.strangers.view(self.services),
            lines: self.graph.view(processes, self.strangers),
            others: u32::try_from(self.observatory.others()).unwrap_or(u32::MAX),
            malformed: self.observatory.malformed(),
            fault: self.fault.map(str::to_owned),
        }
    }

    fn process(&self, index: usize, limits: &Limits) -> CastProcess {
        let process = &self.observatory.processes()[index];
        let (state, presence) = (process.state(), process.presence());
        let is_desk = state.process == self.desk;
        let member = self.members.get(state.process);
        let all = roster(state, is_desk).count();
        let mut room = limits.connections;
        let sockets: Vec<SocketView> = roster(state, is_desk)
            .take(limits.sockets)
            .map(|entry| {
                let shown = if presence == Presence::Gone { 0 } else { room.min(limits.connections_of_socket) };
                let socket = self.socket(index, state, entry, member, shown);
                room -= socket.connections.len();
                socket
            })
            .collect();
        CastProcess {
            id: state.process.to_string(),
            program: name(&state.program),
            role: name(&state.role),
            language: name(&state.language),
            pid: state.pid,
            host: name(&state.host),
            started_ms: past(state.started_ms, self.now_ms),
            is_desk,
            child: self.services.child(state, self.host),
            presence: self::presence(presence),
            since_ms: member.map_or(self.now_ms, |member| member.since_ms),
            missing_events: process.missing_events(),
            more_sockets: state.more_sockets.saturating_add((all - sockets.len()) as u64),
            sockets,
        }
    }

    fn socket(
        &self,
        process: usize,
        state: &ProcessState,
        entry: Entry<'_>,
        member: Option<&Member>,
        connections_max: usize,
    ) -> SocketView {
        let Entry { name, socket, own } = entry;
        let known = member.and_then(|member| member.sockets.get(&name));
        let link = known.map(|known| &known.link);
        let reported = socket.map(|(_, socket)| socket);
        let labels = |of: fn(&SocketState) -> &Vec<Label>| reported.map_or_else(Vec::new, |it| texts(of(it)));
        let connections: Vec<ConnectionView> = socket.map_or_else(Vec::new, |(socket, it)| {
            let shown = it.connections.iter().enumerate().take(connections_max);
            let place = |connection| Place { process, socket, connection: Some(connection) };
            shown.map(|(index, connection)| self.connection(place(index), connection)).collect()
        });
        let more = reported.map_or(0, |it| it.more_connections.saturating_add(it.connections.len() as u64));
        let outage = link.and_then(|link| link.outage());
        SocketView {
            key: key(state.process, name.as_str()),
            name: name.as_str().to_owned(),
            kind: match (reported, own) {
                (Some(socket), _) => self::name(&socket.kind),
                (None, own) => own.map_or_else(String::new, |own| own.socket.kind.to_owned()),
            },
            channel: match (reported, own) {
                (Some(socket), _) => socket.channel.as_ref().map(self::name),
                (None, own) => own.map(|own| own.socket.channel.name.to_owned()),
            },
            bound: labels(|socket| &socket.bound),
            connected: labels(|socket| &socket.connected),
            send_queue: reported.map_or(0, |socket| socket.send_queue),
            receive_queue: reported.map_or(0, |socket| socket.receive_queue),
            state: link.map_or(view::SocketState::Off, |link| link.state().clone()),
            since_ms: link.map_or(self.now_ms, |link| link.since_ms()),
            down_since_ms: outage.map(|outage| outage.since_ms),
            attempts: outage.map_or(0, |outage| outage.attempts),
            warning: known.and_then(|known| known.story.warning()).map(str::to_owned),
            last_fault: known.and_then(|known| known.last_fault.clone()),
            peers: link.map_or(0, |link| link.peers()),
            more_connections: more - connections.len() as u64,
            connections,
        }
    }

    fn connection(&self, place: Place, connection: &Connection) -> ConnectionView {
        let text = |label: &Option<Label>| label.as_ref().map(text);
        ConnectionView {
            endpoint: self::text(&connection.endpoint),
            phase: phase(connection.phase),
            since_ms: past(connection.since_ms, self.now_ms),
            reason: text(&connection.reason),
            local: text(&connection.local),
            remote: text(&connection.remote),
            peer: self.graph.peer(self.observatory.processes(), self.strangers, place),
        }
    }
}

/// A phase as pages receive it.
pub(super) const fn phase(phase: report::Phase) -> ConnectionPhase {
    match phase {
        report::Phase::Up => ConnectionPhase::Up,
        report::Phase::Handshake => ConnectionPhase::Handshake,
        report::Phase::Connecting => ConnectionPhase::Connecting,
        report::Phase::Retrying => ConnectionPhase::Retrying,
        report::Phase::Refused => ConnectionPhase::Refused,
        report::Phase::Closed => ConnectionPhase::Closed,
    }
}

const fn presence(presence: Presence) -> view::Presence {
    match presence {
        Presence::Present => view::Presence::Present,
        Presence::Suspended => view::Presence::Suspended,
        Presence::Silent => view::Presence::Silent,
        Presence::Gone => view::Presence::Gone,
    }
}

fn texts(labels: &[Label]) -> Vec<String> {
    labels.iter().map(text).collect()
}

/// A text from a report, safe to show.
fn text(label: &Label) -> String {
    foreign(label.as_str()).to_string()
}

/// The same of a name, which is short.
fn name(label: &Label) -> String {
    foreign(label.as_str()).at_most(64).to_string()
}
