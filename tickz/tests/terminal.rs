//! The watcher in a terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use testkit::{Peer, peer::XPUB};

/// All that a watcher of two ticks writes to a terminal of this kind.
fn screen(term: Option<&str>) -> String {
    let near: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let name = ptsname(&near, Vec::new()).unwrap();
    let far = || Stdio::from(OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap());
    let publisher = Peer::bind(XPUB);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickz"));
    command.args(["watch", "--ticks", publisher.endpoint(), "MSFT", "--no-bursts", "--count", "2"]);
    command.env_remove("TERM").envs(term.map(|term| ("TERM", term))).stdin(far()).stdout(far()).stderr(far());
    let mut child = command.spawn().unwrap();
    drop(command);
    assert_eq!(publisher.receive(), [b"\x01MSFT"]);
    for price in [41.78_f64, 41.81] {
        publisher.send([&b"MSFT"[..], &0_f64.to_le_bytes(), &price.to_le_bytes()]);
    }
    let (mut screen, mut bytes) = (Vec::new(), [0; 4096]);
    let mut output = File::from(near);
    // Once the last program has closed a terminal, reading from it fails.
    while let Ok(length @ 1..) = output.read(&mut bytes) {
        screen.extend(&bytes[..length]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8(screen).unwrap()
}

#[test]
fn a_terminal_gets_a_table_and_one_that_cannot_draw_it_gets_lines() {
    let table = screen(Some("xterm"));
    assert!(table.contains("LAST") && table.contains("41.8100"), "{table}");
    for term in [None, Some(""), Some("dumb")] {
        let lines = screen(term);
        assert!(lines.contains("MSFT 1970-01-01T00:00:00.000Z 41.7800\r\n"), "{term:?}: {lines}");
        assert!(lines.contains("2 ticks received in ") && !lines.contains("LAST"), "{term:?}: {lines}");
    }
}
