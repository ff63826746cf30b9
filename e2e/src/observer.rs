//! A hub, programs that report to it, and an observer of all of them.

use std::{
    collections::BTreeSet,
    process::Command,
    time::{Duration, Instant},
};

use observatory::{End, Observatory, Place, Presence};
use serde_json::Value;
use testkit::{BOUND, Program, sibling};
use wire::report::{Phase, ProcessId, ProcessState, SocketState};

/// A hub that is bound.
#[must_use]
pub fn hub(reports: &str, observations: &str) -> Program {
    let hub = Program::start(sibling("observez"), ["hub", "--reports", reports, "--observations", observations]);
    let _ = hub.endpoint("observations");
    hub
}

/// Starts a program that reports to this hub.
#[must_use]
pub fn reporting(hub: &str, program: &str, arguments: &[&str]) -> Program {
    let mut command = Command::new(sibling(program));
    command.args(arguments).env("SUITE_OBSERVE", hub);
    Program::spawn(command)
}

/// An `observez watch`, and what it has seen.
pub struct Observer {
    /// The program.
    pub watch: Program,
    /// What its lines say.
    pub observatory: Observatory,
}

impl Observer {
    /// An observer that is connected to a hub.
    #[must_use]
    pub fn connect(observations: &str) -> Self {
        let watch = Program::start(sibling("observez"), ["watch", "--json", "--observations", observations]);
        watch.wait_for_log(" up ");
        Self { watch, observatory: Observatory::new() }
    }

    /// Forgets everything that has been seen or is still to be read.
    pub fn forget(&mut self) {
        while self.watch.next_line_within(Duration::ZERO).is_some() {}
        self.observatory = Observatory::new();
    }

    /// The next line that the observer prints.
    ///
    /// # Panics
    /// None appears in time.
    #[expect(clippy::should_implement_trait, reason = "it has no end")]
    pub fn next(&mut self) -> Value {
        self.next_within(BOUND).unwrap_or_else(|| panic!("no line within {BOUND:?}; log:\n{}", self.watch.log()))
    }

    /// The next line if the observer prints one in time.
    ///
    /// # Panics
    /// It is not JSON.
    pub fn next_within(&mut self, bound: Duration) -> Option<Value> {
        self.next_line_within(bound).map(|line| serde_json::from_str(&line).expect("each line is JSON"))
    }

    /// The same as it is printed. A state is folded, and processes that have not reported for too long are silent.
    pub fn next_line_within(&mut self, bound: Duration) -> Option<String> {
        let line = self.watch.next_line_within(bound);
        let now = Instant::now();
        if let Some(state) = line.as_ref().and_then(|line| serde_json::from_str::<ProcessState>(line).ok()) {
            self.observatory.handle_state(now, state, 0);
        }
        self.observatory.handle_timeout(now);
        line
    }

    /// Reads until what has been seen satisfies a condition.
    ///
    /// # Panics
    /// It does not in time.
    pub fn until(&mut self, what: &str, condition: impl Fn(&Observatory) -> bool) {
        let deadline = Instant::now() + BOUND;
        while !condition(&self.observatory) {
            assert!(Instant::now() < deadline, "no {what}: {:#?}", connections(&self.observatory));
            self.next();
        }
    }

    /// Reads until a line like this.
    ///
    /// # Panics
    /// None comes in time.
    pub fn next_where(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + BOUND;
        loop {
            let line = self.next();
            if wanted(&line) {
                return line;
            }
            assert!(Instant::now() < deadline, "no such line");
        }
    }

    /// The id of a program that has been seen.
    ///
    /// # Panics
    /// It has not.
    #[must_use]
    pub fn id(&self, program: &Program) -> String {
        let mut states = self.observatory.processes().iter().map(observatory::Process::state);
        let id: Option<ProcessId> = states.find(|state| state.pid == program.pid()).map(|state| state.process);
        id.expect("it has been seen").to_string()
    }
}

/// The connections that are up between processes that report, from the socket that connects to the one that is bound:
/// `tickz watch SUB ticks -> tickz publish XPUB ticks`. One with an unknown end has it in its name.
#[must_use]
pub fn connections(observatory: &Observatory) -> BTreeSet<String> {
    lines(observatory, |state, socket| {
        let channel = socket.channel.as_ref().map_or("", |channel| channel.as_str());
        format!("{} {} {} {channel}", state.program.as_str(), state.role.as_str(), socket.kind.as_str())
    })
}

/// The same with other names of sockets.
#[must_use]
pub fn lines(observatory: &Observatory, name: impl Fn(&ProcessState, &SocketState) -> String) -> BTreeSet<String> {
    let process = |place: &Place| &observatory.processes()[place.process];
    let name = |place: &Place| name(process(place).state(), &process(place).state().sockets[place.socket]);
    let is_present = |place: &Place| process(place).presence() == Presence::Present;
    let up = observatory.lines().into_iter().filter(|line| line.phase == Phase::Up && is_present(&line.near));
    up.map(|line| match &line.far {
        End::Known(far) if far.connection.is_some() => format!("{} -> {}", name(&line.near), name(far)),
        // Nothing reports the other end of `inproc`.
        End::Known(far) if far.process == line.near.process => format!("{} -> {}", name(&line.near), name(far)),
        far => format!("{} -> {far:?}", name(&line.near)),
    })
    .collect()
}
