//! The cast: every process that reports, its sockets, and the lines between them, folded from reports. Pure.
//!
//! Reports come often, and most of them change nothing but counts. So the cast is made again only after a change of anything
//! else, and at most ten times a second; the progress of attempts to connect alone waits for a second. The counts of a process
//! are sent if they have changed, with prices and other counts.
//!
//! - `link`, [`attempts`]: the state of a socket
//! - `story`, `journal`: events in words; `phases`: the time lines
//! - `find`: what a person means by the name of a process
//! - `graph`, [`strangers`]: lines, and those at their ends that do not report
//! - `members`, `member`: what is known of processes besides their last states; `services`: of those that the desk has started
//! - `roster`: which sockets of a process are shown
//! - `view`, `counts`, `limits`: what a page receives

mod attempts;
mod counts;
mod find;
mod graph;
mod journal;
mod limits;
mod link;
mod member;
mod members;
mod phases;
mod roster;
#[cfg(test)]
pub(super) mod sample;
mod services;
mod story;
mod strangers;
mod view;

use std::time::{Duration, Instant};

use observatory::{Change, Flows, Observatory, Presence};
use scenez::stage::Holder;
use wire::report::{EventReport, Label, ProcessId, ProcessState, Report};

use self::{
    counts::Counts, graph::Graph, journal::Journal, link::Shift, members::Members, phases::Phases, services::Services,
    strangers::Strangers, view::Parts,
};
#[cfg(test)]
pub(super) use self::{journal::EVENTS_MAX, phases::STATES_MAX};
use super::Section;
use crate::{
    clock::Now,
    event::Silence,
    view::{ActorView, CastView, HighlightView, MonitorLine, ProcessCounts, ProcessView, StateChange},
};

/// The least time between two changes of the cast that pages get.
const SHOWN_EVERY: Duration = Duration::from_millis(100);

/// The same for each line: a cast with very many takes longer to make.
const SHOWN_EVERY_OF_LINE: Duration = Duration::from_micros(10);

/// How long the progress of attempts to connect waits.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// How often processes and sockets that are no longer there are forgotten.
const FORGOTTEN_EVERY: Duration = Duration::from_secs(1);

/// How often counts are compared.
const COUNTED_EVERY: Duration = Duration::from_millis(250);

/// All that is known of the processes on the bus.
pub(super) struct Cast {
    desk: ProcessId,
    observatory: Observatory,
    members: Members,
    graph: Graph,
    strangers: Strangers,
    flows: Flows,
    services: Services,
    fault: Option<String>,
    journal: Journal,
    phases: Phases,
    counts: Counts,
    counted_at: Instant,
    has_new_counts: bool,
    forgotten_at: Instant,
    shown: Section<CastView>,
    shown_at: Instant,
    /// What has changed since.
    shift: Shift,
    /// Whether there are new lines of events that pages have not been offered.
    has_lines: bool,
}

/// What a page has seen of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CastCursor {
    shown: u64,
    counts: u64,
    events: u64,
    states: u64,
}

/// What a page has not seen of it.
pub(super) struct CastChanges {
    pub(super) cast: Option<CastView>,
    pub(super) counts: Vec<ProcessCounts>,
    pub(super) events: Vec<MonitorLine>,
    pub(super) states: Vec<StateChange>,
}

impl Cast {
    /// A cast of which nothing is known; `desk` is this process.
    pub(super) fn new(desk: ProcessId, now: Now) -> Self {
        Self {
            desk,
            observatory: Observatory::new(),
            members: Members::new(desk, now.ms),
            graph: Graph::default(),
            strangers: Strangers::default(),
            flows: Flows::new(),
            services: Services::default(),
            fault: None,
            journal: Journal::new(),
            phases: Phases::default(),
            counts: Counts::default(),
            counted_at: now.at,
            has_new_counts: false,
            forgotten_at: now.at,
            shown: Section::new(CastView::default()),
            shown_at: now.at,
            shift: Shift::None,
            has_lines: false,
        }
    }

    /// Takes a report of this size.
    pub(super) fn handle_report(&mut self, report: Report, bytes: usize, now: Now) {
        match report {
            Report::State(state) => self.handle_state(state, bytes, now),
            Report::Event(event) => self.handle_event(event, now),
            // Messages are for those that look at them.
            Report::Message(_) => {}
        }
    }

    /// Counts a malformed report.
    pub(super) fn handle_malformed_report(&mut self) {
        self.observatory.handle_malformed();
        self.shift = self.shift.max(Shift::Progress);
    }

    /// Takes what is wrong with the bus.
    pub(super) fn handle_bus(&mut self, fault: Option<String>, now: Now) {
        self.observatory.handle_bus(now.at, fault.is_none());
        self.fault = fault;
        self.shift = Shift::State;
    }

    /// A process has ended.
    pub(super) fn handle_ended(&mut self, process: ProcessId, now: Now) {
        let change = self.observatory.handle_ended(now.at, process);
        self.handle_changes(change, now);
    }

    /// A process is suspended, or no longer.
    pub(super) fn handle_suspended(&mut self, process: ProcessId, is_suspended: bool, now: Now) {
        let change = self.observatory.handle_suspended(now.at, process, is_suspended);
        self.handle_changes(change, now);
    }

    /// Takes the process at an address where none reports.
    pub(super) fn handle_holder(&mut self, address: &str, holder: Option<Holder>) {
        self.strangers.handle_holder(address, holder);
        self.shift = Shift::State;
    }

    /// Takes what the desk knows of the processes that it has started or found.
    pub(super) fn handle_processes(&mut self, processes: &[ProcessView]) {
        if self.services.follow(processes) {
            self.shift = Shift::State;
        }
    }

    /// Takes the processes of the open scene.
    pub(super) fn handle_actors(&mut self, actors: &[ActorView]) {
        self.services.follow_actors(actors);
    }

    /// One of the desk's own sockets could not be bound.
    pub(super) fn handle_bind_failed(&mut self, socket: &str, reason: String, now: Now) {
        if let Some(known) = self.members.own(socket, now.ms) {
            known.link.fail(reason, now.ms);
        }
    }

    /// Nothing is heard on one of the desk's own sockets, or something is again.
    pub(super) fn handle_silence(&mut self, socket: &str, silence: Option<Silence>, now: Now) {
        if let Some(known) = self.members.own(socket, now.ms) {
            known.unheard = silence;
        }
    }

    /// One of the desk's own sockets has received this many malformed messages, the last one with this fault.
    pub(super) fn handle_malformed(&mut self, socket: &str, (count, fault): (u64, String), now: Now) {
        if let Some(known) = self.members.own(socket, now.ms) {
            (known.malformed, known.last_fault) = (count, Some(fault));
        }
        self.shift = self.shift.max(Shift::Progress);
        self.has_new_counts = true;
    }

    /// Forgets events, and all phases but the present ones.
    pub(super) fn clear(&mut self, now: Now) {
        self.members.clear();
        self.journal.clear();
        self.phases.begin(now.ms);
        (self.shift, self.has_new_counts) = (Shift::State, true);
    }

    /// The addresses of strangers on this machine whose processes are not known yet.
    pub(super) fn strangers(&self) -> Vec<String> {
        self.strangers.wanted()
    }

    /// The processes or sockets that a person means by `target`.
    ///
    /// # Errors
    /// A sentence: there is none.
    pub(super) fn find(&self, target: &str) -> Result<HighlightView, String> {
        let is_child = |state: &ProcessState, name: &str| self.services.is_named(state, name, self.host());
        find::find(self.observatory.processes(), is_child, target)
    }

    /// Draws the conclusions of all that was handled, and of the time. Returns whether pages get them at once.
    pub(super) fn handle_time(&mut self, now: Now) -> bool {
        let changes = self.observatory.handle_timeout(now.at);
        self.handle_changes(changes, now);
        if now.at.saturating_duration_since(self.forgotten_at) >= FORGOTTEN_EVERY {
            self.forgotten_at = now.at;
            self.members.forget(&self.observatory, now.ms);
            self.phases.retain(|process, socket| self.members.socket(process, socket).is_some());
        }
        let waited = now.at.saturating_duration_since(self.shown_at);
        let lines = u32::try_from(self.graph.lines().len()).unwrap_or(u32::MAX);
        let is_due = waited >= SHOWN_EVERY.max(SHOWN_EVERY_OF_LINE * lines);
        if is_due && self.graph.version() != self.observatory.version() {
            self.draw_lines(now);
        }
        let shift = self.members.conclude(&self.graph, &self.services, &mut self.phases, now.ms);
        self.shift = self.shift.max(shift);
        if self.strangers.handle_time(now.ms) {
            self.shift = Shift::State;
        }
        self.compare_counts(now);
        let is_prompt = is_due && self.is_pending();
        if is_prompt || (is_due && self.shift == Shift::Progress && waited >= PROGRESS_EVERY) {
            self.show(now);
        }
        is_prompt
    }

    /// Whether a change that pages get at once waits for its time.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.shift, Shift::State) || self.has_lines
    }

    /// What has changed since the cursor was advanced last; it is advanced.
    pub(super) fn changes(&self, cursor: &mut CastCursor) -> CastChanges {
        CastChanges {
            cast: self.shown.unseen(&mut cursor.shown),
            counts: self.counts.unseen(&mut cursor.counts),
            events: self.journal.unseen(&mut cursor.events),
            states: self.phases.unseen(&mut cursor.states),
        }
    }

    fn handle_state(&mut self, state: ProcessState, bytes: usize, now: Now) {
        let id = state.process;
        let changes = self.observatory.handle_state(now.at, state, bytes);
        self.handle_changes(changes, now);
        let Some(process) = self.observatory.process(id) else { return };
        let member = self.members.of(id, now.ms);
        member.follow(process.state(), process.presence() == Presence::Gone, now.ms);
        while let Some(event) = member.next_waiting(process.state(), now.ms) {
            let own = journal::own(self.desk, &event);
            self.has_lines |= self.journal.handle_event(&event, process.state(), own, member, now.ms);
        }
        self.has_new_counts = true;
    }

    fn handle_event(&mut self, report: EventReport, now: Now) {
        let gap = self.observatory.handle_event(&report);
        self.handle_changes(gap, now);
        let Some(process) = self.observatory.process(report.process) else { return };
        let member = self.members.of(report.process, now.ms);
        let own = journal::own(self.desk, &report);
        let is_known = own.is_some() || process.state().sockets.iter().any(|socket| socket.name == report.socket);
        let report = if is_known { Some(report) } else { member.wait(report, now.ms) };
        if let Some(report) = report {
            self.has_lines |= self.journal.handle_event(&report, process.state(), own, member, now.ms);
        }
    }

    /// Notes since when a process has its presence, and which events are missing.
    fn handle_changes(&mut self, changes: impl IntoIterator<Item = Change>, now: Now) {
        for change in changes {
            let Some(process) = self.observatory.process(change.process()) else { continue };
            let member = self.members.of(change.process(), now.ms);
            match change {
                Change::Process { after, .. } => {
                    let silent_for = now.at.saturating_duration_since(process.heard_at());
                    let since = if after == Presence::Silent { silent_for } else { Duration::ZERO };
                    member.since_ms = now.ms - since.as_secs_f64() * 1e3;
                    if after == Presence::Gone {
                        member.follow(process.state(), true, now.ms);
                    }
                    // Rates are those of processes that report.
                    (self.shift, self.has_new_counts) = (Shift::State, true);
                }
                Change::Gap { missing, .. } => {
                    self.has_lines |= self.journal.handle_gap(process.state(), missing, member, now.ms);
                }
                Change::Socket { .. } | Change::Connection { .. } => {}
            }
        }
    }

    fn draw_lines(&mut self, now: Now) {
        let (observatory, members) = (&self.observatory, &self.members);
        self.graph = Graph::new(observatory, |id| members.get(id).map_or(now.ms, |member| member.since_ms));
        let host = observatory.process(self.desk).map(|desk| &desk.state().host);
        self.strangers.follow(self.graph.unknown(observatory.processes(), host), now.ms);
        self.shift = Shift::State;
    }

    /// The machine of the desk, once it reports.
    fn host(&self) -> Option<&Label> {
        self.observatory.process(self.desk).map(|desk| &desk.state().host)
    }

    fn compare_counts(&mut self, now: Now) {
        let is_due = now.at.saturating_duration_since(self.counted_at) >= COUNTED_EVERY;
        // Places in lines of another version are those of other processes.
        if is_due && self.has_new_counts && self.graph.version() == self.observatory.version() {
            (self.counted_at, self.has_new_counts) = (now.at, false);
            self.flows.follow(self.observatory.processes(), self.graph.lines());
            self.counts.follow(self.observatory.processes(), self.desk, &self.members, &self.flows);
        }
    }

    fn show(&mut self, now: Now) {
        (self.shown_at, self.has_lines) = (now.at, false);
        if std::mem::replace(&mut self.shift, Shift::None) == Shift::None {
            return;
        }
        let host = self.host();
        let parts = Parts {
            observatory: &self.observatory,
            graph: &self.graph,
            strangers: &self.strangers,
            members: &self.members,
            services: &self.services,
            host,
            desk: self.desk,
            fault: self.fault.as_deref(),
            now_ms: now.ms,
        };
        let view = parts.view();
        self.shown.show(view);
    }
}

/// The name of a socket among all sockets.
fn key(process: ProcessId, socket: &str) -> String {
    format!("{process}/{socket}")
}

/// A time from a report, which cannot be later than now.
fn past(reported_ms: f64, now_ms: f64) -> f64 {
    reported_ms.max(0.0).min(now_ms)
}

#[cfg(test)]
mod tests;
