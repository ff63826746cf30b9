//! The scene that plays by itself, and what comes of it.

use std::time::{Duration, Instant};

use scenez::{
    autoplay::{Autoplay, Step},
    rehearsal,
    stage::{Command, Snapshot, Stage},
};

use crate::config::Auto;

/// How soon a stage that could not take a command is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// How long the end is shown at least: a recording has it, too.
const REST: Duration = Duration::from_secs(1);

/// Plays a scene; dropped before its end, it reports that.
pub(super) struct AutoPlayer {
    config: Auto,
    play: Autoplay,
    /// When to look again; none once the end is reported.
    look: Option<Instant>,
    /// When the end is reported, once the last cue is met.
    ends: Option<Instant>,
}

impl AutoPlayer {
    pub(super) fn new(config: Auto) -> Self {
        let play = Autoplay::new(config.pause);
        Self { config, play, look: Some(Instant::now()), ends: None }
    }

    /// In what time to call [`AutoPlayer::follow`] though the stage shows nothing new; none if it has ended.
    pub(super) fn next_look(&self) -> Option<Duration> {
        self.look.map(|look| look.saturating_duration_since(Instant::now()))
    }

    /// Has the stage play the next cue if it is time for it, or reports the end.
    pub(super) fn follow(&mut self, stage: &Stage, snapshot: &Snapshot, now: Instant) {
        if self.look.is_none() {
            return;
        }
        match self.play.follow(snapshot, now) {
            Step::Wait(until) => self.look = Some(until),
            Step::Next => {
                self.look = Some(now + ASK_AGAIN);
                if stage.command(Command::Next).is_ok() {
                    self.play.asked(now);
                }
            }
            Step::Over => {
                let ends = *self.ends.get_or_insert(now + self.config.pause.max(REST));
                self.look = Some(ends);
                if now >= ends {
                    self.end(Vec::new());
                }
            }
            Step::Failed | Step::Stuck => self.end(rehearsal::failures(snapshot)),
        }
    }

    fn end(&mut self, failures: Vec<String>) {
        self.look = None;
        // It has room for each that can report; if it is gone, the desk is ending.
        let _ = self.config.ended.try_send(failures);
    }
}

impl Drop for AutoPlayer {
    fn drop(&mut self) {
        if self.look.is_some() {
            self.end(vec!["the scene has ended before its last cue was met".to_owned()]);
        }
    }
}
