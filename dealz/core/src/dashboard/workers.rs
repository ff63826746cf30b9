//! The workers, from what they say themselves and from what is known of the processes that dealz started. Pure.

use std::collections::BTreeMap;

use crate::{
    event::NamedWorker,
    view::{ProcessState, ProcessView, WorkerState, WorkerView},
};

/// How the ids of our workers' processes begin.
pub(crate) const WORKER: &str = "worker-";

/// Which workers are ours.
#[derive(Debug)]
pub(crate) struct Workers {
    /// The name of this machine, as workers give it.
    host: String,
    /// The process ids of our workers, those included that are gone and still shown, with the ids of their processes.
    ours: BTreeMap<u32, String>,
}

impl Workers {
    pub(crate) const fn new(host: String) -> Self {
        Self { host, ours: BTreeMap::new() }
    }

    /// All that are known: ours, in the order of their processes; those of ours that are gone, until something takes their
    /// place; those of others.
    pub(crate) fn compose(&mut self, named: &[NamedWorker], processes: &[ProcessView]) -> Vec<WorkerView> {
        let here = |process: &ProcessView| process.id.starts_with(WORKER).then_some(process.pid?);
        for process in processes {
            if let Some(pid) = here(process) {
                self.ours.insert(pid, process.id.clone());
            }
        }
        let pid_of = |worker: &NamedWorker| pid_on(&self.host, &worker.name);
        self.ours.retain(|&pid, _| {
            processes.iter().any(|process| process.pid == Some(pid)) || named.iter().any(|it| pid_of(it) == Some(pid))
        });
        let mut workers: Vec<WorkerView> = processes
            .iter()
            .filter_map(|process| Some((process, here(process)?)))
            .map(|(process, pid)| {
                let named = named.iter().find(|worker| pid_of(worker) == Some(pid));
                WorkerView {
                    name: named.map_or_else(|| format!("rust:{}:{pid}", self.host), |worker| worker.name.clone()),
                    language: "rust".to_owned(),
                    pid,
                    process: Some(process.id.clone()),
                    state: state(process, named),
                    done: named.map_or(0, |worker| worker.done),
                    per_second: named.map_or(0.0, |worker| worker.per_second),
                }
            })
            .collect();
        let shown = workers.len();
        let others = named.iter().filter(|other| !workers.iter().any(|worker| worker.name == other.name));
        let is_missed = |worker: &&NamedWorker| match pid_of(worker).and_then(|pid| self.ours.get(&pid)) {
            Some(id) => processes.iter().any(|process| process.id == *id && process.pid.is_none()),
            None => true,
        };
        let others: Vec<WorkerView> = others.filter(is_missed).map(|worker| self.other(worker)).collect();
        workers.extend(others);
        workers[shown..].sort_by_key(|worker| worker.process.is_none());
        workers
    }

    /// One that no process of ours is now.
    fn other(&self, worker: &NamedWorker) -> WorkerView {
        let mut parts = worker.name.split(':');
        WorkerView {
            name: worker.name.clone(),
            language: parts.next().filter(|_| parts.next().is_some()).unwrap_or_default().to_owned(),
            pid: worker.name.rsplit_once(':').and_then(|(_, pid)| pid.parse().ok()).unwrap_or(0),
            process: pid_on(&self.host, &worker.name).and_then(|pid| self.ours.get(&pid).cloned()),
            state: connected_state(worker),
            done: worker.done,
            per_second: worker.per_second,
        }
    }
}

/// The process id of a worker in Rust on this machine.
fn pid_on(host: &str, name: &str) -> Option<u32> {
    name.strip_prefix("rust:")?.strip_prefix(host)?.strip_prefix(':')?.parse().ok()
}

fn state(process: &ProcessView, named: Option<&NamedWorker>) -> WorkerState {
    match (&process.state, named) {
        (ProcessState::Suspended, _) => WorkerState::Suspended,
        (ProcessState::Running, None) => WorkerState::Starting,
        (_, Some(worker)) => connected_state(worker),
        (_, None) => WorkerState::Gone,
    }
}

fn connected_state(worker: &NamedWorker) -> WorkerState {
    match worker {
        NamedWorker { connected: false, .. } => WorkerState::Gone,
        NamedWorker { per_second, .. } if *per_second > 0.0 => WorkerState::Working,
        _ => WorkerState::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: &str, pid: Option<u32>, state: ProcessState) -> ProcessView {
        let (command, log) = ("valuz worker".to_owned(), Vec::new());
        ProcessView { id: id.to_owned(), command, state, pid, since_ms: 0.0, memory_bytes: None, log }
    }

    fn named(name: &str, connected: bool, per_second: f64) -> NamedWorker {
        NamedWorker { name: name.to_owned(), connected, done: 5, per_second }
    }

    fn shown(workers: &[WorkerView]) -> Vec<(&str, Option<&str>, WorkerState)> {
        workers.iter().map(|worker| (worker.name.as_str(), worker.process.as_deref(), worker.state)).collect()
    }

    #[test]
    fn ours_come_first_from_their_start_to_their_end() {
        let mut workers = Workers::new("box".to_owned());
        let running = ProcessState::Running;
        let processes = [
            process("tickz", Some(1), running.clone()),
            process("worker-1", Some(7), running.clone()),
            process("worker-2", Some(8), ProcessState::Suspended),
            process("worker-3", Some(9), running),
        ];
        let told = [
            named("go:box:7", true, 0.0),
            named("rust:box:7", true, 10.0),
            named("rust:box:8", true, 10.0),
            named("rust:elsewhere:9", false, 0.0),
        ];
        let views = workers.compose(&told, &processes);
        assert_eq!(
            shown(&views),
            [
                ("rust:box:7", Some("worker-1"), WorkerState::Working),
                ("rust:box:8", Some("worker-2"), WorkerState::Suspended),
                ("rust:box:9", Some("worker-3"), WorkerState::Starting),
                ("go:box:7", None, WorkerState::Ready),
                ("rust:elsewhere:9", None, WorkerState::Gone),
            ]
        );
        assert_eq!((views[3].language.as_str(), views[3].pid), ("go", 7));

        let ended = [process("worker-1", None, ProcessState::Ended { how: "killed by signal 9".to_owned() })];
        let told = [named("anything", true, 0.0), named("rust:box:7", false, 0.0)];
        let views = workers.compose(&told, &ended);
        assert_eq!(
            shown(&views),
            [("rust:box:7", Some("worker-1"), WorkerState::Gone), ("anything", None, WorkerState::Ready),]
        );
        assert_eq!((views[1].language.as_str(), views[1].pid), ("", 0));
        let again = [process("worker-1", Some(17), ProcessState::Running)];
        assert_eq!(
            shown(&workers.compose(&told[1..], &again)),
            [("rust:box:17", Some("worker-1"), WorkerState::Starting)]
        );
        assert!(workers.compose(&told[1..], &[]).is_empty());
        assert!(workers.compose(&[], &ended).is_empty() && workers.ours.is_empty());
    }
}
