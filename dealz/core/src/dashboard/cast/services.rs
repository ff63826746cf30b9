//! What the desk knows of the processes that it has started or found, apart from their reports. Pure.

use std::{collections::BTreeMap, mem};

use wire::report::{Label, ProcessState};

use crate::{
    event::Silence,
    view::{ActorView, ProcessState as Runs, ProcessView},
};

/// The processes that the desk has started or found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Services {
    /// Those that the desk has started, by their process ids.
    children: BTreeMap<u32, String>,
    /// Those that are suspended, by their names.
    asleep: BTreeMap<String, Silence>,
    /// The processes of the open scene, by their process ids.
    actors: BTreeMap<u32, String>,
}

impl Services {
    /// Takes all of them; returns whether that is a change.
    pub(super) fn follow(&mut self, processes: &[ProcessView]) -> bool {
        let is_elsewhere = |process: &&ProcessView| matches!(process.state, Runs::Elsewhere { .. });
        let children = processes.iter().filter(|process| !is_elsewhere(process));
        let children = children.filter_map(|process| Some((process.pid?, process.id.clone()))).collect();
        let asleep = processes.iter().filter_map(|process| Some((process.id.clone(), silence(process)?))).collect();
        let before = (mem::replace(&mut self.children, children), mem::replace(&mut self.asleep, asleep));
        before.0 != self.children || before.1 != self.asleep
    }

    /// Takes the processes of the open scene.
    pub(super) fn follow_actors(&mut self, actors: &[ActorView]) {
        self.actors = actors.iter().filter_map(|actor| Some((actor.pid?, actor.name.clone()))).collect();
    }

    /// Whether a process has this name in commands, or in the open scene, which has its processes on the machine `host` too.
    pub(super) fn is_named(&self, process: &ProcessState, name: &str, host: Option<&Label>) -> bool {
        let names = [self.children.get(&process.pid), self.actors.get(&process.pid)];
        host == Some(&process.host) && names.into_iter().flatten().any(|known| known == name)
    }

    /// The name in commands of a process, if the desk, on the machine `host`, has started it.
    pub(super) fn child(&self, process: &ProcessState, host: Option<&Label>) -> Option<String> {
        self.children.get(&process.pid).filter(|_| host == Some(&process.host)).cloned()
    }

    /// The name in commands of a process of this machine that does not report, if the desk has started it.
    pub(super) fn child_with(&self, pid: u32) -> Option<String> {
        self.children.get(&pid).cloned()
    }

    /// Why nothing can be heard from a service.
    pub(super) fn silence(&self, service: &str) -> Option<&Silence> {
        self.asleep.get(service)
    }
}

/// That nothing can be heard from a process because it is suspended.
fn silence(process: &ProcessView) -> Option<Silence> {
    let name = match &process.state {
        Runs::Suspended => &process.id,
        Runs::Elsewhere { holder, suspended: true } => holder,
        _ => return None,
    };
    Some(Silence { since_ms: process.since_ms, reason: format!("{name} is suspended") })
}
