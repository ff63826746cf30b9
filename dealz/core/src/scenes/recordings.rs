//! The recordings of scenes: a file each in the folder `recordings` within that of the scenes, named after the scene.

use std::path::{Path, PathBuf};

use scenez::files;
use wire::foreign;

use super::folder::NAME_CHARS_MAX;
use crate::{command::Refusal, recording};

/// The folder, within that of the scenes.
const FOLDER: &str = "recordings";

/// Whether a scene has a recording.
pub(super) fn is_there(scenes: &Path, name: &str) -> bool {
    path(scenes, name).is_file()
}

/// The recording of a scene of the folder, if this version can play it.
///
/// # Errors
/// There is no scene of this name, it has no recording, or that is one of another version or none at all.
pub(super) fn read(scenes: &Path, name: &str) -> Result<String, Refusal> {
    let shown = foreign(name).at_most(NAME_CHARS_MAX);
    // A name is that of a scene: no page reads another file of this machine.
    if !files::all(scenes).is_ok_and(|all| all.iter().any(|file| files::name(file) == name)) {
        return Err(Refusal::invalid("scene", &format!("there is no scene {shown}")));
    }
    if !is_there(scenes, name) {
        let reason = format!("there is no recording of {shown}: `just recordings {shown}` makes one");
        return Err(Refusal::not_now(&reason));
    }
    recording::read_file(&path(scenes, name)).map_err(|error| {
        Refusal::not_now(&format!("the recording cannot be played: {error}. `just recordings {shown}` makes a new one"))
    })
}

fn path(scenes: &Path, name: &str) -> PathBuf {
    scenes.join(FOLDER).join(format!("{name}.jsonl"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::view::{Recorded, Update};

    /// A folder with the scene `a` and this recording of it.
    fn folder(recording: Option<&[u8]>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), "# A\n").unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        if let Some(recording) = recording {
            fs::write(path(folder.path(), "a"), recording).unwrap();
        }
        folder
    }

    fn snapshot() -> String {
        let update = Update { snapshot: true, ..Update::default() };
        serde_json::to_string(&Recorded::Update { update }).unwrap() + "\n"
    }

    fn refused(folder: &tempfile::TempDir, name: &str) -> String {
        read(folder.path(), name).unwrap_err().to_string()
    }

    #[test]
    fn the_recording_of_a_scene_is_read() {
        let folder = folder(Some(snapshot().as_bytes()));
        assert_eq!(read(folder.path(), "a"), Ok(snapshot()));
        assert!(is_there(folder.path(), "a") && !is_there(folder.path(), "b"));
    }

    #[test]
    fn only_scenes_of_the_folder_have_recordings() {
        let folder = folder(Some(snapshot().as_bytes()));
        fs::write(folder.path().join("b.jsonl"), snapshot()).unwrap();
        fs::write(path(folder.path(), "c"), snapshot()).unwrap();
        let absolute = folder.path().join("b").display().to_string();
        for name in ["b", "c", "../b", "a/../../b", "", "talk", "a.jsonl", "\u{1b}[2J", absolute.as_str()] {
            let refusal = refused(&folder, name);
            assert!(refusal.starts_with("scene: there is no scene ") && !refusal.contains('\u{1b}'), "{refusal}");
        }
        assert!(read(&folder.path().join("nowhere"), "a").is_err());
    }

    #[test]
    fn one_that_is_missing_broken_or_of_another_version_is_refused_with_the_way_to_a_new_one() {
        assert_eq!(refused(&folder(None), "a"), "there is no recording of a: `just recordings a` makes one");
        let other = snapshot().replace("\"counts\":", "\"sockets\":");
        assert_ne!(other, snapshot());
        for (recording, reason) in [
            (other.as_bytes(), "line 1: unknown field `sockets`"),
            (b"garbage\n".as_slice(), "line 1: expected value"),
            (b"\xff\n", "line 1: not text"),
            (b"", "it is empty"),
        ] {
            let refusal = refused(&folder(Some(recording)), "a");
            assert!(refusal.contains(&format!("a.jsonl: {reason}")), "{refusal}");
            assert!(refusal.ends_with("`just recordings a` makes a new one"), "{refusal}");
        }
        // A folder, or a pipe, which would be waited for, is no recording.
        let folder = folder(None);
        fs::create_dir(path(folder.path(), "a")).unwrap();
        assert!(refused(&folder, "a").starts_with("there is no recording of a"));
    }
}
