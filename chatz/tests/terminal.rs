//! `chatz join` in a terminal: a pseudo-terminal whose other end this test reads and types at.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::process::Command;

use testkit::{Peer, Program, Terminal, eventually, peer, run};

const CHATZ: &str = env!("CARGO_BIN_EXE_chatz");

/// The program in a terminal of this kind.
fn start(term: Option<&str>, arguments: &[&str]) -> Terminal {
    let mut command = Command::new(CHATZ);
    command.args(arguments).env_remove("TERM").envs(term.map(|term| ("TERM", term)));
    Terminal::start(command)
}

fn ends(terminal: &mut Terminal) {
    assert_eq!(terminal.exit().code(), Some(0));
}

struct Room {
    server: Program,
    requests: String,
    broadcasts: String,
    heard: Peer,
}

impl Room {
    fn open() -> Self {
        let any = "tcp://127.0.0.1:*";
        let server = Program::start(CHATZ, ["serve", "--requests", any, "--broadcasts", any]);
        let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
        let heard = Peer::connect_with(peer::SUB, &broadcasts, |socket| socket.set_subscribe(b"").unwrap());
        Self { server, requests, broadcasts, heard }
    }

    fn join(&self, name: &str) -> Terminal {
        self.join_in(Some("xterm"), name)
    }

    fn join_in(&self, term: Option<&str>, name: &str) -> Terminal {
        start(term, &["join", name, "--requests", &self.requests, "--broadcasts", &self.broadcasts])
    }

    /// The next broadcast.
    fn hears(&self) -> String {
        String::from_utf8(self.heard.receive().remove(0)).unwrap()
    }

    fn says(&self, name: &str, text: &str) {
        assert_eq!(run(CHATZ, ["say", name, text, "--requests", &self.requests]).code, Some(0));
    }
}

#[test]
fn what_arrives_does_not_tear_the_line_that_is_being_typed() {
    let room = Room::open();
    let mut ada = room.join("ada");
    ada.shows("present: ada");
    ada.types("half a li");
    ada.shows("half a li");
    room.says("bob", "good evening");
    ada.shows("bob: good evening");
    eventually("the typed line stands below what came", || ada.shows("bob: good evening").contains("ada> half a li"));
    ada.types("ne\r");
    assert_eq!([room.hears(), room.hears()], ["bob\u{1f}good evening", "ada\u{1f}half a line"]);
    ada.types("/quit\r");
    ends(&mut ada);
}

#[test]
fn quit_and_ctrl_d_and_sigterm_leave() {
    let room = Room::open();
    let mut ada = room.join("ada");
    ada.shows("present: ada");
    ada.types("/quiet\r");
    ada.shows("chatz: no such command: /quiet");
    ada.types("\u{4}");
    ends(&mut ada);
    let mut eve = room.join("eve");
    eve.shows("present: ");
    eve.types("/quit \r");
    ends(&mut eve);
    let mut bob = room.join("bob");
    bob.shows("bob> ");
    bob.terminate();
    ends(&mut bob);
}

#[test]
fn each_line_of_a_paste_is_a_text() {
    let room = Room::open();
    let mut ada = room.join("ada");
    ada.shows("present: ada");
    ada.types("\u{1b}[200~one\r\r/users\rtwo\u{1f}\rthree\u{1b}[201~\r");
    assert_eq!([room.hears(), room.hears()], ["ada\u{1f}one", "ada\u{1f}three"]);
    ada.shows("chatz: not said: text: a character that is not allowed: two\\u{1f}");
    ada.types("/quit\r");
    ends(&mut ada);
}

#[test]
fn a_text_that_was_kept_is_shown_when_it_is_said() {
    let room = Room::open();
    let mut ada = room.join("ada");
    ada.shows("present: ada");
    room.server.suspend();
    ada.types("perhaps\r");
    ada.shows("chatz: no reply: the text may or may not have been said: perhaps");
    ada.types("later\r");
    ada.shows("chatz: kept until the server replies: later");
    room.server.resume();
    ada.shows("ada: perhaps");
    ada.shows("ada: later");
    ada.types("/quit\r");
    ends(&mut ada);
}

#[test]
fn a_terminal_that_cannot_edit_lines_is_used_like_a_pipe() {
    let room = Room::open();
    for term in [None, Some(""), Some("dumb")] {
        let mut ada = room.join_in(term, "ada");
        ada.shows("present: ada");
        ada.types("hello\n");
        ada.shows("ada: hello");
        ada.types("\u{4}");
        ends(&mut ada);
        assert!(!ada.screen().contains('\u{1b}'), "no escape sequence in {term:?}");
        room.hears();
    }
}
