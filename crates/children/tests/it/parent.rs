//! Children of a process that is killed. This test program plays all parts: it runs itself as the parent, and the parent
//! runs it as the child.

#![cfg(target_os = "linux")]

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
};

use super::*;

/// Says which part a process plays.
const PART: &str = "CHILDREN_TEST_PART";

fn part(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "parent::play_a_part", "--ignored", "--nocapture"]).env(PART, name);
    command.stdin(Stdio::piped());
    command
}

#[test]
#[ignore = "the parts of the test below"]
fn play_a_part() {
    match env::var(PART).as_deref() {
        Ok("parent") => {
            // The child has the standard output of this process, so that it ends with the last of both.
            let child = Child::start(&mut part("child"), LINE_BYTES_MAX, |_| {}).unwrap();
            let _ = std::io::stdin().read_line(&mut String::new());
            child.suspend();
            eventually("the child is suspended", || state(child.pid()) == Some('T'));
            println!("suspended");
            thread::park_timeout(BOUND);
        }
        Ok("child") => {
            settings::program::end_with_parent();
            println!("child");
            thread::park_timeout(BOUND);
        }
        _ => {}
    }
}

#[test]
fn a_suspended_child_ends_with_its_parent() {
    let mut parent = part("parent").stdout(Stdio::piped()).spawn().unwrap();
    let stdout = parent.stdout.take().unwrap();
    let (sender, lines) = sync_channel(100);
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        for line in stdout.by_ref().lines().map_while(Result::ok) {
            sender.send(line).unwrap();
        }
    });
    let until = |wanted: &str| while lines.recv_timeout(BOUND).unwrap() != wanted {};
    until("child");
    drop(parent.stdin.take());
    until("suspended");
    parent.kill().unwrap();
    parent.wait().unwrap();
    // The stream ends when neither holds it any more. Otherwise a time-out is the error, after half the life of the child.
    let ended = lines.recv_timeout(BOUND / 2).unwrap_err();
    assert_eq!(ended, std::sync::mpsc::RecvTimeoutError::Disconnected);
}
