//! How a stage gets from cue to cue.
//!
//! ```text
//! Clearing ──▶ Building ──▶ the scene starts ──▶ Acting ──▶ Watching ── the next cue ──▶ Asking ──▶ Acting ──▶ …
//!    ▲                                                         │
//!    └────────────────────── back, reset ──────────────────────┘
//! ```
//!
//! A scene of a desk that takes part begins with, and may return to, a phase in which it rests: nothing starts by itself.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use sockets::SocketError;
use tracing::error;

use super::{END_WITHIN, Owner, Phase};
use crate::{
    play::Play,
    script::Act,
    stage::{
        acts::{self, Step},
        bus::ASK_EVERY,
        cast::CastError,
        faults::Faults,
        snapshot::{Choice, Command},
    },
    values::{Actor, Values},
};

/// How long the processes may take to report before a cue acts.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);

/// How long a process that a cue stops has to end before it is killed: every program of the suite ends within a second, and a busy
/// machine takes longer. A cue has this time; the end of a scene does not.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// The most problems of a cue that are kept.
const PROBLEMS_MAX: usize = 20;

impl Owner {
    pub(super) fn obey(&mut self, command: &Command) {
        let last = self.scene.cues.len() - 1;
        match command {
            Command::Next | Command::Back if self.phase == Phase::Resting => {}
            // The scene has not started.
            Command::Next | Command::Act(_) | Command::Number { .. } | Command::Run { .. } if self.is_unbuilt() => {}
            Command::Next if self.phase == Phase::Watching && self.cue < last => {
                self.target = self.cue + 1;
                self.enter(self.cue + 1);
            }
            Command::Next => self.target = (self.target + 1).min(last),
            Command::Back => self.clear(self.target.saturating_sub(1), false),
            Command::Reset => self.clear(0, false),
            Command::Rest => self.clear(0, true),
            // A process that started now would be in the way of the next start of the scene.
            _ if self.phase == Phase::Clearing => self.note("the processes of the scene are ending".to_owned()),
            Command::Act(act) => self.act_at_once(act),
            Command::Number { member, count } => {
                let set = self.cast.set_number(member, *count, &mut self.endpoints);
                self.note_failure(set);
            }
            Command::Run { member, words } => {
                let set = self.cast.set_run(member, words);
                self.note_failure(set);
            }
        }
        // Who has sent it may wait for what it does.
        (self.obeyed, self.is_changed, self.next_snapshot) = (self.obeyed + 1, true, Instant::now());
    }

    /// Does what a hand asks for, which waits for nothing.
    fn act_at_once(&mut self, act: &Act) {
        let mut steps = VecDeque::new();
        if let Err(reason) = acts::add(act, &self.cast, &mut steps) {
            return self.note(reason);
        }
        let mut ending = None;
        for step in steps {
            let done = match step {
                Step::Stop(place) => {
                    let stopped = self.take(Instant::now(), step);
                    ending = stopped.is_ok().then_some(place);
                    stopped
                }
                // It starts when it has ended.
                Step::Start(place) if ending == Some(place) => self.cast.restart(place, STOP_WITHIN),
                step => self.take(Instant::now(), step),
            };
            self.note_failure(done);
        }
    }

    /// Starts the scene again, and plays it up to this cue; or has it rest.
    fn clear(&mut self, target: usize, rests: bool) {
        (self.target, self.rests) = (target, rests);
        if self.phase != Phase::Clearing {
            self.phase = Phase::Clearing;
            self.cast.stop_all();
        }
        (self.play, self.awaited, self.view, self.highlight) = (None, None, None, None);
        self.steps.clear();
        self.problems.clear();
        self.is_changed = true;
    }

    /// Does whatever can be done now.
    pub(super) fn advance(&mut self, now: Instant) -> Result<(), SocketError> {
        loop {
            let before = (self.phase, self.cue);
            match self.phase {
                Phase::Clearing => {
                    if self.cast.is_empty() {
                        self.open();
                    }
                }
                Phase::Building => self.start_if_built(),
                Phase::Resting | Phase::Unbuilt => {}
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

    /// All processes have ended: the scene starts once its peers are built, or rests.
    fn open(&mut self) {
        self.start += 1;
        self.cast.forget();
        self.endpoints.remove_files();
        self.faults = Faults::default();
        self.cue = 0;
        self.problems.clear();
        if self.rests {
            self.phase = Phase::Resting;
            self.cast.look_for_guests(&mut self.endpoints);
            self.is_changed = true;
            return;
        }
        self.cast.build_all();
        (self.phase, self.is_changed) = (Phase::Building, true);
    }

    fn start_if_built(&mut self) {
        if self.cast.building().is_some() {
            return;
        }
        if !self.problems.is_empty() {
            (self.phase, self.is_changed) = (Phase::Unbuilt, true);
            return;
        }
        for place in self.cast.openers() {
            let started = self.cast.start(place, &mut self.endpoints);
            self.note_failure(started);
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

    /// Whether peers have to be built before the scene starts.
    fn is_unbuilt(&self) -> bool {
        matches!(self.phase, Phase::Building | Phase::Unbuilt)
    }

    /// A peer is built: its processes start that should run already; or it cannot be built.
    pub(super) fn take_built(&mut self, built: Result<Vec<usize>, CastError>) {
        match built {
            Ok(places) if !self.is_unbuilt() && self.phase != Phase::Clearing => {
                for place in places {
                    let started = self.cast.start(place, &mut self.endpoints);
                    self.note_failure(started);
                }
            }
            built => self.note_failure(built.map(drop)),
        }
    }

    fn ask(&mut self, now: Instant) {
        self.next_ask = now + ASK_EVERY;
        if let Err(error) = self.bus.ask() {
            // They report once a second anyway.
            error!(%error, "cannot ask the processes for their states");
        }
    }

    fn has_reported_since(&self, asked: Instant) -> bool {
        let reports = |actor: &&Actor| actor.runs() && !actor.is_suspended;
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
            let ends = match step {
                Step::Stop(place) | Step::Kill(place) => Some(place),
                _ => None,
            };
            let taken = self.take(now, step);
            self.awaited = ends.filter(|_| taken.is_ok()).map(|place| (place, now + END_WITHIN));
            self.note_failure(taken);
        }
        if self.phase == Phase::Acting
            && let Some(play) = &mut self.play
        {
            play.begin(now);
            self.phase = Phase::Watching;
            self.next_ask = now;
        }
    }

    fn take(&mut self, now: Instant, step: Step) -> Result<(), CastError> {
        match step {
            Step::Start(place) => self.cast.start(place, &mut self.endpoints)?,
            Step::Stop(place) => self.cast.stop(place, STOP_WITHIN)?,
            Step::Kill(place) => self.cast.kill(place)?,
            Step::Suspend(place) => self.cast.suspend(place, true)?,
            Step::Resume(place) => self.cast.suspend(place, false)?,
            Step::Type(place, line) => self.cast.say(place, &line)?,
            Step::Fault(place, fault, lasts) => self.faults.set(now, place, fault, lasts, &mut self.cast)?,
            Step::Clear(place) => self.faults.clear(place, &mut self.cast),
            Step::ClearAll => self.faults.clear_all(&mut self.cast),
            Step::View(view) => self.view = Some(self.choice(view)),
            Step::Highlight(what) => self.highlight = Some(self.choice(what)),
        }
        Ok(())
    }

    fn choice(&mut self, what: String) -> Choice {
        self.choices += 1;
        Choice { what, number: self.choices }
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

    /// Keeps why something could not be done.
    pub(super) fn note_failure(&mut self, done: Result<(), CastError>) {
        if let Err(error) = done {
            self.note(error.to_string());
        }
    }

    /// Keeps what could not be done.
    fn note(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
        self.is_changed = true;
    }
}
