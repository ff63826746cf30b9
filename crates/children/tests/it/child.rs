//! One child: its lines, its exit, its signals.

use std::{io, process::Stdio};

use children::{Exit, Signal};
use rustix::process::{Pid, kill_process};

use super::*;

#[test]
fn the_exit_follows_the_lines_of_both_streams() {
    let started = start_script("echo one; echo two; echo three >&2; printf four; exit 3");
    let mut events = started.rest();
    assert_eq!(events.pop(), Some(Event::Exited(Exit::Code(3))));
    let (logged, printed_lines): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| matches!(event, Event::Logged(_)));
    assert_eq!(logged, [Event::Logged("three".to_owned())]);
    assert_eq!(printed_lines, ["one", "two", "four"].map(printed));
    assert_eq!(started.child.exit(), Some(Exit::Code(3)));
    assert!(started.events.recv().is_err(), "nothing follows an exit");
}

#[test]
fn only_piped_streams_are_read() {
    let mut command = script("echo one; echo two >&2");
    let started = start(command.stdout(Stdio::null()), 100);
    assert_eq!(started.rest(), [Event::Logged("two".to_owned()), Event::Exited(Exit::Code(0))]);
    let mut command = script("exit 1");
    let started = start(command.stdout(Stdio::null()).stderr(Stdio::null()), 100);
    assert_eq!(started.rest(), [Event::Exited(Exit::Code(1))]);
}

#[test]
fn one_that_closes_its_streams_and_lives_on_exits_later() {
    let mut started = start_script("echo one; exec >&- 2>&-; read line; exit 4");
    assert_eq!(started.next(), printed("one"));
    assert_eq!(started.child.exit(), None);
    started.child.say("go").unwrap();
    assert_eq!(started.next(), Event::Exited(Exit::Code(4)));
}

#[test]
fn one_that_prints_faster_than_it_is_read_waits() {
    // 600 kB, more than its pipe holds.
    let started = start(&mut script("seq 100000"), 1);
    assert_eq!(started.child.exit_within(Duration::from_millis(100)), None);
    for number in 1..=100_000 {
        assert_eq!(started.next(), printed(number));
    }
    assert_eq!(started.next(), Event::Exited(Exit::Code(0)));
}

#[test]
fn a_line_without_end_is_cut() {
    let started = start_script("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo next");
    assert_eq!(started.next(), printed("x".repeat(LINE_BYTES_MAX) + "…"));
    assert_eq!(started.rest(), [printed("next"), Event::Exited(Exit::Code(0))]);
}

#[test]
fn a_process_that_holds_its_pipes_delays_no_exit_and_loses_no_line() {
    // 24 kB fit into the pipe, so the script exits long before they are read.
    let started = start(&mut script("sleep 1000 & echo $!; seq 5000"), 1);
    let Event::Printed(pid) = started.next() else { panic!("no process id") };
    let holder = Pid::from_raw(pid.parse().unwrap()).unwrap();
    for number in 1..=5_000 {
        assert_eq!(started.next(), printed(number));
    }
    assert_eq!(started.next(), Event::Exited(Exit::Code(0)));
    kill_process(holder, Signal::KILL).unwrap();
}

#[test]
fn a_process_that_prints_without_end_after_it_delays_no_exit() {
    let started = start_script("yes & echo $! >&2");
    let is_exit = |event: &Event| matches!(event, Event::Exited(_));
    let events = started.rest();
    assert_eq!(events.iter().position(is_exit), Some(events.len() - 1));
    // Its reader has gone, which ends it.
    let Some(Event::Logged(pid)) = events.iter().find(|event| matches!(event, Event::Logged(_))) else {
        panic!("no process id")
    };
    eventually("it ends", || is_gone(pid));
}

fn is_gone(pid: &str) -> bool {
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::CONT).is_err() || is_zombie(pid)
}

fn is_zombie(pid: &str) -> bool {
    #[cfg(target_os = "linux")]
    return state(pid.parse().unwrap()) == Some('Z');
    #[cfg(not(target_os = "linux"))]
    false
}

#[test]
fn stop_ends_it_by_sigterm() {
    let started = start_script("exec cat");
    started.child.stop(BOUND);
    assert_eq!(started.next(), Event::Exited(Exit::Signal(15)));
}

#[test]
#[cfg(target_os = "linux")]
fn stop_lets_a_suspended_one_handle_sigterm() {
    let started = start_script("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
    assert_eq!(started.next(), printed("ready"));
    started.child.suspend();
    eventually("it is suspended", || state(started.child.pid()) == Some('T'));
    started.child.stop(BOUND / 2);
    assert_eq!(started.next(), Event::Exited(Exit::Code(5)));
}

#[test]
fn stop_kills_one_that_ignores_sigterm_after_its_grace() {
    let started = start_script(STUBBORN);
    assert_eq!(started.next(), printed("ready"));
    let begin = Instant::now();
    started.child.stop(Duration::from_millis(200));
    assert_eq!(started.next(), Event::Exited(Exit::Signal(9)));
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[test]
fn one_that_waits_for_its_reader_is_stopped_too() {
    let started = start(&mut script("trap '' TERM; exec yes"), 1);
    assert_eq!(started.next(), printed("y"));
    started.child.stop(Duration::from_millis(50));
    #[cfg(target_os = "linux")]
    eventually("it is reaped", || state(started.child.pid()).is_none());
    assert_eq!(started.rest().pop(), Some(Event::Exited(Exit::Signal(9))));
}

#[test]
#[cfg(target_os = "linux")]
fn a_suspended_one_does_nothing_until_it_is_resumed() {
    let mut started = start_script("exec cat");
    started.child.suspend();
    eventually("it is suspended", || state(started.child.pid()) == Some('T'));
    started.child.say("hello").unwrap();
    assert!(started.events.try_recv().is_err());
    started.child.resume();
    assert_eq!(started.next(), printed("hello"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_dropped_one_is_killed_and_reaped() {
    let started = start_script(STUBBORN);
    assert_eq!(started.next(), printed("ready"));
    started.child.suspend();
    let pid = started.child.pid();
    drop(started);
    assert_eq!(state(pid), None);
}

/// The process id that a script prints.
fn next_pid(started: &Started) -> String {
    let Event::Printed(pid) = started.next() else { panic!("no process id") };
    pid
}

#[test]
fn a_group_is_killed_with_all_that_it_has_started() {
    // The shell waits, so it is killed before the other one has exited.
    let started = start_group("sleep 1000 & echo $!; wait");
    let pid = next_pid(&started);
    started.child.kill();
    assert_eq!(started.rest(), [Event::Exited(Exit::Signal(9))]);
    eventually("it ends", || is_gone(&pid));

    let started = start_group("sleep 1000 & echo $!; wait");
    let pid = next_pid(&started);
    drop(started);
    eventually("it ends", || is_gone(&pid));
}

#[test]
fn a_group_is_interrupted_as_a_whole() {
    // The shell does not exit before the other one, which only the signal ends. That one says itself that it is there: a copy of the
    // shell that has not become it yet would handle the signal as the shell does.
    let started =
        start_group("trap : TERM; sh -c 'echo $$; exec sleep 1000' & while kill -0 $!; do wait; done; exit 5");
    let pid = next_pid(&started);
    started.child.signal(Signal::TERM);
    assert_eq!(started.rest().pop(), Some(Event::Exited(Exit::Code(5))));
    assert!(is_gone(&pid));
}

#[test]
fn a_group_whose_first_process_has_exited_gets_no_signal() {
    let started = start_group("sleep 1000 >&- 2>&- & echo $!");
    let pid = next_pid(&started);
    assert_eq!(started.next(), Event::Exited(Exit::Code(0)));
    drop(started);
    assert!(!is_gone(&pid));
    kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn a_signal_to_one_that_has_exited_reaches_no_process() {
    let started = start_script("exit 0");
    assert_eq!(started.child.exit_within(BOUND), Some(Exit::Code(0)));
    for act in [Child::kill, Child::suspend, Child::resume] {
        act(&started.child);
    }
    started.child.stop(Duration::ZERO);
    assert_eq!(started.child.exit(), Some(Exit::Code(0)));
}

#[test]
fn a_program_that_is_not_there_cannot_start() {
    let error = Child::start(&mut Command::new("/nowhere/program"), LINE_BYTES_MAX, |_| {}).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
