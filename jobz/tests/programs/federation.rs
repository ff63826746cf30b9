//! Brokers that pass requests to each other.

use testkit::{Finished, Program, eventually, free_endpoints, run};

use crate::support::{Broker, JOBZ, command, reply};

/// Fast heartbeats, so that a peer that is gone is noticed soon.
const FAST: &str = "--heartbeat 100ms";

fn uplink(to: &Broker) -> Broker {
    Broker::start(&format!("{FAST} --uplink {}", to.endpoint))
}

fn asking(broker: &Broker, words: &[&str]) -> Program {
    let arguments = ["ask", "--jobs", &broker.endpoint, "--observe", "off"];
    Program::start(JOBZ, arguments.iter().chain(words))
}

/// A client whose request has arrived, so that a worker without heartbeats that starts now gets it before it is taken for dead.
fn waiting(broker: &Broker, words: &[&str]) -> Program {
    let client = asking(broker, words);
    eventually("the request waits", || count(broker, "waiting") == 1);
    client
}

fn ask(broker: &Broker, words: &[&str]) -> Finished {
    run(JOBZ, ["ask", "--jobs", &broker.endpoint, "--observe", "off"].iter().chain(words))
}

fn worker(broker: &Broker, words: &[&str]) -> Program {
    let arguments = ["worker", "upper", "--jobs", &broker.endpoint, "--observe", "off", "--"];
    let worker = Program::start(JOBZ, arguments.iter().chain(words));
    broker.until_offered("upper");
    worker
}

/// A number of `mmi.stats`.
fn count(broker: &Broker, name: &str) -> u64 {
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"mmi.stats", b""]);
    let stats: serde_json::Value = serde_json::from_slice(&client.receive()[4]).unwrap();
    stats[name].as_u64().unwrap()
}

#[test]
fn a_broker_without_workers_passes_requests_to_one_that_has_some_in_both_directions() {
    let second = Broker::start(FAST);
    let first = uplink(&second);
    let _worker = worker(&second, &["tr", "a-z", "A-Z"]);
    let asked = ask(&first, &["upper", "good morning"]);
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "GOOD MORNING\n"), "{}", asked.stderr);
    assert_eq!((count(&first, "passed"), count(&second, "passed")), (1, 0));

    let client = waiting(&second, &["lower", "HI"]);
    let lower = first.worker("lower");
    let request = command(&lower, 2);
    reply(&lower, &request[2], b"hi");
    assert_eq!(client.finish().stdout, "hi\n");
}

#[test]
fn a_request_goes_through_several_brokers_and_round_in_no_circle() {
    let [endpoint] = free_endpoints();
    let first = Broker::start(&format!("{FAST} --uplink {endpoint}"));
    let second = uplink(&first);
    let third = Broker::start_at(&endpoint, &format!("{FAST} --uplink {}", second.endpoint));
    let client = waiting(&first, &["upper", "hi", "there", "--count", "20"]);
    let _worker = worker(&third, &["tr", "a-z", "A-Z"]);
    let finished = client.finish();
    assert_eq!(finished.stdout, "HITHERE\n".repeat(20), "{}", finished.stderr);
    for broker in [&first, &second, &third] {
        assert_eq!((count(broker, "waiting"), count(broker, "open")), (0, 0));
    }
}

#[test]
fn local_workers_come_first() {
    let second = Broker::start(FAST);
    let first = uplink(&second);
    let _far = worker(&second, &["echo", "far"]);
    assert_eq!(ask(&first, &["upper", "x"]).stdout, "far\n");
    let _near = worker(&first, &["echo", "near"]);
    let asked = ask(&first, &["upper", "x", "--count", "10"]);
    assert_eq!(asked.stdout, "near\n".repeat(10), "{}", asked.stderr);
}

#[test]
fn a_broker_that_is_killed_with_a_request_has_it_done_by_another_one() {
    let second = Broker::start(FAST);
    let third = Broker::start(FAST);
    let first = Broker::start(&format!("{FAST} --uplink {} --uplink {}", second.endpoint, third.endpoint));
    let client = waiting(&first, &["upper", "hi"]);
    let stuck = second.worker("upper");
    let _request = command(&stuck, 2);
    let _worker = worker(&third, &["tr", "a-z", "A-Z"]);
    second.program.kill();
    assert_eq!(client.finish().stdout, "HI\n");
    assert_eq!(count(&first, "retried"), 1);
}

#[test]
fn a_worker_at_another_broker_that_dies_costs_a_try_and_no_request() {
    let second = Broker::start(FAST);
    let first = uplink(&second);
    let client = waiting(&first, &["upper", "hi"]);
    let dying = second.worker("upper");
    let _request = command(&dying, 2);
    drop(dying);
    let _worker = worker(&second, &["tr", "a-z", "A-Z"]);
    assert_eq!(client.finish().stdout, "HI\n");
}

#[test]
fn a_job_that_is_cancelled_ends_at_the_other_broker_too() {
    let second = Broker::start(FAST);
    let first = uplink(&second);
    let submitter = first.dealer();
    submitter.send([b"MDPC02", &b"\x01"[..], b"job.submit", b"", b"slow", b"x"]);
    let id = submitter.receive()[4].clone();
    let worker = second.dealer();
    worker.send([b"MDPW02", &b"\x01"[..], b"slow", &1u64.to_le_bytes()]);
    let request = command(&worker, 2);
    submitter.send([b"MDPC02", &b"\x01"[..], b"job.cancel", &id]);
    assert_eq!(submitter.receive()[3], b"200");
    assert_eq!(command(&worker, 0x42)[2], request[2]);
}

#[test]
fn a_broker_that_comes_back_is_connected_again() {
    let [endpoint] = free_endpoints();
    let first = Broker::start(&format!("{FAST} --uplink {endpoint}"));
    let client = waiting(&first, &["upper", "hi"]);
    for _ in 0..2 {
        let second = Broker::start_at(&endpoint, FAST);
        let worker = worker(&second, &["tr", "a-z", "A-Z"]);
        assert_eq!(ask(&first, &["upper", "again", "--patience", "20s"]).stdout, "AGAIN\n");
        worker.kill();
        second.program.kill();
    }
    assert_eq!(client.finish().stdout, "HI\n");
}

#[test]
fn a_stranger_that_calls_itself_a_broker_harms_none() {
    let broker = Broker::start(FAST);
    let _worker = worker(&broker, &["tr", "a-z", "A-Z"]);
    let is_served = || {
        let asked = ask(&broker, &["upper", "good morning"]);
        assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "GOOD MORNING\n"), "{}", asked.stderr);
    };
    let stranger = broker.dealer();
    let token = [7; 24];
    for frames in [
        vec![&b"JOBZB1"[..], b"\x02", &token, b"\x08", b"upper"],
        vec![b"JOBZB1", b"\x01", &[1; 16]],
        vec![b"JOBZB1", b"\x06", &token, b"not asked for"],
        vec![b"JOBZB1", b"\x02", &token, b"\x00", b"upper"],
        vec![b"JOBZB1", b"\x63"],
        // It keeps the only worker, for a while.
        vec![b"JOBZB1", b"\x02", &token, b"\x01", b"upper"],
    ] {
        stranger.send(frames);
    }
    is_served();
    drop(stranger);
    is_served();
    eventually("the stranger is forgotten", || count(&broker, "open") == 0);
}
