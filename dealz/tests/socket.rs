//! A page's socket: what it receives, and what it cannot do to the desk.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use serde_json::json;
use support::{Desk, ask, dealz, next, next_with, say};
use testkit::eventually;
use tokio_tungstenite::tungstenite::Message;

#[test]
fn a_page_receives_hello_and_then_a_snapshot() {
    let desk = Desk::start();
    let mut socket = desk.socket();
    let hello = next(&mut socket).unwrap();
    assert_eq!((&hello["hello"]["page"], &hello["hello"]["mode"]), (&json!("control"), &json!("live")));
    assert_eq!(next(&mut socket).unwrap()["update"]["snapshot"], true);
}

#[test]
fn each_page_has_its_own_snapshot() {
    let desk = Desk::start();
    for _ in 0..3 {
        assert_eq!(next_with(&mut desk.socket(), "update").unwrap()["snapshot"], true);
    }
}

#[test]
fn a_command_is_answered_under_its_number() {
    let desk = Desk::start();
    let mut socket = desk.socket();
    let done = ask(&mut socket, 7, &json!({"do": "follow", "symbol": "IBM"})).unwrap();
    assert_eq!(done["reply"]["got"], "done", "{done}");
    let refused = ask(&mut socket, 8, &json!({"do": "follow", "symbol": "no such"})).unwrap();
    assert_eq!(refused["refusal"]["field"], "symbol", "{refused}");
}

#[test]
fn an_unknown_command_is_refused_and_garbage_closes_the_socket() {
    let desk = Desk::start();
    let mut socket = desk.socket();
    let refused = ask(&mut socket, 3, &json!({"do": "x".repeat(100_000)})).unwrap();
    assert_eq!(refused["refusal"]["field"], "command");
    assert!(refused.to_string().len() < 1000);
    for garbage in ["", "{", "[]", "{\"id\":-1,\"command\":{}}", "\u{0}", "{\"command\":{\"do\":\"reset\"}}"] {
        let mut socket = desk.socket();
        say(&mut socket, garbage);
        assert_eq!(next_with(&mut socket, "reply"), Err(1007), "{garbage}");
    }
    socket.send(Message::binary(vec![0; 16])).unwrap();
    assert_eq!(next_with(&mut socket, "reply"), Err(1003));
}

#[test]
fn too_large_a_message_closes_only_its_socket() {
    let desk = Desk::start();
    let mut other = desk.socket();
    let mut socket = desk.socket();
    let header = [0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4];
    std::io::Write::write_all(socket.get_mut(), &header).unwrap();
    assert!(matches!(next_with(&mut socket, "reply"), Err(1006 | 1009)));
    assert_eq!(next_with(&mut other, "update").unwrap()["snapshot"], true);
}

#[test]
fn an_audience_says_little() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-view-only"]));
    let command = |bytes: usize| json!({"do": "x".repeat(bytes)});
    let mut socket = desk.socket();
    assert_eq!(ask(&mut socket, 1, &command(3000)).unwrap()["refusal"]["field"], "command");
    assert!(matches!(ask(&mut socket, 2, &command(5000)), Err(1006 | 1009)));
}

#[test]
fn the_number_of_pages_is_limited() {
    let desk = Desk::start();
    let origin = format!("http://{}", desk.address);
    let mut answers: Vec<_> = (0..100).map(|_| desk.try_socket("/socket", Some(&origin), "")).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 64);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(503))));
    assert_eq!(desk.get("/", "").status, 200);
    for socket in answers.iter_mut().flatten() {
        assert!(next(socket).unwrap()["hello"].is_object());
    }
    drop(answers);
    eventually("a place", || desk.try_socket("/socket", Some(&origin), "").is_ok());
}

#[test]
fn a_page_that_does_not_read_is_disconnected_and_costs_nothing() {
    let mut command = dealz(&["--web", "127.0.0.1:0"]);
    command.env("RUST_LOG", "dealz=debug");
    let desk = Desk::spawn(command);
    let mut reading = desk.socket();
    let mut lazy = desk.socket();
    let before = desk.program.resident_bytes();
    // Replies fill the system's buffers between the two, so that it does not take minutes of updates.
    let command = json!({"id": 1, "command": {"do": "no such", "much": "x".repeat(1000)}}).to_string();
    lazy.get_mut().set_write_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
    while lazy.send(Message::text(command.as_str())).is_ok() {}
    desk.program.wait_for_log("a page does not read");
    let grown = desk.program.resident_bytes().saturating_sub(before);
    assert!(grown < 8_000_000, "{grown} bytes more");
    assert_eq!(next_with(&mut reading, "update").unwrap()["snapshot"], true);
}
