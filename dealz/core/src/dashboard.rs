//! What the desk shows, folded from what happens. Pure: no socket, no clock.
//!
//! Events go in by [`Dashboard::handle`] and change what is known; [`Dashboard::handle_time`] draws the conclusions, about
//! thirty times a second. What is shown has five sections, each with a version, and three rings of numbered things. A page
//! holds a [`Cursor`], which says what it has seen: [`Dashboard::changes`] gives it the sections of another version and
//! the things with a higher number. So a page that looks seldom gets the newest state, and nothing queues up for it.
//!
//! - [`ring`], [`points`]: the last things of a kind
//! - [`socket`]: one of the six sockets
//! - [`talk`]: the chat
//! - [`workers`]: who values orders

mod points;
mod ring;
mod socket;
mod talk;
pub(crate) mod workers;

use wire::monitor::MonitorEvent;

use self::{
    points::Points,
    ring::Ring,
    socket::SocketFold,
    talk::{NewLine, Talk},
    workers::Workers,
};
use crate::{
    event::{Event, ValuzReport},
    view::{ChatzView, Line, MonitorLine, ProcessView, SocketId, SocketView, TickzView, Update, ValuzState, ValuzView},
};

/// How many lines of the conversation are kept.
const LINES_MAX: usize = 500;

/// How many events of all monitors are kept.
const EVENTS_MAX: usize = 1_000;

/// What is known, and what is shown of it.
pub(crate) struct Dashboard {
    /// Rises when everything begins anew: then pages get a snapshot.
    generation: u64,
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
    points: Points,
    lines: Ring<Line>,
    events: Ring<MonitorLine>,
}

/// What a page has seen. A new one has seen nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    generation: u64,
    sockets: u64,
    tickz: u64,
    chatz: u64,
    valuz: u64,
    processes: u64,
    points: u64,
    lines: u64,
    events: u64,
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

    fn news(&self, seen: &mut u64) -> Option<T> {
        let seen = std::mem::replace(seen, self.version);
        (seen != self.version).then(|| self.shown.clone())
    }
}

impl Dashboard {
    /// Before anything has happened: where the sockets are to be, in the order of [`SocketId::ALL`], who we are, and what
    /// workers call this machine.
    pub(crate) fn new(endpoints: [&str; SocketId::ALL.len()], name: &str, host: String, now_ms: f64) -> Self {
        let folds = SocketId::ALL.map(|id| SocketFold::new(id, endpoints[id.index()], now_ms));
        let talk = Talk::new(name);
        let state = ValuzState::Unavailable { reason: "the sockets are not bound yet".to_owned() };
        let report = ValuzReport { state, batch: None, workers: Vec::new(), nameless: 0 };
        let valuz = ValuzView { state: report.state.clone(), batch: None, workers: Vec::new(), nameless: 0, wanted: 0 };
        Self {
            generation: 1,
            sockets: Section::new(folds.iter().map(SocketFold::view).collect()),
            tickz: Section::new(TickzView::default()),
            chatz: Section::new(talk.view.clone()),
            valuz: Section::new(valuz),
            processes: Section::new(Vec::new()),
            folds,
            talk,
            report,
            wanted: 0,
            composer: Workers::new(host),
            points: Points::default(),
            lines: Ring::new(LINES_MAX),
            events: Ring::new(EVENTS_MAX),
        }
    }

    /// Something happened.
    pub(crate) fn handle(&mut self, event: Event, now_ms: f64) {
        match event {
            Event::Monitor(id, event) => self.handle_monitor(id, event, now_ms),
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
            Event::Named(name) => {
                let line = self.talk.handle_name(&name);
                self.add_line(line, now_ms);
            }
            Event::Chatz(event) => {
                let line = self.talk.handle(event);
                self.add_line(line, now_ms);
            }
            Event::Valuz(report) => self.report = report,
            Event::Processes(processes, wanted) => {
                self.processes.show(processes);
                self.wanted = wanted;
            }
            Event::Reset => self.reset(),
        }
    }

    /// Draws the conclusions of all that was handled, and of the time.
    pub(crate) fn handle_time(&mut self, now_ms: f64) {
        self.folds.iter_mut().for_each(|fold| fold.handle_time(now_ms));
        self.sockets.show(self.folds.iter().map(SocketFold::view).collect());
        self.chatz.show(self.talk.view.clone());
        let ValuzReport { state, batch, workers, nameless } = &self.report;
        self.valuz.show(ValuzView {
            state: state.clone(),
            batch: batch.clone(),
            workers: self.composer.compose(workers, &self.processes.shown),
            nameless: *nameless,
            wanted: self.wanted,
        });
    }

    /// What has changed since the cursor was moved last, if anything has; the cursor is moved.
    pub(crate) fn changes(&self, cursor: &mut Cursor, now_ms: f64) -> Option<Update> {
        let snapshot = cursor.generation != self.generation;
        if snapshot {
            *cursor = Cursor { generation: self.generation, ..Cursor::default() };
        }
        let update = Update {
            time_ms: now_ms,
            snapshot,
            sockets: self.sockets.news(&mut cursor.sockets),
            tickz: self.tickz.news(&mut cursor.tickz),
            chatz: self.chatz.news(&mut cursor.chatz),
            valuz: self.valuz.news(&mut cursor.valuz),
            processes: self.processes.news(&mut cursor.processes),
            points: self.points.news(&mut cursor.points),
            lines: self.lines.news(&mut cursor.lines),
            events: self.events.news(&mut cursor.events),
        };
        (!update.is_empty()).then_some(update)
    }

    fn handle_monitor(&mut self, id: SocketId, event: MonitorEvent, now_ms: f64) {
        let Some((mark, sentence)) = self.folds[id.index()].handle_event(&event, now_ms) else { return };
        self.events.push(|number| MonitorLine {
            id: number,
            time_ms: now_ms,
            socket: id,
            event: event.kind.name().to_owned(),
            number: event.kind.number(),
            value: event.value,
            endpoint: event.endpoint,
            mark,
            sentence,
        });
    }

    fn add_line(&mut self, line: Option<NewLine>, now_ms: f64) {
        if let Some(NewLine { kind, user, text }) = line {
            self.lines.push(|id| Line { id, time_ms: now_ms, kind, user, text });
        }
    }

    fn reset(&mut self) {
        self.generation += 1;
        self.folds.iter_mut().for_each(SocketFold::clear);
        self.talk.clear();
        self.points.clear();
        self.lines.clear();
        self.events.clear();
    }
}

#[cfg(test)]
mod tests;
