//! Plays a scene without a hand: each cue when the one before is met, at once or after a pause. Pure: snapshots and times go in.

use std::time::{Duration, Instant};

use crate::{
    script::Cue,
    stage::{Progress, Snapshot},
};

/// How long a cue may take in addition to the times of its expectations: earlier processes end, and its acts are done.
const ACTS_WITHIN: Duration = Duration::from_secs(60);

/// Decides when the next cue comes.
#[derive(Debug)]
pub struct Autoplay {
    pause: Duration,
    /// The start of the scene and the cue that is played, and since when.
    at: Option<((u64, usize), Instant)>,
    /// When it was met.
    met: Option<Instant>,
    /// When the stage was asked for the cue after it.
    asked: Option<Instant>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Look again when there is another snapshot, at the latest at this time.
    Wait(Instant),
    /// Ask the stage for the next cue.
    Next,
    /// The last cue is met.
    Over,
    /// The cue has failed: [`Snapshot::failures`] has the reasons.
    Failed,
    /// The cue has neither been met nor failed in the time that it may take.
    Stuck,
}

impl Autoplay {
    /// The next cue comes this `pause` after one is met, as if a speaker talked meanwhile.
    #[must_use]
    pub const fn new(pause: Duration) -> Self {
        Self { pause, at: None, met: None, asked: None }
    }

    /// What to do at this time.
    pub fn follow(&mut self, snapshot: &Snapshot, now: Instant) -> Step {
        let place = (snapshot.start, snapshot.cue);
        if self.at.is_none_or(|(at, _)| at != place) {
            *self = Self { at: Some((place, now)), ..Self::new(self.pause) };
        }
        if !snapshot.failures().is_empty() {
            return Step::Failed;
        }
        if snapshot.progress == Progress::Building {
            // A build has a limit.
            self.at = None;
            return Step::Wait(now + ACTS_WITHIN);
        }
        let begun = self.at.map_or(now, |(_, begun)| begun);
        let mut limit = begun + longest(&snapshot.scene.cues[snapshot.cue]) + ACTS_WITHIN;
        // After a step back the stage plays up to its target by itself.
        if snapshot.is_met() && snapshot.cue >= snapshot.target {
            let next = *self.met.get_or_insert(now) + self.pause;
            match self.asked {
                _ if snapshot.is_last_cue() => return Step::Over,
                None if now < next => return Step::Wait(next),
                None => return Step::Next,
                Some(asked) => limit = asked + ACTS_WITHIN,
            }
        }
        if now < limit { Step::Wait(limit) } else { Step::Stuck }
    }

    /// The stage has taken the command for the next cue.
    pub const fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
    }
}

/// The longest time that an expectation of a cue may take.
fn longest(cue: &Cue) -> Duration {
    cue.expectations.iter().map(|placed| placed.what.within + placed.what.stays).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        parse::parse,
        play::Verdict,
        stage::Progress::{self, Acting, Watching},
    };

    const SCENE: &str = "# Scene\n\n```toml cast\n[door]\nrun = \"sh\"\n```\n\n## One\n\n## Two\n\n```toml expect\nwithin = \"40s\"\n\"door.exit\" = 0\n```\n";

    fn snapshot(start: u64, cue: usize, progress: Progress) -> Snapshot {
        Snapshot {
            version: 1,
            obeyed: 0,
            scene: Arc::new(parse("scene", SCENE).unwrap()),
            cue,
            target: cue,
            start,
            progress,
            checks: Vec::new(),
            problems: Vec::new(),
            building: None,
            actors: Vec::new(),
            faults: Vec::new(),
            view: None,
            highlight: None,
            lines: Vec::new(),
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_cue_comes_after_a_pause_and_is_asked_for_once() {
        let (mut play, start) = (Autoplay::new(seconds(2)), Instant::now());
        let [one, two] = [0, 1].map(|cue| snapshot(1, cue, Watching(Verdict::Met)));
        assert_eq!(play.follow(&snapshot(1, 0, Acting), start), Step::Wait(start + seconds(60)));
        let met = start + seconds(1);
        assert_eq!(play.follow(&one, met), Step::Wait(met + seconds(2)));
        assert_eq!(play.follow(&one, met + seconds(2)), Step::Next);
        // Until the stage takes it.
        assert_eq!(play.follow(&one, met + seconds(3)), Step::Next);
        play.asked(met + seconds(3));
        assert_eq!(play.follow(&one, met + seconds(3)), Step::Wait(met + seconds(63)));
        assert_eq!(play.follow(&one, met + seconds(63)), Step::Stuck);
        assert_eq!(play.follow(&two, met + seconds(4)), Step::Over);
        assert_eq!(Autoplay::new(Duration::ZERO).follow(&one, start), Step::Next);
    }

    #[test]
    fn a_cue_that_is_not_decided_in_its_time_is_stuck() {
        let (mut play, start) = (Autoplay::new(Duration::ZERO), Instant::now());
        let open = snapshot(1, 1, Watching(Verdict::Open));
        assert_eq!(play.follow(&open, start), Step::Wait(start + seconds(100)));
        assert_eq!(play.follow(&open, start + seconds(100)), Step::Stuck);
        // Another start has its own time.
        let again = snapshot(2, 1, Watching(Verdict::Open));
        assert_eq!(play.follow(&again, start + seconds(100)), Step::Wait(start + seconds(200)));
    }

    #[test]
    fn a_build_takes_the_time_that_it_needs() {
        let (mut play, start) = (Autoplay::new(Duration::ZERO), Instant::now());
        for minutes in 0..5 {
            let now = start + seconds(60 * minutes);
            assert_eq!(play.follow(&snapshot(1, 0, Progress::Building), now), Step::Wait(now + seconds(60)));
        }
        let built = start + seconds(300);
        assert_eq!(play.follow(&snapshot(1, 0, Acting), built), Step::Wait(built + seconds(60)));
    }

    #[test]
    fn a_failure_ends_it_and_a_step_back_is_left_to_the_stage() {
        let (mut play, start) = (Autoplay::new(Duration::ZERO), Instant::now());
        let back = Snapshot { target: 1, ..snapshot(2, 0, Watching(Verdict::Met)) };
        assert_eq!(play.follow(&back, start), Step::Wait(start + seconds(60)));
        let failed = Snapshot { problems: vec!["it could not".to_owned()], ..back };
        assert_eq!(play.follow(&failed, start), Step::Failed);
    }
}
