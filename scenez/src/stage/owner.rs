//! The thread of a stage: one loop over commands, children, reports and times.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use sockets::{Events, SocketError, actor::Inbox};
use tracing::error;

use super::{
    Board, StageConfig, StageError,
    acts::{self, Step},
    bus::{ASK_EVERY, Bus},
    cast::{Cast, Deed, GRACE, shown},
    faults::Faults,
    snapshot::{Command, PrintedLine, Progress, Snapshot},
};
use crate::{
    endpoints::Endpoints,
    play::{Play, Verdict},
    script::Scene,
    values::Values,
};

/// The least time between two snapshots.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(50);

/// How many lines a snapshot has.
const LINES_MAX: usize = 200;

/// How much of a line is shown.
const LINE_CHARS_MAX: usize = 500;

/// The most events of children taken before anything else.
const DEEDS_MAX: usize = 1_000;

/// How long the processes may take to report before a cue acts.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);

/// How long a process may take to end when a step waits for it.
const END_WITHIN: Duration = Duration::from_secs(3);

/// The most problems of a cue that are kept.
const PROBLEMS_MAX: usize = 20;

/// What the thread owns.
pub(super) struct Owner {
    scene: Arc<Scene>,
    // Fields are dropped in this order: first the children, last what they use.
    cast: Cast,
    bus: Bus,
    endpoints: Endpoints,
    faults: Faults,
    phase: Phase,
    cue: usize,
    /// The cue up to which the scene plays by itself.
    target: usize,
    play: Option<Play>,
    steps: VecDeque<Step>,
    /// The place of the process whose end the next step waits for, and how long.
    awaited: Option<(usize, Instant)>,
    problems: Vec<String>,
    view: Option<String>,
    highlight: Option<String>,
    lines: VecDeque<PrintedLine>,
    line_count: u64,
    start: u64,
    next_ask: Instant,
    board: Board,
    version: u64,
    is_changed: bool,
    next_snapshot: Instant,
    on_change: Box<dyn Fn() + Send>,
}

/// What the thread is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// All processes end; then the scene starts.
    Clearing,
    /// The processes were asked for their states at the first time; the cue acts when they have answered, or at the second.
    Asking(Instant, Instant),
    /// The cue acts.
    Acting,
    /// The cue has acted.
    Watching,
}

/// Why the thread woke.
#[derive(Debug)]
enum Event {
    Stop,
    Command,
    Children,
    Connection,
    Reports,
    Deadline,
}

impl Owner {
    pub(super) fn new(
        scene: Arc<Scene>,
        config: StageConfig,
        bus: Bus,
        on_change: Box<dyn Fn() + Send>,
    ) -> Result<Self, StageError> {
        let mut endpoints = Endpoints::reserve(bus.endpoints())?;
        let cast = Cast::new(&scene, config, &mut endpoints)?;
        let now = Instant::now();
        let faults = Faults::default();
        let first = Snapshot {
            version: 0,
            scene: Arc::clone(&scene),
            cue: 0,
            target: 0,
            start: 0,
            progress: Progress::Clearing,
            checks: Vec::new(),
            problems: Vec::new(),
            actors: cast.views(),
            faults: Vec::new(),
            view: None,
            highlight: None,
            lines: Vec::new(),
        };
        Ok(Self {
            scene,
            cast,
            bus,
            endpoints,
            faults,
            phase: Phase::Clearing,
            cue: 0,
            target: 0,
            play: None,
            steps: VecDeque::new(),
            awaited: None,
            problems: Vec::new(),
            view: None,
            highlight: None,
            lines: VecDeque::new(),
            line_count: 0,
            start: 0,
            next_ask: now,
            board: Board::new(first),
            version: 0,
            is_changed: true,
            next_snapshot: now,
            on_change,
        })
    }

    pub(super) fn board(&self) -> Board {
        self.board.clone()
    }

    /// Plays until the stop signal; then all processes end.
    pub(super) fn run(mut self, inbox: &Inbox<Command>) -> Result<(), StageError> {
        let played = self.play_on(inbox);
        if let Err(error) = &played {
            error!(%error, "stage");
        }
        self.end();
        (self.on_change)();
        Ok(played?)
    }

    fn play_on(&mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        let mut events = Events::new();
        loop {
            self.advance(Instant::now())?;
            match self.next_event(&mut events, inbox)? {
                Event::Stop => return Ok(()),
                Event::Command => {
                    while let Some(command) = inbox.next() {
                        self.obey(&command);
                    }
                }
                Event::Children => self.take_deeds(),
                Event::Connection => self.bus.follow(Instant::now())?,
                Event::Reports => {
                    let (now, cast) = (Instant::now(), &mut self.cast);
                    self.bus.take_states(now, |state| cast.handle_state(now, state))?;
                }
                Event::Deadline => {
                    let now = Instant::now();
                    self.bus.follow(now)?;
                    self.is_changed |= self.faults.turn(now, &self.cast);
                }
            }
        }
    }

    fn next_event(&self, events: &mut Events<Event>, inbox: &Inbox<Command>) -> Result<Event, SocketError> {
        let phase = match self.phase {
            Phase::Clearing => None,
            Phase::Asking(_, until) => Some(until),
            Phase::Acting => self.awaited.map(|(_, until)| until),
            Phase::Watching => self.play.as_ref().and_then(Play::next_deadline),
        };
        let deadlines = [
            phase,
            self.bus.next_deadline(),
            self.faults.next_deadline(),
            self.is_changed.then_some(self.next_snapshot),
            self.is_open().then_some(self.next_ask),
        ];
        events.next(deadlines.into_iter().flatten().min(), Event::Deadline, || {
            [
                (Event::Stop, inbox.stop.interest()),
                (Event::Command, inbox.ring()),
                (Event::Children, self.cast.interest()),
                (Event::Connection, self.bus.events()),
                (Event::Reports, self.bus.readable()),
            ]
        })
    }

    /// Whether expectations wait for what processes report.
    fn is_open(&self) -> bool {
        self.phase == Phase::Watching && self.play.as_ref().is_some_and(|play| play.verdict() == Verdict::Open)
    }

    fn obey(&mut self, command: &Command) {
        let last = self.scene.cues.len() - 1;
        match command {
            Command::Next if self.phase == Phase::Watching && self.cue < last => {
                self.target = self.cue + 1;
                self.enter(self.cue + 1);
            }
            Command::Next => self.target = (self.target + 1).min(last),
            Command::Back => self.clear(self.target.saturating_sub(1)),
            Command::Reset => self.clear(0),
            Command::Act(act) => match acts::add(act, &self.cast, &mut self.steps) {
                Ok(()) => {}
                Err(reason) => self.note(reason),
            },
        }
        self.is_changed = true;
    }

    /// Starts the scene again, and plays it up to this cue.
    fn clear(&mut self, target: usize) {
        self.target = target;
        if self.phase != Phase::Clearing {
            self.phase = Phase::Clearing;
            self.cast.stop();
        }
        (self.play, self.awaited, self.view, self.highlight) = (None, None, None, None);
        self.steps.clear();
        self.problems.clear();
        self.is_changed = true;
    }

    /// Does whatever can be done now.
    fn advance(&mut self, now: Instant) -> Result<(), SocketError> {
        loop {
            let before = (self.phase, self.cue);
            match self.phase {
                Phase::Clearing => {
                    if self.cast.is_empty() {
                        self.open();
                    }
                }
                Phase::Asking(asked, until) => {
                    if now >= until || self.has_reported_since(asked) {
                        self.act();
                    }
                }
                Phase::Acting => self.take_steps(now),
                Phase::Watching => {
                    self.take_steps(now);
                    self.watch(now)?;
                }
            }
            if before == (self.phase, self.cue) {
                break;
            }
        }
        if self.is_changed && now >= self.next_snapshot {
            self.show(now);
        }
        Ok(())
    }

    /// All processes have ended: the scene starts.
    fn open(&mut self) {
        self.start += 1;
        self.cast.forget();
        self.faults = Faults::default();
        self.cue = 0;
        self.problems.clear();
        for place in self.cast.openers() {
            if let Err(error) = self.cast.start(place, &mut self.endpoints) {
                self.note(error.to_string());
            }
        }
        self.act();
    }

    /// A cue begins: from what the processes report now, numbers rise.
    fn enter(&mut self, cue: usize) {
        let now = Instant::now();
        self.cue = cue;
        (self.play, self.awaited) = (None, None);
        self.problems.clear();
        self.is_changed = true;
        self.phase = Phase::Asking(now, now + ANSWER_WITHIN);
        self.ask(now);
    }

    fn ask(&mut self, now: Instant) {
        self.next_ask = now + ASK_EVERY;
        if let Err(error) = self.bus.ask() {
            // They report once a second anyway.
            error!(%error, "cannot ask the processes for their states");
        }
    }

    fn has_reported_since(&self, asked: Instant) -> bool {
        let reports = |actor: &&crate::values::Actor| actor.runs() && !actor.is_suspended;
        let mut heard = self.cast.actors().iter().filter(reports).filter_map(|actor| actor.last.as_ref());
        heard.all(|(heard_at, _)| *heard_at > asked)
    }

    fn act(&mut self) {
        let scene = Arc::clone(&self.scene);
        let cue = &scene.cues[self.cue];
        self.play = Some(Play::new(cue, &self.values()));
        self.phase = Phase::Acting;
        self.is_changed = true;
        for act in &cue.acts {
            if let Err(reason) = acts::add(&act.what, &self.cast, &mut self.steps) {
                self.note(reason);
            }
        }
    }

    fn values(&self) -> Values<'_> {
        Values { observatory: self.bus.observatory(), flows: self.bus.flows(), actors: self.cast.actors() }
    }

    /// Takes the steps that need not wait; after the last one of a cue its time begins.
    fn take_steps(&mut self, now: Instant) {
        loop {
            if let Some((place, until)) = self.awaited {
                if self.cast.child(place).is_ok() {
                    if now < until {
                        return;
                    }
                    self.note(format!("{} does not end", self.cast.actors()[place].name));
                }
                self.awaited = None;
            }
            let Some(step) = self.steps.pop_front() else { break };
            self.is_changed = true;
            if let Err(error) = self.take(now, step) {
                self.note(error.to_string());
            }
        }
        if self.phase == Phase::Acting
            && let Some(play) = &mut self.play
        {
            play.begin(now);
            self.phase = Phase::Watching;
            self.next_ask = now;
        }
    }

    fn take(&mut self, now: Instant, step: Step) -> Result<(), super::cast::CastError> {
        match step {
            Step::Start(place) => self.cast.start(place, &mut self.endpoints)?,
            Step::Stop(place) => {
                self.cast.child(place)?.stop(GRACE);
                self.awaited = Some((place, now + END_WITHIN));
            }
            Step::Kill(place) => {
                self.cast.child(place)?.kill();
                self.awaited = Some((place, now + END_WITHIN));
            }
            Step::Suspend(place) => self.cast.suspend(place, true)?,
            Step::Resume(place) => self.cast.suspend(place, false)?,
            Step::Type(place, line) => self.cast.say(place, &line)?,
            Step::Fault(place, fault, lasts) => self.faults.set(now, place, fault, lasts, &mut self.cast)?,
            Step::Clear(place) => self.faults.clear(place, &mut self.cast),
            Step::ClearAll => self.faults.clear_all(&mut self.cast),
            Step::View(view) => self.view = Some(view),
            Step::Highlight(what) => self.highlight = Some(what),
        }
        Ok(())
    }

    /// Looks at the expectations; a cue before the target makes way for the next one once it is decided.
    fn watch(&mut self, now: Instant) -> Result<(), SocketError> {
        let values =
            Values { observatory: self.bus.observatory(), flows: self.bus.flows(), actors: self.cast.actors() };
        if let Some(play) = &mut self.play {
            self.is_changed |= play.follow(now, &values);
        }
        if self.is_open() {
            if now >= self.next_ask {
                self.ask(now);
            }
        } else if self.cue < self.target {
            self.enter(self.cue + 1);
        }
        Ok(())
    }

    fn take_deeds(&mut self) {
        self.cast.silence();
        for _ in 0..DEEDS_MAX {
            let Some((place, deed)) = self.cast.next_deed() else { return };
            self.is_changed = true;
            match deed {
                Deed::Line { text, is_log } => self.keep_line(place, &text, is_log),
                Deed::Ended => self.faults.forget(place),
            }
        }
        self.cast.ring();
    }

    fn keep_line(&mut self, place: usize, text: &str, is_log: bool) {
        let text = shown(text, LINE_CHARS_MAX);
        if let Some(play) = &mut self.play {
            let actor = &self.cast.actors()[place];
            play.handle_line(&actor.name, &actor.member, &text);
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(PrintedLine { number: self.line_count, actor: place, is_log, text: text.into() });
        self.line_count += 1;
    }

    /// Keeps what could not be done.
    fn note(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
        self.is_changed = true;
    }

    fn show(&mut self, now: Instant) {
        (self.is_changed, self.next_snapshot) = (false, now + SNAPSHOT_EVERY);
        self.version += 1;
        let progress = match (self.phase, &self.play) {
            (Phase::Clearing, _) => Progress::Clearing,
            (Phase::Watching, Some(play)) => Progress::Watching(play.verdict()),
            _ => Progress::Acting,
        };
        self.board.put(Snapshot {
            version: self.version,
            scene: Arc::clone(&self.scene),
            cue: self.cue,
            target: self.target,
            start: self.start,
            progress,
            checks: self.play.as_ref().map_or_else(Vec::new, |play| play.checks().to_vec()),
            problems: self.problems.clone(),
            actors: self.cast.views(),
            faults: self.faults.views(&self.cast),
            view: self.view.clone(),
            highlight: self.highlight.clone(),
            lines: self.lines.iter().cloned().collect(),
        });
        (self.on_change)();
    }

    /// Ends all processes; those that do not end in time are killed with the cast.
    fn end(&mut self) {
        self.cast.stop();
        let until = Instant::now() + END_WITHIN;
        while !self.cast.is_empty() && Instant::now() < until {
            let woken = Events::new().next(Some(until), false, || [(true, self.cast.interest())]);
            if !matches!(woken, Ok(true)) {
                return;
            }
            self.take_deeds();
        }
    }
}
