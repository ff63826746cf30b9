//! One process of the list: its program, its state, and what may be done to it.

use std::{
    sync::{Arc, mpsc::SyncSender},
    time::Duration,
};

use children::{Child, Event, Exit};
use tracing::{info, warn};

use super::{
    log::{LINE_BYTES_MAX, Log},
    owner::Message,
    place::{Holder, Place},
    program::{Programs, Service},
    status::Status,
};
use crate::{
    clock::now_ms,
    command::{ProcessAct, Refusal},
    view::{ProcessState, ProcessView},
};

/// How long a process may take to end after SIGTERM before it is killed.
const END_WITHIN: Duration = Duration::from_secs(1);

/// How long a signal may take to arrive, in milliseconds.
const SIGNAL_MS: f64 = 500.0;

/// One process.
pub(crate) struct Slot {
    pub(crate) service: Service,
    place: Place,
    state: ProcessState,
    since_ms: f64,
    running: Option<Child>,
    log: Arc<Log>,
    memory_bytes: Option<u64>,
    /// What happens when it has ended.
    pub(crate) then: Then,
}

/// What happens when a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing.
    Stay,
    /// It is started again.
    Start,
    /// It leaves the list.
    Leave,
}

impl Slot {
    /// One that was never started.
    pub(crate) fn new(service: Service, place: Place) -> Self {
        Self {
            service,
            place,
            state: ProcessState::Ended { how: String::new() },
            since_ms: now_ms(),
            running: None,
            log: Arc::default(),
            memory_bytes: None,
            then: Then::Stay,
        }
    }

    pub(crate) fn view(&self, programs: &Programs) -> ProcessView {
        ProcessView {
            id: self.service.id(),
            command: programs.typed(&self.service),
            state: self.state.clone(),
            pid: self.running.as_ref().map(Child::pid),
            since_ms: self.since_ms,
            memory_bytes: self.memory_bytes,
            log: self.log.lines(),
        }
    }

    /// Its process id, if it runs and is not suspended.
    pub(crate) fn working_pid(&self) -> Option<u32> {
        self.running.as_ref().filter(|_| self.state == ProcessState::Running).map(Child::pid)
    }

    /// Whether there is a process.
    pub(crate) const fn is_alive(&self) -> bool {
        self.running.is_some()
    }

    /// Whether there is a process that should continue, or will be one.
    pub(crate) fn is_wanted(&self) -> bool {
        match self.state {
            ProcessState::Running | ProcessState::Suspended => true,
            ProcessState::Stopping => self.then == Then::Start,
            ProcessState::Ended { .. } | ProcessState::Elsewhere { .. } => false,
        }
    }

    /// Does what a page requests.
    pub(crate) fn act(
        &mut self,
        act: ProcessAct,
        programs: &Programs,
        owner: &SyncSender<Message>,
    ) -> Result<(), Refusal> {
        self.look_for_holder();
        match (&self.state, act) {
            (ProcessState::Elsewhere { holder, .. }, _) => Err(not_now(self, &not_ours(holder))),
            (ProcessState::Ended { .. }, ProcessAct::Start | ProcessAct::Restart) => self.start(programs, owner),
            (ProcessState::Ended { .. }, _) => Err(not_now(self, "it is not running")),
            (ProcessState::Stopping, ProcessAct::Start | ProcessAct::Restart) => {
                self.then = Then::Start;
                Ok(())
            }
            (ProcessState::Stopping, ProcessAct::Stop) => {
                self.then = Then::Stay;
                Ok(())
            }
            (ProcessState::Stopping, ProcessAct::Suspend | ProcessAct::Resume) => Err(not_now(self, "it is ending")),
            (ProcessState::Running, ProcessAct::Start) => Err(not_now(self, "it is running already")),
            (ProcessState::Suspended, ProcessAct::Start) => Err(not_now(self, "it is suspended: resume it")),
            (ProcessState::Running | ProcessState::Suspended, ProcessAct::Stop) => {
                self.terminate(Then::Stay);
                Ok(())
            }
            (ProcessState::Running | ProcessState::Suspended, ProcessAct::Restart) => {
                self.terminate(Then::Start);
                Ok(())
            }
            (_, ProcessAct::Kill) => {
                self.kill(Then::Stay);
                Ok(())
            }
            (ProcessState::Running, ProcessAct::Suspend) => {
                self.signal(Child::suspend, ProcessState::Suspended);
                Ok(())
            }
            (ProcessState::Suspended, ProcessAct::Suspend) => Err(not_now(self, "it is suspended already")),
            (ProcessState::Suspended, ProcessAct::Resume) => {
                self.signal(Child::resume, ProcessState::Running);
                Ok(())
            }
            (ProcessState::Running, ProcessAct::Resume) => Err(not_now(self, "it is not suspended")),
        }
    }

    /// Starts it, if no other process holds its bindings.
    pub(crate) fn start(&mut self, programs: &Programs, owner: &SyncSender<Message>) -> Result<(), Refusal> {
        self.then = Then::Stay;
        if let Some(holder) = self.place.holder() {
            let refusal = not_now(self, &not_ours(&holder.words));
            info!(process = self.service.id(), holder = holder.words, "started outside of dealz");
            self.enter(elsewhere(holder));
            return Err(refusal);
        }
        match Child::start(&mut programs.command(&self.service), LINE_BYTES_MAX, follow(&self.log, owner)) {
            Ok(running) => {
                info!(process = self.service.id(), pid = running.pid(), "started");
                self.running = Some(running);
                self.enter(ProcessState::Running);
                Ok(())
            }
            Err(error) => {
                let how = format!("cannot start {}: {error}", programs.command(&self.service).get_program().display());
                warn!(process = self.service.id(), "{how}");
                self.enter(ProcessState::Ended { how: how.clone() });
                Err(not_now(self, &how))
            }
        }
    }

    /// Stops it, if it lives.
    pub(crate) fn terminate(&mut self, then: Then) {
        if let Some(running) = &self.running {
            running.stop(END_WITHIN);
            self.then = then;
            self.enter(ProcessState::Stopping);
        }
    }

    /// Kills it, if it lives.
    pub(crate) fn kill(&mut self, then: Then) {
        if let Some(running) = &self.running {
            running.kill();
            self.then = then;
            self.enter(ProcessState::Stopping);
        }
    }

    /// Notes its exit, if it has ended. Returns whether that or its log has changed.
    pub(crate) fn handle_changes(&mut self) -> bool {
        if let Some(exit) = self.running.as_ref().and_then(Child::exit) {
            self.handle_exit(exit);
            return true;
        }
        self.log.take_change()
    }

    /// Asks the system for its memory, and whether it is suspended. Returns whether something has changed.
    pub(crate) fn look(&mut self) -> bool {
        let status = self.running.as_ref().and_then(|running| Status::of(running.pid()));
        let Status { memory_bytes, is_suspended } = status.unwrap_or_default();
        let changed = self.memory_bytes != memory_bytes;
        self.memory_bytes = memory_bytes;
        // Others may send signals too. One that dealz sent may not have arrived yet.
        let is_settled = now_ms() - self.since_ms > SIGNAL_MS;
        match (&self.state, is_suspended) {
            (ProcessState::Running, true) if is_settled => self.enter(ProcessState::Suspended),
            (ProcessState::Suspended, false) if is_settled && cfg!(target_os = "linux") => {
                self.enter(ProcessState::Running);
            }
            _ => return changed,
        }
        true
    }

    /// Clears its log.
    pub(crate) fn clear_log(&self) {
        self.log.clear();
    }

    /// Asks the system which other process holds its bindings, if it is not running. Returns whether something has changed.
    pub(crate) fn look_for_holder(&mut self) -> bool {
        if self.is_alive() {
            return false;
        }
        let state = match (self.place.holder(), &self.state) {
            (Some(holder), _) => elsewhere(holder),
            (None, ProcessState::Elsewhere { holder, .. }) => {
                ProcessState::Ended { how: format!("{holder} has ended") }
            }
            (None, _) => return false,
        };
        let changed = state != self.state;
        if changed {
            self.enter(state);
        }
        changed
    }

    fn handle_exit(&mut self, exit: Exit) {
        // One that failed by itself has logged why.
        let has_failed = exit.code().is_some_and(|code| code != 0);
        let how = match self.state {
            ProcessState::Stopping if exit.is_success() => "stopped".to_owned(),
            _ => match self.log.last().filter(|_| has_failed) {
                Some(line) => format!("{exit}: {line}"),
                None => exit.to_string(),
            },
        };
        info!(process = self.service.id(), how, "ended");
        (self.running, self.memory_bytes) = (None, None);
        self.enter(ProcessState::Ended { how });
    }

    fn signal(&mut self, signal: fn(&Child), state: ProcessState) {
        if let Some(running) = &self.running {
            signal(running);
            self.enter(state);
        }
    }

    fn enter(&mut self, state: ProcessState) {
        (self.state, self.since_ms) = (state, now_ms());
    }
}

/// What the thread that reads a process's log does: keeps its lines, and reports them and its exit to the owner.
fn follow(log: &Arc<Log>, owner: &SyncSender<Message>) -> impl FnMut(Event) + Send + 'static {
    let (log, owner) = (Arc::clone(log), owner.clone());
    move |event| match event {
        Event::Printed(line) | Event::Logged(line) => {
            if log.keep(&line) {
                // An owner that is busy will look soon.
                let _ = owner.try_send(Message::Changed);
            }
        }
        // An owner that has ended has ended its processes too.
        Event::Exited(_) => drop(owner.send(Message::Changed)),
    }
}

fn elsewhere(holder: Holder) -> ProcessState {
    let suspended = holder.is_suspended();
    ProcessState::Elsewhere { holder: holder.words, suspended }
}

fn not_ours(holder: &str) -> String {
    format!("it was started outside of dealz: {holder}")
}

fn not_now(slot: &Slot, reason: &str) -> Refusal {
    Refusal::NotNow { reason: format!("{}: {reason}", slot.service.id()) }
}
