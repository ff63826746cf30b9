//! However the program ends, its processes end with it.

use std::{fs, process::Command};

use testkit::{Program, sibling};

use crate::common::{Remains, SCENE};

/// A scene at work in a terminal, and what it must not leave: its folder for temporary files is the second one.
fn playing() -> (Program, Remains, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (scenes, temporary) = (folder.path().join("scenes"), folder.path().join("tmp"));
    fs::create_dir(&scenes).unwrap();
    fs::create_dir(&temporary).unwrap();
    fs::write(scenes.join("prices.md"), SCENE).unwrap();
    let mut command = Command::new(sibling("scenez"));
    command.args(["play", "prices"]).current_dir(folder.path()).env("TMPDIR", &temporary);
    let program = Program::spawn(command);
    let mut remains = Remains::default();
    while !remains.has_everything() || remains.pids().len() < 3 {
        let line = program.next_line();
        assert!(!line.contains("[Enter"), "the cue is met, and its processes have not printed what they must");
        remains.note_line(&line);
    }
    (program, remains, folder)
}

#[test]
fn sigterm_ends_a_scene_and_nothing_is_left() {
    let (program, mut remains, folder) = playing();
    program.terminate();
    assert_eq!(program.finish().code, Some(0));
    remains.assert_nothing();
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn the_end_of_the_terminal_ends_a_scene() {
    let (mut program, mut remains, folder) = playing();
    program.close_stdin();
    assert_eq!(program.finish().code, Some(0));
    remains.assert_nothing();
    assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn no_process_outlives_a_killed_scenez_not_even_a_suspended_one_or_one_of_another_kind() {
    for is_suspended in [false, true] {
        let (mut program, mut remains, folder) = playing();
        if is_suspended {
            // The second cue but one suspends the publisher.
            program.say("\n");
            program.line_where(|line| line.contains(": suspended"));
        }
        program.kill();
        remains.assert_no_process();
        // Its temporary folder goes with that of the next scene.
        let mut next = Command::new(sibling("scenez"));
        next.args(["play", "prices", "--check"]).current_dir(folder.path()).env("TMPDIR", folder.path().join("tmp"));
        assert_eq!(Program::spawn(next).finish_within(3 * testkit::BOUND).code, Some(0));
        assert_eq!(fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    }
}
