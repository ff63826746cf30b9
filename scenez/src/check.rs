//! Mistakes that show before anything starts: names that mean nothing, acts that cannot be done, and expectations that
//! cannot fail.
//!
//! - `cast`: who is in the scene, what each reports, and which endpoints it uses
//! - `acts`: the cues in order, with what runs at each point
//! - `expectations`: what can be observed, and what can be false

mod acts;
mod cast;
mod expectations;

use std::collections::HashMap;

use self::{acts::Play, cast::Cast};
use crate::{Problem, Scene, known::Programs, problem::Problems};

/// All mistakes of a scene, in the order of its file.
#[must_use]
pub fn check(scene: &Scene, programs: &Programs) -> Vec<Problem> {
    let mut problems = Problems::default();
    let cast = Cast::of(scene, programs, &mut problems);
    let mut play = Play::new(&cast);
    let mut titles = HashMap::new();
    for cue in &scene.cues {
        if let Some(first) = titles.insert(&cue.title, cue.line) {
            problems.add(cue.line, format!("a cue of this title is in line {}", first.0));
        }
        for act in &cue.acts {
            play.act(&act.what, act.line, &mut problems);
        }
        for expectation in &cue.expectations {
            expectations::check(&expectation.what, &play, expectation.line, &mut problems);
        }
    }
    for member in play.never_started() {
        problems.add(member.line, format!("`{}` waits, and no cue starts it", member.name));
    }
    if scene.cues.iter().all(|cue| cue.expectations.is_empty()) {
        let line = scene.cues.first().map(|cue| cue.line).unwrap_or_default();
        problems.add(line, "a scene that expects nothing cannot fail: add a block `toml expect` to a cue");
    }
    problems.sorted()
}
