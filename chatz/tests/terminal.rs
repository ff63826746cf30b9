//! `chatz join` in a terminal: a pseudo-terminal whose other end this test reads and types at.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use testkit::{Peer, Program, eventually, peer, run};

const CHATZ: &str = env!("CARGO_BIN_EXE_chatz");

/// A program in a terminal of 80 columns.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl Terminal {
    fn start(term: Option<&str>, arguments: &[&str]) -> Self {
        let near: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&near).unwrap();
        unlockpt(&near).unwrap();
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&near, size).unwrap();
        let name = ptsname(&near, Vec::new()).unwrap();
        let far = || Stdio::from(OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap());
        let mut command = Command::new(CHATZ);
        command.args(arguments).env_remove("TERM").envs(term.map(|term| ("TERM", term)));
        command.stdin(far()).stdout(far()).stderr(far());
        let child = command.spawn().unwrap();
        let mut output = File::from(near.try_clone().unwrap());
        let screen = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        Self { child, keyboard: File::from(near), screen }
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the terminal has been sent `text`, and returns what came behind it.
    fn shows(&self, text: &str) -> String {
        let mut behind = String::new();
        eventually(&format!("{text:?} on the screen, which has\n{}", self.screen.lock().unwrap()), || {
            let screen = self.screen.lock().unwrap();
            let found = screen.rfind(text);
            behind = found.map(|at| screen[at + text.len()..].to_owned()).unwrap_or_default();
            found.is_some()
        });
        behind
    }

    fn ends(&mut self) {
        eventually("its end", || matches!(self.child.try_wait(), Ok(Some(_))));
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
        Terminal::start(term, &["join", name, "--requests", &self.requests, "--broadcasts", &self.broadcasts])
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
    ada.ends();
}

#[test]
fn quit_and_ctrl_d_and_sigterm_leave() {
    let room = Room::open();
    let mut ada = room.join("ada");
    ada.shows("present: ada");
    ada.types("/quiet\r");
    ada.shows("chatz: no such command: /quiet");
    ada.types("\u{4}");
    ada.ends();
    let mut eve = room.join("eve");
    eve.shows("present: ");
    eve.types("/quit \r");
    eve.ends();
    let mut bob = room.join("bob");
    bob.shows("bob> ");
    kill_process(Pid::from_child(&bob.child), Signal::TERM).unwrap();
    bob.ends();
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
    ada.ends();
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
    ada.ends();
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
        ada.ends();
        assert!(!ada.screen.lock().unwrap().contains('\u{1b}'), "no escape sequence in {term:?}");
        room.hears();
    }
}
