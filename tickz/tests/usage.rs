//! The command line: its help, and its errors.

use std::process::Command;

use expect_test::{ExpectFile, expect_file};
use testkit::{Finished, Program};

const TICKZ: &str = env!("CARGO_BIN_EXE_tickz");

/// Runs the program without variables, because its help shows their values.
fn run(arguments: &[&str]) -> Finished {
    let mut command = Command::new(TICKZ);
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
    is_help(&["--help"], &expect_file!["help/tickz.txt"]);
    is_help(&["publish", "--help"], &expect_file!["help/publish.txt"]);
    is_help(&["watch", "--help"], &expect_file!["help/watch.txt"]);
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_wrong() {
    for (arguments, why) in [
        (&[][..], "Usage"),
        (&["watch"], "<SYMBOL>"),
        (&["watch", "msft"], "a character that is not allowed"),
        (&["watch", "M"], "shorter than 2 bytes"),
        (&["watch", "MSFT", "--for", "soon"], "--for"),
        (&["watch", "MSFT", "--for", "0s"], "longer than zero"),
        (&["watch", "MSFT", "--ticks", "9003"], "does not begin with tcp://"),
        (&["publish", "--rate", "0"], "must be from 0.000000001 to 1000000000 ticks per second, or max"),
        (&["publish", "--rate", "-5"], "must be from 0.000000001 to 1000000000 ticks per second, or max"),
        (&["publish", "--rate", "1e12"], "must be from 0.000000001 to 1000000000 ticks per second, or max"),
        (&["publish", "--interval", "-5s"], "--interval"),
        (&["publish", "--count", "-1"], "invalid value '-1' for '--count"),
        (&["watch", "MSFT", "--for", "-1s"], "--for"),
        (&["publish", "--replay", "x.csv", "--speed", "-2"], "above zero, or max"),
        (&["publish", "--rate", "5", "--interval", "1s"], "cannot be used with"),
        (&["publish", "--interval", "0s"], "longer than zero"),
        (&["publish", "--symbols", "MSFT"], "not SYMBOL=PRICE"),
        (&["publish", "--symbols", "MSFT=1,MSFT=2"], "MSFT is listed twice"),
        (&["publish", "--count", "many"], "--count"),
        (&["publish", "--seed", "x"], "--seed"),
        (&["publish", "--speed", "2"], "--replay"),
        (&["publish", "--loop"], "--replay"),
        (&["publish", "--strict"], "--replay"),
        (&["publish", "--restamp"], "--replay"),
        (&["publish", "--replay", "x.csv", "--speed", "0"], "above zero, or max"),
        (&["publish", "--replay", "x.csv", "--rate", "5"], "cannot be used with"),
        (&["publish", "--replay", "-", "--loop"], "standard input cannot be read twice"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}");
    }
}
