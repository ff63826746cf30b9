//! `jobz broker` as a process, among peers that send frames as bytes.

use std::{fs, time::Duration};

use serde_json::Value;
use testkit::{Peer, peer::REQ};

use crate::support::{Broker, command, reply};

#[test]
fn a_client_of_each_version_is_served_by_a_worker_of_the_other() {
    let broker = Broker::start("");
    let old = broker.dealer();
    old.send([b"", &b"MDPW01"[..], b"\x01", b"old"]);
    broker.until_offered("old");
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"old", b"hi", b""]);
    let request = old.receive();
    assert_eq!(request[..3], [&b""[..], b"MDPW01", b"\x02"]);
    assert_eq!(request[4..], [&b""[..], b"hi", b""]);
    old.send([b"", &b"MDPW01"[..], b"\x03", &request[3], b"", b"HI"]);
    assert_eq!(client.receive(), [&b"MDPC02"[..], b"\x03", b"old", b"HI"]);

    let new = broker.worker("new");
    let client = Peer::connect(REQ, &broker.endpoint);
    client.send([b"MDPC01", &b"new"[..], b"hi"]);
    let request = command(&new, 2);
    new.send([b"MDPW02", &b"\x03"[..], &request[2], b"", b"half"]);
    reply(&new, &request[2], b"whole");
    assert_eq!(client.receive(), [&b"MDPC01"[..], b"new", b"half", b"whole"]);
}

#[test]
fn the_request_of_a_worker_that_is_gone_goes_to_another_one_at_once() {
    // Heartbeats would notice it after three minutes.
    let broker = Broker::start("--heartbeat 1m");
    let dying = broker.worker("echo");
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"echo", b"hi"]);
    command(&dying, 2);
    let other = broker.worker("echo");
    drop(dying);
    let request = command(&other, 2);
    reply(&other, &request[2], b"HI");
    assert_eq!(client.receive()[3], b"HI");
}

#[test]
fn a_late_reply_reaches_no_client_and_its_worker_begins_again() {
    let broker = Broker::start("--busy 300ms");
    let slow = broker.worker("echo");
    let client = broker.dealer();
    client.send([b"MDPC02", &b"\x01"[..], b"echo", b"hi"]);
    let first = command(&slow, 2);
    command(&slow, 6);
    reply(&slow, &first[2], b"late");
    command(&slow, 6);
    let fast = broker.worker("echo");
    let second = command(&fast, 2);
    assert_ne!(first[2], second[2]);
    reply(&fast, &second[2], b"in time");
    assert_eq!(client.receive()[3], b"in time");
}

#[test]
fn every_malformed_message_is_survived() {
    let broker = Broker::start("");
    let worker = broker.worker("echo");
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol-docs/vectors/jobz.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(vectors).unwrap()).unwrap();
    let mut cases = 0;
    let to_broker = |message: &&Value| message["message"] == "client_request" || message["message"] == "worker_command";
    for message in vectors["messages"].as_array().unwrap().iter().filter(to_broker) {
        for case in message["invalid"].as_array().unwrap() {
            let frames = case["frames"].as_array().unwrap().iter();
            let frames: Vec<Vec<u8>> = frames.map(|frame| unhex(frame.as_str().unwrap())).collect();
            if !frames.is_empty() {
                broker.take(frames);
                cases += 1;
            }
        }
    }
    assert!(cases > 35);
    broker.assert_serves(&worker, "echo");
    broker.program.wait_for_log("malformed message");
}

#[test]
fn the_dialect_of_majortomo_is_accepted_if_it_is_asked_for() {
    let broker = Broker::start("--dialect majortomo");
    let worker = broker.worker("tea");
    let client = broker.dealer();
    client.send([b"", &b"MDPC02"[..], b"\x02", b"tea", b"hi"]);
    let request = command(&worker, 2);
    worker.send([b"MDPW02", &b"\x03"[..], &request[2], b"", b"half"]);
    reply(&worker, &request[2], b"whole");
    assert_eq!(client.receive(), [&b""[..], b"MDPC02", b"\x03", b"half"]);
    assert_eq!(client.receive(), [&b""[..], b"MDPC02", b"\x04", b"whole"]);

    let strict = Broker::start("");
    let worker = strict.worker("tea");
    strict.take([b"", &b"MDPC02"[..], b"\x02", b"tea", b"hi"]);
    strict.assert_serves(&worker, "tea");
    strict.program.wait_for_log("header: an unknown word");
}

#[test]
fn ctrl_c_ends_it_within_a_second() {
    let broker = Broker::start("");
    broker.program.interrupt();
    assert_eq!(broker.program.finish_within(Duration::from_secs(5)).code, Some(0));
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
