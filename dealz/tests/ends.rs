//! How the program begins where something is missing, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{net::TcpListener, time::Duration};

use support::{Desk, dealz, next, next_with};
use testkit::Program;

const A_SECOND: Duration = Duration::from_secs(1);

#[test]
fn signals_end_it_within_a_second_and_its_pages_are_closed() {
    for signal in [Program::terminate, Program::interrupt] {
        let desk = Desk::start();
        let mut socket = desk.socket();
        assert!(next(&mut socket).is_ok());
        signal(&desk.program);
        assert_eq!(desk.program.finish_within(A_SECOND).code, Some(0));
        assert_eq!(next_with(&mut socket, "reply"), Err(1001));
    }
}

#[test]
fn a_page_that_does_not_read_does_not_hold_up_the_end() {
    let desk = Desk::start();
    let _lazy = desk.socket();
    // An incomplete request.
    let mut half = desk.stream();
    std::io::Write::write_all(&mut half, b"GET / HTTP/1.1\r\n").unwrap();
    desk.program.terminate();
    assert_eq!(desk.program.finish_within(A_SECOND).code, Some(0));
}

#[test]
fn without_a_display_the_page_is_served() {
    for display in [None, Some(":64123"), Some("nowhere.invalid:0"), Some("nonsense")] {
        let mut command = dealz(&[]);
        command.envs(display.map(|display| ("DISPLAY", display)));
        let desk = Desk::spawn(command);
        assert_eq!(desk.get("/", "").status, 200);
        let log = desk.program.log();
        assert!(log.contains("there is no display"), "{display:?}: {log}");
        desk.program.terminate();
        assert_eq!(desk.program.finish_within(A_SECOND).code, Some(0));
    }
}

#[test]
fn a_window_that_cannot_open_is_replaced_by_a_page() {
    let desk = Desk::spawn(dealz(&["--window", "--web", "127.0.0.1:0", "--web-view-only"]));
    let second = desk.program.next_line();
    let others = Desk { address: second.split('/').nth(2).unwrap().parse().unwrap(), ..desk };
    assert_eq!(next(&mut others.socket()).unwrap()["hello"]["page"], "view");
}

#[test]
fn the_process_that_holds_the_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Program::spawn(dealz(&["--web", &address])).finish();
    assert_eq!(finished.code, Some(1));
    let us = format!("(pid {})", std::process::id());
    assert!(finished.stderr.contains(&address) && finished.stderr.contains(&us), "{}", finished.stderr);
}

#[test]
fn a_pipe_without_a_writer_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("talk.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = dealz(&["--web", "127.0.0.1:0", "--play"]);
    command.arg(&pipe).env("RUST_LOG", "debug");
    let program = Program::spawn(command);
    program.wait_for_log("waiting for the recording");
    program.terminate();
    assert_eq!(program.finish_within(A_SECOND).code, Some(0));
}

#[test]
fn a_configuration_from_a_pipe_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("suite.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = dealz(&["--web", "127.0.0.1:0", "--config"]);
    command.arg(&pipe);
    let program = Program::spawn(command);
    // It waits once a writer finds it reading.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    program.terminate();
    let finished = program.finish_within(A_SECOND);
    assert!(finished.stderr.contains("stopped while waiting for input"), "{}", finished.stderr);
    drop(writer);
}

#[test]
fn a_recording_that_cannot_be_played_is_named() {
    let finished = Program::spawn(dealz(&["--web", "127.0.0.1:0", "--play", "/no/such/file"])).finish();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("/no/such/file"), "{}", finished.stderr);
}
