//! The list of the events of all monitors: each in words, repetitions in one line, gaps in separate lines. Pure.

use wire::{
    foreign,
    monitor::{EventKind, MonitorEvent},
    report::{Event, EventReport, ProcessId, ProcessState, SocketState},
};

use super::{super::ring::Ring, key, member::Member, past, story::Meaning};
use crate::{
    own::Own,
    sentence::{self, Subject},
    view::{Mark, MonitorLine},
};

/// How many lines are kept.
pub(in crate::dashboard) const EVENTS_MAX: usize = 1_000;

/// The lines.
#[derive(Debug)]
pub(super) struct Journal {
    lines: Ring<MonitorLine>,
}

impl Journal {
    pub(super) const fn new() -> Self {
        Self { lines: Ring::new(EVENTS_MAX) }
    }

    /// Takes an event of a process that has this state; `own` if it is one of the desk's own sockets. Returns whether there is
    /// a new line.
    pub(super) fn handle_event(
        &mut self,
        report: &EventReport,
        state: &ProcessState,
        own: Option<&'static Own>,
        member: &mut Member,
        now_ms: f64,
    ) -> bool {
        let event = monitor_event(&report.event);
        let time_ms = past(report.event.time_ms, now_ms);
        let socket = state.sockets.iter().find(|socket| socket.name == report.socket);
        let Some(known) = member.socket(&report.socket, now_ms) else {
            return self.handle_gap(state, 1, member, now_ms);
        };
        match event.kind {
            EventKind::Listening => known.link.succeed(),
            // The desk reports more about the sockets that it binds.
            EventKind::BindFailed if !known.link.is_failing() => {
                let reason = std::io::Error::from_raw_os_error(event.value.cast_signed()).to_string();
                known.link.fail(reason, time_ms);
            }
            _ => {}
        }
        let Some(meaning) = known.story.handle_event(&event, socket, now_ms) else { return false };
        let Meaning { mark, is_major, is_lost, is_bound, peers, repeats } = meaning;
        let (name, kind) = (name(state, report, socket, own), socket.map_or("", |socket| socket.kind.as_str()));
        let subject = Subject { name: &name, kind, is_bound, peers, own };
        let mut sentence = sentence::sentence(&subject, &event, is_lost);
        let endpoint = foreign(&event.endpoint).to_string();
        let is_counted = repeats.is_some_and(|line| {
            self.lines.change(line, |line| {
                line.last_ms = time_ms;
                line.count = line.count.saturating_add(1);
                (line.value, line.endpoint) = (event.value, endpoint.clone());
                line.sentence = std::mem::take(&mut sentence);
            })
        });
        if is_counted {
            return false;
        }
        if !member.may_have_line(now_ms) {
            return self.handle_gap(state, 1, member, now_ms);
        }
        let id = self.lines.push(|id| MonitorLine {
            id,
            time_ms,
            last_ms: time_ms,
            count: 1,
            socket: key(report.process, report.socket.as_str()),
            name,
            event: foreign(report.event.name.as_str()).at_most(64).to_string(),
            number: event.kind.number(),
            value: event.value,
            endpoint,
            mark,
            is_major,
            sentence,
        });
        if let Some(known) = member.socket(&report.socket, now_ms) {
            known.story.begin_line(event.kind, id, now_ms);
        }
        true
    }

    /// Events of a process are missing: a separate line, at its first socket. Returns whether it is a new one.
    pub(super) fn handle_gap(&mut self, state: &ProcessState, missing: u64, member: &mut Member, now_ms: f64) -> bool {
        let (line, missing) = member.count_missing(missing, now_ms);
        let name = process_name(state);
        let (value, sentence) = (u32::try_from(missing).unwrap_or(u32::MAX), sentence::gap(&name, missing));
        let is_counted = line.is_some_and(|line| {
            self.lines.change(line, |line| {
                (line.last_ms, line.value) = (now_ms, value);
                line.count = line.count.saturating_add(1);
                line.sentence.clone_from(&sentence);
            })
        });
        if is_counted {
            return false;
        }
        let id = self.lines.push(|id| MonitorLine {
            id,
            time_ms: now_ms,
            last_ms: now_ms,
            count: 1,
            socket: key(state.process, state.sockets.first().map_or("", |socket| socket.name.as_str())),
            name,
            event: "GAP".to_owned(),
            number: 0,
            value,
            endpoint: String::new(),
            mark: Mark::Other,
            is_major: false,
            sentence,
        });
        member.begin_gap(id, missing, now_ms);
        true
    }

    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    pub(super) fn unseen(&self, seen: &mut u64) -> Vec<MonitorLine> {
        self.lines.unseen(seen)
    }
}

/// A socket in words: `tickz publish XPUB`, or as the desk names it. If it was never reported, by its name.
fn name(state: &ProcessState, report: &EventReport, socket: Option<&SocketState>, own: Option<&Own>) -> String {
    match (own, socket) {
        (Some(own), _) => own.words.to_owned(),
        (None, Some(socket)) => {
            format!("{} {}", process_name(state), foreign(socket.kind.as_str()).at_most(16))
        }
        (None, None) => format!("{} {}", process_name(state), report.socket),
    }
}

fn process_name(state: &ProcessState) -> String {
    let (program, role) = (foreign(state.program.as_str()).at_most(64), foreign(state.role.as_str()).at_most(64));
    format!("{program} {role}").trim_end().to_owned()
}

/// The event as a monitor has it. The name of one that this build does not know ends with its number.
fn monitor_event(event: &Event) -> MonitorEvent {
    let number = || {
        let hex = event.name.as_str().strip_prefix("UNKNOWN(0x")?.strip_suffix(')')?;
        u16::from_str_radix(hex, 16).ok()
    };
    let kind = event.kind().unwrap_or_else(|| EventKind::Unknown(number().unwrap_or(0)));
    MonitorEvent { kind, value: event.value, endpoint: event.endpoint.as_str().to_owned() }
}

/// The socket of the desk that is meant, if it is one of the six.
pub(super) fn own(desk: ProcessId, report: &EventReport) -> Option<&'static Own> {
    Own::named(report.socket.as_str()).filter(|_| report.process == desk)
}
