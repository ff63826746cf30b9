//! Jobs and Titanic: what is accepted is done, whatever dies.

use std::{path::Path, thread};

use testkit::{Peer, Program, free_endpoints, peer::REQ};

use crate::support::{Broker, JOBZ, command, reply, runs};

/// The frames of the one reply to a call, from its status on.
fn call(broker: &Broker, service: &str, parts: &[&[u8]]) -> Vec<Vec<u8>> {
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], service.as_bytes()].iter().chain(parts));
    client.receive().split_off(3)
}

/// A job's id.
fn submit(broker: &Broker, service: &str, body: &[u8]) -> Vec<u8> {
    let answer = call(broker, "job.submit", &[b"", service.as_bytes(), body]);
    assert_eq!(answer[0], b"200", "{answer:?}");
    answer[1].clone()
}

fn start(endpoint: &str, store: &Path) -> Program {
    let store = store.display().to_string();
    Program::start(JOBZ, ["broker", "--jobs", endpoint, "--observe", "off", "--store", &store])
}

#[test]
fn a_job_survives_a_broker_that_is_killed() {
    let [endpoint] = free_endpoints();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let broker = Broker { program: start(&endpoint, &store), endpoint: endpoint.clone() };
    let waiting = submit(&broker, "upper", b"waiting");
    let done = submit(&broker, "done", b"hi");
    let worker = broker.worker("done");
    let request = command(&worker, 2);
    reply(&worker, &request[2], b"HI");
    assert_eq!(call(&broker, "job.wait", &[&done]), [&b"200"[..], b"HI"]);
    broker.program.kill();

    let broker = Broker { program: start(&endpoint, &store), endpoint };
    broker.program.wait_for_log("jobs of an earlier run wait again");
    assert_eq!(call(&broker, "job.wait", &[&done]), [&b"200"[..], b"HI"]);
    let worker = broker.worker("upper");
    let request = command(&worker, 2);
    assert_eq!(request[4], b"waiting");
    reply(&worker, &request[2], b"WAITING");
    assert_eq!(call(&broker, "job.wait", &[&waiting]), [&b"200"[..], b"WAITING"]);
}

#[test]
fn a_client_of_version_1_uses_titanic() {
    let broker = Broker::start("");
    let client = Peer::connect(REQ, &broker.endpoint);
    let ask = |service: &str, parts: &[&[u8]]| {
        client.send([b"MDPC01", service.as_bytes()].iter().chain(parts));
        client.receive().split_off(2)
    };
    let accepted = ask("titanic.request", &[b"echo", b"hi"]);
    assert_eq!((&accepted[0][..], accepted[1].len()), (&b"200"[..], 32));
    let id = &accepted[1][..];
    assert_eq!(ask("titanic.reply", &[id]), [b"300"]);
    let worker = broker.worker("echo");
    let request = command(&worker, 2);
    worker.send([b"MDPW02", &b"\x03"[..], &request[2], b"", b"half"]);
    reply(&worker, &request[2], b"whole");
    testkit::eventually("the job is done", || ask("titanic.reply", &[id])[0] == b"200");
    assert_eq!(ask("titanic.reply", &[id]), [&b"200"[..], b"half", b"whole"]);
    assert_eq!(ask("titanic.close", &[id]), [b"200"]);
    assert_eq!(ask("titanic.reply", &[id]), [b"400"]);
}

#[test]
fn a_cancelled_job_ends_the_program_that_does_it_and_all_that_this_started() {
    let broker = Broker::start("");
    let started = "sleep 1000 & echo inner $! runs >&2; wait";
    let arguments = ["worker", "sleep", "--jobs", &broker.endpoint, "--observe", "off", "--", "sh", "-c", started];
    let worker = Program::start(JOBZ, arguments);
    broker.until_offered("sleep");
    let id = submit(&broker, "sleep", b"");
    testkit::eventually("a worker has it", || {
        let status = call(&broker, "job.status", &[&id]);
        String::from_utf8_lossy(&status[1]).contains(r#""state":"open""#)
    });
    worker.wait_for_log(" runs");
    let log = worker.log();
    let inner = log.rsplit_once("inner ").unwrap().1.split_once(" runs").unwrap().0.parse().unwrap();
    assert_eq!(call(&broker, "job.cancel", &[&id]), [b"200"]);
    worker.wait_for_log("killed by signal 9");
    assert_eq!(call(&broker, "job.wait", &[&id])[0], b"410");
    testkit::eventually("what it started is killed", || !runs(inner));
}

#[test]
fn a_client_that_waits_is_not_taken_for_the_one_whose_connection_had_its_number() {
    let broker = Broker::start("");
    let (canceller, worker) = (broker.dealer(), broker.worker("busy"));
    // With always more messages to take, the broker learns late that a connection has ended.
    thread::spawn(move || while worker.try_send([&b"MDPW02"[..], b"\x05"]) {});
    for round in 0..20 {
        let id = submit(&broker, "any", b"");
        assert_eq!(call(&broker, "job.status", &[&id])[0], b"200");
        let waiting = broker.dealer();
        waiting.send([&b"MDPC02"[..], b"\x01", b"job.wait", &id]);
        assert_eq!(call(&broker, "job.status", &[&id])[0], b"200");
        canceller.send([&b"MDPC02"[..], b"\x01", b"job.cancel", &id]);
        assert_eq!(canceller.receive()[3], b"200");
        assert_eq!(waiting.receive()[3], b"410", "round {round}");
    }
}

/// The factorial of 5: each job asks the same service for the next smaller one, and waits for it.
#[test]
fn a_worker_with_one_place_waits_for_sub_jobs_of_the_same_service() {
    let broker = Broker::start("");
    let script = format!(
        r#"read n; [ $n -lt 2 ] && echo 1 && exit
        less=$({JOBZ} ask factorial $((n - 1)) --jobs {} --observe off) && echo $((n * less))"#,
        broker.endpoint
    );
    let arguments = ["worker", "factorial", "--jobs", &broker.endpoint, "--observe", "off", "--", "sh", "-c", &script];
    let _worker = Program::start(JOBZ, arguments);
    broker.until_offered("factorial");
    // Others wait as well: the sub-jobs are before them.
    let ids: Vec<_> = (0..3).map(|_| submit(&broker, "factorial", b"5\n")).collect();
    for id in ids {
        assert_eq!(call(&broker, "job.wait", &[&id]), [&b"200"[..], b"120\n"]);
    }
}
