//! What a person sees of a scene in a terminal, and what a test gets.

use std::{fs, path::Path, process::Command};

use testkit::{Finished, Program, sibling};

use crate::common::SCENE;

fn folder(scenes: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scenes")).unwrap();
    for (name, text) in scenes {
        fs::write(folder.path().join("scenes").join(format!("{name}.md")), text).unwrap();
    }
    folder
}

fn start(folder: &Path, arguments: &[&str]) -> Program {
    let mut command = Command::new(sibling("scenez"));
    command.args(arguments).current_dir(folder);
    Program::spawn(command)
}

fn run(folder: &Path, arguments: &[&str]) -> Finished {
    start(folder, arguments).finish_within(3 * testkit::BOUND)
}

#[test]
fn enter_is_the_next_cue_and_b_the_one_before() {
    let folder = folder(&[("prices", SCENE)]);
    let mut program = start(folder.path(), &["play", "prices"]);
    let heading = |program: &Program, wanted: &str| drop(program.line_where(|line| line.trim() == wanted));
    heading(&program, "Prices");
    heading(&program, "1/4  They flow");
    program.line_where(|line| line.ends_with("   early.lost = 0, is 0") && line.contains("ok"));
    program.line_where(|line| line.contains("[Enter: next cue"));
    program.say("");
    heading(&program, "2/4  A late joiner");
    program.line_where(|line| line.contains(" late : runs (pid "));
    program.line_where(|line| line.contains("[Enter: next cue"));
    program.say("b");
    heading(&program, "1/4  They flow");
    program.say("what?");
    program.line_where(|line| line.contains("[Enter: next cue"));
    program.say("q");
    assert_eq!(program.finish().code, Some(0));
}

#[test]
fn it_plays_by_itself_in_eighty_columns_without_colours() {
    let folder = folder(&[("prices", SCENE)]);
    let mut command = Command::new(sibling("scenez"));
    command.args(["play", "prices", "--auto"]).current_dir(folder.path()).env("COLUMNS", "80");
    let finished = Program::spawn(command).finish_within(3 * testkit::BOUND);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    assert!(!finished.stdout.contains('\u{1b}'), "{}", finished.stdout);
    let cues = ["1/4  They flow", "2/4  A late joiner", "3/4  Silence", "4/4  And again"];
    let headings: Vec<_> = finished.stdout.lines().filter(|line| line.contains("/4  ")).collect();
    assert_eq!(headings, cues);
    let longest = finished.stdout.lines().filter(|line| line.contains(" │ ")).map(|line| line.chars().count()).max();
    assert!(longest.is_some_and(|length| length <= 80), "{longest:?}");
}

/// The scene with a claim in its first cue that is wrong.
fn red() -> String {
    SCENE.replacen("\"30s\"", "\"4s\"", 1).replace("\"early.lost\" = 0", "\"early.lost\" = 12")
}

#[test]
fn a_check_is_silent_until_something_fails() {
    let red = red();
    let folder = folder(&[("green", SCENE), ("red", &red)]);
    let green = run(folder.path(), &["play", "green", "--check"]);
    assert_eq!((green.code, green.stdout.as_str(), green.stderr.as_str()), (Some(0), "", ""));
    let red = run(folder.path(), &["play", "red", "--check"]);
    assert_eq!((red.code, red.stdout.as_str()), (Some(1), ""));
    assert!(red.stderr.contains("red.md:23: early.lost = 12, "), "{}", red.stderr);
}

#[test]
fn a_rehearsal_plays_all_and_shows_each() {
    let red = red();
    let folder = folder(&[("green", SCENE), ("red", &red), ("second", SCENE)]);
    let finished = run(folder.path(), &["rehearse"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stdout);
    let row = |name: &str| finished.stdout.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    assert!(row("green ").ends_with("ok") && row("second ").ends_with("ok"), "{}", finished.stdout);
    assert!(row("red ").contains(" -  ") && row("red ").ends_with("FAILED"), "{}", finished.stdout);
    assert!(finished.stdout.contains("red.md:23: early.lost = 12, "));
    assert_eq!(finished.stderr.trim(), "error: 1 of 3 scenes failed");
    let refused = run(folder.path(), &["rehearse", "--pause", "2h"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("longer than an hour"), "{}", refused.stderr);
    let named = run(folder.path(), &["rehearse", "green", "--jobs", "1", "--pause", "100ms"]);
    assert_eq!((named.code, named.stdout.lines().count()), (Some(0), 2), "{}", named.stdout);
}
