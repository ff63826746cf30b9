//! Scenes on a real desk, played from a terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{Desk, Socket, dealz, next_with};
use tempfile::TempDir;
use testkit::{Finished, Program, Stopwatch};

/// How soon a cue has acted after the command that starts its scene.
const LIVE_WITHIN: Duration = Duration::from_secs(2);

/// Prices, a watcher behind a link, and one that a cue starts.
const PRICES: &str = r#"# Prices

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --json"
links = ["ticks"]
[late]
run = "tickz watch MSFT --json"
wait = true
```

## They flow

```toml expect
within = "30s"
"early.received" = ">= 5"
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

/// A folder with this scene, as `prices`.
fn folder(text: &str) -> TempDir {
    for program in ["tickz", "linkz", "scenez"] {
        let _ = testkit::sibling(program);
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.md"), text).unwrap();
    folder
}

/// A desk with the scenes of a folder.
fn desk(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = dealz(&["--web", "127.0.0.1:0", "--scenes"]);
    command.arg(folder.path()).args(arguments);
    command
}

/// `dealz do …` to this desk.
fn ask(desk: &Desk, command: &[&str]) -> Finished {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dealz"));
    program.arg("do").args(command).args(["--commands", &desk.program.endpoint("commands")]);
    Program::spawn(program).finish()
}

fn done(desk: &Desk, command: &[&str]) {
    let finished = ask(desk, command);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "done\n"), "{command:?}: {finished:?}");
}

fn refused(desk: &Desk, command: &[&str]) -> String {
    let finished = ask(desk, command);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{command:?}: {finished:?}");
    finished.stderr
}

/// The next stage of a page for which `wanted` is true.
fn until(page: &mut Socket, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + testkit::BOUND;
    loop {
        let stage = next_with(page, "update").unwrap()["stage"].clone();
        if !stage.is_null() && wanted(&stage) {
            return stage;
        }
        assert!(Instant::now() < deadline, "{what}: not in time; the last stage is {stage}");
    }
}

fn is_at(stage: &Value, start: u64, cue: u64, progress: &str) -> bool {
    stage["start"] == start && stage["cue"] == cue && stage["progress"] == progress
}

fn pids(stage: &Value) -> Vec<u64> {
    stage["actors"].as_array().unwrap().iter().filter_map(|actor| actor["pid"].as_u64()).collect()
}

/// Whether a process has not ended.
fn lives(pid: u64) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_terminal_plays_a_scene() {
    let folder = folder(PRICES);
    let desk = Desk::spawn(desk(&folder, &[]));
    let mut page = desk.socket();
    assert!(refused(&desk, &["cue", "next"]).contains("refused: no scene is open"));
    done(&desk, &["scene", "prices"]);
    until(&mut page, "the first cue", |stage| is_at(stage, 1, 0, "met"));
    done(&desk, &["cue", "next"]);
    until(&mut page, "the second cue", |stage| is_at(stage, 1, 1, "met"));
    done(&desk, &["fault", "early.ticks", "latency", "200ms", "jitter", "20ms", "--for", "20s"]);
    let on = |stage: &Value| stage["faults"].as_array().map_or(0, Vec::len);
    let stage = until(&mut page, "the fault", |stage| on(stage) == 1);
    assert_eq!(stage["faults"][0]["fault"], "latency 200ms jitter 20ms");
    done(&desk, &["clear", "early.ticks"]);
    until(&mut page, "no fault", |stage| on(stage) == 0);
    done(&desk, &["kill", "late"]);
    until(&mut page, "the end of late", |stage| stage["actors"][3]["life"]["ended"] == -9);
    done(&desk, &["cue", "back"]);
    let stage = until(&mut page, "the first cue again", |stage| is_at(stage, 2, 0, "met"));
    done(&desk, &["close-scene"]);
    assert!(pids(&stage).len() == 3 && !pids(&stage).into_iter().any(lives), "{stage}");

    let refusal = refused(&desk, &["scene", "nowhere"]);
    assert!(refusal.contains("refused: name: there is no scene nowhere"), "{refusal}");
    fs::write(folder.path().join("prices.md"), PRICES.replace("late.received", "lat.received")).unwrap();
    let refusal = refused(&desk, &["scene", "prices"]);
    assert!(refusal.contains("prices.md:29: no process `lat`: did you mean `late`?"), "{refusal}");
    let wrong = ask(&desk, &["cue", "last"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("`next`"), "{wrong:?}");
}

#[test]
fn a_scene_starts_and_starts_again_within_two_seconds() {
    let own = folder(PRICES);
    // At full length all scenes of the suite.
    let is_long = std::env::var_os("SOAK").is_some();
    let folder = if is_long { Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenes")) } else { own.path() };
    let mut command = dealz(&["--web", "127.0.0.1:0", "--scenes"]);
    command.arg(folder);
    let desk = Desk::spawn(command);
    let mut page = desk.socket();
    let scenes = loop {
        let update = next_with(&mut page, "update").unwrap();
        if let Some(scenes) = update["scenes"]["folder"].as_array().filter(|scenes| !scenes.is_empty()) {
            break scenes.clone();
        }
    };
    let mut live = |start: u64, begin: Stopwatch| {
        until(&mut page, "it is live", |stage| {
            stage["start"] == start && ["open", "met"].iter().any(|word| stage["progress"] == *word)
        });
        begin.elapsed()
    };
    for name in scenes.iter().map(|scene| scene["name"].as_str().unwrap()) {
        let begin = Stopwatch::start();
        done(&desk, &["scene", name]);
        let start = live(1, begin);
        let begin = Stopwatch::start();
        done(&desk, &["cue", "reset"]);
        let reset = live(2, begin);
        let begin = Stopwatch::start();
        done(&desk, &["close-scene"]);
        let close = begin.elapsed();
        println!("{name}: start to the first cue live {start:.2?}, reset {reset:.2?}, close {close:.2?}");
        assert!(start < LIVE_WITHIN && reset < LIVE_WITHIN, "{name}: start {start:?}, reset {reset:?}");
    }
}

#[test]
fn however_a_desk_ends_no_process_of_its_scene_is_left() {
    let folder = folder(PRICES);
    for end in [Program::kill, Program::terminate] {
        let desk = Desk::spawn(desk(&folder, &["--scene", "prices"]));
        let stage = until(&mut desk.socket(), "the scene", |stage| is_at(stage, 1, 0, "met"));
        let pids = pids(&stage);
        assert!(pids.len() == 3 && pids.iter().all(|pid| lives(*pid)), "{stage}");
        end(&desk.program);
        let _ = desk.program.finish_within(Duration::from_secs(2));
        testkit::eventually("the end of the scene", || !pids.iter().any(|pid| lives(*pid)));
    }
}

#[test]
fn a_scene_that_cannot_be_opened_at_the_start_is_an_error_with_its_line() {
    let folder = folder(&PRICES.replace("tickz publish", "tickz pubish"));
    let finished = Program::spawn(desk(&folder, &["--scene", "prices"])).finish();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("prices.md:4: `tickz` has no role `pubish`"), "{}", finished.stderr);
}
