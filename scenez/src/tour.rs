//! The talk in a terminal: the scenes of one length, one after another, with what leads from each to the next.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use settings::program::Usage;
use sockets::Stop;
use wire::plural;

use crate::{
    player::{End, Pace, Paper, Player},
    script::Scene,
    stage::StageConfig,
    suggest::suggestion,
    talk::{Cut, Talk},
};

/// The cut of this many minutes and the place of its part `scene`. Without a number of minutes it is the shortest one that has
/// the scene, without a scene the first part.
///
/// # Errors
/// There is no such cut, or it does not have the scene.
pub fn choose<'a>(talk: &'a Talk, minutes: Option<u32>, scene: Option<&str>) -> Result<(&'a Cut, usize), Usage> {
    let place = |cut: &Cut| scene.map_or(Some(0), |scene| cut.parts.iter().position(|part| part.scene == scene));
    let mut cuts: Vec<&Cut> =
        talk.cuts.iter().filter(|cut| minutes.is_none_or(|minutes| cut.minutes == minutes)).collect();
    cuts.sort_by_key(|cut| cut.minutes);
    let Some(longest) = cuts.last() else {
        let lengths: Vec<String> = talk.cuts.iter().map(|cut| cut.minutes.to_string()).collect();
        let minutes = plural(minutes.unwrap_or_default(), "minute");
        return Err(Usage(format!("the talk has no cut of {minutes}: --minutes is one of {}", lengths.join(", "))));
    };
    cuts.iter().find_map(|cut| Some((*cut, place(cut)?))).ok_or_else(|| {
        let scene = scene.unwrap_or_default();
        let meant = suggestion(scene, longest.parts.iter().map(|part| part.scene.as_str()));
        let minutes = minutes.map_or_else(String::new, |minutes| format!(" of {}", plural(minutes, "minute")));
        Usage(format!("`{scene}` is no scene of the talk{minutes}{meant}"))
    })
}

/// What a part of the talk needs.
#[derive(Debug)]
pub struct Part {
    /// Its scene.
    pub scene: Arc<Scene>,
    /// Where that is played.
    pub config: StageConfig,
    /// Why this machine cannot play it: then it is skipped.
    pub missing: Vec<String>,
}

/// Plays a cut from its part `first` on: `scenes` has what each of its parts needs. No process that it has started outlives it.
///
/// # Errors
/// A stage fails, or the terminal; without keys, also the first expectation that fails.
pub fn play(talk: &Talk, cut: &Cut, scenes: &[Part], first: usize, pace: Pace, stop: &Stop) -> anyhow::Result<()> {
    let mut player = Player::open(Paper::new(true), pace, stop)?;
    player.paper.talk(&talk.title, &[talk.idea.as_str(), &cut.text].join("\n\n"))?;
    let (begin, mut at) = (Instant::now(), first);
    while let Some(Part { scene, config, missing }) = scenes.get(at) {
        let clock = player.has_keys().then(|| minute(cut, first) + begin.elapsed());
        player.paper.place(&place(cut, at, clock), &cut.parts[at].text)?;
        player.paper.title(scene)?;
        missing.iter().try_for_each(|reason| player.paper.skipped(reason))?;
        let end = match player.wait()? {
            Some(end) => end,
            None if !missing.is_empty() => End::Next,
            None => player.scene(Arc::clone(scene), config.clone())?,
        };
        match end {
            End::Next => at += 1,
            End::Previous => at = at.saturating_sub(1),
            End::Quit => return Ok(()),
        }
    }
    player.paper.place("the end", END)?;
    Ok(())
}

/// What to do after the last scene.
const END: &str =
    "Any scene again: `just scene NAME`, with a name from `just scenes`. The same in pictures: `just demo`.";

/// When a part begins by the plan.
fn minute(cut: &Cut, at: usize) -> Duration {
    let minutes = cut.parts.iter().take(at).map(|part| u64::from(part.minutes)).sum::<u64>();
    Duration::from_secs(60 * minutes)
}

/// Where the tour is; with a clock, also how that differs from the plan, in whole minutes.
fn place(cut: &Cut, at: usize, clock: Option<Duration>) -> String {
    let planned = minute(cut, at);
    let whole = |time: Duration| time.as_secs() / 60;
    let deviation = match clock.map(|now| (whole(now.saturating_sub(planned)), whole(planned.saturating_sub(now)))) {
        None | Some((0, 0)) => String::new(),
        Some((0, early)) => format!(", {} early", plural(early, "minute")),
        Some((late, _)) => format!(", {} late", plural(late, "minute")),
    };
    format!("{} of {}, minute {} of {}{deviation}", at + 1, cut.parts.len(), whole(planned), cut.minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> Talk {
        let text = "# T\n## 10 minutes\n1. [A](a.md), 4 minutes\n2. [B](b.md), 6 minutes\n## 5 minutes\n1. [B](b.md), 5 minutes\n";
        crate::parse::talk(text).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn without_minutes_it_is_the_shortest_that_has_the_scene() {
        let talk = talk();
        let chosen = |minutes, scene| match choose(&talk, minutes, scene) {
            Ok((cut, at)) => format!("{} minutes from {at}", cut.minutes),
            Err(Usage(reason)) => reason,
        };
        assert_eq!(chosen(None, None), "5 minutes from 0");
        assert_eq!(chosen(None, Some("b")), "5 minutes from 0");
        assert_eq!(chosen(None, Some("a")), "10 minutes from 0");
        assert_eq!(chosen(Some(10), Some("b")), "10 minutes from 1");
        assert_eq!(chosen(Some(7), Some("b")), "the talk has no cut of 7 minutes: --minutes is one of 10, 5");
        assert_eq!(chosen(Some(5), Some("a")), "`a` is no scene of the talk of 5 minutes: did you mean `b`?");
        assert_eq!(chosen(None, Some("none")), "`none` is no scene of the talk: there are `a` and `b`");
    }

    #[test]
    fn the_place_is_that_of_the_plan_and_the_clock_is_compared_with_it() {
        let talk = talk();
        let second = |seconds: Option<u64>| place(&talk.cuts[0], 1, seconds.map(Duration::from_secs));
        assert_eq!(place(&talk.cuts[0], 0, None), "1 of 2, minute 0 of 10");
        assert_eq!(second(None), "2 of 2, minute 4 of 10");
        assert_eq!(second(Some(299)), "2 of 2, minute 4 of 10");
        assert_eq!(second(Some(300)), "2 of 2, minute 4 of 10, 1 minute late");
        assert_eq!(second(Some(100)), "2 of 2, minute 4 of 10, 2 minutes early");
    }
}
