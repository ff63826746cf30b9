//! The workers, from what they report and from what is known of the processes that dealz has started. Pure.

use std::collections::BTreeMap;

use wire::{WorkerName, foreign};

use crate::{
    event::NamedWorker,
    view::{ProcessState, ProcessView, WorkerState, WorkerView},
};

/// How the ids of the processes of workers begin: `worker-2` is in Rust, `worker-python-1` in another language.
pub(crate) const WORKER: &str = "worker-";

/// The language of the suite itself, as its workers give it.
pub(crate) const RUST: &str = "rust";

/// Which workers dealz has started.
#[derive(Debug)]
pub(crate) struct Workers {
    /// The name of this machine, as workers give it.
    host: String,
    /// The workers that dealz has started, including those that are gone and still shown, with the ids of their processes.
    started: BTreeMap<Key, String>,
}

/// What distinguishes workers of this machine: a language and a process id.
type Key = (String, u32);

impl Workers {
    pub(crate) const fn new(host: String) -> Self {
        Self { host, started: BTreeMap::new() }
    }

    /// All known workers: those that dealz has started, in the order of their processes; of these the ones that are gone,
    /// until another takes their place; the others.
    pub(crate) fn compose(&mut self, named: &[NamedWorker], processes: &[ProcessView]) -> Vec<WorkerView> {
        let running: Vec<(Key, &ProcessView)> = processes
            .iter()
            .filter_map(|process| Some(((language_of(&process.id)?.to_owned(), process.pid?), process)))
            .collect();
        self.started.extend(running.iter().map(|(key, process)| (key.clone(), process.id.clone())));
        let host = self.host.clone();
        let key_of = |worker: &NamedWorker| key_on(&host, &worker.name);
        self.started.retain(|key, _| {
            running.iter().any(|(other, _)| other == key) || named.iter().any(|it| key_of(it).as_ref() == Some(key))
        });
        let mut workers: Vec<WorkerView> = running
            .iter()
            .map(|(key, process)| {
                let named = named.iter().find(|worker| key_of(worker).as_ref() == Some(key));
                let (language, pid) = key;
                WorkerView {
                    name: named.map_or_else(
                        || format!("{language}:{}:{pid}", self.host),
                        |worker| foreign(worker.name.as_str()).to_string(),
                    ),
                    language: language.clone(),
                    pid: *pid,
                    process: Some(process.id.clone()),
                    state: state(process, named),
                    done: named.map_or(0, |worker| worker.done),
                    done_in_all: named.map_or(0, |worker| worker.done_in_all),
                    per_second: named.map_or(0.0, |worker| worker.per_second),
                }
            })
            .collect();
        let shown = workers.len();
        let others = named.iter().filter(|other| !workers.iter().any(|worker| worker.name == other.name.as_str()));
        let is_missed = |worker: &&NamedWorker| match key_of(worker).and_then(|key| self.started.get(&key)) {
            Some(id) => processes.iter().any(|process| process.id == *id && process.pid.is_none()),
            None => true,
        };
        let others: Vec<WorkerView> = others.filter(is_missed).map(|worker| self.other(worker)).collect();
        workers.extend(others);
        workers[shown..].sort_by_key(|worker| worker.process.is_none());
        workers
    }

    /// A worker that is no running process of dealz.
    fn other(&self, worker: &NamedWorker) -> WorkerView {
        let parts = worker.name.parts();
        WorkerView {
            name: foreign(worker.name.as_str()).to_string(),
            language: parts.map(|parts| foreign(parts.language).to_string()).unwrap_or_default(),
            pid: parts.map_or(0, |parts| parts.pid),
            process: key_on(&self.host, &worker.name).and_then(|key| self.started.get(&key).cloned()),
            state: connected_state(worker),
            done: worker.done,
            done_in_all: worker.done_in_all,
            per_second: worker.per_second,
        }
    }
}

/// The language of the workers of which this process is one.
fn language_of(id: &str) -> Option<&str> {
    let rest = id.strip_prefix(WORKER)?;
    Some(rest.split_once('-').map_or(RUST, |(language, _)| language))
}

/// The key of a worker on this machine.
fn key_on(host: &str, name: &WorkerName) -> Option<Key> {
    name.parts().filter(|parts| parts.host == host).map(|parts| (parts.language.to_owned(), parts.pid))
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
        NamedWorker { name: name.parse().unwrap(), connected, done: 5, done_in_all: 9, per_second }
    }

    fn shown(workers: &[WorkerView]) -> Vec<(&str, Option<&str>, WorkerState)> {
        workers.iter().map(|worker| (worker.name.as_str(), worker.process.as_deref(), worker.state)).collect()
    }

    #[test]
    fn a_name_that_a_worker_chose_cannot_turn_the_text_around_it() {
        let views = Workers::new("box".to_owned()).compose(&[named("go\u{202e}:box:7", true, 0.0)], &[]);
        assert_eq!((views[0].name.as_str(), views[0].language.as_str()), ("go\\u{202e}:box:7", "go\\u{202e}"));
    }

    #[test]
    fn a_worker_in_another_language_is_that_of_its_process() {
        let mut workers = Workers::new("box".to_owned());
        let running = ProcessState::Running;
        let processes = [process("worker-1", Some(7), running.clone()), process("worker-go-2", Some(8), running)];
        let reported = [named("go:box:8", true, 10.0), named("python:box:7", true, 0.0)];
        let views = workers.compose(&reported, &processes);
        assert_eq!(
            shown(&views),
            [
                ("rust:box:7", Some("worker-1"), WorkerState::Starting),
                ("go:box:8", Some("worker-go-2"), WorkerState::Working),
                ("python:box:7", None, WorkerState::Ready),
            ]
        );
        let starting = workers.compose(&[], &processes);
        assert_eq!((starting[1].name.as_str(), starting[1].language.as_str()), ("go:box:8", "go"));
        let ended = [process("worker-go-2", None, ProcessState::Ended { how: "killed by signal 9".to_owned() })];
        let views = workers.compose(&[named("go:box:8", false, 0.0)], &ended);
        assert_eq!(shown(&views), [("go:box:8", Some("worker-go-2"), WorkerState::Gone)]);
    }

    #[test]
    fn workers_of_dealz_come_first_from_their_start_to_their_end() {
        let mut workers = Workers::new("box".to_owned());
        let running = ProcessState::Running;
        let processes = [
            process("tickz", Some(1), running.clone()),
            process("worker-1", Some(7), running.clone()),
            process("worker-2", Some(8), ProcessState::Suspended),
            process("worker-3", Some(9), running),
        ];
        let reported = [
            named("go:box:7", true, 0.0),
            named("rust:box:7", true, 10.0),
            named("rust:box:8", true, 10.0),
            named("rust:elsewhere:9", false, 0.0),
        ];
        let views = workers.compose(&reported, &processes);
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
        let reported = [named("anything", true, 0.0), named("rust:box:7", false, 0.0)];
        let views = workers.compose(&reported, &ended);
        assert_eq!(
            shown(&views),
            [("rust:box:7", Some("worker-1"), WorkerState::Gone), ("anything", None, WorkerState::Ready),]
        );
        assert_eq!((views[1].language.as_str(), views[1].pid), ("", 0));
        let again = [process("worker-1", Some(17), ProcessState::Running)];
        assert_eq!(
            shown(&workers.compose(&reported[1..], &again)),
            [("rust:box:17", Some("worker-1"), WorkerState::Starting)]
        );
        assert!(workers.compose(&reported[1..], &[]).is_empty());
        assert!(workers.compose(&[], &ended).is_empty() && workers.started.is_empty());
    }
}
