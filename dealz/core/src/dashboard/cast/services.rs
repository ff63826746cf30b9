//! What the desk knows of the processes that it has started or found, apart from their reports. Pure.

use std::collections::BTreeMap;

use wire::report::{Label, ProcessState};

use crate::{
    event::Silence,
    view::{ProcessState as Runs, ProcessView},
};

/// The processes that the desk has started or found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Services {
    /// Those that the desk has started, by their process ids.
    children: BTreeMap<u32, String>,
    /// Those that are suspended, by their names.
    asleep: BTreeMap<String, Silence>,
}

impl Services {
    /// Takes all of them; returns whether that is a change.
    pub(super) fn follow(&mut self, processes: &[ProcessView]) -> bool {
        let is_elsewhere = |process: &&ProcessView| matches!(process.state, Runs::Elsewhere { .. });
        let children = processes.iter().filter(|process| !is_elsewhere(process));
        let children = children.filter_map(|process| Some((process.pid?, process.id.clone()))).collect();
        let asleep = processes.iter().filter_map(|process| Some((process.id.clone(), silence(process)?))).collect();
        let services = Self { children, asleep };
        let has_changed = *self != services;
        *self = services;
        has_changed
    }

    /// The name in commands of a process, if the desk, on the machine `host`, has started it.
    pub(super) fn child(&self, process: &ProcessState, host: Option<&Label>) -> Option<String> {
        self.children.get(&process.pid).filter(|_| host == Some(&process.host)).cloned()
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
