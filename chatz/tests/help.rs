//! `--help` of the program and of each role, as people see it.

use std::process::Command;

use expect_test::expect_file;
use testkit::Program;

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatz"));
    // What is set in this environment would show, and the width of its terminal.
    command.env_clear().env("COLUMNS", "100").args(arguments).arg("--help");
    let finished = Program::spawn(command).finish();
    assert_eq!(finished.code, Some(0));
    finished.stdout
}

#[test]
fn help_is_as_recorded() {
    expect_file!["help/chatz.txt"].assert_eq(&help(&[]));
    expect_file!["help/serve.txt"].assert_eq(&help(&["serve"]));
    expect_file!["help/join.txt"].assert_eq(&help(&["join"]));
    expect_file!["help/say.txt"].assert_eq(&help(&["say"]));
}
