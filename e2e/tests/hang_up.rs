//! SIGHUP, which closing a terminal sends, ends every role as SIGTERM does, unless it is ignored (`nohup`).

use std::time::Duration;

use e2e::{ANY, tickz};
use testkit::{Program, sibling};

/// The promise.
const A_SECOND: Duration = Duration::from_secs(1);

/// No process listens here.
const ABSENT: &str = "tcp://127.0.0.1:1";

/// Starts a program that does not ignore SIGHUP, though these tests themselves may run under `nohup`.
fn start(name: &str, arguments: &[&str]) -> Program {
    let path = sibling(name).display().to_string();
    Program::start("env", [&["--default-signal=HUP", &path], arguments].concat())
}

fn ends(what: &str, program: Program) {
    program.hang_up();
    let finished = program.finish_within(A_SECOND);
    assert_eq!(finished.code, Some(0), "{what}: {}", finished.stderr);
}

#[test]
fn every_role_ends_when_its_terminal_is_closed() {
    let publisher = start("tickz", &["publish", "--ticks", ANY]);
    let ticks = publisher.endpoint("ticks");
    let watcher = start("tickz", &["watch", "MSFT", "--ticks", &ticks]);
    let _ = watcher.next_line();
    ends("watch", watcher);
    ends("publish", publisher);

    let server = start("chatz", &["serve", "--requests", ANY, "--broadcasts", ANY]);
    let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
    let ada = start("chatz", &["join", "ada", "--json", "--requests", &requests, "--broadcasts", &broadcasts]);
    let _ = ada.line_where(|line| line.contains("\"users\""));
    ends("join", ada);
    ends("serve", server);

    let worker = start("valuz", &["worker", "--orders", ABSENT, "--results", ABSENT, "--control", ABSENT]);
    worker.wait_for_log(ABSENT);
    ends("worker", worker);
    let source = start("valuz", &["source", "--count", "10", "--orders", ANY, "--control", ABSENT]);
    let _ = source.endpoint("orders");
    ends("source", source);
    let reduce = start("valuz", &["reduce", "--workers", "1", "--count", "10", "--results", ANY, "--control", ANY]);
    let _ = reduce.endpoint("control");
    ends("reduce", reduce);

    let desk = start("dealz", &["--web", "127.0.0.1:0", "--reports", ANY, "--observations", ANY, "--commands", ANY]);
    let _ = desk.line_where(|line| line.contains("http://"));
    ends("dealz", desk);
}

#[test]
fn a_program_that_was_started_with_nohup_outlives_its_terminal() {
    let path = sibling("tickz");
    let command = format!("trap '' HUP; exec {} publish --ticks {ANY} --rate 100", path.display());
    let publisher = Program::start("/bin/sh", ["-c", &command]);
    let ticks = publisher.endpoint("ticks");
    publisher.hang_up();
    let watched = tickz(&["watch", "MSFT", "--ticks", &ticks, "--count", "20"]).finish();
    assert_eq!(watched.code, Some(0), "{}", watched.stderr);
    publisher.terminate();
    assert_eq!(publisher.finish_within(A_SECOND).code, Some(0));
}
