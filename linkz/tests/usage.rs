//! The command line: its help, and its errors.

mod support;

use std::process::Command;

use expect_test::expect_file;
use support::LINKZ;
use testkit::{Finished, Program};

/// Runs the program without variables, because its help shows their values.
fn run(arguments: &[&str]) -> Finished {
    let mut command = Command::new(LINKZ);
    command.args(arguments).env_clear();
    Program::spawn(command).finish()
}

#[test]
fn help_is_the_same_as_in_the_snapshot() {
    let finished = run(&["--help"]);
    assert_eq!(finished.code, Some(0));
    expect_file!["help/linkz.txt"].assert_eq(&finished.stdout);
}

#[test]
fn wrong_usage_exits_with_2_and_names_what_is_wrong() {
    let (any, to) = ("tcp://127.0.0.1:*", "tcp://127.0.0.1:9003");
    for (arguments, why) in [
        (&[][..], "--from"),
        (&["--from", any], "--to"),
        (&["--from", "9003", "--to", to], "does not begin with tcp://"),
        (&["--from", "ipc:///tmp/a", "--to", to], "tcp://HOST:PORT is needed"),
        (&["--from", any, "--to", "inproc://a"], "tcp://HOST:PORT is needed"),
        (&["--from", any, "--to", any], "a port from 1 to 65535 is needed"),
        (&["--from", any, "--to", "tcp://127.0.0.1:0"], "a port from 1 to 65535 is needed"),
        (&["--from", any, "--to", to, "--latency", "200"], "'200' is no duration, such as 200ms"),
        (&["--from", any, "--to", to, "--latency", "2h"], "a latency must be from 1ms to 1m"),
        (&["--from", any, "--to", to, "--jitter", "1ms"], "--latency"),
        (&["--from", any, "--to", to, "--latency", "1ms", "--jitter", "2ms"], "must not be longer than the latency"),
        (&["--from", any, "--to", to, "--bandwidth", "0"], "from 1 to 1000000000 bytes per second"),
        (&["--from", any, "--to", to, "--slicer", "many"], "'many' is no number of bytes"),
    ] {
        let finished = run(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments:?}: {}", finished.stderr);
        assert!(finished.stdout.is_empty(), "{arguments:?}");
    }
}
