//! The reporter: it follows the events of all sockets, and sends what observers want.

use std::{
    collections::BTreeMap,
    time::{Instant, SystemTime},
};

use wire::{
    monitor::{EventKind, MonitorEvent},
    report::{self, Label, ProcessId, ProcessState, SocketName, Topic},
};

use super::{
    Reporting, Values,
    backlog::{Backlog, Look, Received},
    bus::Bus,
    connections::Connections,
    own_host,
    pace::{MESSAGES_MAX, Pace},
    state::{message_report, socket_state},
};
use crate::{
    Context, Descriptor, Interest, Mechanism, Probes, Role, SocketError,
    descriptor::Ends,
    monitors::Observer,
    probe::{Kind, Meter, Probe},
    random,
};

/// The reporter of a process.
pub(crate) struct Reporter {
    probes: Probes,
    values: Values,
    /// What does not change; the rest of it is empty.
    process: ProcessState,
    with_bytes: bool,
    /// The topic of its states, and the beginning of those of its messages.
    topics: (String, String),
    bus: Bus,
    pace: Pace,
    /// By the names of their sockets.
    connections: BTreeMap<String, Connections>,
    backlogs: BTreeMap<String, Backlog>,
    is_curve: bool,
    /// The sockets whose messages are being copied, and the number of the next message to report of each.
    tapped: BTreeMap<String, u64>,
    events: u64,
    states: u64,
    /// The sum of all counts at the last state.
    counted: u64,
}

impl Reporter {
    /// The reporter of the process that has these probes and values.
    pub(crate) fn connect(
        context: &Context,
        reporting: &Reporting,
        probes: Probes,
        values: Values,
    ) -> Result<Self, SocketError> {
        let now_ms = now_ms();
        let process = ProcessState {
            process: ProcessId(random::process_id()?),
            program: Label::cut(&reporting.program),
            role: Label::cut(&reporting.role),
            language: Label::cut("rust"),
            pid: std::process::id(),
            host: own_host(),
            started_ms: now_ms,
            time_ms: now_ms,
            number: 0,
            events: 0,
            values: Vec::new(),
            sockets: Vec::new(),
            more_sockets: 0,
            ended: false,
        };
        let topics = (Topic::State { process: process.process }.to_string(), format!("message/{}/", process.process));
        Ok(Self {
            probes,
            values,
            process,
            topics,
            with_bytes: reporting.with_bytes,
            bus: Bus::connect(context, reporting.hub.clone())?,
            pace: Pace::default(),
            connections: BTreeMap::new(),
            backlogs: BTreeMap::new(),
            is_curve: matches!(context.security().mechanism, Mechanism::Curve { .. }),
            tapped: BTreeMap::new(),
            events: 0,
            states: 0,
            counted: 0,
        })
    }

    /// The id of the process.
    pub(crate) const fn process(&self) -> ProcessId {
        self.process.process
    }

    fn report_event(&mut self, socket: &str, event: &MonitorEvent, ends: Option<&Ends>) {
        let number = self.events;
        self.events += 1;
        let Ok(socket) = socket.parse::<SocketName>() else { return };
        let process = self.process.process;
        let topic = Topic::Event { process, socket: socket.clone() }.to_string();
        if !self.bus.demand().wants(&topic) || !self.pace.may_report_event(Instant::now()) {
            return;
        }
        let event = report::Event {
            number,
            time_ms: now_ms(),
            name: Label::cut(&event.kind.to_string()),
            value: event.value,
            endpoint: Label::cut(&event.endpoint),
            local: ends.and_then(|ends| ends.local.as_deref()).map(Label::cut),
            remote: ends.and_then(|ends| ends.remote.as_deref()).map(Label::cut),
        };
        self.bus.send(|frames| report::EventReport { process, socket, event }.encode(frames));
    }

    fn is_state_wanted(&self) -> bool {
        self.bus.demand().wants(&self.topics.0)
    }

    /// Whether messages are copied, or are to be.
    fn are_messages_wanted(&self) -> bool {
        self.with_bytes && (!self.tapped.is_empty() || self.bus.demand().names_any(&self.topics.1))
    }

    fn report_state(&mut self) {
        self.counted = counted(&self.probes);
        let state = self.state();
        self.states += 1;
        self.bus.send(|frames| state.encode(frames));
    }

    fn state(&mut self) -> ProcessState {
        let now_ms = now_ms();
        let mut sockets = Vec::new();
        // The sockets of a process that ends are closed already; their last counts would be lost.
        let probes = if self.process.ended { self.probes.all_and_closed() } else { self.probes.all() };
        for (name, probe) in probes {
            let (Ok(socket), Some(facts)) = (name.parse(), probe.facts()) else { continue };
            if !probe.is_open() {
                self.connections.remove(&name);
                self.backlogs.remove(&name);
            }
            let connections = self.connections.entry(name.clone()).or_insert_with(|| Connections::of(facts.kind));
            connections.retain(now_ms, |descriptor, ends| Descriptor(descriptor).ends().as_ref() == Some(ends));
            let waiting = look(facts.kind, &probe, connections).and_then(|(connections, look)| {
                self.backlogs.entry(name).or_default().follow(connections, look, self.is_curve)
            });
            sockets.push(socket_state(socket, &probe, &facts, connections, waiting, self.process.started_ms));
        }
        ProcessState {
            time_ms: now_ms,
            number: self.states,
            events: self.events,
            values: self.values.report(),
            sockets,
            ..self.process.clone()
        }
    }

    /// Opens and closes taps as observers want, and reports what was copied.
    fn report_messages(&mut self) {
        for (name, probe) in self.probes.all() {
            let Ok(socket) = name.parse::<SocketName>() else { continue };
            let topic = Topic::Message { process: self.process.process, socket: socket.clone() }.to_string();
            if self.bus.demand().names(&topic) {
                self.drain(name, &probe, &socket);
            } else if self.tapped.remove(&name).is_some() {
                probe.tap.close();
            }
        }
    }

    fn drain(&mut self, name: String, probe: &Probe, socket: &SocketName) {
        let next = self.tapped.entry(name).or_insert_with(|| {
            probe.tap.open();
            0
        });
        let messages = probe.tap.messages_from(*next);
        probe.tap.make_room(MESSAGES_MAX);
        if let Some(last) = messages.last() {
            *next = last.id + 1;
        }
        for message in messages {
            let report = message_report(self.process.process, socket.clone(), message);
            self.bus.send(|frames| report.encode(frames));
        }
    }
}

impl Observer for Reporter {
    fn handle_event(&mut self, socket: &str, event: MonitorEvent) -> bool {
        let has_descriptor = matches!(event.kind, EventKind::Accepted | EventKind::Connected);
        let ends = has_descriptor.then(|| Descriptor(event.value).ends()).flatten();
        self.report_event(socket, &event, ends.as_ref());
        if event.kind == EventKind::MonitorStopped {
            self.connections.remove(socket);
        } else {
            let of_socket = self.connections.entry(socket.to_owned());
            let connections =
                of_socket.or_insert_with(|| self.probes.kind(socket).map(Connections::of).unwrap_or_default());
            connections.handle_event(&event, ends, now_ms());
        }
        self.pace.change();
        true
    }

    fn interests(&self) -> Vec<Interest<'_>> {
        self.bus.interests()
    }

    fn next_deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        let state = self.is_state_wanted().then(|| self.pace.next_state(now));
        let messages = self.are_messages_wanted().then(|| self.pace.next_messages(now));
        self.bus.next_deadline().into_iter().chain(state).chain(messages).min()
    }

    fn handle_wake(&mut self) -> Result<(), SocketError> {
        let now = Instant::now();
        if self.bus.take_subscriptions(now, &self.topics.0)? {
            self.pace.ask();
        }
        if self.is_state_wanted() && self.pace.is_state_due(now, || counted(&self.probes) != self.counted) {
            self.report_state();
        }
        if self.are_messages_wanted() && self.pace.are_messages_due(now) {
            self.report_messages();
        }
        Ok(())
    }

    fn handle_stop(&mut self) {
        if self.is_state_wanted() {
            self.process.ended = true;
            self.report_state();
        }
    }
}

/// A look at a socket whose messages are received as they arrive, by the descriptors of its connections; `None` for another
/// one, and where the system does not count what arrives.
fn look(kind: Kind, probe: &Probe, connections: &Connections) -> Option<(Vec<u32>, Look)> {
    if !matches!(kind, Kind::Zmq(Role::Pull | Role::Sub | Role::Pair | Role::Dealer)) {
        return None;
    }
    let descriptors: Vec<u32> = connections.iter().filter_map(|connection| connection.descriptor).collect();
    let arrived = descriptors.iter().map(|descriptor| Descriptor(*descriptor).bytes_arrived()).sum::<Option<u64>>()?;
    let is_drained = probe.is_drained();
    let received = Received {
        messages: probe.received.messages(),
        frames: probe.received.frames(),
        bytes: probe.received.bytes(),
    };
    (!descriptors.is_empty()).then_some((descriptors, Look { arrived, received, is_drained }))
}

/// The sum of all counts, which only grow. Bytes are among them: a link counts nothing else.
fn counted(probes: &Probes) -> u64 {
    let of = |meter: &Meter| meter.messages() + meter.bytes();
    probes.all().iter().map(|(_, probe)| of(&probe.sent) + of(&probe.received)).sum()
}

fn now_ms() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1_000.0
}
