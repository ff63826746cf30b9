//! What the desk shows, folded from what happens. Pure: no socket, no clock.
//!
//! Events go in by [`Dashboard::handle`] and change what is known; [`Dashboard::handle_time`] draws the conclusions, up to
//! thirty times a second. What is shown has sections, each with a version, and numbered items. A page holds a
//! [`Cursor`] of what it has seen: [`Dashboard::changes`] returns the sections with another version and the items that are
//! newer. So a page that rarely looks gets the newest state, and nothing queues up for it. Prices, counts and
//! the words of expectations that alone have changed wait for up to half a second: each update has pages drawn again, and people read no faster.
//!
//! - [`ring`], [`points`]: the last items of a kind
//! - [`cast`]: the processes that report, their sockets and their events
//! - [`talk`]: the chat
//! - [`guide`]: what commands have the pages show
//! - [`workers`]: the workers that value orders

mod cast;
mod guide;
mod points;
mod ring;
mod talk;
pub(crate) mod workers;

use wire::report::ProcessId;

use self::{
    cast::{Cast, CastChanges, CastCursor},
    guide::{Guide, GuideCursor},
    points::Points,
    ring::Ring,
    talk::{NewLine, Talk},
    workers::Workers,
};
use crate::{
    clock::Now,
    event::{Event, ValuzReport},
    feeds::valuz::COUNT_MAX,
    view::{
        BatchPace, BatchPhase, ChatzView, HighlightView, LanguageView, Line, ProcessState, ProcessView, ScenesView,
        StageView, TickzView, Update, ValuationName, ValuzState, ValuzView,
    },
};

/// How many lines of the conversation are kept.
const LINES_MAX: usize = 500;

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
    cast: Cast,
    guide: Guide,
    talk: Talk,
    report: ValuzReport,
    languages: Vec<LanguageView>,
    composer: Workers,
    tickz: Section<TickzView>,
    chatz: Section<ChatzView>,
    valuz: Section<ValuzView>,
    processes: Section<Vec<ProcessView>>,
    troupe: Section<Vec<ProcessView>>,
    scenes: Section<ScenesView>,
    stage: Section<StageView>,
    audience: Section<u32>,
    points: Points,
    lines: Ring<Line>,
}

/// What a page has seen. A new one has seen nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cursor {
    generation: u64,
    /// The time of its last update.
    time_ms: f64,
    prompt: u64,
    cast: CastCursor,
    guide: GuideCursor,
    tickz: u64,
    chatz: u64,
    valuz: u64,
    processes: u64,
    troupe: u64,
    scenes: u64,
    stage: u64,
    audience: u64,
    points: u64,
    lines: u64,
}

impl Cursor {
    /// The cursor of the same page when it needs everything again.
    pub(crate) fn rewound(self) -> Self {
        Self { guide: self.guide.rewound(), ..Self::default() }
    }
}

/// A part of what is shown, and how many times it has changed.
#[derive(Debug)]
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
    /// A dashboard before anything has happened: the process of this desk, its name in the chat, and the name that workers
    /// have for this machine.
    pub(crate) fn new(desk: ProcessId, name: &str, host: String, now: Now) -> Self {
        let talk = Talk::new(name);
        let state = ValuzState::Unavailable { reason: "the sockets are not bound yet".to_owned() };
        let report = ValuzReport {
            state,
            batch: None,
            workers: Vec::new(),
            nameless: 0,
            recommended: Vec::new(),
            pace: BatchPace::Max,
        };
        let valuz = ValuzView {
            state: report.state.clone(),
            batch: None,
            workers: Vec::new(),
            nameless: 0,
            wanted: 0,
            languages: Vec::new(),
            recommended: Vec::new(),
            count_max: COUNT_MAX,
            pace: report.pace,
        };
        Self {
            generation: 1,
            time_ms: now.ms,
            prompt: 0,
            is_prompt: false,
            cast: Cast::new(desk, now),
            guide: Guide::new(),
            tickz: Section::new(TickzView::default()),
            chatz: Section::new(talk.view.clone()),
            valuz: Section::new(valuz),
            processes: Section::new(Vec::new()),
            talk,
            report,
            languages: Vec::new(),
            composer: Workers::new(host),
            troupe: Section::new(Vec::new()),
            scenes: Section::new(ScenesView::default()),
            stage: Section::new(StageView::default()),
            audience: Section::new(0),
            points: Points::default(),
            lines: Ring::new(LINES_MAX),
        }
    }

    /// The addresses of peers on this machine that do not report and whose processes are not known yet: [`Event::Holder`].
    pub(crate) fn strangers(&self) -> Vec<String> {
        self.cast.strangers()
    }

    /// The cursor of a page that has seen nothing.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { guide: self.guide.cursor(), ..Cursor::default() }
    }

    /// The processes or sockets that a person means by `target`.
    ///
    /// # Errors
    /// A sentence: there is none.
    pub(crate) fn find(&self, target: &str) -> Result<HighlightView, String> {
        self.cast.find(target)
    }

    /// Whether the open scene has a process or a link with this name.
    pub(crate) fn has_actor(&self, name: &str) -> bool {
        self.stage.shown.actors.iter().any(|actor| actor.name == name)
    }

    /// Whether a batch runs, or waits for workers, whose orders are valued so.
    pub(crate) fn runs(&self, valuation: ValuationName) -> bool {
        let is_open = |phase: &BatchPhase| matches!(phase, BatchPhase::Waiting | BatchPhase::Running);
        self.report.batch.as_ref().is_some_and(|batch| batch.valuation == valuation && is_open(&batch.phase))
    }

    /// Takes an event.
    pub(crate) fn handle(&mut self, event: Event, now: Now) {
        self.is_prompt |= self.is_prompt_by(&event);
        match event {
            Event::Report(report, bytes) => self.cast.handle_report(*report, bytes, now),
            Event::MalformedReport => self.cast.handle_malformed_report(),
            Event::Bus(fault) => self.cast.handle_bus(fault, now),
            Event::Ended(process) => self.cast.handle_ended(process, now),
            Event::Suspended(process, is_suspended) => self.cast.handle_suspended(process, is_suspended, now),
            Event::Holder(address, holder) => self.cast.handle_holder(&address, holder),
            Event::BindFailed(socket, reason) => self.cast.handle_bind_failed(socket, reason, now),
            Event::Silent(socket, silence) => self.cast.handle_silence(socket, silence, now),
            Event::Malformed(socket, count, fault) => self.cast.handle_malformed(socket, (count, fault), now),
            Event::Tickz(view, points) => {
                self.points.handle(&view.quotes, points);
                self.tickz.show(view);
            }
            Event::Named(name) => self.talk.handle_name(&name),
            Event::Chatz(event) => {
                let line = self.talk.handle(event);
                self.add_line(line, now.ms);
            }
            Event::Valuz(report) => self.report = report,
            Event::Processes(processes, languages) => {
                self.cast.handle_processes(&processes);
                self.processes.show(processes);
                self.languages = languages;
            }
            Event::Troupe(processes) => self.troupe.show(processes),
            Event::Scenes(scenes, stage) => {
                self.scenes.show(scenes);
                self.show_stage(stage);
            }
            Event::Stage(stage) => self.show_stage(stage),
            Event::Audience(pages) => self.audience.show(pages),
            Event::View(view) => self.guide.choose(view),
            Event::Highlight(what) => self.guide.highlight(what, now.at),
            Event::Reset => self.reset(now),
            // What is shown stays.
            Event::End => {}
        }
    }

    /// Draws the conclusions of all that was handled, and of the time.
    pub(crate) fn handle_time(&mut self, now: Now) {
        self.time_ms = now.ms;
        self.is_prompt |= self.cast.handle_time(now) | self.guide.handle_time(now.at);
        self.prompt += u64::from(std::mem::take(&mut self.is_prompt));
        self.chatz.show(self.talk.view.clone());
        let ValuzReport { state, batch, workers, nameless, recommended, pace } = &self.report;
        self.valuz.show(ValuzView {
            state: state.clone(),
            batch: batch.clone(),
            workers: self.composer.compose(workers, &self.processes.shown),
            nameless: *nameless,
            wanted: self.languages.iter().map(|language| language.wanted).sum(),
            languages: self.languages.clone(),
            recommended: recommended.clone(),
            count_max: COUNT_MAX,
            pace: *pace,
        });
    }

    /// Whether there are conclusions that pages will get soon.
    pub(crate) const fn is_pending(&self) -> bool {
        self.cast.is_pending()
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
            *cursor = Cursor { generation: self.generation, ..cursor.rewound() };
        }
        cursor.prompt = self.prompt;
        let CastChanges { cast, counts, events, states } = self.cast.changes(&mut cursor.cast);
        let (view, highlight) = self.guide.changes(&mut cursor.guide);
        let update = Update {
            time_ms: self.time_ms,
            snapshot,
            cast,
            counts,
            tickz: self.tickz.unseen(&mut cursor.tickz),
            chatz: self.chatz.unseen(&mut cursor.chatz),
            valuz: self.valuz.unseen(&mut cursor.valuz),
            processes: self.processes.unseen(&mut cursor.processes),
            troupe: self.troupe.unseen(&mut cursor.troupe),
            scenes: self.scenes.unseen(&mut cursor.scenes),
            stage: self.stage.unseen(&mut cursor.stage),
            audience: self.audience.unseen(&mut cursor.audience),
            view,
            highlight,
            points: self.points.unseen(&mut cursor.points),
            lines: self.lines.unseen(&mut cursor.lines),
            events,
            states,
        };
        if update.is_empty() && elapsed_ms < BEAT_MS {
            return None;
        }
        cursor.time_ms = self.time_ms;
        Some(update)
    }

    /// Whether pages are to get an event at once. Of those of the cast its changes decide.
    fn is_prompt_by(&self, event: &Event) -> bool {
        match event {
            Event::Report(..)
            | Event::MalformedReport
            | Event::Bus(_)
            | Event::Ended(_)
            | Event::Suspended(..)
            | Event::Holder(..)
            | Event::BindFailed(..)
            | Event::Silent(..)
            | Event::Malformed(..) => false,
            Event::Tickz(view, _) => !symbols(view).eq(symbols(&self.tickz.shown)),
            Event::Processes(processes, languages) => {
                *languages != self.languages || !states(processes).eq(states(&self.processes.shown))
            }
            Event::Troupe(processes) => !states(processes).eq(states(&self.troupe.shown)),
            Event::Stage(stage) => !stage.differs_in_words_alone(&self.stage.shown),
            _ => true,
        }
    }

    fn show_stage(&mut self, stage: StageView) {
        self.cast.handle_actors(&stage.actors);
        self.stage.show(stage);
    }

    fn add_line(&mut self, line: Option<NewLine>, now_ms: f64) {
        if let Some(NewLine { kind, user, text }) = line {
            self.lines.push(|id| Line { id, time_ms: now_ms, kind, user, text });
        }
    }

    fn reset(&mut self, now: Now) {
        self.generation += 1;
        self.cast.clear(now);
        self.talk.clear();
        self.points.clear();
        self.lines.clear();
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
