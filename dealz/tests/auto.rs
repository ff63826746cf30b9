//! A scene that plays by itself and is recorded meanwhile.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dealz_core::view::{CueProgress, Recorded, StageView};
use support::{Desk, dealz, next_with};
use tempfile::TempDir;
use testkit::{Finished, Program};

/// Two cues.
const SCENE: &str = r#"# Prices

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[late]
run = "tickz watch MSFT --json"
wait = true
```

## They flow

> For the speaker alone.

```toml expect
within = "30s"
"prices.presence" = "present"
```

## A late joiner

```toml do
start = "late"
```

```toml expect
within = "30s"
"late.received" = ">= 5"
```
"#;

/// A second cue that fails.
fn wrong() -> String {
    SCENE.replace("\"30s\"\n\"late.received\" = \">= 5\"", "\"4s\"\n\"late.received\" = \"> 100000\"")
}

/// A folder with these scenes.
fn folder(scenes: &[(&str, &str)]) -> TempDir {
    for program in ["tickz", "linkz", "scenez"] {
        let _ = testkit::sibling(program);
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in scenes {
        fs::write(folder.path().join(name).with_extension("md"), text).unwrap();
    }
    folder
}

/// A desk that plays `scene` by itself, recorded to the file of this name.
fn playing(folder: &TempDir, scene: &str, arguments: &[&str]) -> (Command, PathBuf) {
    let file = folder.path().join(format!("{scene}.jsonl"));
    let mut command = dealz(&["--web", "127.0.0.1:0", "--scene", scene, "--auto", "--scenes"]);
    command.arg(folder.path()).arg("--record").arg(&file).args(arguments);
    (command, file)
}

fn play(folder: &TempDir, scene: &str, arguments: &[&str]) -> (Finished, PathBuf) {
    let (command, file) = playing(folder, scene, arguments);
    (Program::spawn(command).finish(), file)
}

fn lines(file: &Path) -> Vec<Recorded> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The stages in a recording, in their order.
fn stages(file: &Path) -> Vec<StageView> {
    let stages = lines(file).into_iter().filter_map(|recorded| match recorded {
        Recorded::Update { update } => update.stage,
        Recorded::Wire { .. } => None,
    });
    stages.filter(|stage| !stage.actors.is_empty()).collect()
}

#[test]
fn a_scene_plays_by_itself_from_its_first_cue_to_its_last_and_is_recorded() {
    let folder = folder(&[("prices", SCENE)]);
    // A recorder looks ten times a second: without a pause it may miss that a cue is met.
    let (finished, file) = play(&folder, "prices", &["--pause", "2s"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let stages = stages(&file);
    for cue in 0..2 {
        let met = stages.iter().any(|stage| (stage.cue, stage.progress) == (cue, CueProgress::Met));
        assert!(met, "cue {cue} of {stages:?}");
    }
    assert_eq!(stages.last().map(|last| (last.cue, last.progress)), Some((1, CueProgress::Met)));
    assert!(stages.iter().all(|stage| stage.start <= 1), "it is played once");
    assert!(!fs::read_to_string(&file).unwrap().contains("For the speaker alone"));
    // No page has looked at them.
    let names = |line: Recorded| match line {
        Recorded::Wire { messages, .. } => messages.into_iter().map(|message| message.name).collect(),
        Recorded::Update { .. } => Vec::new(),
    };
    let names: BTreeSet<_> = lines(&file).into_iter().flat_map(names).collect();
    assert!(names.contains("burst"), "messages of the scene's sockets: {names:?}");
}

#[test]
fn a_cue_that_fails_is_an_error_with_its_line_as_in_a_rehearsal() {
    let folder = folder(&[("wrong", &wrong())]);
    let (finished, _) = play(&folder, "wrong", &[]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for words in ["wrong.md:28: late.received > 100000, is ", "  prices: runs", "  late: runs, printed last: {"] {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
}

#[test]
fn a_pause_follows_each_cue_that_is_met_and_a_signal_is_a_failure() {
    let folder = folder(&[("prices", SCENE)]);
    let (command, file) = playing(&folder, "prices", &["--pause", "1h"]);
    let desk = Desk::spawn(command);
    let mut page = desk.socket();
    testkit::eventually("the first cue is met", || {
        next_with(&mut page, "update").unwrap()["stage"]["progress"] == "met"
    });
    desk.program.terminate();
    let finished = desk.program.finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("error: stopped before the end"), "{}", finished.stderr);
    assert!(stages(&file).iter().all(|stage| stage.cue == 0));
}

#[test]
fn a_scene_that_is_closed_by_a_hand_has_not_succeeded() {
    let folder = folder(&[("prices", SCENE)]);
    let desk = Desk::spawn(playing(&folder, "prices", &["--pause", "1h"]).0);
    let mut page = desk.socket();
    // The desk ends with its scene: before its reply has left, perhaps.
    match support::ask(&mut page, 1, &serde_json::json!({ "do": "closeScene" })) {
        Ok(reply) => assert_eq!(reply["reply"]["got"], "done", "{reply}"),
        Err(code) => assert_eq!(code, 1001),
    }
    let finished = desk.program.finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("the scene has ended before its last cue was met"), "{}", finished.stderr);
}

#[test]
fn scenes_are_recorded_one_after_another_and_one_that_fails_leaves_nothing() {
    let folder = folder(&[("prices", SCENE), ("wrong", &wrong())]);
    let programs = Path::new(env!("CARGO_BIN_EXE_dealz")).parent().unwrap();
    let record = |names: &[&str]| {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/recordings.sh"));
        command.arg(programs).args(names).env("SCENES", folder.path()).env("PAUSE", "0s");
        Program::spawn(command).finish()
    };
    let files = || {
        let entries = fs::read_dir(folder.path().join("recordings")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let finished = record(&[]);
    assert_eq!((finished.code, files()), (Some(1), vec!["prices.jsonl".to_owned()]), "{finished:?}");
    for words in [" 1 of 2  prices: ok, ", " 2 of 2  wrong: FAILED, ", "wrong.md:28: late.received", "1 of 2 failed"] {
        assert!(finished.stdout.contains(words), "{words}: {}", finished.stdout);
    }
    // Another one takes its place.
    let before = fs::read(folder.path().join("recordings/prices.jsonl")).unwrap();
    let finished = record(&["prices"]);
    assert_eq!((finished.code, files().len()), (Some(0), 1), "{finished:?}");
    assert_ne!(fs::read(folder.path().join("recordings/prices.jsonl")).unwrap(), before);
}
