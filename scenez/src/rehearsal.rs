//! Scenes that play by themselves, each cue when the one before is met, at once or after a pause: a scene's test.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use sockets::{Events, Stop, bell::Bell};

use crate::{
    autoplay::{Autoplay, Step},
    script::Scene,
    stage::{Command, Progress, Snapshot, Stage, StageConfig, StageError},
};

/// How soon a stage that could not take a command is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// How long a scene may take to start again.
const RESET_WITHIN: Duration = Duration::from_secs(60);

/// What has come of a scene.
#[derive(Debug)]
pub struct Outcome {
    /// How many cues have begun.
    pub cues: usize,
    /// How long it took until the first cue had acted, once its peers were built.
    pub start: Duration,
    /// How long it took to start it again after the last cue, until the first one had acted; none if a cue has failed.
    pub reset: Option<Duration>,
    /// How long it took altogether, with the end of all processes.
    pub time: Duration,
    /// What was not as expected, with file and line; empty if everything was.
    pub failures: Vec<String>,
}

/// What a rehearsal reports of a scene.
#[derive(Debug)]
pub enum Report {
    /// It cannot start yet, and that lasts: `building the worker in Haskell`.
    Building(String),
    /// It is over, or could not be played.
    Over(Result<Outcome, StageError>),
}

/// What a wait was for.
enum Event {
    Stop,
    Changed,
}

/// Plays a scene to its end and starts it again, or plays it to the first cue that fails. The next cue comes this `pause`
/// after one is met, as if a speaker talked meanwhile. `on_building` gets what the scene waits for before it can start, if that lasts.
///
/// # Errors
/// The stage fails.
pub fn play_through(
    scene: Arc<Scene>,
    config: StageConfig,
    pause: Duration,
    stop: &Stop,
    mut on_building: impl FnMut(&str),
) -> Result<Outcome, StageError> {
    let begin = Instant::now();
    let bell = Bell::new()?;
    let rope = bell.rope();
    let stage = Stage::open(scene, config, move || rope.ring())?;
    let (mut events, mut play) = (Events::new(), Autoplay::new(pause));
    let (mut start, mut over, mut reset, mut look) = (None, None::<Instant>, None, None);
    let (mut built, mut announced) = (begin, None);
    let last = loop {
        let event = events
            .next(look, Event::Changed, || [(Event::Stop, stop.interest()), (Event::Changed, bell.interest())])?;
        bell.silence();
        let snapshot = stage.snapshot();
        if matches!(event, Event::Stop) || stage.is_ended() {
            break snapshot;
        }
        if snapshot.progress == Progress::Building && start.is_none() {
            built = Instant::now();
        }
        let building = snapshot.building.as_ref().filter(|building| announced.as_ref() != Some(&building.what));
        if let Some(building) = building.filter(|building| building.is_long_at() <= Instant::now()) {
            on_building(&building.what);
            announced = Some(building.what.clone());
        }
        if matches!(snapshot.progress, Progress::Watching(_)) {
            start.get_or_insert_with(|| built.elapsed());
            if let Some(over) = over.filter(|_| snapshot.start > 1) {
                reset = Some(over.elapsed());
                break snapshot;
            }
        }
        let now = Instant::now();
        if let Some(over) = over {
            look = Some(over + RESET_WITHIN);
            if now < over + RESET_WITHIN {
                continue;
            }
            break snapshot;
        }
        match play.follow(&snapshot, now) {
            Step::Wait(until) => look = Some(building.map_or(until, |building| until.min(building.is_long_at()))),
            Step::Next | Step::Over => {
                let command = if snapshot.is_last_cue() { Command::Reset } else { Command::Next };
                // A stage that is busy is asked again.
                look = Some(now + ASK_AGAIN);
                if stage.command(command).is_ok() {
                    play.asked(now);
                    over = snapshot.is_last_cue().then_some(now);
                }
            }
            Step::Failed | Step::Stuck => break snapshot,
        }
    };
    stage.close()?;
    let failures = match reset {
        Some(_) if last.failures().is_empty() => Vec::new(),
        None if last.failures().is_empty() && stop.is_stopped() => vec!["stopped before the end".to_owned()],
        _ => failures(&last),
    };
    let cues = if over.is_some() { last.scene.cues.len() } else { last.cue + 1 };
    Ok(Outcome { cues, start: start.unwrap_or_default(), reset, time: begin.elapsed(), failures })
}

/// Why a cue did not succeed, with the line of the file, and how the processes are: often the reason is there.
#[must_use]
pub fn failures(snapshot: &Snapshot) -> Vec<String> {
    let mut failures = snapshot.failures();
    if failures.is_empty() {
        let (scene, line) = (&snapshot.scene, snapshot.scene.cues[snapshot.cue].line.0);
        failures.push(format!("{}.md:{line}: not decided in time", scene.name));
    }
    failures.extend(circumstances(snapshot));
    failures
}

/// How the processes are.
fn circumstances(snapshot: &Snapshot) -> Vec<String> {
    let last_line = |place| snapshot.lines.iter().rev().find(|line| line.actor == place).map(|line| &line.text);
    let describe = |(place, actor): (usize, &crate::stage::ActorView)| {
        let printed = last_line(place).map_or_else(String::new, |line| format!(", printed last: {line}"));
        format!("  {}: {}{printed}", actor.name, actor.life)
    };
    snapshot.actors.iter().enumerate().map(describe).collect()
}

/// Plays scenes, so many at a time, each with this `pause` between cues, and returns what comes of each, with its name, as soon as
/// it is known.
///
/// # Errors
/// The system has no more threads.
pub fn rehearse(
    scenes: Vec<(Arc<Scene>, StageConfig)>,
    jobs: usize,
    pause: Duration,
    stop: &Stop,
) -> std::io::Result<Receiver<(String, Report)>> {
    let waiting = Arc::new(Mutex::new(scenes.into_iter()));
    let (sender, reports) = channel();
    for _ in 0..jobs.max(1) {
        let (waiting, sender, stop) = (Arc::clone(&waiting), sender.clone(), stop.clone());
        thread::Builder::new().name("rehearsal".to_owned()).spawn(move || {
            let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((scene, config)) = next() {
                let name = scene.name.clone();
                let on_building = |what: &str| drop(sender.send((name.clone(), Report::Building(what.to_owned()))));
                let outcome = play_through(scene, config, pause, &stop, on_building);
                if sender.send((name, Report::Over(outcome))).is_err() || stop.is_stopped() {
                    return;
                }
            }
        })?;
    }
    Ok(reports)
}
