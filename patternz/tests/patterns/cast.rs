//! Patterns as processes, and what they report.

use std::{
    collections::HashMap,
    process::Command,
    time::{Duration, Instant},
};

use testkit::{BOUND, Peer, Program, peer};
use wire::{
    Frames,
    report::{Phase, ProcessState, Report},
};

/// Where patterns report: a `SUB` that is bound where a hub would be.
pub(crate) struct Cast {
    hub: Peer,
    /// The latest state of each process.
    states: HashMap<u32, ProcessState>,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let hub = Peer::bind(peer::SUB);
        hub.subscribe(b"state/");
        Self { hub, states: HashMap::new() }
    }

    /// Starts `patternz` with these arguments, with a space between two.
    pub(crate) fn start(&self, arguments: &str) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patternz"));
        command.args(arguments.split(' ')).env("SUITE_OBSERVE", self.hub.endpoint());
        Program::spawn(command)
    }

    /// The latest value that a process has reported; zero if none.
    pub(crate) fn value(&self, program: &Program, name: &str) -> u64 {
        let state = self.states.get(&program.pid());
        let value = state.and_then(|state| state.values.iter().find(|value| value.name.as_str() == name));
        value.and_then(|value| value.value).unwrap_or(0.0) as u64
    }

    /// Waits until a value is as wanted, and returns it.
    pub(crate) fn until(&mut self, program: &Program, name: &str, wanted: impl Fn(u64) -> bool) -> u64 {
        let [value] = self.until_all(program, [name], |[value]| wanted(value));
        value
    }

    /// Waits until several values are as wanted together, and returns them. A report may be made between the two counts of one
    /// message, so values of a running process agree in the end, not in each report.
    pub(crate) fn until_all<const N: usize>(
        &mut self,
        program: &Program,
        names: [&str; N],
        wanted: impl Fn([u64; N]) -> bool,
    ) -> [u64; N] {
        let deadline = Instant::now() + BOUND;
        loop {
            let values = names.map(|name| self.value(program, name));
            if wanted(values) {
                return values;
            }
            assert!(Instant::now() < deadline, "{names:?} are {values:?} after {BOUND:?}; log:\n{}", program.log());
            self.take_one(Duration::from_millis(100));
        }
    }

    /// Waits until a process reports, and returns its state.
    pub(crate) fn state(&mut self, program: &Program) -> &ProcessState {
        self.until_state(program, |_| true)
    }

    /// Waits until so many connections of a socket are up.
    pub(crate) fn until_up(&mut self, program: &Program, socket: &str, connections: usize) {
        self.until_state(program, |state| {
            let found = state.sockets.iter().find(|found| found.name.as_str() == socket);
            found.is_some_and(|socket| {
                socket.connections.iter().filter(|one| one.phase == Phase::Up).count() == connections
            })
        });
    }

    /// Waits until the state of a process is as wanted, and returns it.
    pub(crate) fn until_state(&mut self, program: &Program, wanted: impl Fn(&ProcessState) -> bool) -> &ProcessState {
        let deadline = Instant::now() + BOUND;
        while !self.states.get(&program.pid()).is_some_and(&wanted) {
            let state = self.states.get(&program.pid());
            assert!(Instant::now() < deadline, "after {BOUND:?}: {state:#?}; log:\n{}", program.log());
            self.take_one(Duration::from_millis(100));
        }
        &self.states[&program.pid()]
    }

    /// Reads reports for this time.
    pub(crate) fn watch(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            self.take_one(deadline.saturating_duration_since(Instant::now()));
        }
    }

    fn take_one(&mut self, bound: Duration) {
        let Some(frames) = self.hub.receive_within(bound) else { return };
        let frames: Frames = frames.into_iter().collect();
        if let Ok(Report::State(state)) = Report::decode(&frames) {
            self.states.insert(state.pid, state);
        }
    }
}

/// The flag that connects to where a pattern has bound this socket.
pub(crate) fn to(program: &Program, socket: &str) -> String {
    format!("--connect {}", program.endpoint(socket))
}

/// Binds to a port that the system chooses.
pub(crate) const BIND: &str = "--bind tcp://127.0.0.1:*";
