//! `valuz run`: all roles as processes of one program.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use testkit::{Program, eventually};

use super::{VALUZ, assert_total};

const SLOW: [&str; 8] = ["run", "--json", "--workers", "2", "--count", "1000000", "--delay", "1ms"];

/// The promised limit.
const A_SECOND: Duration = Duration::from_secs(1);

/// The processes that `run` says it has started.
pub(super) fn children(run: &Program, how_many: usize) -> Vec<u32> {
    let mut pids = Vec::new();
    eventually("all processes are started", || {
        pids = run
            .log()
            .lines()
            .filter_map(|line| line.split_once("started ")?.1.split_once("pid=")?.1.trim().parse().ok())
            .collect();
        pids.len() == how_many
    });
    pids
}

pub(super) fn is_running(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

#[test]
fn a_batch_runs_and_leaves_nothing_behind() {
    let run = Program::start(VALUZ, ["run", "--json", "--workers", "2", "--count", "20000"]);
    let pids = children(&run, 4);
    let finished = run.finish();
    assert_total(&finished, 20_000);
    assert_eq!(finished.stdout.lines().count(), 1, "{}", finished.stdout);
    assert!(!finished.stderr.contains("orders, "), "no bar where there is no terminal: {}", finished.stderr);
    assert!(pids.into_iter().all(|pid| !is_running(pid)));
}

#[test]
fn the_text_lists_what_each_worker_did() {
    let finished = testkit::run(VALUZ, ["run", "--workers", "2", "--count", "2000"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.stdout.lines().filter(|line| line.starts_with("rust:")).count(), 2, "{}", finished.stdout);
}

#[test]
fn killed_workers_cost_no_order_while_one_lives() {
    let run = Program::start(
        VALUZ,
        ["run", "--json", "--workers", "3", "--count", "4000", "--delay", "200us", "--patience", "200ms"],
    );
    let pids = children(&run, 5);
    run.wait_for_log("batch started");
    for &worker in &pids[2..4] {
        kill(worker);
    }
    run.wait_for_log("worker 2 has ended: killed by signal 9");
    assert_total(&run.finish(), 4000);
}

#[test]
fn a_worker_that_dies_before_the_batch_begins_is_replaced() {
    // The first worker is killed as soon as its process id is known: before it can have said READY, as a rule.
    let run = Program::start(VALUZ, ["run", "--json", "--workers", "1", "--count", "200", "--delay", "1ms"]);
    kill(children(&run, 3)[2]);
    let finished = run.finish();
    assert!(finished.code == Some(0) || finished.stderr.contains("all workers are dead (1)"), "{}", finished.stderr);
    if finished.code == Some(0) {
        assert_total(&finished, 200);
    }
}

#[test]
fn when_all_workers_are_dead_it_fails() {
    let run = Program::start(VALUZ, SLOW);
    let pids = children(&run, 4);
    run.wait_for_log("batch started");
    pids[2..].iter().copied().for_each(kill);
    let finished = run.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
    assert!(finished.stderr.contains("error: all workers are dead (2)"), "{}", finished.stderr);
    assert!(pids.into_iter().all(|pid| !is_running(pid)));
}

#[test]
fn a_signal_ends_all_of_them() {
    for end in [Program::terminate, Program::interrupt] {
        let run = Program::start(VALUZ, SLOW);
        let pids = children(&run, 4);
        end(&run);
        assert_eq!(run.finish_within(A_SECOND).stdout, "");
        assert!(pids.into_iter().all(|pid| !is_running(pid)));
    }
}

#[test]
fn suspended_children_do_not_delay_the_end() {
    let run = Program::start(VALUZ, SLOW);
    let pids = children(&run, 4);
    run.wait_for_log("batch started");
    pids.iter().for_each(|&pid| signal(pid, Signal::STOP));
    run.terminate();
    assert_eq!(run.finish_within(A_SECOND).code, Some(1));
    assert!(pids.into_iter().all(|pid| !is_running(pid)));
}

#[test]
fn progress_is_logged_if_there_is_no_bar() {
    let run = Program::start(VALUZ, SLOW);
    run.wait_for_log("progress counted=");
    run.terminate();
    let _ = run.finish();
}

#[test]
fn even_a_killed_run_leaves_nothing_behind() {
    let run = Program::start(VALUZ, SLOW);
    let pids = children(&run, 4);
    run.wait_for_log("batch started");
    pids.iter().skip(1).for_each(|&pid| signal(pid, Signal::STOP));
    run.kill();
    let _ = run.finish();
    eventually("all processes have ended", || pids.iter().all(|&pid| !is_running(pid)));
}

fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}
