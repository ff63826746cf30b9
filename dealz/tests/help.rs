//! `--help`, as people see it.

use std::process::Command;

use expect_test::expect_file;
use testkit::Program;

#[test]
fn help_is_as_recorded() {
    let help = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dealz"));
        // What is set in this environment would show, and the width of its terminal.
        command.env_clear().env("COLUMNS", "100").args(arguments).arg("--help");
        let finished = Program::spawn(command).finish();
        assert_eq!(finished.code, Some(0));
        finished.stdout
    };
    expect_file!["help/dealz.txt"].assert_eq(&help(&[]));
    expect_file!["help/do.txt"].assert_eq(&help(&["do"]));
}

#[test]
fn every_command_of_the_readme_and_of_the_speakers_page_is_understood() {
    let documents = [include_str!("../../README.md"), include_str!("../../docs/talk.md")];
    let lines = documents.iter().flat_map(|document| document.lines());
    let commands: Vec<&str> = lines.filter_map(|line| line.trim_start().strip_prefix("just dealz")).collect();
    assert!(commands.len() > 3, "{commands:?}");
    for command in commands {
        let arguments = command.split('#').next().unwrap_or_default().split_whitespace();
        // Parsing comes before help: a flag that does not exist ends with exit code 2.
        let finished = testkit::run(env!("CARGO_BIN_EXE_dealz"), arguments.chain(["--help"]));
        assert_eq!(finished.code, Some(0), "just dealz {command}: {}", finished.stderr);
    }
}

#[test]
fn what_does_not_go_together_is_a_usage_error() {
    for arguments in [
        &["--web-view-only"][..],
        &["--web-audience"],
        &["--web", "--audience-token", "abcdefghijklmnop"],
        &["--workers", "3"],
        &["--stage", "--workers", "17"],
        &["--play", "a.jsonl", "--stage"],
        &["--play", "a.jsonl", "--record", "b.jsonl"],
        &["--auto", "--scene", "proxy"],
        &["--auto", "--web"],
        &["--auto", "--web", "--window", "--scene", "proxy"],
        &["--web", "--scene", "proxy", "--pause", "2s"],
        &["--web", "--scene", "proxy", "--auto", "--pause", "2h"],
        &["--web", "nowhere"],
        &["--token", "short"],
        &["--symbols", "msft"],
        &["--name", "two words"],
    ] {
        let finished = testkit::run(env!("CARGO_BIN_EXE_dealz"), arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
    }
}
