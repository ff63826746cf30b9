//! A scene in a terminal: its text, what its processes print, and its expectations as they change.
//!
//! It only adds lines, so it works over any connection, in a narrow terminal and without colours. Enter plays the next cue.
//!
//! - `paper`: how things are written
//! - `quota`: how much of what a process prints is shown

mod paper;
mod quota;

use std::{
    io::{self, Read as _},
    os::fd::AsFd as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::bail;
use sockets::{Events, Interest, Stop, input::Input};

use self::{paper::Paper, quota::Quota};
use crate::{
    bell::Bell,
    play::{Check, Status},
    script::Scene,
    stage::{ActorView, Command, Life, Progress, Snapshot, Stage, StageConfig},
};

/// The least time between two lines about one expectation of which only the number changes.
const VALUE_EVERY: Duration = Duration::from_secs(1);

/// The most bytes of a typed line.
const TYPED_MAX: usize = 1_024;

/// Who decides when the next cue comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The person at the keys.
    Keys,
    /// The expectations: each cue comes when the one before is met.
    Expectations,
}

/// Plays a scene in this terminal until its end, `q`, or the stop signal. No process that it has started outlives it.
///
/// # Errors
/// The stage fails, or the terminal; without keys, also the first expectation that fails.
pub fn play(scene: Arc<Scene>, config: StageConfig, pace: Pace, stop: &Stop) -> anyhow::Result<()> {
    let bell = Bell::new()?;
    let rope = bell.rope();
    let mut player = Player {
        paper: Paper::new(),
        keys: (pace == Pace::Keys).then(|| Input::open(Path::new("-"), stop)).transpose()?,
        typed: Vec::new(),
        shown: Shown::default(),
    };
    player.paper.title(&scene)?;
    let stage = Stage::open(scene, config, move || rope.ring())?;
    let played = player.run(&stage, &bell, stop);
    let closed = stage.close();
    played?;
    Ok(closed?)
}

/// Everything but the stage.
struct Player {
    paper: Paper,
    /// Where keys come from, if they decide.
    keys: Option<Input>,
    typed: Vec<u8>,
    shown: Shown,
}

/// What the terminal shows already.
#[derive(Default)]
struct Shown {
    /// The start of the scene and the cue.
    cue: Option<(u64, usize)>,
    /// The number of the next line.
    next_line: u64,
    quotas: Vec<Quota>,
    lives: Vec<Life>,
    /// Of each expectation: its status and value, and when they were shown.
    checks: Vec<(Status, String, Instant)>,
    problems: usize,
    /// Whether the end of the cue is announced.
    is_decided: bool,
}

/// Why the player woke.
enum Event {
    Stop,
    Changed,
    Keys,
}

/// What the person wants.
enum Wish {
    Play(Command),
    End,
}

impl Player {
    fn run(&mut self, stage: &Stage, bell: &Bell, stop: &Stop) -> anyhow::Result<()> {
        let (mut events, mut asked) = (Events::new(), None);
        loop {
            let keys = || self.keys.as_ref().map_or_else(Interest::never, |_| stdin());
            let event = events.next(self.shown.next_deadline(), Event::Changed, || {
                [(Event::Stop, stop.interest()), (Event::Changed, bell.interest()), (Event::Keys, keys())]
            })?;
            match event {
                Event::Stop => return Ok(()),
                Event::Changed => bell.silence(),
                Event::Keys => {
                    for wish in self.read_keys()? {
                        match wish {
                            Wish::End => return Ok(()),
                            Wish::Play(Command::Next) if is_over(&stage.snapshot()) => return Ok(()),
                            // A stage that is busy will get the next one.
                            Wish::Play(command) => drop(stage.command(command)),
                        }
                    }
                }
            }
            let snapshot = stage.snapshot();
            self.show(&snapshot)?;
            if stage.is_ended() {
                return Ok(());
            }
            if self.keys.is_none() && snapshot.cue >= snapshot.target {
                let failures = snapshot.failures();
                if !failures.is_empty() {
                    bail!("{}", failures.join("\n"));
                }
                if is_over(&snapshot) {
                    return Ok(());
                }
                let cue = Some((snapshot.start, snapshot.cue));
                if snapshot.is_met() && asked != cue && stage.command(Command::Next).is_ok() {
                    asked = cue;
                }
            }
        }
    }

    /// Reads what was typed, a wish a line; the end of the input is a wish to end.
    fn read_keys(&mut self) -> io::Result<Vec<Wish>> {
        let Some(keys) = &mut self.keys else { return Ok(Vec::new()) };
        let mut bytes = [0; 256];
        let length = keys.read(&mut bytes)?;
        if length == 0 {
            return Ok(vec![Wish::End]);
        }
        self.typed.extend_from_slice(&bytes[..length]);
        let mut wishes = Vec::new();
        while let Some(end) = self.typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.typed.drain(..=end).collect();
            match line.trim_ascii() {
                b"" | b"n" => wishes.push(Wish::Play(Command::Next)),
                b"b" => wishes.push(Wish::Play(Command::Back)),
                b"r" => wishes.push(Wish::Play(Command::Reset)),
                b"q" => wishes.push(Wish::End),
                _ => self.paper.keys(false)?,
            }
        }
        self.typed.truncate(TYPED_MAX);
        Ok(wishes)
    }

    fn show(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        let now = Instant::now();
        if snapshot.cue < snapshot.target || snapshot.progress == Progress::Clearing {
            // It plays by itself up to another cue.
            self.shown.next_line = next_line(snapshot);
            return Ok(());
        }
        let cue = Some((snapshot.start, snapshot.cue));
        if self.shown.cue != cue {
            if self.shown.cue.is_none_or(|(start, _)| start != snapshot.start) {
                self.shown.lives.clear();
            }
            self.shown.begin_cue(cue);
            self.paper.cue(&snapshot.scene, snapshot.cue)?;
        }
        self.show_lives(&snapshot.actors)?;
        self.show_lines(now, snapshot)?;
        for problem in &snapshot.problems[self.shown.problems.min(snapshot.problems.len())..] {
            self.paper.problem(problem)?;
        }
        self.shown.problems = snapshot.problems.len();
        for (place, check) in snapshot.checks.iter().enumerate() {
            self.show_check(now, place, check)?;
        }
        let is_decided = snapshot.is_met() || !snapshot.failures().is_empty();
        if is_decided && !self.shown.is_decided {
            self.shown.is_decided = true;
            if self.keys.is_some() {
                self.paper.keys(snapshot.is_last_cue())?;
            }
        }
        Ok(())
    }

    fn show_lives(&mut self, actors: &[ActorView]) -> io::Result<()> {
        self.shown.lives.resize(actors.len(), Life::Waiting);
        for (place, actor) in actors.iter().enumerate() {
            if std::mem::replace(&mut self.shown.lives[place], actor.life) != actor.life {
                let pid = actor.pid.filter(|_| actor.life == Life::Running);
                let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                self.paper.event(place, &actor.name, &format!("{}{pid}", actor.life))?;
            }
        }
        Ok(())
    }

    fn show_lines(&mut self, now: Instant, snapshot: &Snapshot) -> io::Result<()> {
        self.shown.quotas.resize_with(snapshot.actors.len(), Quota::default);
        for (place, quota) in self.shown.quotas.iter_mut().enumerate() {
            if let Some(count) = quota.turn(now) {
                self.paper.event(place, &snapshot.actors[place].name, &format!("… {count} more lines"))?;
            }
        }
        for line in snapshot.lines.iter().filter(|line| line.number >= self.shown.next_line) {
            if self.shown.quotas[line.actor].admits(now) {
                self.paper.line(line.actor, &snapshot.actors[line.actor].name, &line.text)?;
            }
        }
        self.shown.next_line = next_line(snapshot);
        Ok(())
    }

    fn show_check(&mut self, now: Instant, place: usize, check: &Check) -> io::Result<()> {
        let is_due = match self.shown.checks.get(place) {
            None => true,
            Some((status, _, _)) if *status != check.status() => true,
            Some((_, seen, at)) => seen != check.seen() && now.saturating_duration_since(*at) >= VALUE_EVERY,
        };
        if is_due {
            let shown = (check.status(), check.seen().to_owned(), now);
            match self.shown.checks.get_mut(place) {
                Some(known) => *known = shown,
                None => self.shown.checks.push(shown),
            }
            self.paper.check(check)?;
        }
        Ok(())
    }
}

impl Shown {
    fn begin_cue(&mut self, cue: Option<(u64, usize)>) {
        self.cue = cue;
        self.checks.clear();
        (self.problems, self.is_decided) = (0, false);
    }

    /// When lines that were left out are to be counted.
    fn next_deadline(&self) -> Option<Instant> {
        self.quotas.iter().filter_map(Quota::next_deadline).min()
    }
}

/// Whether nothing follows.
fn is_over(snapshot: &Snapshot) -> bool {
    snapshot.is_met() && snapshot.is_last_cue()
}

/// The number of the line after the last one.
fn next_line(snapshot: &Snapshot) -> u64 {
    snapshot.lines.last().map_or(0, |line| line.number + 1)
}

/// Ready when something was typed.
fn stdin() -> Interest<'static> {
    static STDIN: std::sync::LazyLock<io::Stdin> = std::sync::LazyLock::new(io::stdin);
    Interest::to_read(STDIN.as_fd())
}
