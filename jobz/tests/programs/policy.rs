//! Who may register for which service under PLAIN and CURVE, and how workers are drained.

use std::time::Duration;

use sockets::{KeyPair, allow::AllowList};
use testkit::{Finished, Peer, Program, peer::DEALER, run};

use crate::support::{Broker, JOBZ, command, held, reply};

#[test]
fn only_users_with_a_permit_register_under_plain() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\nbob hidden\n");
    let allow = format!("--security plain --allow {} --allow-worker ada=echo", allow.display());
    let broker = Broker::start(&allow);
    let peer = |user: &str, password: &str| {
        Peer::connect_with(DEALER, &broker.endpoint, |socket| {
            socket.set_plain_username(Some(user)).unwrap();
            socket.set_plain_password(Some(password)).unwrap();
        })
    };
    let worker = peer("ada", "secret");
    worker.send([b"MDPW02", &b"\x01"[..], b"tea"]);
    assert_eq!(worker.receive(), [&b"MDPW02"[..], b"\x06"]);
    let other = peer("bob", "hidden");
    other.send([b"", &b"MDPW01"[..], b"\x01", b"echo"]);
    assert_eq!(other.receive(), [&b""[..], b"MDPW01", b"\x05"]);
    broker.program.wait_for_log("a worker may not register for this service user=ada service=tea");

    worker.send([b"MDPW02", &b"\x01"[..], b"echo"]);
    // A client needs no permit.
    other.send([b"MDPC02", &b"\x01"[..], b"echo", b"hi"]);
    let request = command(&worker, 2);
    reply(&worker, &request[2], b"HI");
    assert_eq!(other.receive()[3], b"HI");
    other.send([b"MDPC02", &b"\x01"[..], b"job.drain", b"echo"]);
    assert_eq!(other.receive()[3], b"403");
}

#[test]
fn only_users_with_a_permit_register_under_curve() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    let key = |user: &str| {
        let pair = KeyPair::generate().unwrap();
        pair.write(folder.path(), user).unwrap();
        AllowList::add_key(&allow, &user.parse().unwrap(), &pair.public).unwrap();
        pair.public.to_string()
    };
    let server = key("broker");
    let file = |user: &str| folder.path().join(format!("{user}.key_secret")).display().to_string();
    let flags = format!("--security curve --key {} --allow {}", file("broker"), allow.display());
    let broker = Broker::start(&format!("{flags} --allow-worker ada=upper --allow-worker ops=*"));
    let start = |user: &str, words: &str| {
        key(user);
        let flags = format!("--jobs {} --observe off --security curve --key {}", broker.endpoint, file(user));
        let flags = [flags.split_whitespace(), "--server-key".split_whitespace()].into_iter().flatten();
        let words: Vec<&str> = words.split_whitespace().collect();
        let (words, command) = words.split_at(words.iter().position(|word| *word == "--").unwrap_or(words.len()));
        let arguments = words.iter().copied().chain(flags).chain([&*server]).chain(command.iter().copied());
        Program::start(JOBZ, arguments)
    };
    let eve = start("eve", "worker upper -- tr a-z A-Z");
    eve.wait_for_log("the broker does not know this worker");
    broker.program.wait_for_log("user=eve");
    let ada = start("ada", "worker upper -- tr a-z A-Z");
    ada.wait_for_log("ready");
    let asked = start("bob", "ask upper hello --tries 10").finish();
    assert_eq!((asked.code, asked.stdout.as_str()), (Some(0), "HELLO\n"), "{}", asked.stderr);
    let drained = start("carl", "drain upper").finish();
    assert_eq!(drained.code, Some(1));
    assert!(drained.stderr.contains("does not let this user drain upper"), "{}", drained.stderr);
    let drained = start("ops", "drain upper").finish();
    assert_eq!((drained.code, drained.stdout.as_str()), (Some(0), "1 worker\n"), "{}", drained.stderr);
    assert_eq!(ada.finish_within(Duration::from_secs(5)).code, Some(0));
}

#[test]
fn permits_need_names() {
    let refused = run(JOBZ, ["broker", "--observe", "off", "--allow-worker", "ada=echo"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("--allow-worker needs authenticated peers"), "{}", refused.stderr);
}

/// A worker whose requests end when a file appears, and has one.
struct Busy {
    broker: Broker,
    worker: Program,
    client: Peer,
    folder: tempfile::TempDir,
}

impl Busy {
    fn start(flags: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start("--heartbeat 1m");
        let script = held(folder.path(), "touch begun", "end", "echo done");
        let arguments = format!("worker wait --jobs {} --observe off --heartbeat 1m {flags}", broker.endpoint);
        let worker = Program::start(JOBZ, arguments.split_whitespace().chain(["--", "sh", "-c", &script]));
        broker.until_offered("wait");
        let client = broker.dealer();
        client.send([b"MDPC02", &b"\x01"[..], b"wait", b""]);
        testkit::eventually("the request is begun", || folder.path().join("begun").exists());
        Self { broker, worker, client, folder }
    }

    /// Lets the request end; its client gets the reply, and the worker exits.
    fn finish(self) -> Finished {
        std::fs::write(self.folder.path().join("end"), "").unwrap();
        assert_eq!(self.client.receive()[3], b"done\n");
        self.worker.finish_within(Duration::from_secs(5))
    }
}

#[test]
fn a_worker_that_is_stopped_takes_nothing_more_and_finishes_what_it_has() {
    let busy = Busy::start("--credit 2");
    busy.worker.terminate();
    busy.worker.wait_for_log("finishing what is open");
    let observer = busy.broker.dealer();
    testkit::eventually("the broker has its credit", || {
        observer.send([b"MDPC02", &b"\x01"[..], b"mmi.workers", b"wait"]);
        String::from_utf8(observer.receive().pop().unwrap()).unwrap().contains("\"credit\":0")
    });
    busy.client.send([b"MDPC02", &b"\x01"[..], b"wait", b"second"]);
    let other = busy.broker.worker("wait");
    assert_eq!(command(&other, 2)[4], b"second");
    assert_eq!(busy.finish().code, Some(0));
}

#[test]
fn a_second_signal_ends_a_worker_at_once() {
    let busy = Busy::start("");
    busy.worker.interrupt();
    busy.worker.wait_for_log("finishing what is open");
    let other = busy.broker.worker("wait");
    busy.worker.interrupt();
    assert_eq!(busy.worker.finish_within(Duration::from_secs(5)).code, Some(0));
    command(&other, 2);
}

#[test]
fn a_worker_that_is_stopped_has_a_limited_time() {
    let busy = Busy::start("--drain 100ms");
    busy.worker.terminate();
    assert_eq!(busy.worker.finish_within(Duration::from_secs(5)).code, Some(0));
    let other = busy.broker.worker("wait");
    command(&other, 2);
}

#[test]
fn a_worker_with_nothing_to_do_ends_within_a_second() {
    let broker = Broker::start("");
    let arguments = format!("worker idle --jobs {} --observe off -- true", broker.endpoint);
    let worker = Program::start(JOBZ, arguments.split_whitespace());
    broker.until_offered("idle");
    worker.terminate();
    assert_eq!(worker.finish_within(Duration::from_secs(1)).code, Some(0));
}

#[test]
fn the_workers_of_a_service_are_drained_by_a_command() {
    let busy = Busy::start("--credit 2");
    let drain = |arguments: &[&str]| {
        run(JOBZ, ["drain", "--jobs", &busy.broker.endpoint, "--observe", "off"].iter().chain(arguments))
    };
    let drained = drain(&["absent"]);
    assert_eq!(drained.code, Some(1));
    assert!(drained.stderr.contains("no worker is registered for absent"), "{}", drained.stderr);
    let drained = drain(&["wait"]);
    assert_eq!((drained.code, drained.stdout.as_str()), (Some(0), "1 worker\n"), "{}", drained.stderr);
    busy.client.send([b"MDPC02", &b"\x01"[..], b"wait", b"second"]);
    let other = busy.broker.worker("wait");
    assert_eq!(command(&other, 2)[4], b"second");
    let finished = busy.finish();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("the broker has drained this worker"), "{}", finished.stderr);
}
