//! A log that cannot be written (a full disk, a reader that has left) ends no program and changes no exit code.

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

use std::{
    fs::File,
    io,
    process::{Command, Stdio},
    time::Duration,
};

use e2e::ANY;
use testkit::{Program, eventually, free_endpoints, run, sibling};

/// Starts a program whose standard error cannot be written.
fn mute(name: &str, arguments: &[&str], log: &Log) -> Program {
    let mut command = Command::new(sibling(name));
    // So that there is much to log.
    command.args(arguments).env("RUST_LOG", "debug").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    match log {
        Log::Full => Program::spawn_with_log(command, File::create("/dev/full").expect("Linux has it")),
        Log::Closed => {
            let (_reader, writer) = io::pipe().expect("a pipe");
            Program::spawn_with_log(command, writer)
        }
    }
}

/// Why the log cannot be written.
#[derive(Debug)]
enum Log {
    Full,
    Closed,
}

const LOGS: [Log; 2] = [Log::Full, Log::Closed];

fn code(name: &str, arguments: &[&str], log: &Log) -> Option<i32> {
    let mut program = mute(name, arguments, log);
    program.close_stdin();
    program.finish().code
}

#[test]
fn services_and_their_clients_work_without_a_log() {
    for log in &LOGS {
        let [ticks, requests, broadcasts] = free_endpoints();
        let publisher = mute("tickz", &["publish", "--ticks", &ticks, "--rate", "100"], log);
        let watched = mute("tickz", &["watch", "MSFT", "--ticks", &ticks, "--count", "3", "--json"], log).finish();
        assert!(watched.code == Some(0) && watched.stdout.contains("MSFT"), "{log:?}: {watched:?}");
        publisher.terminate();
        assert_eq!(publisher.finish().code, Some(0), "{log:?}");

        let server = mute("chatz", &["serve", "--requests", &requests, "--broadcasts", &broadcasts], log);
        let places = ["--requests", &requests, "--broadcasts", &broadcasts];
        let said = mute("chatz", &["say", "ada", "hello", "--requests", &requests], log).finish();
        assert!(said.code == Some(0) && said.stdout.contains("ada"), "{log:?}: {said:?}");
        let joined = mute("chatz", &[&["join", "bob"], &places[..]].concat(), log);
        joined.line_where(|line| line.contains("bob"));
        joined.terminate();
        assert_eq!(joined.finish().code, Some(0), "{log:?}");
        server.terminate();
        assert_eq!(server.finish().code, Some(0), "{log:?}");

        assert_eq!(code("valuz", &["run", "--workers", "2", "--count", "1000", "--json"], log), Some(0), "{log:?}");
    }
}

#[test]
fn the_desk_works_without_a_log() {
    for log in &LOGS {
        let desk =
            mute("dealz", &["--web", "127.0.0.1:0", "--reports", ANY, "--observations", ANY, "--commands", ANY], log);
        desk.line_where(|line| line.contains("http://"));
        desk.terminate();
        assert_eq!(desk.finish().code, Some(0), "{log:?}");
    }
}

#[test]
fn a_failure_that_cannot_be_reported_keeps_its_exit_code() {
    for log in &LOGS {
        assert_eq!(code("tickz", &["publish", "--ticks", "tcp://nosuch0:1"], log), Some(1), "{log:?}");
        assert_eq!(code("valuz", &["source", "--input", "/nonexistent", "--orders", ANY], log), Some(1), "{log:?}");
        assert_eq!(code("keyz", &["ada", "--out", "/proc/nowhere"], log), Some(1), "{log:?}");
        for name in ["tickz", "chatz", "valuz", "keyz", "patternz", "linkz", "scenez", "dealz", "bench"] {
            assert_eq!(code(name, &["--no-such-flag"], log), Some(2), "{name}: {log:?}");
        }
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut publish = Command::new(sibling("tickz"));
    publish.args(["publish", "--ticks", ANY, "--count", "1", "--summary"]).stdout(writer).stderr(Stdio::null());
    let mut child = publish.spawn().expect("it starts");
    let mut code = None;
    eventually("the publisher ends", || {
        code = child.try_wait().ok().flatten().map(|status| status.code());
        code.is_some()
    });
    assert_eq!(code.flatten(), Some(0));
}

#[test]
fn a_log_line_of_a_malformed_message_is_dropped_too() {
    let log = &Log::Closed;
    let [requests, broadcasts] = free_endpoints();
    let server = mute("chatz", &["serve", "--requests", &requests, "--broadcasts", &broadcasts], log);
    let mut peer = None;
    eventually("the server listens", || {
        peer = testkit::RawPeer::connect(&requests, "DEALER").ok();
        peer.is_some()
    });
    let mut peer = peer.expect("it is connected");
    peer.send(&[&b""[..], b"no user at all \x1b[2J"]).expect("the server reads");
    // The answer comes only from a server that has survived logging it.
    assert_eq!(run(sibling("chatz"), ["say", "ada", "hello", "--requests", &requests]).code, Some(0));
    server.terminate();
    assert_eq!(server.finish_within(Duration::from_secs(1)).code, Some(0));
}
