//! The cast: every process that reports, its sockets, and the lines between them, folded from reports. Pure.
//!
//! Reports come often, and most of them change nothing but counts. So the cast is made again only after a change of anything
//! else, and at most ten times a second; the progress of attempts to connect alone waits for a second. The counts of a process
//! are sent if they have changed, with prices and other counts.
//!
//! - `link`, [`attempts`]: the state of a socket
//! - `story`, `journal`: events in words; `phases`: the time lines
//! - `graph`, [`strangers`]: lines, and those at their ends that do not report
//! - `member`, `roster`: what is known of a process, and which of its sockets are shown
//! - `view`, `counts`, `limits`: what a page receives

mod attempts;
mod counts;
mod graph;
mod journal;
mod limits;
mod link;
mod member;
mod phases;
mod roster;
#[cfg(test)]
pub(super) mod sample;
mod story;
mod strangers;
mod view;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use observatory::{Change, Flows, Observatory, Presence};
use wire::report::{EventReport, ProcessId, ProcessState, Report, SocketName};

use self::{
    counts::Counts,
    graph::Graph,
    journal::Journal,
    link::Shift,
    member::{Known, Member},
    phases::Phases,
    strangers::Strangers,
    view::Parts,
};
#[cfg(test)]
pub(super) use self::{journal::EVENTS_MAX, phases::STATES_MAX};
use super::Section;
use crate::{
    clock::Now,
    event::Silence,
    own::{OWN, Own},
    view::{CastView, MonitorLine, ProcessCounts, ProcessView, StateChange},
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
    /// All processes that are kept, and the desk.
    members: BTreeMap<ProcessId, Member>,
    graph: Graph,
    strangers: Strangers,
    flows: Flows,
    /// The processes that the desk has started, by their process ids.
    children: BTreeMap<u32, String>,
    /// The services whose processes are suspended, by their names.
    asleep: BTreeMap<String, Silence>,
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
        let mut member = Member::new(now.ms);
        for name in OWN.iter().filter_map(|own| own.name.parse().ok()) {
            let _ = member.socket(&name, now.ms);
        }
        Self {
            desk,
            observatory: Observatory::new(),
            members: [(desk, member)].into(),
            graph: Graph::default(),
            strangers: Strangers::default(),
            flows: Flows::new(),
            children: BTreeMap::new(),
            asleep: BTreeMap::new(),
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
    pub(super) fn handle_holder(&mut self, address: &str, holder: Option<String>) {
        self.strangers.handle_holder(address, holder);
        self.shift = Shift::State;
    }

    /// Takes what the desk knows of the processes that it has started or found.
    pub(super) fn handle_processes(&mut self, processes: &[ProcessView]) {
        let children = processes.iter().filter_map(|process| Some((process.pid?, process)));
        let children = children.filter(|(_, process)| !is_elsewhere(process));
        let children = children.map(|(pid, process)| (pid, process.id.clone())).collect();
        let asleep = processes.iter().filter_map(|process| Some((process.id.clone(), sleep(process)?))).collect();
        if (&self.children, &self.asleep) != (&children, &asleep) {
            (self.children, self.asleep) = (children, asleep);
            self.shift = Shift::State;
        }
    }

    /// One of the desk's own sockets could not be bound.
    pub(super) fn handle_bind_failed(&mut self, socket: &str, reason: String, now: Now) {
        if let Some(known) = self.own(socket, now) {
            known.link.fail(reason, now.ms);
        }
    }

    /// Nothing is heard on one of the desk's own sockets, or something is again.
    pub(super) fn handle_silence(&mut self, socket: &str, silence: Option<Silence>, now: Now) {
        if let Some(known) = self.own(socket, now) {
            known.unheard = silence;
        }
    }

    /// One of the desk's own sockets has received this many malformed messages, the last one with this fault.
    pub(super) fn handle_malformed(&mut self, socket: &str, (count, fault): (u64, String), now: Now) {
        if let Some(known) = self.own(socket, now) {
            (known.malformed, known.last_fault) = (count, Some(fault));
        }
        self.shift = self.shift.max(Shift::Progress);
        self.has_new_counts = true;
    }

    /// Forgets events, and all phases but the present ones.
    pub(super) fn clear(&mut self, now: Now) {
        self.members.values_mut().for_each(Member::clear);
        self.journal.clear();
        self.phases.begin(now.ms);
        (self.shift, self.has_new_counts) = (Shift::State, true);
    }

    /// The addresses of strangers on this machine whose processes are not known yet.
    pub(super) fn strangers(&self) -> Vec<String> {
        self.strangers.wanted()
    }

    /// Draws the conclusions of all that was handled, and of the time. Returns whether pages get them at once.
    pub(super) fn handle_time(&mut self, now: Now) -> bool {
        let changes = self.observatory.handle_timeout(now.at);
        self.handle_changes(changes, now);
        self.forget(now);
        let waited = now.at.saturating_duration_since(self.shown_at);
        let lines = u32::try_from(self.graph.lines().len()).unwrap_or(u32::MAX);
        let is_due = waited >= SHOWN_EVERY.max(SHOWN_EVERY_OF_LINE * lines);
        if is_due && self.graph.version() != self.observatory.version() {
            self.draw_lines(now);
        }
        self.conclude(now);
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
        let member = self.members.entry(id).or_insert_with(|| Member::new(now.ms));
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
        let member = self.members.entry(report.process).or_insert_with(|| Member::new(now.ms));
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
            let member = self.members.entry(change.process()).or_insert_with(|| Member::new(now.ms));
            match change {
                Change::Process { after, .. } => {
                    let silent_for = now.at.saturating_duration_since(process.heard_at());
                    let since = if after == Presence::Silent { silent_for } else { Duration::ZERO };
                    member.since_ms = now.ms - since.as_secs_f64() * 1e3;
                    if after == Presence::Gone {
                        member.follow(process.state(), true, now.ms);
                    }
                    self.shift = Shift::State;
                }
                Change::Gap { missing, .. } => {
                    self.has_lines |= self.journal.handle_gap(process.state(), missing, member, now.ms);
                }
                Change::Socket { .. } | Change::Connection { .. } => {}
            }
        }
    }

    /// Forgets processes and sockets that are no longer there.
    fn forget(&mut self, now: Now) {
        if now.at.saturating_duration_since(self.forgotten_at) < FORGOTTEN_EVERY {
            return;
        }
        self.forgotten_at = now.at;
        let (desk, observatory) = (self.desk, &self.observatory);
        self.members.retain(|id, _| *id == desk || observatory.process(*id).is_some());
        for (id, member) in &mut self.members {
            member.forget(now.ms, |name| *id == desk && Own::named(name.as_str()).is_some());
        }
        let members = &self.members;
        self.phases.retain(|id, name| members.get(&id).is_some_and(|member| member.sockets.contains_key(name)));
    }

    fn draw_lines(&mut self, now: Now) {
        let (observatory, members) = (&self.observatory, &self.members);
        self.graph = Graph::new(observatory, |id| members.get(&id).map_or(now.ms, |member| member.since_ms));
        let host = observatory.process(self.desk).map(|desk| &desk.state().host);
        self.strangers.follow(self.graph.unknown(observatory.processes(), host), now.ms);
        self.shift = Shift::State;
    }

    /// Concludes the state of each socket.
    fn conclude(&mut self, now: Now) {
        let requests = OWN[0]
            .name
            .parse()
            .ok()
            .and_then(|name: SocketName| self.members.get(&self.desk)?.sockets.get(&name)?.unheard.clone());
        for (id, member) in &mut self.members {
            for (name, known) in &mut member.sockets {
                let place = (*id, name.clone());
                let own = Own::named(name.as_str()).filter(|own| *id == self.desk && own.connects());
                let service = own.and_then(|own| self.asleep.get(own.channel.program));
                // Broadcasts cannot be trusted while requests get no reply.
                let server = requests.as_ref().filter(|_| own.is_some_and(|own| own.name == OWN[1].name));
                let silence = service.or_else(|| self.graph.silence(&place)).or(known.unheard.as_ref()).or(server);
                known.link.set_inside(self.graph.inside(&place), now.ms);
                let mut shift = known.link.conclude(silence, now.ms);
                if known.story.handle_time(now.ms) {
                    shift = Shift::State;
                }
                self.shift = self.shift.max(shift);
                let phase = known.link.phase();
                if known.phase != Some(phase) {
                    let time_ms = if known.phase.is_none() { known.link.since_ms() } else { now.ms };
                    known.phase = Some(phase);
                    self.phases.note(*id, name, phase, time_ms);
                }
            }
        }
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
        let host = self.observatory.process(self.desk).map(|desk| &desk.state().host);
        let children = &self.children;
        let child = |state: &ProcessState| children.get(&state.pid).filter(|_| host == Some(&state.host)).cloned();
        let parts = Parts {
            observatory: &self.observatory,
            graph: &self.graph,
            strangers: &self.strangers,
            members: &self.members,
            child: &child,
            desk: self.desk,
            fault: self.fault.as_deref(),
            now_ms: now.ms,
        };
        let view = parts.view();
        self.shown.show(view);
    }

    /// One of the desk's own sockets.
    fn own(&mut self, socket: &str, now: Now) -> Option<&mut Known> {
        let name = socket.parse().ok()?;
        self.members.get_mut(&self.desk)?.socket(&name, now.ms)
    }
}

fn is_elsewhere(process: &ProcessView) -> bool {
    matches!(process.state, crate::view::ProcessState::Elsewhere { .. })
}

/// That nothing can be heard from a process because it is suspended.
fn sleep(process: &ProcessView) -> Option<Silence> {
    use crate::view::ProcessState::{Elsewhere, Suspended};
    let name = match &process.state {
        Suspended => &process.id,
        Elsewhere { holder, suspended: true } => holder,
        _ => return None,
    };
    Some(Silence { since_ms: process.since_ms, reason: format!("{name} is suspended") })
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
