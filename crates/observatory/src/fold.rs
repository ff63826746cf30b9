//! The fold: reports and times in, processes and changes out.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use wire::report::{EventReport, ProcessId, ProcessState};

use crate::{Change, Line, Presence, Process, change, line};

/// How long after its last state a process counts as silent; each one reports once a second at least.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);

/// How long after its last state a process counts as gone.
pub const GONE_AFTER: Duration = Duration::from_secs(10);

/// How long a process that is gone is kept.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(5);

/// How many processes are kept; the others are counted.
pub const PROCESSES_MAX: usize = 256;

/// How many bytes the last states of all processes may have together. A process whose state does not fit is shown without
/// its sockets.
const WEIGHT_MAX: usize = 32 << 20;

/// How many of the other processes are counted one by one.
const OTHERS_MAX: usize = 16_384;

/// All that is known of the processes on the bus.
#[derive(Debug, Default)]
pub struct Observatory {
    /// In the order of first sight.
    processes: Vec<Process>,
    /// Those beyond the limit, and when each was last heard of.
    others: HashMap<ProcessId, Instant>,
    /// The weight of all processes.
    weight: usize,
    malformed: u64,
    version: u64,
    /// While the bus itself is down, no process is silent.
    is_bus_down: bool,
}

impl Observatory {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The processes, in the order of first sight.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// The process with this id.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> Option<&Process> {
        self.processes.iter().find(|process| process.state().process == id)
    }

    /// How many processes report that are not kept.
    #[must_use]
    pub fn others(&self) -> usize {
        self.others.len()
    }

    /// How many reports were malformed.
    #[must_use]
    pub const fn malformed(&self) -> u64 {
        self.malformed
    }

    /// The connections of all processes, each joined with its other end.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        line::lines(&self.processes)
    }

    /// Rises with each change of processes, sockets and connections, but not with counts, values and the progress of attempts
    /// to connect: as long as it stays, [`Observatory::lines`] stay as they are.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Takes a state, which had this many bytes. A process whose last state this is, is gone. A state that is older than the
    /// last one is ignored, except from a silent process: the last number may have been a lie.
    pub fn handle_state(&mut self, now: Instant, mut state: ProcessState, bytes: usize) -> Vec<Change> {
        let Some(index) = self.position(state.process) else { return self.admit(now, state, bytes) };
        let old = &self.processes[index];
        let is_late = matches!(old.presence(), Presence::Present | Presence::Suspended)
            && state.number <= old.state().number
            && !state.ended;
        if is_late || old.has_ended() {
            return Vec::new();
        }
        if state.ended {
            keep_places(&mut state, old.state());
        }
        let (before, ended) = (old.presence(), state.ended);
        let bytes = self.weigh(&mut state, bytes, index);
        let process = &mut self.processes[index];
        let old = process.replace(now, state, bytes);
        let after = match before {
            _ if ended => process.end(now),
            // What it has sent before may arrive now.
            Presence::Suspended => None,
            _ => process.set_presence(now, Presence::Present),
        };
        let is_same = after.is_none() && change::is_same_graph(&old, process.state());
        let mut changes: Vec<Change> = after.into_iter().collect();
        if !ended && !is_same {
            changes.extend(change::between(Some(&old), process.state()));
        }
        let missing = process.count_missing(process.state().events);
        if missing > 0 {
            changes.push(Change::Gap { process: old.process, missing });
        }
        self.version += u64::from(!is_same);
        changes
    }

    /// Takes an event; it is a change only if others before it are missing.
    pub fn handle_event(&mut self, report: &EventReport) -> Option<Change> {
        let process = self.processes.iter_mut().find(|process| process.state().process == report.process)?;
        let missing = process.count_event(report);
        (missing > 0).then_some(Change::Gap { process: report.process, missing })
    }

    /// A process has ended, as the system knows.
    pub fn handle_ended(&mut self, now: Instant, id: ProcessId) -> Option<Change> {
        let index = self.position(id)?;
        let change = self.processes[index].end(now);
        self.note(change)
    }

    /// A process is suspended, or no longer, as the system knows.
    pub fn handle_suspended(&mut self, now: Instant, id: ProcessId, is_suspended: bool) -> Option<Change> {
        let index = self.position(id)?;
        let process = &mut self.processes[index];
        let presence = match process.presence() {
            Presence::Present | Presence::Silent if is_suspended => Presence::Suspended,
            Presence::Suspended if !is_suspended => {
                // It has its time again.
                process.set_heard_at(now);
                Presence::Present
            }
            other => other,
        };
        let change = process.set_presence(now, presence);
        self.note(change)
    }

    /// Counts a malformed report.
    pub const fn handle_malformed(&mut self) {
        self.malformed += 1;
    }

    /// The bus is up or down. While it is down no process can report, so none becomes silent; when it is up again each has
    /// its time again.
    pub fn handle_bus(&mut self, now: Instant, is_up: bool) {
        if self.is_bus_down && is_up {
            self.processes.iter_mut().for_each(|process| process.set_heard_at(now));
        }
        self.is_bus_down = !is_up;
    }

    /// Finds the processes that have become silent or gone, and forgets those that have been gone for a while.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Change> {
        let count = self.processes.len();
        let is_over = |at: Instant| now.saturating_duration_since(at) >= FORGOTTEN_AFTER;
        self.processes.retain(|process| !process.gone_at().is_some_and(is_over));
        self.weight = self.processes.iter().map(Process::weight).sum();
        self.version += u64::from(self.processes.len() != count);
        if self.is_bus_down {
            return Vec::new();
        }
        self.others.retain(|_, heard_at| now.saturating_duration_since(*heard_at) < GONE_AFTER);
        let mut changes = Vec::new();
        for process in &mut self.processes {
            let after = match (process.presence(), now.saturating_duration_since(process.heard_at())) {
                (kept @ (Presence::Suspended | Presence::Gone), _) => kept,
                (_, gone) if gone >= GONE_AFTER => Presence::Gone,
                (_, silent) if silent >= SILENT_AFTER => Presence::Silent,
                (before, _) => before,
            };
            changes.extend(process.set_presence(now, after));
        }
        self.version += u64::from(!changes.is_empty());
        changes
    }

    /// When a process will be silent, gone or forgotten if it does not report until then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadline = |process: &Process| match process.presence() {
            Presence::Gone => process.gone_at().map(|gone_at| gone_at + FORGOTTEN_AFTER),
            _ if self.is_bus_down => None,
            Presence::Present => Some(process.heard_at() + SILENT_AFTER),
            Presence::Silent => Some(process.heard_at() + GONE_AFTER),
            Presence::Suspended => None,
        };
        let others = self.others.values().filter(|_| !self.is_bus_down).min().map(|heard_at| *heard_at + GONE_AFTER);
        self.processes.iter().filter_map(deadline).chain(others).min()
    }

    /// Takes the first state of a process.
    fn admit(&mut self, now: Instant, mut state: ProcessState, bytes: usize) -> Vec<Change> {
        let id = state.process;
        if state.ended {
            return Vec::new();
        }
        if self.processes.len() >= PROCESSES_MAX {
            if self.others.len() < OTHERS_MAX || self.others.contains_key(&id) {
                self.others.insert(id, now);
            }
            return Vec::new();
        }
        self.others.remove(&id);
        let bytes = self.weigh(&mut state, bytes, self.processes.len());
        let mut changes = vec![Change::Process { process: id, before: None, after: Presence::Present }];
        changes.extend(change::between(None, &state));
        self.processes.push(Process::new(now, state, bytes));
        self.version += 1;
        changes
    }

    /// What a state weighs that takes the place of the process at `index`; if all would weigh too much, it loses its sockets.
    fn weigh(&mut self, state: &mut ProcessState, bytes: usize, index: usize) -> usize {
        let others = self.weight - self.processes.get(index).map_or(0, Process::weight);
        let bytes = if others + bytes > WEIGHT_MAX { leave_out_sockets(state) } else { bytes };
        self.weight = others + bytes;
        bytes
    }

    fn note(&mut self, change: Option<Change>) -> Option<Change> {
        self.version += u64::from(change.is_some());
        change
    }

    fn position(&self, id: ProcessId) -> Option<usize> {
        self.processes.iter().position(|process| process.state().process == id)
    }
}

/// A last state need not have endpoints and connections: those of the state before stay, so that it is seen what has ended.
fn keep_places(last: &mut ProcessState, before: &ProcessState) {
    for socket in &mut last.sockets {
        let Some(before) = before.sockets.iter().find(|before| before.name == socket.name) else { continue };
        if socket.bound.is_empty() && socket.connected.is_empty() && socket.connections.is_empty() {
            socket.bound.clone_from(&before.bound);
            socket.connected.clone_from(&before.connected);
            socket.connections.clone_from(&before.connections);
        }
    }
}

/// Keeps of a state what is small, and returns its weight.
fn leave_out_sockets(state: &mut ProcessState) -> usize {
    state.more_sockets = state.more_sockets.saturating_add(state.sockets.len() as u64);
    state.sockets = Vec::new();
    state.values = Vec::new();
    4 * wire::report::label::LABEL_BYTES_MAX
}

#[cfg(test)]
mod tests;
