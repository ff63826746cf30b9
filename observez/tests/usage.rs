//! The command line: its help, and its errors.

use std::process::Command;

use expect_test::{ExpectFile, expect_file};
use testkit::{Finished, Program};

const OBSERVEZ: &str = env!("CARGO_BIN_EXE_observez");

/// Runs the program without variables, because its help shows their values.
fn run(arguments: &[&str]) -> Finished {
    let mut command = Command::new(OBSERVEZ);
    command.args(arguments).env_clear();
    Program::spawn(command).finish()
}

fn is_help(arguments: &[&str], expected: &ExpectFile) {
    let finished = run(arguments);
    assert_eq!(finished.code, Some(0));
    expected.assert_eq(&finished.stdout);
}

#[test]
fn help_is_the_same_as_in_the_snapshots() {
    is_help(&["--help"], &expect_file!["help/observez.txt"]);
    is_help(&["hub", "--help"], &expect_file!["help/hub.txt"]);
    is_help(&["watch", "--help"], &expect_file!["help/watch.txt"]);
    is_help(&["tap", "--help"], &expect_file!["help/tap.txt"]);
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_wrong() {
    for (arguments, why) in [
        (&[][..], "Usage"),
        (&["hub", "--reports", "9007"], "does not begin with tcp://"),
        (&["watch", "--for", "soon"], "--for"),
        (&["watch", "--for", "0s"], "longer than zero"),
        (&["watch", "--count", "-1"], "invalid value '-1' for '--count"),
        (&["watch", "--sort", "size"], "possible values: first, rate, program, name"),
        (&["tap"], "<PROCESS/SOCKET>"),
        (&["tap", "tickz"], "not PROCESS/SOCKET"),
        (&["tap", "/ticks.pub"], "not PROCESS/SOCKET"),
        (&["tap", "tickz/Ticks"], "a character that is not allowed"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_port_in_use_ends_a_hub_with_1() {
    let hub =
        Program::start(OBSERVEZ, ["hub", "--reports", "tcp://127.0.0.1:*", "--observations", "tcp://127.0.0.1:*"]);
    let taken = hub.endpoint("observations");
    let second = run(&["hub", "--reports", "tcp://127.0.0.1:*", "--observations", &taken]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains(&format!("{taken} is in use by observez (pid ")), "{}", second.stderr);
}
