//! The phases that each socket was in, for the time lines. Pure.

use std::collections::{BTreeMap, VecDeque};

use wire::report::{ProcessId, SocketName};

use super::key;
use crate::view::{Phase, StateChange};

/// How many phases of one socket are kept.
pub(in crate::dashboard) const STATES_MAX: usize = 100;

/// How many sockets are followed.
const SOCKETS_MAX: usize = 512;

/// The phases of all sockets.
#[derive(Debug, Default)]
pub(super) struct Phases {
    /// Oldest first, each with the version at which it was added.
    sockets: BTreeMap<(ProcessId, SocketName), VecDeque<(u64, StateChange)>>,
    version: u64,
}

impl Phases {
    /// Notes the phase of a socket, which began at `time_ms`.
    pub(super) fn note(&mut self, process: ProcessId, socket: &SocketName, phase: Phase, time_ms: f64) {
        let place = (process, socket.clone());
        let Some(changes) = self.sockets.get_mut(&place) else {
            if self.sockets.len() < SOCKETS_MAX {
                self.version += 1;
                let change = StateChange { socket: key(process, socket.as_str()), time_ms, phase };
                self.sockets.insert(place, [(self.version, change)].into());
            }
            return;
        };
        let Some((_, last)) = changes.back().filter(|(_, last)| last.phase != phase) else { return };
        let change = StateChange { socket: last.socket.clone(), time_ms: time_ms.max(last.time_ms), phase };
        self.version += 1;
        if changes.len() >= STATES_MAX {
            changes.pop_front();
        }
        changes.push_back((self.version, change));
    }

    /// Forgets the sockets that are no longer there.
    pub(super) fn retain(&mut self, is_there: impl Fn(ProcessId, &SocketName) -> bool) {
        self.sockets.retain(|(process, socket), _| is_there(*process, socket));
    }

    /// Forgets all phases but the last of each socket, which begins now.
    pub(super) fn begin(&mut self, now_ms: f64) {
        for changes in self.sockets.values_mut() {
            self.version += 1;
            changes.drain(..changes.len().saturating_sub(1));
            changes.iter_mut().for_each(|(version, change)| (*version, change.time_ms) = (self.version, now_ms));
        }
    }

    /// What is newer than the version `seen`, which is advanced.
    pub(super) fn unseen(&self, seen: &mut u64) -> Vec<StateChange> {
        let from = std::mem::replace(seen, self.version);
        if from == self.version {
            return Vec::new();
        }
        let all = self.sockets.values().flatten();
        all.filter(|(version, _)| *version > from).map(|(_, change)| change.clone()).collect()
    }
}
