//! The watcher in a terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use support::{Reporter, any_hub, label};

/// All that a watcher of two reports writes to a terminal of this kind.
fn screen(term: Option<&str>) -> String {
    let near: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let name = ptsname(&near, Vec::new()).unwrap();
    let far = || Stdio::from(OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap());
    let hub = any_hub();
    let mut command = Command::new(support::OBSERVEZ);
    command.args(["watch", "--connections", "--count", "2", "--observations", &hub.endpoint("observations")]);
    command.env_remove("TERM").envs(term.map(|term| ("TERM", term))).stdin(far()).stdout(far()).stderr(far());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    reporter.state.role = label("\u{1b}[2Jmad");
    reporter.report_until_subscribed("state/");
    reporter.report();
    reporter.report();
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
    assert!(table.contains("PROCESS  PROGRAM") && table.contains("lost 3 ticks"), "{table}");
    assert!(table.contains("127.0.0.1:51724") && table.contains("does not report"), "{table}");
    for term in [None, Some(""), Some("dumb")] {
        let lines = screen(term);
        assert!(lines.contains("(00000000): reports\r\n"), "{term:?}: {lines}");
        assert!(lines.contains("2 reports received") && !lines.contains("PROGRAM"), "{term:?}: {lines}");
    }
    assert!(!table.contains("\u{1b}[2Jmad") && table.contains("\\u{1b}[2…"), "{table}");
}
