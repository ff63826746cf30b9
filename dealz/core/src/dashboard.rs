//! What the desk shows, folded from what happens. Pure: no socket, no clock.
//!
//! Events go in by [`Dashboard::handle`] and change what is known; [`Dashboard::handle_time`] draws the conclusions, up to
//! thirty times a second. What is shown has six sections, each with a version, and rings of numbered items. A page holds a
//! [`Cursor`] of what it has seen: [`Dashboard::changes`] returns the sections with another version and the items that are
//! newer. So a page that rarely looks gets the newest state, and nothing queues up for it. Prices and counts that alone have
//! changed wait for up to half a second: each update has pages drawn again, and people read no faster.
//!
//! - [`ring`], [`points`]: the last items of a kind
//! - [`socket`]: one of the six sockets
//! - [`talk`]: the chat
//! - [`workers`]: the workers that value orders

mod points;
mod ring;
mod socket;
mod talk;
pub(crate) mod workers;

use wire::{foreign, monitor::MonitorEvent};

use self::{
    points::Points,
    ring::Ring,
    socket::{Meaning, SocketFold},
    talk::{NewLine, Talk},
    workers::Workers,
};
use crate::{
    event::{Event, Silence, ValuzReport},
    feeds::valuz::COUNT_MAX,
    view::{
        ChatzView, Line, MonitorLine, Phase, ProcessState, ProcessView, SocketId, SocketView, StateChange, TickzView,
        Update, ValuzState, ValuzView,
    },
};

/// How many lines of the conversation are kept.
const LINES_MAX: usize = 500;

/// How many lines of events of all monitors are kept.
const EVENTS_MAX: usize = 1_000;

/// How many phases of one socket are kept.
const STATES_MAX: usize = 100;

/// How long a page may be without an update: one that hears nothing for longer knows that it is cut off.
const BEAT_MS: f64 = 1_000.0;

/// How long prices and counts may wait for the next update: a little less than the time of two counts of messages.
const COUNTS_MS: f64 = 490.0;

/// What is known, and what is shown of it.
pub(crate) struct Dashboard {
    /// Rises when everything begins again: then pages get a snapshot.
    generation: u64,
    /// When it last drew its conclusions.
    time_ms: f64,
    /// How many conclusions a page gets at once: those with other changes than prices and counts.
    prompt: u64,
    /// Whether the next one is such a conclusion.
    is_prompt: bool,
    folds: [SocketFold; SocketId::ALL.len()],
    talk: Talk,
    report: ValuzReport,
    wanted: u32,
    composer: Workers,
    sockets: Section<Vec<SocketView>>,
    tickz: Section<TickzView>,
    chatz: Section<ChatzView>,
    valuz: Section<ValuzView>,
    processes: Section<Vec<ProcessView>>,
    dropped_events: Section<u64>,
    points: Points,
    lines: Ring<Line>,
    events: Ring<MonitorLine>,
    states: [Ring<StateChange>; SocketId::ALL.len()],
    /// The phase of each socket.
    phases: [Phase; SocketId::ALL.len()],
}

/// What a page has seen. A new one has seen nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    generation: u64,
    /// The time of its last update.
    time_ms: f64,
    prompt: u64,
    sockets: u64,
    tickz: u64,
    chatz: u64,
    valuz: u64,
    processes: u64,
    dropped_events: u64,
    points: u64,
    lines: u64,
    events: u64,
    states: [u64; SocketId::ALL.len()],
}

/// A part of what is shown, and how many times it has changed.
struct Section<T> {
    shown: T,
    version: u64,
}

impl<T: Clone + PartialEq> Section<T> {
    const fn new(shown: T) -> Self {
        Self { shown, version: 1 }
    }

    fn show(&mut self, shown: T) {
        if self.shown != shown {
            self.shown = shown;
            self.version += 1;
        }
    }

    /// What is shown, if that is another version than the one `seen`, which is advanced.
    fn unseen(&self, seen: &mut u64) -> Option<T> {
        let seen = std::mem::replace(seen, self.version);
        (seen != self.version).then(|| self.shown.clone())
    }
}

impl Dashboard {
    /// A dashboard before anything has happened: the endpoints in the order of [`SocketId::ALL`], the name of this desk in
    /// the chat, and the name that workers have for this machine.
    pub(crate) fn new(endpoints: [&str; SocketId::ALL.len()], name: &str, host: String, now_ms: f64) -> Self {
        let folds = SocketId::ALL.map(|id| SocketFold::new(id, endpoints[id.index()], now_ms));
        let talk = Talk::new(name);
        let state = ValuzState::Unavailable { reason: "the sockets are not bound yet".to_owned() };
        let report = ValuzReport { state, batch: None, workers: Vec::new(), nameless: 0, recommended: Vec::new() };
        let valuz = ValuzView {
            state: report.state.clone(),
            batch: None,
            workers: Vec::new(),
            nameless: 0,
            wanted: 0,
            recommended: Vec::new(),
            count_max: COUNT_MAX,
        };
        let mut dashboard = Self {
            generation: 1,
            time_ms: now_ms,
            prompt: 0,
            is_prompt: false,
            sockets: Section::new(folds.iter().map(SocketFold::view).collect()),
            tickz: Section::new(TickzView::default()),
            chatz: Section::new(talk.view.clone()),
            valuz: Section::new(valuz),
            processes: Section::new(Vec::new()),
            dropped_events: Section::new(0),
            phases: folds.each_ref().map(SocketFold::phase),
            folds,
            talk,
            report,
            wanted: 0,
            composer: Workers::new(host),
            points: Points::default(),
            lines: Ring::new(LINES_MAX),
            events: Ring::new(EVENTS_MAX),
            states: SocketId::ALL.map(|_| Ring::new(STATES_MAX)),
        };
        dashboard.begin_phases(now_ms);
        dashboard
    }

    /// Takes an event.
    pub(crate) fn handle(&mut self, event: Event, now_ms: f64) {
        self.is_prompt |= self.is_prompt_by(&event);
        match event {
            Event::Monitor(id, event) => self.handle_monitor(id, event, now_ms),
            Event::Dropped(count) => self.dropped_events.show(count),
            Event::BindFailed(id, reason) => self.folds[id.index()].handle_bind_failed(reason, now_ms),
            Event::Silent(id, silence) => self.folds[id.index()].handle_silence(silence, now_ms),
            Event::Malformed(id, count, fault) => self.folds[id.index()].handle_malformed(count, fault),
            Event::Traffic(counts) => {
                for (fold, counts) in self.folds.iter_mut().zip(counts) {
                    fold.handle_counts(counts, now_ms);
                }
            }
            Event::Tickz(view, points) => {
                self.points.handle(&view.quotes, points);
                self.tickz.show(view);
            }
            Event::Named(name) => self.talk.handle_name(&name),
            Event::Chatz(event) => {
                let line = self.talk.handle(event);
                self.add_line(line, now_ms);
            }
            Event::Valuz(report) => self.report = report,
            Event::Processes(processes, wanted) => {
                self.processes.show(processes);
                self.wanted = wanted;
            }
            Event::Reset => self.reset(now_ms),
            // What is shown stays.
            Event::End => {}
        }
        self.note_phases(now_ms);
    }

    /// Draws the conclusions of all that was handled, and of the time.
    pub(crate) fn handle_time(&mut self, now_ms: f64) {
        self.time_ms = now_ms;
        for id in SocketId::ALL {
            let silence = self.silence_of_service(id);
            let fold = &mut self.folds[id.index()];
            fold.handle_sleep(silence, now_ms);
            fold.handle_time(now_ms);
        }
        self.note_phases(now_ms);
        self.prompt += u64::from(std::mem::take(&mut self.is_prompt));
        self.sockets.show(self.folds.iter().map(SocketFold::view).collect());
        self.chatz.show(self.talk.view.clone());
        let ValuzReport { state, batch, workers, nameless, recommended } = &self.report;
        self.valuz.show(ValuzView {
            state: state.clone(),
            batch: batch.clone(),
            workers: self.composer.compose(workers, &self.processes.shown),
            nameless: *nameless,
            wanted: self.wanted,
            recommended: recommended.clone(),
            count_max: COUNT_MAX,
        });
    }

    /// What has changed since the cursor was advanced last, if that is due, or a sign of life if that is a second ago; the
    /// cursor is advanced.
    pub(crate) fn changes(&self, cursor: &mut Cursor) -> Option<Update> {
        let snapshot = cursor.generation != self.generation;
        // A clock that was put back is no reason to be silent.
        let elapsed_ms = (self.time_ms - cursor.time_ms).abs();
        if !snapshot && cursor.prompt == self.prompt && elapsed_ms < COUNTS_MS {
            return None;
        }
        if snapshot {
            *cursor = Cursor { generation: self.generation, ..Cursor::default() };
        }
        cursor.prompt = self.prompt;
        let update = Update {
            time_ms: self.time_ms,
            snapshot,
            sockets: self.sockets.unseen(&mut cursor.sockets),
            tickz: self.tickz.unseen(&mut cursor.tickz),
            chatz: self.chatz.unseen(&mut cursor.chatz),
            valuz: self.valuz.unseen(&mut cursor.valuz),
            processes: self.processes.unseen(&mut cursor.processes),
            dropped_events: self.dropped_events.unseen(&mut cursor.dropped_events),
            points: self.points.unseen(&mut cursor.points),
            lines: self.lines.unseen(&mut cursor.lines),
            events: self.events.unseen(&mut cursor.events),
            states: self.states.iter().zip(&mut cursor.states).flat_map(|(ring, seen)| ring.unseen(seen)).collect(),
        };
        if update.is_empty() && elapsed_ms < BEAT_MS {
            return None;
        }
        cursor.time_ms = self.time_ms;
        Some(update)
    }

    /// Whether pages are to get an event at once. Of those of monitors the lines and the phases decide.
    fn is_prompt_by(&self, event: &Event) -> bool {
        match event {
            Event::Monitor(..) | Event::Dropped(_) | Event::Malformed(..) | Event::Traffic(_) => false,
            Event::Tickz(view, _) => !symbols(view).eq(symbols(&self.tickz.shown)),
            Event::Processes(processes, wanted) => {
                *wanted != self.wanted || !states(processes).eq(states(&self.processes.shown))
            }
            _ => true,
        }
    }

    fn handle_monitor(&mut self, id: SocketId, event: MonitorEvent, now_ms: f64) {
        let Some(meaning) = self.folds[id.index()].handle_event(&event, now_ms) else { return };
        let Meaning { mark, is_major, sentence, repeats } = meaning;
        let mut sentence = Some(sentence);
        let is_counted = repeats.is_some_and(|line| {
            self.events.change(line, |line| {
                line.last_ms = now_ms;
                line.count = line.count.saturating_add(1);
                line.value = event.value;
                line.endpoint = foreign(&event.endpoint).to_string();
                line.sentence = sentence.take().unwrap_or_default();
            })
        });
        if is_counted {
            return;
        }
        let line = self.events.push(|number| MonitorLine {
            id: number,
            time_ms: now_ms,
            last_ms: now_ms,
            count: 1,
            socket: id,
            event: event.kind.name().to_owned(),
            number: event.kind.number(),
            value: event.value,
            endpoint: foreign(&event.endpoint).to_string(),
            mark,
            is_major,
            sentence: sentence.unwrap_or_default(),
        });
        self.folds[id.index()].begin_line(event.kind, line, now_ms);
        self.is_prompt = true;
    }

    /// Why nothing can be heard from the service of a socket that connects: its process is suspended, or does not answer
    /// its other socket.
    fn silence_of_service(&self, id: SocketId) -> Option<Silence> {
        if id.binds() {
            return None;
        }
        let process = self.processes.shown.iter().find(|process| process.id == id.service());
        let suspended = process.and_then(|process| {
            let name = match &process.state {
                ProcessState::Suspended => &process.id,
                ProcessState::Elsewhere { holder, suspended: true } => holder,
                _ => return None,
            };
            Some(Silence { since_ms: process.since_ms, reason: format!("{name} is suspended") })
        });
        let unheard = || self.folds[SocketId::ChatzReq.index()].unheard().filter(|_| id == SocketId::ChatzSub).cloned();
        suspended.or_else(unheard)
    }

    /// Notes the phases that have begun.
    fn note_phases(&mut self, now_ms: f64) {
        for id in SocketId::ALL {
            let phase = self.folds[id.index()].phase();
            if self.phases[id.index()] != phase {
                self.phases[id.index()] = phase;
                self.is_prompt = true;
                self.states[id.index()].push(|_| StateChange { socket: id, time_ms: now_ms, phase });
            }
        }
    }

    /// Has the list of phases begin with those of now.
    fn begin_phases(&mut self, now_ms: f64) {
        for id in SocketId::ALL {
            let phase = self.phases[id.index()];
            self.states[id.index()].clear();
            self.states[id.index()].push(|_| StateChange { socket: id, time_ms: now_ms, phase });
        }
    }

    fn add_line(&mut self, line: Option<NewLine>, now_ms: f64) {
        if let Some(NewLine { kind, user, text }) = line {
            self.lines.push(|id| Line { id, time_ms: now_ms, kind, user, text });
        }
    }

    fn reset(&mut self, now_ms: f64) {
        self.generation += 1;
        self.folds.iter_mut().for_each(SocketFold::clear);
        self.talk.clear();
        self.points.clear();
        self.lines.clear();
        self.events.clear();
        self.begin_phases(now_ms);
    }
}

/// The followed symbols.
fn symbols(view: &TickzView) -> impl Iterator<Item = &str> {
    view.quotes.iter().map(|quote| quote.symbol.as_str())
}

/// What processes do, and which ones they are.
fn states(processes: &[ProcessView]) -> impl Iterator<Item = (Option<u32>, &ProcessState)> {
    processes.iter().map(|process| (process.pid, &process.state))
}

#[cfg(test)]
mod tests;
