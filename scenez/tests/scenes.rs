//! The scenes of this project have no mistakes, and the program finds those of others.

use std::{fs, path::Path};

use scenez::{
    files::{self, FILE_BYTES_MAX},
    known::Programs,
    talk,
};
use testkit::run;

const SCENEZ: &str = env!("CARGO_BIN_EXE_scenez");

const SCENE: &str = "# Title\n\nThe idea.\n\n```toml cast\n[prices]\nrun = \"tickz publish\"\n```\n\n## Cue\n\nText.\n\n> Notes\n> of the speaker.\n\
    \nMore text.\n\n```toml expect\n\"prices.ticks.sent\" = \"> 0\"\n```\n";

#[test]
fn every_scene_of_the_project_can_be_played() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let paths = files::all(&root.join("scenes")).unwrap();
    assert!(!paths.is_empty());
    for path in paths {
        let scene = files::load(&path, &Programs::of_this_machine(&root)).unwrap_or_else(|error| panic!("{error}"));
        assert!(scene.cues.len() >= 2 && !scene.idea.is_empty(), "{}", path.display());
    }
}

#[test]
fn every_scene_of_the_project_is_in_the_longest_cut_of_its_talk_or_in_that_of_the_queue() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenes");
    let talk = talk::load(&folder).unwrap_or_else(|error| panic!("{error}"));
    let minutes: Vec<u32> = talk.cuts.iter().map(|cut| cut.minutes).collect();
    assert_eq!(minutes, [75, 30, 10, 25]);
    let whole: Vec<_> = [75, 25].iter().flat_map(|&minutes| &talk.cut(minutes).unwrap().parts).collect();
    let mut planned: Vec<&str> = whole.iter().map(|part| part.scene.as_str()).collect();
    planned.sort_unstable();
    // The desk opens its own scene before the talk.
    let names = files::all(&folder).unwrap().into_iter().map(|path| files::name(&path)).filter(|name| name != "demo");
    assert_eq!(planned, names.collect::<Vec<_>>());
    // In each cut a scene takes the same time, and the talk comes to it from somewhere.
    for part in talk.cuts.iter().flat_map(|cut| &cut.parts) {
        let planned = whole.iter().find(|other| other.scene == part.scene);
        assert!(planned.is_some_and(|other| other.minutes == part.minutes) && !part.text.is_empty(), "{part:?}");
    }
}

#[test]
fn text_and_notes_of_a_cue_are_separate_and_blocks_are_in_neither() {
    let scene = scenez::parse::parse("name", SCENE).unwrap();
    assert_eq!((scene.name.as_str(), scene.title.as_str(), scene.idea.as_str()), ("name", "Title", "The idea."));
    let [cue] = scene.cues.as_slice() else { panic!("{:?}", scene.cues) };
    assert_eq!((cue.text.as_str(), cue.notes.as_str()), ("Text.\n\nMore text.", "Notes\nof the speaker."));
}

#[test]
fn mistakes_are_lines_with_file_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let scenes = folder.path().join("scenes");
    fs::create_dir(&scenes).unwrap();
    fs::write(scenes.join("good.md"), SCENE).unwrap();
    fs::write(scenes.join("bad.md"), SCENE.replace("prices.ticks.sent", "price.ticks.sent")).unwrap();
    let scenes = scenes.display().to_string();

    let all = run(SCENEZ, ["check", "--scenes", &scenes]);
    assert_eq!(all.code, Some(1));
    assert_eq!(all.stdout, format!("{scenes}/good.md: 1 cue, 1 expectation\n"));
    let mistake = format!("{scenes}/bad.md:20: no process `price`: did you mean `prices`?");
    assert_eq!(all.stderr, format!("{mistake}\nerror: 1 file with mistakes\n"));

    assert_eq!(run(SCENEZ, ["check", "good", "--scenes", &scenes]).code, Some(0));
    let list = run(SCENEZ, ["list", "--scenes", &scenes]);
    assert_eq!(list.stdout, "bad   has mistakes: scenez check bad\ngood  Title\n");
}

#[test]
fn a_file_that_is_no_scene_is_refused_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |bytes: &[u8]| {
        let path = folder.path().join("scene.md");
        fs::write(&path, bytes).unwrap();
        let error = files::load(&path, &Programs::of_this_machine(folder.path())).unwrap_err();
        error.to_string().replace(&*folder.path().to_string_lossy(), "FOLDER")
    };
    let large = vec![b'a'; FILE_BYTES_MAX as usize + 1];
    assert_eq!(reason(&large), "FOLDER/scene.md has more than 256 KiB");
    assert_eq!(reason(b"# Title \xff"), "FOLDER/scene.md is not UTF-8");
    assert!(reason(&large[1..]).starts_with("FOLDER/scene.md:1: a scene begins with its title"));
    assert_eq!(run(SCENEZ, ["check", "none", "--scenes", "no-folder"]).code, Some(1));
}
