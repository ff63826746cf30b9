//! The folder of scenes: which there are, in which order, and what is wrong with them.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use scenez::{
    Scene,
    files::{self, SceneError},
    known::Programs,
    talk::{self, Talk},
};
use wire::foreign;

use super::recordings;
use crate::{
    command::Refusal,
    view::{CutView, PartView, SceneEntry},
};

/// The most mistakes that are shown.
const MISTAKES_MAX: usize = 20;

/// The most characters of a name in a refusal.
pub(super) const NAME_CHARS_MAX: usize = 40;

/// What is in the folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    path: PathBuf,
    /// All scenes, in the order in which pages show them.
    pub(super) entries: Vec<SceneEntry>,
    pub(super) cuts: Vec<CutView>,
    /// What is wrong with the folder or with files in it, a line for each mistake.
    pub(super) problem: Option<String>,
}

impl Folder {
    /// Reads the folder, and checks all files in it.
    pub(super) fn read(path: &Path) -> Self {
        let mut problems = Vec::new();
        let talk = talk::find(path).unwrap_or_else(|error| {
            problems.push(in_words(&error));
            None
        });
        let files = files::all(path).unwrap_or_else(|error| {
            // The talk has the same problem.
            problems = vec![in_words(&error)];
            Vec::new()
        });
        let mut entries = Vec::new();
        for file in &files {
            let name = files::name(file);
            let title = match load(file) {
                Ok(scene) => scene.title,
                Err(error) => {
                    problems.push(in_words(&error));
                    files::title(file).unwrap_or_default()
                }
            };
            let title = if title.is_empty() { name.clone() } else { title };
            entries.push(SceneEntry { title, recorded: recordings::is_there(path, &name), name });
        }
        let order: Vec<&str> = talk
            .as_ref()
            .and_then(Talk::longest)
            .map_or_else(Vec::new, |cut| cut.parts.iter().map(|part| part.scene.as_str()).collect());
        // Those that are not in the talk are the last ones; the order by name stays.
        entries.sort_by_key(|entry| order.iter().position(|name| *name == entry.name).unwrap_or(order.len()));
        let problem = problems.iter().flat_map(|problem| problem.lines()).take(MISTAKES_MAX).collect::<Vec<_>>();
        Self {
            path: path.to_owned(),
            entries,
            cuts: talk.map_or_else(Vec::new, cuts),
            problem: (!problem.is_empty()).then(|| problem.join("\n")),
        }
    }

    /// Reads and checks a scene.
    ///
    /// # Errors
    /// There is none of this name, or it has mistakes.
    pub(super) fn load(&self, name: &str) -> Result<(PathBuf, Scene), Refusal> {
        // A name is one of the list: no page reads another file of this machine.
        if !self.entries.iter().any(|entry| entry.name == name) {
            let reason = match &self.problem {
                Some(problem) if self.entries.is_empty() => first_line(problem),
                _ => format!("there is no scene {}", foreign(name).at_most(NAME_CHARS_MAX)),
            };
            return Err(Refusal::invalid("name", &reason));
        }
        let file = files::path(&self.path, name);
        match load(&file) {
            Ok(scene) => Ok((file, scene)),
            Err(error) => Err(Refusal::not_now(&first_line(&in_words(&error)))),
        }
    }
}

fn load(file: &Path) -> Result<Scene, SceneError> {
    files::load(file, &Programs::of_this_machine(&files::root(file)))
}

fn cuts(talk: Talk) -> Vec<CutView> {
    let part = |part: talk::Part| PartView { scene: part.scene, minutes: part.minutes };
    let cut = |cut: talk::Cut| CutView { minutes: cut.minutes, parts: cut.parts.into_iter().map(part).collect() };
    talk.cuts.into_iter().map(cut).collect()
}

/// An error with its cause. Of several mistakes each has a line.
fn in_words(error: &SceneError) -> String {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    let lines: Vec<String> = format!("{error}{cause}").lines().map(|line| foreign(line).to_string()).collect();
    lines.join("\n")
}

/// The first of several mistakes, with the number of the others.
fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    match lines.count() {
        0 => first,
        others => format!("{first} (and {others} more: `scenez check`)"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let read = Folder::read(folder.path());
        (folder, read)
    }

    fn scene(title: &str) -> String {
        format!(
            "# {title}\n\n```toml cast\n[door]\nrun = \"sh -c 'exit 0'\"\n```\n\n## One\n\n```toml expect\n\"door.exit\" = 0\n```\n"
        )
    }

    #[test]
    fn scenes_are_in_the_order_of_the_longest_cut_and_then_by_name() {
        let talk = "# Talk\n\n## 10 minutes\n\n1. [A](a.md), 2 minutes\n\n## 30 minutes\n\n1. [D](d.md), 5 minutes\n2. [B](b.md), 6 minutes\n";
        let scenes = [("a.md", "A"), ("b.md", "B"), ("c.md", "C"), ("d.md", "D")];
        let texts: Vec<_> = scenes.iter().map(|(name, title)| (*name, scene(title))).collect();
        let files: Vec<_> =
            texts.iter().map(|(name, text)| (*name, text.as_str())).chain([("talk.md", talk)]).collect();
        let (_folder, read) = folder(&files);
        assert_eq!(read.problem, None);
        let names: Vec<_> = read.entries.iter().map(|entry| (entry.name.as_str(), entry.title.as_str())).collect();
        assert_eq!(names, [("d", "D"), ("b", "B"), ("a", "A"), ("c", "C")]);
        assert_eq!(read.cuts.iter().map(|cut| cut.minutes).collect::<Vec<_>>(), [10, 30]);
        assert_eq!(read.cuts[1].parts[1], PartView { scene: "b".to_owned(), minutes: 6 });
    }

    #[test]
    fn a_mistake_is_named_with_its_file_and_line_and_hides_no_other_scene() {
        let wrong = scene("B").replace("door.exit", "dor.exit");
        let (place, read) = folder(&[("a.md", &scene("A")), ("b.md", &wrong), ("c.md", "text")]);
        let problem = read.problem.clone().unwrap();
        let line = format!("{}/b.md:11: no process `dor`", place.path().display());
        assert!(problem.contains(&line) && problem.contains("c.md:"), "{problem}");
        assert_eq!(read.entries.len(), 3);
        assert!(read.load("a").is_ok());
        let refusal = read.load("b").unwrap_err();
        assert!(matches!(&refusal, Refusal::NotNow { reason } if reason.starts_with(&line)), "{refusal:?}");
    }

    #[test]
    fn only_a_scene_of_the_folder_is_opened() {
        let (place, read) = folder(&[("a.md", &scene("A")), ("talk.md", "# Talk\n")]);
        let path = place.path().join("a.md").display().to_string();
        for name in ["b", "", "talk", "../a", "a.md", "/etc/passwd", path.as_str(), "\u{1b}[2J"] {
            let refusal = read.load(name).unwrap_err().to_string();
            assert!(refusal.starts_with("name: there is no scene ") && !refusal.contains('\u{1b}'), "{refusal}");
        }
        let nowhere = Folder::read(&place.path().join("nowhere"));
        assert!(nowhere.problem.as_ref().is_some_and(|problem| problem.contains("No such file")), "{nowhere:?}");
        assert!(nowhere.load("a").unwrap_err().to_string().starts_with("name: cannot read "));
    }
}
