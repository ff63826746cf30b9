//! What the terminal shows already, and what is written when a snapshot differs from it.

use std::{
    io,
    time::{Duration, Instant},
};

use wire::plural;

use super::{
    paper::{Moment, Paper},
    quota::Quota,
};
use crate::{
    play::{Check, Status},
    stage::{ActorView, Life, Progress, Snapshot},
};

/// The least time between two lines about one expectation of which only the number changes, and the time after which one of
/// which nothing is seen yet is shown.
const VALUE_EVERY: Duration = Duration::from_secs(1);

/// What the terminal shows.
#[derive(Default)]
pub(super) struct Shown {
    /// The start of the scene and the cue.
    cue: Option<(u64, usize)>,
    /// What is built, if that is announced, and when what is built now is to be.
    building: Option<String>,
    next_building: Option<Instant>,
    /// The number of the next line.
    next_line: u64,
    /// Of each process: that of what it prints, and that of its log, so that one does not hide the other.
    quotas: Vec<[Quota; 2]>,
    lives: Vec<Life>,
    /// Of each expectation: its status and value, and when they were shown.
    checks: Vec<(Status, String, Instant)>,
    /// When a value that has changed may be shown.
    next_check: Option<Instant>,
    problems: usize,
    /// The faults that are on, and where.
    faults: Vec<(String, String)>,
    /// Whether the end of the cue is announced.
    is_decided: bool,
}

impl Shown {
    /// Writes what is new; the keys as well if there are any, once the cue is decided.
    pub(super) fn show(&mut self, paper: &Paper, snapshot: &Snapshot, has_keys: bool) -> io::Result<()> {
        let now = Instant::now();
        self.show_building(now, paper, snapshot)?;
        let has_begun = match snapshot.progress {
            Progress::Clearing => false,
            Progress::Building => !snapshot.problems.is_empty(),
            Progress::Acting | Progress::Watching(_) => true,
        };
        if snapshot.cue < snapshot.target || !has_begun {
            // It plays by itself up to another cue.
            self.next_line = next_line(snapshot);
            return Ok(());
        }
        if self.cue != Some((snapshot.start, snapshot.cue)) {
            self.begin_cue(snapshot);
            paper.cue(&snapshot.scene, snapshot.cue)?;
        }
        self.show_lives(paper, &snapshot.actors)?;
        if has_keys && self.is_decided {
            // A person reads: what is printed meanwhile would push it out of the terminal.
            self.next_line = next_line(snapshot);
            self.quotas.clear();
        } else {
            self.show_lines(now, paper, snapshot)?;
        }
        self.show_faults(paper, snapshot)?;
        for problem in snapshot.problems.iter().skip(self.problems) {
            paper.problem(problem)?;
        }
        self.problems = snapshot.problems.len();
        self.show_checks(now, paper, &snapshot.checks, has_keys && self.is_decided)?;
        if snapshot.is_decided() && !self.is_decided && has_keys {
            paper.keys(Moment::of(snapshot))?;
        }
        self.is_decided |= snapshot.is_decided();
        Ok(())
    }

    /// When to show the same snapshot again.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [self.next_check, self.next_building].into_iter().flatten();
        self.quotas.iter().flatten().filter_map(Quota::next_deadline).chain(deadlines).min()
    }

    fn show_building(&mut self, now: Instant, paper: &Paper, snapshot: &Snapshot) -> io::Result<()> {
        self.next_building = None;
        let Some(building) = &snapshot.building else { return Ok(()) };
        if self.building.as_ref() == Some(&building.what) {
            return Ok(());
        }
        if now < building.is_long_at() {
            self.next_building = Some(building.is_long_at());
            return Ok(());
        }
        self.building = Some(building.what.clone());
        paper.note(&building.what)
    }

    fn begin_cue(&mut self, snapshot: &Snapshot) {
        if self.cue.is_none_or(|(start, _)| start != snapshot.start) {
            self.lives.clear();
        }
        self.cue = Some((snapshot.start, snapshot.cue));
        self.checks.clear();
        (self.problems, self.is_decided) = (0, false);
    }

    fn show_lives(&mut self, paper: &Paper, actors: &[ActorView]) -> io::Result<()> {
        self.lives.resize(actors.len(), Life::Waiting);
        for (place, actor) in actors.iter().enumerate() {
            if std::mem::replace(&mut self.lives[place], actor.life) != actor.life {
                let pid = actor.pid.filter(|_| actor.life == Life::Running);
                let pid = pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
                paper.event(place, &actor.name, &format!("{}{pid}", actor.life))?;
            }
        }
        Ok(())
    }

    fn show_lines(&mut self, now: Instant, paper: &Paper, snapshot: &Snapshot) -> io::Result<()> {
        self.quotas.resize_with(snapshot.actors.len(), Default::default);
        for (place, quotas) in self.quotas.iter_mut().enumerate() {
            for count in quotas.iter_mut().filter_map(|quota| quota.turn(now)) {
                paper.event(place, &snapshot.actors[place].name, &format!("… {}", plural(count, "more line")))?;
            }
        }
        for line in snapshot.lines.iter().filter(|line| line.number >= self.next_line) {
            if self.quotas[line.actor][usize::from(line.is_log)].admits(now) {
                let text = if line.is_log { without_time(&line.text) } else { &line.text };
                paper.line(line.actor, &snapshot.actors[line.actor].name, text)?;
            }
        }
        self.next_line = next_line(snapshot);
        Ok(())
    }

    fn show_faults(&mut self, paper: &Paper, snapshot: &Snapshot) -> io::Result<()> {
        let faults: Vec<_> = snapshot.faults.iter().map(|view| (view.on.clone(), view.fault.to_string())).collect();
        let place = |on: &str| snapshot.actors.iter().position(|actor| actor.name == on).unwrap_or_default();
        for (on, fault) in faults.iter().filter(|fault| !self.faults.contains(fault)) {
            paper.event(place(on), on, &format!("fault: {fault}"))?;
        }
        for (on, fault) in self.faults.iter().filter(|fault| !faults.contains(fault)) {
            paper.event(place(on), on, &format!("fault ended: {fault}"))?;
        }
        self.faults = faults;
        Ok(())
    }

    /// Writes the expectations that have changed; of those in a cue that is over only what it has come to.
    fn show_checks(&mut self, now: Instant, paper: &Paper, checks: &[Check], is_over: bool) -> io::Result<()> {
        self.checks.resize(checks.len(), (Status::Waiting, String::new(), now));
        self.next_check = None;
        for (check, shown) in checks.iter().zip(&mut self.checks) {
            let (status, seen, at) = shown;
            if *status == check.status() && (is_over || seen == check.seen()) {
                continue;
            }
            let due = *at + VALUE_EVERY;
            if *status == check.status() && now < due {
                self.next_check = Some(self.next_check.map_or(due, |next| next.min(due)));
                continue;
            }
            *shown = (check.status(), check.seen().to_owned(), now);
            paper.check(check)?;
        }
        Ok(())
    }
}

/// A line of a log without the time that it begins with: lines are shown as they come, and a terminal is narrow.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest)) if time.starts_with(|first: char| first.is_ascii_digit()) && time.ends_with('Z') => {
            rest.trim_start()
        }
        _ => line,
    }
}

/// The number of the line after the last one.
fn next_line(snapshot: &Snapshot) -> u64 {
    snapshot.lines.last().map_or(0, |line| line.number + 1)
}
