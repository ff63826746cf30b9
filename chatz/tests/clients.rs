//! `chatz say` and `chatz join` as processes: what they print, how they end, and how they handle a lost server.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{CHATZ, Server, ask};
use testkit::{Peer, Program, peer::ROUTER, run};

/// The next event of `join --json`.
fn event(client: &Program) -> Value {
    serde_json::from_str(&client.next_line()).unwrap()
}

/// The next event that is no list of users: when those come depends on who expires when.
fn event_but_users(client: &Program) -> Value {
    std::iter::repeat_with(|| event(client)).find(|event| event["event"] != "users").unwrap()
}

fn link(state: &str) -> Value {
    json!({ "event": "link", "state": state })
}

fn message(user: &str, text: &str) -> Value {
    json!({ "event": "message", "user": user, "text": text })
}

/// `join --json` of ada, who is present.
fn ada(server: &Server) -> Program {
    let client = Program::start(CHATZ, server.client(&["join", "ada", "--json"]));
    assert_eq!(event(&client), link("connecting"));
    assert_eq!(event(&client), link("up"));
    assert_eq!(event(&client)["event"], "users");
    client
}

#[test]
fn say_prints_the_present_users_and_says_the_words() {
    let server = Server::start(&[]);
    let listener = server.listener();
    let said = run(CHATZ, server.client(&["say", "ada", "good", "morning"]));
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "ada\nprobe\n"));
    assert_eq!(listener.receive(), [b"ada\x1fgood morning"]);
    let said = run(CHATZ, server.client(&["say", "bob", "--json", "hi"]));
    assert_eq!((said.code, said.json()), (Some(0), json!({ "users": ["ada", "bob", "probe"] })));
}

#[test]
fn say_fails_with_the_reason_of_the_refusal() {
    let server = Server::start(&["--max-users", "1"]);
    ask(&server.req(), &[b"ada"]);
    let said = run(CHATZ, server.client(&["say", "bob", "hi"]));
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    assert_eq!(said.stderr, "error: refused: the room is full: at most 1 user may be present\n");

    let long = "x".repeat(4097);
    let said = run(CHATZ, server.client(&["say", "ada", &long]));
    assert!(said.code == Some(2) && said.stderr.starts_with("error: invalid text: longer than 4096 bytes\n"));
    for text in ["", "one\u{1f}two"] {
        assert_eq!(run(CHATZ, server.client(&["say", "ada", text])).code, Some(2));
    }
    assert_eq!(run(CHATZ, server.client(&["say", "no name", "hi"])).code, Some(2));
}

#[test]
fn say_names_the_endpoint_that_has_no_server_and_the_one_that_does_not_reply() {
    let mute = Peer::bind(ROUTER);
    let say = |endpoint: &str| run(CHATZ, ["say", "ada", "hi", "--requests", endpoint, "--timeout", "2s"]);
    let said = say(mute.endpoint());
    let no_reply = format!("error: no reply from {} within 2s: the text may or may not", mute.endpoint());
    assert!(said.code == Some(1) && said.stderr.starts_with(&no_reply), "{}", said.stderr);

    let nowhere = mute.endpoint().to_owned();
    drop(mute);
    let said = say(&nowhere);
    assert_eq!((said.code, said.stderr), (Some(1), format!("error: no server at {nowhere} within 2s\n")));
}

#[test]
fn join_prints_events_and_says_lines_until_its_input_ends() {
    let server = Server::start(&[]);
    let mut client = ada(&server);
    run(CHATZ, server.client(&["say", "bob", "hello"]));
    assert_eq!(event_but_users(&client), message("bob", "hello"));

    client.say("good morning");
    assert_eq!(event_but_users(&client), message("ada", "good morning"));
    client.say(&"x".repeat(100_000));
    client.say("one\u{1f}two");
    let refused = |reason: &str| json!({ "event": "refused", "reason": reason });
    assert_eq!(event_but_users(&client), refused("line 2 is not said: text: longer than 4096 bytes"));
    assert_eq!(event_but_users(&client), refused("line 3 is not said: text: a character that is not allowed"));

    client.say("good bye");
    client.close_stdin();
    assert_eq!(client.finish().code, Some(0));
    assert_eq!(run(CHATZ, server.client(&["say", "bob", "hi"])).code, Some(0));
}

#[test]
fn say_reports_an_output_that_cannot_be_written() {
    let server = Server::start(&[]);
    let mut command = std::process::Command::new(CHATZ);
    command.args(server.client(&["say", "ada", "hi"])).stdout(std::fs::File::create("/dev/full").unwrap());
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let expected = "error: the text is said, but standard output cannot be written: ";
    assert!(output.status.code() == Some(1) && error.starts_with(expected), "{error}");
}

#[test]
fn an_input_that_cannot_be_read_is_an_error() {
    let server = Server::start(&[]);
    let mut command = std::process::Command::new(CHATZ);
    command.args(server.client(&["join", "ada"])).stdin(std::fs::File::open(".").unwrap());
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && error.contains("error: cannot read standard input: "), "{error}");
}

#[test]
fn a_fast_input_waits_for_its_turn_and_loses_nothing() {
    let server = Server::start(&[]);
    let listener = server.listener();
    let mut client = Program::start(CHATZ, server.client(&["join", "ada"]));
    (0..1_000).for_each(|number| client.say(&number.to_string()));
    client.close_stdin();
    for number in 0..1_000 {
        assert_eq!(listener.receive(), [format!("ada\u{1f}{number}").into_bytes()]);
    }
    let finished = client.finish();
    assert_eq!(finished.code, Some(0));
    assert!(!finished.stdout.contains("refused"), "{}", finished.stdout);
}

#[test]
fn a_server_that_is_killed_and_comes_back_finds_its_users_and_their_texts_again() {
    let server = Server::start(&[]);
    let mut client = ada(&server);
    server.program.kill();
    assert_eq!(event_but_users(&client), link("down"));
    client.say("kept one");
    client.say("kept two");

    let server = Server::start_at(&server.requests, &server.broadcasts, &[]);
    assert_eq!(event_but_users(&client), link("up"));
    assert_eq!(event_but_users(&client), message("ada", "kept one"));
    assert_eq!(event_but_users(&client), message("ada", "kept two"));
    run(CHATZ, server.client(&["say", "bob", "welcome back"]));
    assert_eq!(event_but_users(&client), message("bob", "welcome back"));
}

#[test]
fn while_the_server_is_gone_at_most_a_hundred_texts_are_kept_and_the_end_of_each_is_reported() {
    let server = Server::start(&[]);
    let mut client = ada(&server);
    server.program.kill();
    assert_eq!(event_but_users(&client), link("down"));
    (0..=100).for_each(|number| client.say(&number.to_string()));
    assert_eq!(event_but_users(&client)["reason"], "100 texts are waiting already, not taken: 100");
    client.terminate();
    let finished = client.finish_within(Duration::from_secs(1));
    assert_eq!(finished.code, Some(0));
    let refused: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(refused.len(), 100);
    assert_eq!(refused[99]["reason"], "left before it was said: 99");
}

#[test]
fn a_text_whose_reply_does_not_come_is_reported_and_a_suspended_server_counts_as_down() {
    let server = Server::start(&[]);
    let mut client = ada(&server);
    server.program.suspend();
    client.say("perhaps");
    let reason = "no reply: the text may or may not have been said: perhaps";
    assert_eq!(event_but_users(&client), json!({ "event": "refused", "reason": reason }));
    assert_eq!(event_but_users(&client), link("down"));
    client.say("kept");
    server.program.resume();
    let mut rest: Vec<Value> = std::iter::repeat_with(|| event_but_users(&client)).take(3).collect();
    // The suspended server had the first text already; the second one came after the link was up again.
    rest.retain(|event| *event != message("ada", "perhaps"));
    assert_eq!(rest[0], link("up"));
    assert_eq!(rest[1..], [message("ada", "kept")]);
}

#[test]
fn a_client_that_leaves_is_off_the_roster_before_it_expires() {
    let server = Server::start(&["--expiry", "1h"]);
    let bob = Program::start(CHATZ, server.client(&["join", "bob", "--keep-alive", "50ms"]));
    bob.line_where(|line| line == "chatz: present: bob");
    let mut client = ada(&server);
    bob.line_where(|line| line == "chatz: ada joined");
    client.close_stdin();
    bob.line_where(|line| line == "chatz: ada left");
    let client = ada(&server);
    bob.line_where(|line| line == "chatz: ada joined");
    client.terminate();
    bob.line_where(|line| line == "chatz: ada left");
}

#[test]
fn plain_output_shows_who_joined_and_left() {
    let server = Server::start(&["--expiry", "600ms"]);
    let client = Program::start(CHATZ, server.client(&["join", "ada", "--keep-alive", "100ms"]));
    client.line_where(|line| line == "chatz: present: ada");
    run(CHATZ, server.client(&["say", "bob", "line one\nada: line two"]));
    client.line_where(|line| line == "bob: line one\\nada: line two");
    client.line_where(|line| line == "chatz: bob left");
    server.program.kill();
    client.line_where(|line| line.starts_with("chatz: the server does not reply"));
}

#[test]
fn sigterm_ends_every_role_in_every_state_within_a_second() {
    let ends = |program: Program, code| {
        let start = Instant::now();
        program.terminate();
        assert_eq!(program.finish_within(Duration::from_secs(1)).code, Some(code), "{:?}", start.elapsed());
    };
    let server = Server::start(&[]);
    ends(ada(&server), 0);

    let suspended = ada(&server);
    server.program.suspend();
    ends(suspended, 0);
    let asking = Program::start(CHATZ, server.client(&["say", "bob", "hi"]));
    // It has failed to do what it was asked for, so this is no success.
    asking.await_handlers();
    assert!(asking.next_line_within(Duration::from_millis(100)).is_none());
    ends(asking, 1);
    server.program.resume();

    let suspended = ada(&server);
    suspended.suspend();
    ends(server.program, 0);
    suspended.kill();
    let alone = Program::start(CHATZ, ["join", "ada", "--json", "--requests", &server.requests]);
    assert_eq!(event(&alone), link("connecting"));
    ends(alone, 0);
}

#[test]
fn a_port_in_use_is_named_with_its_holder() {
    let server = Server::start(&[]);
    let second = run(CHATZ, ["serve", "--requests", &server.requests, "--broadcasts", "tcp://127.0.0.1:*"]);
    let holder = format!("error: {} is in use by chatz (pid {})\n", server.requests, server.program.pid());
    assert_eq!((second.code, second.stderr), (Some(1), holder));
}
