//! Ctrl-C or SIGTERM ends every role, in every state, within a second, and no process remains.

use std::time::Duration;

use e2e::{ANY, Batch, LoneWorker, chatz, tickz, valuz};
use testkit::{Program, eventually, sibling};

/// The promised limit.
const A_SECOND: Duration = Duration::from_secs(1);

/// No process listens here.
const NO_SERVER: &str = "tcp://127.0.0.1:1";

fn ends(what: &str, program: Program) {
    ends_after(what, program, Program::terminate);
}

fn ends_after(what: &str, program: Program, signal: impl FnOnce(&Program)) {
    signal(&program);
    let finished = program.finish_within(A_SECOND);
    assert_eq!(finished.code, Some(0), "{what}: {}", finished.stderr);
}

#[test]
fn a_publisher_ends_without_subscribers() {
    for signal in [Program::terminate, Program::interrupt] {
        let publisher = tickz(&["publish", "--ticks", ANY]);
        let _ = publisher.endpoint("ticks");
        ends_after("publish", publisher, signal);
    }
}

#[test]
fn a_publisher_ends_while_it_waits_for_subscribers() {
    let publisher = tickz(&["publish", "--ticks", ANY, "--await-subscribers", "3"]);
    let _ = publisher.endpoint("ticks");
    ends("publish --await-subscribers", publisher);
}

#[test]
fn a_publisher_ends_while_a_subscriber_is_suspended() {
    let publisher = tickz(&[
        "publish",
        "--ticks",
        ANY,
        "--rate",
        "max",
        "--block",
        "--count",
        "50000000",
        "--await-subscribers",
        "1",
    ]);
    let watcher = tickz(&["watch", "MSFT", "--ticks", &publisher.endpoint("ticks")]);
    let _ = watcher.next_line();
    watcher.suspend();
    // With its queues full the publisher sleeps: it uses no processor time.
    let mut last = None;
    eventually("the publisher waits", || {
        std::thread::sleep(Duration::from_millis(100));
        let now = processor_time(&publisher);
        last.replace(now) == Some(now)
    });
    ends("publish --block", publisher);
    watcher.resume();
    ends("watch", watcher);
}

/// Ticks of processor time that the process has used.
fn processor_time(program: &Program) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.pid())).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|&index| fields.get(index)?.parse::<u64>().ok()).sum()
}

#[test]
fn a_replay_from_a_silent_input_ends() {
    let publisher = tickz(&["publish", "--ticks", ANY, "--replay", "-"]);
    let _ = publisher.endpoint("ticks");
    ends("publish --replay -", publisher);
}

#[test]
fn a_watcher_ends_without_a_publisher() {
    let watcher = tickz(&["watch", "MSFT", "--ticks", NO_SERVER]);
    watcher.wait_for_log(NO_SERVER);
    ends("watch", watcher);
}

#[test]
fn a_chat_server_ends_with_users_present() {
    let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
    let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
    let ada = chatz(&["join", "ada", "--json", "--requests", &requests, "--broadcasts", &broadcasts]);
    let _ = ada.line_where(|line| line.contains("\"users\""));
    ends("serve", server);
    ends("join without a server", ada);
}

#[test]
fn a_member_ends_with_a_suspended_server() {
    let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
    let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
    let mut ada = chatz(&["join", "ada", "--json", "--requests", &requests, "--broadcasts", &broadcasts]);
    let _ = ada.line_where(|line| line.contains("\"users\""));
    server.suspend();
    ada.say("is anyone there?");
    ends("join with a suspended server", ada);
    server.resume();
    ends("serve", server);
}

#[test]
fn a_member_ends_without_ever_having_had_a_server() {
    let mut ada = chatz(&["join", "ada", "--json", "--requests", NO_SERVER, "--broadcasts", NO_SERVER]);
    let _ = ada.next_line();
    ada.say("hello?");
    ends("join", ada);
}

#[test]
fn each_role_of_valuz_ends_alone() {
    let source = valuz(&["source", "--count", "10", "--orders", ANY, "--control", NO_SERVER]);
    let _ = source.endpoint("orders");
    ends("source", source);
    let reduce = valuz(&["reduce", "--workers", "1", "--count", "10", "--results", ANY, "--control", ANY]);
    let _ = reduce.endpoint("control");
    ends("reduce", reduce);
    let worker = valuz(&["worker", "--orders", NO_SERVER, "--results", NO_SERVER, "--control", NO_SERVER]);
    worker.wait_for_log(NO_SERVER);
    ends("worker", worker);
}

#[test]
fn each_role_of_valuz_ends_in_mid_batch() {
    let batch = Batch::start(100_000, 2, "1s");
    let (busy, suspended) = (batch.worker(&["--delay", "10ms", "--report"]), batch.worker(&["--delay", "10ms"]));
    batch.reduce.wait_for_log("START");
    batch.source.wait_for_log("started");
    suspended.suspend();
    ends("worker", busy);
    ends("source", batch.source);
    // A partial sum is no total: reduce reports it.
    batch.reduce.terminate();
    assert_eq!(batch.reduce.finish_within(A_SECOND).code, Some(1));
    suspended.resume();
    ends("worker without the others", suspended);
}

#[test]
fn a_worker_ends_while_reduce_receives_nothing() {
    let LoneWorker { worker, orders, results: _results, control: _control } = LoneWorker::start();
    let order = [&b"MSFT"[..], &[0], &1_i32.to_le_bytes(), &41.5_f64.to_le_bytes(), &[7; 1000]];
    orders.socket().set_sndtimeo(300).unwrap_or_default();
    while orders.try_send(order) {}
    ends("worker with unsent results", worker);
}

#[test]
fn a_whole_run_ends_and_leaves_no_process() {
    let run = valuz(&["run", "--workers", "2", "--count", "100000", "--delay", "10ms"]);
    eventually("four children", || children(&run).len() == 4);
    let children = children(&run);
    run.terminate();
    assert!(run.finish_within(A_SECOND).code.is_some());
    eventually("the children are gone", || all_gone(&children));
}

#[test]
fn the_tour_ends_in_the_middle_of_a_scene_and_leaves_no_process() {
    let scenes = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenes");
    for signal in [Program::terminate, Program::interrupt] {
        let tour = Program::start(sibling("scenez"), ["tour", "suite", "--auto", "--scenes", scenes]);
        let _ = tour.line_where(|line| line.contains("watch") && line.contains("MSFT"));
        let children = children(&tour);
        assert!(!children.is_empty());
        ends_after("tour", tour, signal);
        assert!(all_gone(&children), "{children:?}");
    }
}

/// The process ids of the children that any thread of a program has started.
fn children(program: &Program) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", program.pid())).into_iter().flatten().flatten();
    let lists = threads.map(|thread| std::fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    lists.collect::<Vec<_>>().join(" ").split_whitespace().map(str::to_owned).collect()
}

fn all_gone(processes: &[String]) -> bool {
    processes.iter().all(|pid| !std::path::Path::new("/proc").join(pid).exists())
}
