//! `--help`, as people see it.

use std::process::Command;

use expect_test::expect_file;
use testkit::Program;

#[test]
fn help_is_as_recorded() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dealz"));
    // What is set in this environment would show, and the width of its terminal.
    command.env_clear().env("COLUMNS", "100").arg("--help");
    let finished = Program::spawn(command).finish();
    assert_eq!(finished.code, Some(0));
    expect_file!["help/dealz.txt"].assert_eq(&finished.stdout);
}

#[test]
fn what_does_not_go_together_is_a_usage_error() {
    for arguments in [
        &["--web-view-only"][..],
        &["--workers", "3"],
        &["--stage", "--workers", "17"],
        &["--play", "a.jsonl", "--stage"],
        &["--play", "a.jsonl", "--record", "b.jsonl"],
        &["--web", "nowhere"],
        &["--token", "short"],
        &["--symbols", "msft"],
        &["--name", "two words"],
    ] {
        let finished = testkit::run(env!("CARGO_BIN_EXE_dealz"), arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
    }
}
