//! The order of a talk: `talk.md` in the folder of scenes, which is none itself (`docs/scenes.md`).

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
};

use crate::{
    Problem,
    files::{self, SceneError},
    parse,
    problem::Problems,
    script::Line,
    suggest::suggestion,
};

/// The name of the file, without its extension.
pub const NAME: &str = "talk";

/// A talk, in one or several lengths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Its heading.
    pub title: String,
    /// What it is about: Markdown before the first cut.
    pub idea: String,
    /// Its lengths, in the order of the file.
    pub cuts: Vec<Cut>,
}

/// One length of the talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// How long it takes.
    pub minutes: u32,
    /// What it is for: Markdown before its list.
    pub text: String,
    /// Its scenes, in order.
    pub parts: Vec<Part>,
    /// Where its heading is.
    pub line: Line,
}

/// A scene in a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name of the scene.
    pub scene: String,
    /// The title of the scene.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// How the talk comes to it from the one before: Markdown, or nothing.
    pub text: String,
    /// Where it is.
    pub line: Line,
}

impl Talk {
    /// The cut that takes so many minutes.
    #[must_use]
    pub fn cut(&self, minutes: u32) -> Option<&Cut> {
        self.cuts.iter().find(|cut| cut.minutes == minutes)
    }

    /// The cut with the most minutes.
    #[must_use]
    pub fn longest(&self) -> Option<&Cut> {
        self.cuts.iter().max_by_key(|cut| cut.minutes)
    }
}

/// Reads and checks the talk of a folder.
///
/// # Errors
/// The file cannot be read, or has mistakes: for example, it names a scene that is not in the folder, or by another title.
pub fn load(folder: &Path) -> Result<Talk, SceneError> {
    let path = files::path(folder, NAME);
    let mistakes = |problems| SceneError::Mistakes(path.clone(), problems);
    let talk = parse::talk(&files::read(&path)?).map_err(mistakes)?;
    let problems = check(&talk, &titles(folder)?);
    if problems.is_empty() { Ok(talk) } else { Err(mistakes(problems)) }
}

/// The talk of a folder, if there is one.
///
/// # Errors
/// It cannot be read, or has mistakes.
pub fn find(folder: &Path) -> Result<Option<Talk>, SceneError> {
    match load(folder) {
        Err(SceneError::Read(_, error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        talk => talk.map(Some),
    }
}

/// The name and the title of each scene in a folder; of one that cannot be read, an empty title.
fn titles(folder: &Path) -> Result<BTreeMap<String, String>, SceneError> {
    let title = |path: &Path| files::title(path).unwrap_or_default();
    Ok(files::all(folder)?.iter().map(|path| (files::name(path), title(path))).collect())
}

/// What the form of the file does not show.
fn check(talk: &Talk, titles: &BTreeMap<String, String>) -> Vec<Problem> {
    let (mut problems, mut lengths) = (Problems::default(), HashMap::new());
    for cut in &talk.cuts {
        if let Some(first) = lengths.insert(cut.minutes, cut.line) {
            problems.add(cut.line, format!("a cut of this length is in line {}", first.0));
        }
        let sum = cut.parts.iter().map(|part| u64::from(part.minutes)).sum::<u64>();
        if sum > u64::from(cut.minutes) {
            problems.add(cut.line, format!("its scenes take {sum} minutes"));
        }
        let mut seen = HashMap::new();
        for Part { scene, title, line, .. } in &cut.parts {
            if let Some(first) = seen.insert(scene, *line) {
                problems.add(*line, format!("`{scene}` is in line {} of this cut already", first.0));
            }
            match titles.get(scene) {
                None => {
                    let meant = suggestion(scene, titles.keys().map(String::as_str));
                    problems.add(*line, format!("no scene `{scene}`{meant}"));
                }
                Some(actual) if actual != title && !actual.is_empty() => {
                    problems.add(*line, format!("the title of `{scene}` is `{actual}`"));
                }
                Some(_) => {}
            }
        }
    }
    problems.sorted()
}
