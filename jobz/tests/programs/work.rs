//! `jobz worker` and `jobz ask`.

use std::{fs, time::Duration};

use testkit::{Finished, Peer, Program, eventually, free_endpoints, peer::ROUTER, run};

use crate::support::{Broker, JOBZ, command, held, interrupt_group, start_in_group};

/// A worker that the broker has registered, and that runs a command for each request.
fn worker(broker: &Broker, service: &str, flags: &[&str], words: &[&str]) -> Program {
    let worker = start_worker(&broker.endpoint, service, flags, words);
    broker.until_offered(service);
    worker
}

fn start_worker(endpoint: &str, service: &str, flags: &[&str], words: &[&str]) -> Program {
    let arguments = ["worker", service, "--jobs", endpoint, "--observe", "off"];
    Program::start(JOBZ, arguments.iter().chain(flags).chain(&["--"]).chain(words))
}

fn ask(endpoint: &str, arguments: &[&str]) -> Finished {
    run(JOBZ, ["ask", "--jobs", endpoint, "--observe", "off"].iter().chain(arguments))
}

#[test]
fn any_program_is_a_worker() {
    let broker = Broker::start("");
    let _worker = worker(&broker, "upper", &[], &["tr", "a-z", "A-Z"]);
    let asked = ask(&broker.endpoint, &["upper", "good morning"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "GOOD MORNING\n"), "{}", asked.stderr);
}

#[test]
fn a_worker_whose_program_fails_costs_no_request_while_another_one_does_them() {
    let broker = Broker::start("--tries 2");
    let _failing = worker(&broker, "upper", &[], &["false"]);
    let _good = start_worker(&broker.endpoint, "upper", &[], &["tr", "a-z", "A-Z"]);
    let client = broker.dealer();
    eventually("both are registered", || {
        client.send([b"MDPC02", &b"\x01"[..], b"mmi.workers", b"upper"]);
        let workers: serde_json::Value = serde_json::from_slice(&client.receive()[4]).unwrap();
        workers.as_array().is_some_and(|workers| workers.len() == 2)
    });
    for _ in 0..20 {
        client.send([b"MDPC02", &b"\x01"[..], b"upper", b"hi"]);
    }
    for _ in 0..20 {
        assert_eq!(client.receive()[3], b"HI");
    }
    broker.program.wait_for_log("a worker fails: it gets nothing for 1 s");
}

#[test]
fn a_client_asks_as_often_as_it_should() {
    let broker = Broker::start("");
    let _worker = worker(&broker, "upper", &[], &["tr", "a-z", "A-Z"]);
    let asked = ask(&broker.endpoint, &["upper", "hi", "--count", "3"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "HI\nHI\nHI\n"), "{}", asked.stderr);
    assert!(asked.stderr.contains("asked=3 answered=3 retried=0 failed=0"), "{}", asked.stderr);

    // Without a worker each of them has its tries.
    let asked = ask(&broker.endpoint, &["lower", "hi", "--count", "2", "--tries", "2", "--patience", "50ms"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(1), ""), "{}", asked.stderr);
    assert!(asked.stderr.contains("asked=2 answered=0 retried=2 failed=2"), "{}", asked.stderr);
    assert!(asked.stderr.contains("2 requests without a reply"), "{}", asked.stderr);
}

#[test]
fn a_client_that_asks_again_and_again_ends_with_ctrl_c() {
    let broker = Broker::start("");
    let _worker = worker(&broker, "upper", &[], &["tr", "a-z", "A-Z"]);
    let arguments = ["ask", "upper", "hi", "--every", "1ms", "--jobs", &broker.endpoint, "--observe", "off"];
    let client = Program::start(JOBZ, arguments);
    for _ in 0..3 {
        assert_eq!(client.next_line(), "HI");
    }
    client.interrupt();
    let finished = client.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("failed=0"), "{}", finished.stderr);
}

#[test]
fn each_line_of_a_program_may_be_a_reply() {
    let broker = Broker::start("");
    let _worker = worker(&broker, "count", &["--lines"], &["seq", "3"]);
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"count", b""]);
    for (kind, number) in [(b"\x02", b"1"), (b"\x02", b"2"), (b"\x03", b"3")] {
        assert_eq!(client.receive(), [&b"MDPC02"[..], kind, b"count", number]);
    }
}

#[test]
fn a_program_that_fails_leaves_its_request_to_another_worker() {
    let broker = Broker::start("--tries 2");
    let failing = worker(&broker, "upper", &[], &["sh", "-c", "echo no paper >&2; exit 3"]);
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"upper", b"hi"]);
    failing.wait_for_log("exit code 3: no paper");
    // The second try is its last one, so only a worker that was there before can have it.
    failing.wait_for_log("a request is not done");
    let asked = ask(&broker.endpoint, &["upper", "hi", "--patience", "200ms", "--tries", "1"]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.stderr.contains("no worker replied in time"), "{}", asked.stderr);
}

#[test]
fn a_worker_does_as_many_requests_at_once_as_its_credit() {
    let broker = Broker::start("");
    // Each of the two waits for the other.
    let folder = tempfile::tempdir().unwrap();
    let script = held(folder.path(), "read name other; touch $name", "$other", "echo $name");
    let _worker = worker(&broker, "meet", &["--credit", "2"], &["sh", "-c", &script]);
    let client = broker.dealer();
    for names in [b"a b\n", b"b a\n"] {
        client.send([b"MDPC02", &b"\x01"[..], b"meet", names]);
    }
    let mut replies = [client.receive()[3].clone(), client.receive()[3].clone()];
    replies.sort();
    assert_eq!(replies, [b"a\n", b"b\n"]);
}

#[test]
fn a_program_is_killed_when_its_request_takes_too_long() {
    let broker = Broker::start("--busy 300ms --tries 1");
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 1000", pid.display());
    let worker = worker(&broker, "sleep", &[], &["sh", "-c", &script]);
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"sleep", b""]);
    worker.wait_for_log("killed by signal 9");
}

#[test]
fn a_worker_and_a_client_survive_a_broker_that_is_killed() {
    let [endpoint] = free_endpoints();
    let start = || Program::start(JOBZ, ["broker", "--jobs", &endpoint, "--observe", "off"]);
    let broker = start();
    let worker = start_worker(&endpoint, "upper", &[], &["tr", "a-z", "A-Z"]);
    worker.wait_for_log("ready");
    broker.kill();
    let client =
        Program::start(JOBZ, ["ask", "upper", "hi", "--jobs", &endpoint, "--observe", "off", "--tries", "100"]);
    client.wait_for_log("trying again");
    let _broker = start();
    let finished = client.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "HI\n"), "{}", finished.stderr);
}

#[test]
fn a_client_asks_the_next_broker_when_the_first_is_not_there() {
    let [absent] = free_endpoints();
    let broker = Broker::start("");
    let _worker = worker(&broker, "upper", &[], &["tr", "a-z", "A-Z"]);
    let asked = ask(&absent, &["upper", "hi", "--jobs", &broker.endpoint, "--connect", "200ms"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "HI\n"), "{}", asked.stderr);
}

#[test]
fn a_worker_begins_again_after_disconnect_and_after_silence() {
    let broker = Peer::bind(ROUTER);
    let worker = start_worker(broker.endpoint(), "upper", &["--heartbeat", "100ms", "--liveness", "3"], &["true"]);
    let ready = |not: &[u8]| {
        std::iter::repeat_with(|| broker.receive()).find(|frames| frames[2] == [1] && frames[0] != not).unwrap()
    };
    let first = ready(b"");
    assert_eq!(first[1..], [&b"MDPW02"[..], b"\x01", b"upper", &1_u64.to_le_bytes()]);
    broker.send([&first[0], &b"MDPW02"[..], b"\x06"]);
    let second = ready(&first[0]);
    // It sends heartbeats, and gives a broker up that sends none.
    assert!(std::iter::repeat_with(|| broker.receive()).any(|frames| frames[0] == second[0] && frames[2] == [5]));
    ready(&second[0]);
    worker.wait_for_log("the broker is silent");
}

#[test]
fn a_worker_that_was_suspended_sends_the_reply_that_was_finished_meanwhile() {
    let broker = Peer::bind(ROUTER);
    let folder = tempfile::tempdir().unwrap();
    let script = held(folder.path(), ":", "go", "echo done");
    let flags = ["--heartbeat", "500ms", "--liveness", "4"];
    let worker = start_worker(broker.endpoint(), "slow", &flags, &["sh", "-c", &script]);
    let ready = broker.receive();
    let address = b"0123456789abcdef";
    broker.send([&ready[0], &b"MDPW02"[..], b"\x02", address, b"", b"hi"]);
    assert_eq!(broker.receive(), [&ready[0], &b"MDPW02"[..], b"\x05"]);

    // For longer than the broker may be silent, nothing comes. The program of the request is not suspended, and ends.
    worker.suspend();
    let state = || fs::read_to_string(format!("/proc/{}/stat", worker.pid())).unwrap();
    eventually("the worker is suspended", || state().contains(") T "));
    fs::write(folder.path().join("go"), "").unwrap();
    while let Some(sent) = broker.receive_within(Duration::from_secs(2)) {
        assert_eq!(sent[2], [5], "sent before it was suspended");
    }
    worker.resume();
    let next = std::iter::repeat_with(|| broker.receive()).find(|frames| frames[2] != [5]).unwrap();
    assert_eq!(next, [&ready[0], &b"MDPW02"[..], b"\x04", address, b"", b"done\n"], "{}", worker.log());
}

#[test]
fn ctrl_c_ends_a_worker_and_its_program_and_the_broker_knows_at_once() {
    let broker = Broker::start("--heartbeat 1m");
    let busy = worker(&broker, "sleep", &["--drain", "1ms"], &["sleep", "1000"]);
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"sleep", b""]);
    let other = broker.worker("sleep");
    busy.interrupt();
    let finished = busy.finish_within(Duration::from_secs(5));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    command(&other, 2);
}

#[test]
fn ctrl_c_in_a_terminal_lets_the_program_of_a_worker_finish() {
    let broker = Broker::start("");
    let folder = tempfile::tempdir().unwrap();
    let script = held(folder.path(), "touch begun", "go", "echo done");
    let arguments = ["worker", "slow", "--jobs", &broker.endpoint, "--observe", "off", "--", "sh", "-c", &script];
    let worker = start_in_group(arguments);
    broker.until_offered("slow");
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"slow", b""]);
    eventually("it has begun", || folder.path().join("begun").exists());
    interrupt_group(&worker);
    worker.wait_for_log("finishing what is open");
    fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(client.receive()[3], b"done\n");
    let finished = worker.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn a_program_that_is_not_there_ends_its_worker_before_it_gets_requests() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for (role, program) in [("worker", "no-such-program"), ("worker", folder), ("scale", "./no-such-program")] {
        let finished = run(JOBZ, [role, "upper", "--observe", "off", "--", program]);
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        assert!(finished.stderr.contains("error: there is no program"), "{}", finished.stderr);
    }
}

#[test]
fn a_line_that_is_too_long_for_a_reply_is_a_failure_and_is_not_cut() {
    let broker = Broker::start("--tries 1");
    let script = "head -c 65537 /dev/zero | tr '\\0' x; echo; echo done; exec sleep 1000";
    let worker = worker(&broker, "long", &["--lines"], &["sh", "-c", script]);
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"long", b""]);
    worker.wait_for_log("a line has more than 65536 bytes");
}

#[test]
fn ctrl_c_ends_the_wait_for_standard_input() {
    let broker = Broker::start("");
    for role in ["ask", "submit"] {
        let client = Program::start(JOBZ, [role, "upper", "--jobs", &broker.endpoint, "--observe", "off"]);
        client.await_handlers();
        client.interrupt();
        let finished = client.finish_within(Duration::from_secs(5));
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        assert!(finished.stderr.contains("stopped while waiting for input"), "{}", finished.stderr);
    }
}
