//! The counts of all processes, and which of them a page has seen. Pure.

use std::collections::BTreeMap;

use observatory::{Flows, Process};
use wire::{
    foreign,
    report::{ProcessId, SocketState},
};

use super::{limits::Limits, member::Member, members::Members, roster::roster};
use crate::view::{ProcessCounts, SocketCounts, ValueView};

/// The counts of all processes.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Each with the version at which it has changed last.
    processes: BTreeMap<ProcessId, (u64, ProcessCounts)>,
    version: u64,
}

impl Counts {
    /// Takes the counts as they are now.
    pub(super) fn follow(&mut self, processes: &[Process], desk: ProcessId, members: &Members, flows: &Flows) {
        let limits = Limits::of(processes.len());
        let mut before = std::mem::take(&mut self.processes);
        for process in processes {
            let id = process.state().process;
            let counts = counts(process, id == desk, members.get(id), flows, &limits);
            let item = match before.remove(&id) {
                Some(item) if item.1 == counts => item,
                _ => {
                    self.version += 1;
                    (self.version, counts)
                }
            };
            self.processes.insert(id, item);
        }
    }

    /// Those that are newer than the version `seen`, which is advanced.
    pub(super) fn unseen(&self, seen: &mut u64) -> Vec<ProcessCounts> {
        let from = std::mem::replace(seen, self.version);
        let new = self.processes.values().filter(|(version, _)| *version > from);
        new.map(|(_, counts)| counts.clone()).collect()
    }
}

fn counts(process: &Process, is_desk: bool, member: Option<&Member>, flows: &Flows, limits: &Limits) -> ProcessCounts {
    let state = process.state();
    let values = state.values.iter().take(limits.values).map(|value| ValueView {
        name: foreign(value.name.as_str()).to_string(),
        value: value.value,
        unit: value.unit.as_ref().map(|unit| foreign(unit.as_str()).to_string()),
    });
    let sockets = roster(state, is_desk).take(limits.sockets).map(|entry| {
        let counts = entry.socket.map_or_else(SocketCounts::default, |(_, it)| socket_counts(process, it, flows));
        // The desk counts what is malformed itself.
        let known = member.and_then(|member| member.sockets.get(&entry.name)).map_or(0, |known| known.malformed);
        SocketCounts { malformed: counts.malformed.max(known), ..counts }
    });
    ProcessCounts { process: state.process.to_string(), values: values.collect(), sockets: sockets.collect() }
}

fn socket_counts(process: &Process, socket: &SocketState, flows: &Flows) -> SocketCounts {
    let rates = process.rates(&socket.name);
    let rounded = |rate: f64| (rate * 10.0).round() / 10.0;
    SocketCounts {
        received: socket.received.messages,
        sent: socket.sent.messages,
        received_bytes: socket.received.bytes,
        sent_bytes: socket.sent.bytes,
        received_per_second: rounded(rates.received.messages),
        sent_per_second: rounded(rates.sent.messages),
        malformed: socket.malformed,
        on_the_way: flows.on_the_way(process.state().process, &socket.name),
        waiting: socket.waiting,
    }
}
