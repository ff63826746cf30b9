//! A scene in a terminal: its text, what its processes print, and its expectations as they change.
//!
//! It only adds lines, so it works over any connection, in a narrow terminal and without colours. Enter plays the next cue.
//!
//! - `keys`: what is typed
//! - `paper`: how things are written
//! - `shown`: what is written when something changes
//! - `quota`: how much of what a process prints is shown

mod keys;
mod paper;
mod quota;
mod shown;

use std::{io, sync::Arc};

use anyhow::bail;
use sockets::{Events, Interest, Stop, bell::Bell};

pub(crate) use self::paper::Paper;
use self::{
    keys::{Keys, Wish},
    paper::Moment,
    shown::Shown,
};
use crate::{
    script::Scene,
    stage::{Command, Snapshot, Stage, StageConfig},
};

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
    let mut player = Player::open(Paper::new(false), pace, stop)?;
    player.paper.title(&scene)?;
    player.scene(scene, config).map(drop)
}

/// A terminal in which scenes are played.
pub(crate) struct Player<'a> {
    pub(crate) paper: Paper,
    /// Where keys come from, if they decide.
    keys: Option<Keys>,
    stop: &'a Stop,
}

/// Where to go from a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// To the next one, if there is one.
    Next,
    /// To the one before.
    Previous,
    /// To the end, by a key or the stop signal.
    Quit,
}

/// Why the player woke.
enum Event {
    Stop,
    Changed,
    Keys,
}

impl<'a> Player<'a> {
    /// Takes standard input, if keys decide.
    pub(crate) fn open(paper: Paper, pace: Pace, stop: &'a Stop) -> io::Result<Self> {
        let keys = (pace == Pace::Keys).then(|| Keys::open(stop)).transpose()?;
        Ok(Self { paper, keys, stop })
    }

    /// Whether keys decide.
    pub(crate) const fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Waits for Enter if keys decide; returns where to go instead if that is asked for.
    pub(crate) fn wait(&mut self) -> anyhow::Result<Option<End>> {
        let Some(keys) = &mut self.keys else { return Ok(self.stop.is_stopped().then_some(End::Quit)) };
        self.paper.keys(Moment::Before)?;
        let mut events = Events::new();
        loop {
            let event = events
                .next(None, Event::Stop, || [(Event::Stop, self.stop.interest()), (Event::Keys, Keys::interest())])?;
            if !matches!(event, Event::Keys) {
                return Ok(Some(End::Quit));
            }
            if let Some(wish) = keys.read()?.first() {
                match wish {
                    Wish::Next => return Ok(None),
                    Wish::NextScene => return Ok(Some(End::Next)),
                    Wish::PreviousScene | Wish::Back => return Ok(Some(End::Previous)),
                    Wish::Quit => return Ok(Some(End::Quit)),
                    Wish::Again | Wish::Unknown => self.paper.keys(Moment::Before)?,
                }
            }
        }
    }

    /// Plays a scene. No process that it has started outlives this.
    pub(crate) fn scene(&mut self, scene: Arc<Scene>, config: StageConfig) -> anyhow::Result<End> {
        let bell = Bell::new()?;
        let rope = bell.rope();
        let stage = Stage::open(scene, config, move || rope.ring())?;
        let played = self.run(&stage, &bell);
        let closed = stage.close();
        let end = played?;
        closed?;
        Ok(end)
    }

    fn run(&mut self, stage: &Stage, bell: &Bell) -> anyhow::Result<End> {
        let (mut events, mut shown, mut asked) = (Events::new(), Shown::default(), None);
        loop {
            let keys = || self.keys.as_ref().map_or_else(Interest::never, |_| Keys::interest());
            let event = events.next(shown.next_deadline(), Event::Changed, || {
                [(Event::Stop, self.stop.interest()), (Event::Changed, bell.interest()), (Event::Keys, keys())]
            })?;
            match event {
                Event::Stop => return Ok(End::Quit),
                Event::Changed => bell.silence(),
                Event::Keys => {
                    if let Some(end) = self.follow_keys(stage)? {
                        return Ok(end);
                    }
                }
            }
            let snapshot = stage.snapshot();
            shown.show(&self.paper, &snapshot, self.keys.is_some())?;
            if stage.is_ended() {
                return Ok(End::Quit);
            }
            if self.keys.is_none() && snapshot.cue >= snapshot.target {
                let failures = snapshot.failures();
                if !failures.is_empty() {
                    bail!("{}", failures.join("\n"));
                }
                if is_over(&snapshot) {
                    return Ok(End::Next);
                }
                let cue = Some((snapshot.start, snapshot.cue));
                if snapshot.is_met() && asked != cue && stage.command(Command::Next).is_ok() {
                    asked = cue;
                }
            }
        }
    }

    /// Does what was typed; returns how the scene ends, if it does.
    fn follow_keys(&mut self, stage: &Stage) -> io::Result<Option<End>> {
        let Some(keys) = &mut self.keys else { return Ok(None) };
        for wish in keys.read()? {
            let snapshot = stage.snapshot();
            let command = match wish {
                Wish::Quit => return Ok(Some(End::Quit)),
                Wish::Next if is_over(&snapshot) => return Ok(Some(End::Next)),
                Wish::NextScene if self.paper.is_tour() => return Ok(Some(End::Next)),
                Wish::PreviousScene if self.paper.is_tour() => return Ok(Some(End::Previous)),
                Wish::Next => Command::Next,
                Wish::Back => Command::Back,
                Wish::Again => Command::Reset,
                Wish::NextScene | Wish::PreviousScene | Wish::Unknown => {
                    self.paper.keys(Moment::of(&snapshot))?;
                    continue;
                }
            };
            // A stage that is busy will get the next one.
            drop(stage.command(command));
        }
        Ok(None)
    }
}

/// Whether nothing follows.
fn is_over(snapshot: &Snapshot) -> bool {
    snapshot.is_last_cue() && snapshot.is_decided()
}
