//! The command line: its help as people see it, and its errors.

use std::process::Command;

use expect_test::{ExpectFile, expect_file};
use testkit::{Finished, Program};

use crate::support::JOBZ;

/// Runs the program without variables, because its help shows their values, and in a terminal of this width.
fn run(arguments: &[&str]) -> Finished {
    let mut command = Command::new(JOBZ);
    command.args(arguments).env_clear().env("COLUMNS", "100");
    Program::spawn(command).finish()
}

fn is_help(arguments: &[&str], expected: &ExpectFile) {
    let finished = run(arguments);
    assert_eq!(finished.code, Some(0));
    expected.assert_eq(&finished.stdout);
}

#[test]
fn help_is_as_recorded() {
    is_help(&["--help"], &expect_file!["help/jobz.txt"]);
    is_help(&["broker", "--help"], &expect_file!["help/broker.txt"]);
    is_help(&["worker", "--help"], &expect_file!["help/worker.txt"]);
    is_help(&["scale", "--help"], &expect_file!["help/scale.txt"]);
    is_help(&["drain", "--help"], &expect_file!["help/drain.txt"]);
    is_help(&["ask", "--help"], &expect_file!["help/ask.txt"]);
    is_help(&["submit", "--help"], &expect_file!["help/submit.txt"]);
    is_help(&["wait", "--help"], &expect_file!["help/wait.txt"]);
    is_help(&["status", "--help"], &expect_file!["help/status.txt"]);
    is_help(&["cancel", "--help"], &expect_file!["help/cancel.txt"]);
    is_help(&["list", "--help"], &expect_file!["help/list.txt"]);
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_wrong() {
    let long = "x".repeat(256);
    for (arguments, why) in [
        (&[][..], "Usage"),
        (&["broker", "--jobs", "9010"], "does not begin with tcp://"),
        (&["broker", "--age", "0s"], "not between 1ms and a year"),
        (&["broker", "--age", "500000000000years"], "not between 1ms and a year"),
        (&["broker", "--age", "1"], "time unit needed"),
        (&["broker", "--waiting", "-1"], "for '--waiting <N>'"),
        (&["broker", "--tries", "99999999999"], "for '--tries <N>'"),
        (&["broker", "--fsync", "never"], "--store"),
        (&["broker", "--metrics", "9464"], "for '--metrics <ADDRESS>'"),
        (&["broker", "--service", "video"], "not NAME:LIMIT=VALUE"),
        (&["broker", "--allow-worker", "ada=upper"], "--security plain or curve"),
        (&["worker", "upper"], "<COMMAND>"),
        (&["worker", "upper", "--"], "<COMMAND>"),
        (&["worker", "", "--", "true"], "for '<SERVICE>'"),
        (&["worker", &long, "--", "true"], "for '<SERVICE>'"),
        (&["worker", "upper", "--credit", "1001", "--", "true"], "1001 is not in 1..=1000"),
        (&["scale", "upper", "--min", "3", "--max", "2", "--", "true"], "--min 3 is more than --max 2"),
        (&["scale", "upper", "--max", "-1", "--", "true"], "for '--max <N>'"),
        (&["drain"], "<SERVICE|--all>"),
        (&["ask", "upper", "--jobs", "tcp://nowhere"], "for '--jobs <ENDPOINT>'"),
        (&["ask", "upper", "a", "--every", "0s"], "not between 1ms and a year"),
        (&["ask", "upper", "a", "--count", "0"], "for '--count <N>'"),
        (&["wait", "monday"], "not an id of 32 hexadecimal digits"),
        (&["submit", "report", "a", "--job-key", ""], "not 1 to 255 bytes"),
        (&["submit", "report", "a", "--tries", "0"], "--tries"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}");
    }
}
