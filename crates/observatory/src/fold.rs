//! The fold: reports and times in, processes and changes out.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use wire::report::{EventReport, ProcessId, ProcessState};

use crate::{Change, Line, Presence, Process, change, line};

/// How long after its last state a process counts as silent; each one reports once a second at least.
pub const SILENT_AFTER: Duration = Duration::from_secs(3);

/// How long after its last state a process is no longer kept.
pub const GONE_AFTER: Duration = Duration::from_secs(10);

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

    /// Takes a state, which had this many bytes. A process whose last state this is, is gone. A state that is older than the
    /// last one is ignored, except from a silent process: the last number may have been a lie.
    pub fn handle_state(&mut self, now: Instant, mut state: ProcessState, bytes: usize) -> Vec<Change> {
        let id = state.process;
        let index = self.processes.iter().position(|process| process.state().process == id);
        if index.is_none() && self.processes.len() >= PROCESSES_MAX && !state.ended {
            if self.others.len() < OTHERS_MAX || self.others.contains_key(&id) {
                self.others.insert(id, now);
            }
            return Vec::new();
        }
        let old = index.map(|index| &self.processes[index]);
        if state.ended {
            let Some(before) = old.map(Process::presence) else { return Vec::new() };
            self.processes.retain(|process| process.state().process != id);
            self.weight = self.processes.iter().map(Process::weight).sum();
            return vec![Change::Process { process: id, before: Some(before), after: Presence::Gone }];
        }
        if old.is_some_and(|old| old.presence() == Presence::Present && state.number <= old.state().number) {
            return Vec::new();
        }
        let weight = self.weight - old.map_or(0, Process::weight);
        let bytes = if weight + bytes > WEIGHT_MAX { leave_out_sockets(&mut state) } else { bytes };
        self.weight = weight + bytes;
        let Some(index) = index else {
            self.others.remove(&id);
            let mut changes = vec![Change::Process { process: id, before: None, after: Presence::Present }];
            changes.extend(change::between(None, &state));
            self.processes.push(Process::new(now, state, bytes));
            return changes;
        };
        let process = &mut self.processes[index];
        let before = process.presence();
        let old = process.replace(now, state, bytes);
        let mut changes = Vec::new();
        if before != Presence::Present {
            changes.push(Change::Process { process: id, before: Some(before), after: Presence::Present });
        }
        changes.extend(change::between(Some(&old), process.state()));
        changes
    }

    /// Takes an event; it is a change only if others before it are missing.
    pub fn handle_event(&mut self, report: &EventReport) -> Option<Change> {
        let process = self.processes.iter_mut().find(|process| process.state().process == report.process)?;
        let missing = process.count_event(report);
        (missing > 0).then_some(Change::Gap { process: report.process, missing })
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

    /// Finds the processes that have become silent or gone.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Change> {
        if self.is_bus_down {
            return Vec::new();
        }
        self.others.retain(|_, heard_at| now.saturating_duration_since(*heard_at) < GONE_AFTER);
        let mut changes = Vec::new();
        for process in &mut self.processes {
            let silence = now.saturating_duration_since(process.heard_at());
            let (id, before) = (process.state().process, process.presence());
            let after = match silence {
                gone if gone >= GONE_AFTER => Presence::Gone,
                silent if silent >= SILENT_AFTER => Presence::Silent,
                _ => before,
            };
            if after != before {
                process.set_presence(after);
                changes.push(Change::Process { process: id, before: Some(before), after });
            }
        }
        self.processes.retain(|process| process.presence() != Presence::Gone);
        self.weight = self.processes.iter().map(Process::weight).sum();
        changes
    }

    /// When a process will be silent or gone if it does not report until then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadline = |process: &Process| match process.presence() {
            Presence::Present => process.heard_at() + SILENT_AFTER,
            Presence::Silent | Presence::Gone => process.heard_at() + GONE_AFTER,
        };
        let others = self.others.values().min().map(|heard_at| *heard_at + GONE_AFTER);
        if self.is_bus_down { None } else { self.processes.iter().map(deadline).chain(others).min() }
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
