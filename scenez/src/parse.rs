//! The text of a scene file → a [`Scene`], or all of its mistakes.
//!
//! This knows the form of a file alone: which blocks it has and where, which keys, which kinds of values. Whether the names
//! in it mean anything is the matter of [`crate::check`].
//!
//! - `markdown`: title, idea, cues, and their blocks
//! - `table`: the TOML of a block, with its lines
//! - `cast`, `acts`, `expect`: one kind of block each
//! - [`talk`](talk()): the file that orders scenes, which has another form

mod acts;
mod cast;
mod expect;
mod markdown;
mod table;
mod talk;

use self::markdown::{Purpose, Section};
pub use self::talk::talk;
use crate::{
    Problem, Scene,
    problem::Problems,
    script::{Cue, Line, Member},
};

/// Reads a scene with the name of its file.
///
/// # Errors
/// All mistakes in its form, in the order of the file.
pub fn parse(name: &str, text: &str) -> Result<Scene, Vec<Problem>> {
    let text = normal(text);
    let mut problems = Problems::default();
    let (scene, cues) = markdown::sections(&text, &mut problems);
    if !scene.notes.is_empty() {
        problems.add(scene.line, "notes before the first cue: the speaker sees the notes of a cue");
    }
    let cast = cast(&scene, &mut problems);
    let cues: Vec<Cue> = cues.into_iter().map(|section| cue(section, &mut problems)).collect();
    if cues.is_empty() {
        problems.add(scene.line, "a scene without a cue: `## Title`");
    }
    let problems = problems.sorted();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Scene { name: name.to_owned(), title: scene.title, idea: scene.text, cast, cues })
}

/// The title of a scene, even if it has mistakes.
#[must_use]
pub fn title(text: &str) -> String {
    markdown::sections(&normal(text), &mut Problems::default()).0.title
}

/// The text without the mark that some editors begin a file with, and with one kind of line ends. It has the same lines.
fn normal(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

/// The cast, which is one block before the first cue.
fn cast(scene: &Section, problems: &mut Problems) -> Vec<Member> {
    let (mut cast, mut seen) = (Vec::new(), None::<Line>);
    for block in &scene.blocks {
        match (block.purpose, seen) {
            (Purpose::Cast, None) => {
                seen = Some(block.line);
                cast = cast::cast(block, problems);
            }
            (Purpose::Cast, Some(first)) => {
                problems.add(block.line, format!("a second cast: add it to the one in line {}", first.0));
            }
            (Purpose::Do | Purpose::Expect, _) => {
                problems.add(block.line, "before the first cue there is only the cast: put this below a `##` heading");
            }
        }
    }
    if seen.is_none() {
        problems.add(scene.line, "a scene without a cast: a block `toml cast` before the first cue");
    }
    cast
}

fn cue(section: Section, problems: &mut Problems) -> Cue {
    let Section { title, line, text, notes, blocks } = section;
    let mut cue = Cue { title, text, notes, acts: Vec::new(), expectations: Vec::new(), line };
    for block in blocks {
        match block.purpose {
            Purpose::Cast => problems.add(block.line, "the cast is in one block before the first cue"),
            Purpose::Do if !cue.expectations.is_empty() => {
                problems.add(block.line, "a cue expects something after all that it does: make this another cue");
            }
            Purpose::Do => cue.acts.extend(acts::acts(&block, problems)),
            Purpose::Expect => cue.expectations.extend(expect::expectations(&block, problems)),
        }
    }
    cue
}
