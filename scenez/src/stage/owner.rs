//! The thread of a stage: one loop over commands, children, reports and times.
//!
//! - `cues`: what it does with the scene

mod cues;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use sockets::{Events, SocketError, actor::Inbox};
use tracing::error;

use super::{
    Board, StageConfig, StageError,
    acts::Step,
    bus::Bus,
    cast::{Cast, Deed},
    faults::Faults,
    snapshot::{Choice, Command, Progress, Snapshot},
    transcript::Transcript,
};
use crate::{
    endpoints::Endpoints,
    play::{Play, Verdict},
    script::Scene,
};

/// The least time between two snapshots.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(50);

/// The most events of children taken before anything else.
const DEEDS_MAX: usize = 1_000;

/// How often a desk that takes part looks for services of other terminals, which costs milliseconds.
const GUEST_LOOK: Duration = Duration::from_secs(3);

/// How long processes may take to end, when a step waits for one and in the end.
const END_WITHIN: Duration = Duration::from_secs(3);

/// What the thread owns.
pub(super) struct Owner {
    scene: Arc<Scene>,
    // Fields are dropped in this order: first the children, last what they use.
    cast: Cast,
    bus: Bus,
    endpoints: Endpoints,
    faults: Faults,
    phase: Phase,
    /// Whether nothing starts once all have ended.
    rests: bool,
    cue: usize,
    /// The cue up to which the scene plays by itself.
    target: usize,
    play: Option<Play>,
    steps: VecDeque<Step>,
    /// The place of the process whose end the next step waits for, and how long.
    awaited: Option<(usize, Instant)>,
    problems: Vec<String>,
    view: Option<Choice>,
    highlight: Option<Choice>,
    /// How many views and highlights were chosen.
    choices: u64,
    transcript: Transcript,
    start: u64,
    next_ask: Instant,
    board: Board,
    version: u64,
    /// How many commands were obeyed.
    obeyed: u64,
    is_changed: bool,
    next_snapshot: Instant,
    /// When services of other terminals are looked for, if any can be.
    next_guest_look: Option<Instant>,
}

/// What the thread is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// All processes end; then the scene starts, or rests.
    Clearing,
    /// Peers in other languages are built; then the scene starts.
    Building,
    /// One of them cannot be built.
    Unbuilt,
    /// Nothing starts by itself.
    Resting,
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
    pub(super) fn new(scene: Arc<Scene>, config: StageConfig, bus: Bus) -> Result<Self, StageError> {
        let given = config.house.as_ref().map_or_else(Vec::new, |house| house.endpoints.clone());
        let has_house = config.house.is_some();
        let mut endpoints = Endpoints::reserve(bus.endpoints(), &given)?;
        let cast = Cast::new(&scene, config, &mut endpoints)?;
        let now = Instant::now();
        let faults = Faults::default();
        let first = Snapshot {
            version: 0,
            obeyed: 0,
            scene: Arc::clone(&scene),
            cue: 0,
            target: 0,
            start: 0,
            progress: Progress::Clearing,
            checks: Vec::new(),
            problems: Vec::new(),
            building: None,
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
            rests: has_house,
            cue: 0,
            target: 0,
            play: None,
            steps: VecDeque::new(),
            awaited: None,
            problems: Vec::new(),
            view: None,
            highlight: None,
            choices: 0,
            transcript: Transcript::default(),
            start: 0,
            next_ask: now,
            board: Board::new(first),
            version: 0,
            obeyed: 0,
            is_changed: true,
            next_snapshot: now,
            next_guest_look: has_house.then_some(now),
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
        self.board.notify();
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
                    if self.next_guest_look.is_some_and(|next| now >= next) {
                        self.next_guest_look = Some(now + GUEST_LOOK);
                        self.is_changed |= self.cast.look_for_guests(&mut self.endpoints);
                    }
                }
            }
        }
    }

    fn next_event(&self, events: &mut Events<Event>, inbox: &Inbox<Command>) -> Result<Event, SocketError> {
        let phase = match self.phase {
            Phase::Clearing | Phase::Building | Phase::Unbuilt | Phase::Resting => None,
            Phase::Asking(_, until) => Some(until),
            Phase::Acting => self.awaited.map(|(_, until)| until),
            Phase::Watching => self.play.as_ref().and_then(Play::next_deadline),
        };
        let deadlines = [
            phase,
            self.bus.next_deadline(),
            self.faults.next_deadline(),
            self.next_guest_look,
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

    fn take_deeds(&mut self) {
        self.cast.silence();
        while let Some(built) = self.cast.next_built() {
            self.is_changed = true;
            self.take_built(built);
        }
        for _ in 0..DEEDS_MAX {
            let Some((place, deed)) = self.cast.next_deed() else { return };
            self.is_changed = true;
            match deed {
                Deed::Line { text, is_log } => self.keep_line(place, &text, is_log),
                Deed::Ended { starts } => {
                    self.faults.forget(place);
                    if starts {
                        let started = self.cast.start(place, &mut self.endpoints);
                        self.note_failure(started);
                    }
                }
            }
        }
        self.cast.ring();
    }

    fn keep_line(&mut self, place: usize, text: &str, is_log: bool) {
        let line = self.transcript.keep(place, text, is_log);
        if let Some(play) = &mut self.play {
            let actor = &self.cast.actors()[place];
            play.handle_line(&actor.name, &actor.member, line);
        }
    }

    fn show(&mut self, now: Instant) {
        (self.is_changed, self.next_snapshot) = (false, now + SNAPSHOT_EVERY);
        self.version += 1;
        let progress = match (self.phase, &self.play) {
            (Phase::Clearing | Phase::Resting, _) => Progress::Clearing,
            (Phase::Building | Phase::Unbuilt, _) => Progress::Building,
            (Phase::Watching, Some(play)) => Progress::Watching(play.verdict()),
            _ => Progress::Acting,
        };
        self.board.put(Snapshot {
            version: self.version,
            obeyed: self.obeyed,
            scene: Arc::clone(&self.scene),
            cue: self.cue,
            target: self.target,
            start: self.start,
            progress,
            checks: self.play.as_ref().map_or_else(Vec::new, |play| play.checks().to_vec()),
            problems: self.problems.clone(),
            building: self.cast.building().cloned(),
            actors: self.cast.views(),
            faults: self.faults.views(&self.cast),
            view: self.view.clone(),
            highlight: self.highlight.clone(),
            lines: self.transcript.lines(),
        });
    }

    /// Ends all processes; those that do not end in time are killed with the cast.
    fn end(&mut self) {
        self.cast.stop_all();
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
