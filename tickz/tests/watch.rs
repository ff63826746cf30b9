//! The watcher as a process, with raw publishers and with the real one.

mod support;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use support::TICKZ;
use testkit::{Peer, Program, Stopwatch, peer::XPUB};

/// The most time that a service takes to end after a signal.
const ENOUGH: Duration = Duration::from_secs(1);

/// A raw publisher, and a watcher that has subscribed to it.
fn watched(arguments: &[&str]) -> (Peer, Program) {
    let publisher = Peer::bind(XPUB);
    let watcher = watch(publisher.endpoint(), arguments);
    let symbols = arguments.iter().take_while(|argument| !argument.starts_with('-')).count();
    // To single ticks and to bursts of each.
    for _ in 0..2 * symbols {
        assert_eq!(publisher.receive()[0][0], 1);
    }
    (publisher, watcher)
}

fn watch(endpoint: &str, arguments: &[&str]) -> Program {
    Program::start(TICKZ, ["watch", "--ticks", endpoint].iter().chain(arguments))
}

fn tick(symbol: &str, price: f64, sequence: Option<u64>) -> Vec<Vec<u8>> {
    let mut frames =
        vec![symbol.as_bytes().to_vec(), 1_416_182_400.25_f64.to_le_bytes().to_vec(), price.to_le_bytes().to_vec()];
    frames.extend(sequence.map(|sequence| sequence.to_le_bytes().to_vec()));
    frames
}

fn numbered(publisher: &Peer, sequences: &[u64]) {
    for &sequence in sequences {
        publisher.send(tick("MSFT", 41.78, Some(sequence)));
    }
}

/// The object at the end, without its time.
fn counts(mut summary: Value) -> Value {
    let elapsed_ms = summary.as_object_mut().and_then(|object| object.remove("elapsed_ms"));
    assert!(elapsed_ms.is_some_and(|elapsed| elapsed.as_f64() >= Some(0.0)));
    summary
}

fn counted(received: u64, lost: u64, out_of_order: u64, malformed: u64, restarts: u64) -> Value {
    json!({
        "received": received, "lost": lost, "out_of_order": out_of_order, "malformed": malformed, "restarts": restarts
    })
}

#[test]
fn json_is_one_object_per_tick_and_one_at_the_end() {
    let (publisher, watcher) = watched(&["MSFT", "--json", "--count", "2"]);
    publisher.send(tick("MSFT", 41.78, None));
    publisher.send(tick("MSFT", 41.81, Some(7)));
    assert_eq!(watcher.next_line(), r#"{"symbol":"MSFT","timestamp":1416182400.25,"price":41.78}"#);
    assert_eq!(watcher.next_line(), r#"{"symbol":"MSFT","timestamp":1416182400.25,"price":41.81,"sequence":7}"#);
    let finished = watcher.finish();
    assert_eq!(finished.code, Some(0));
    assert_eq!(counts(finished.json()), counted(2, 0, 0, 0, 0));
    let start = r#"{"received":2,"lost":0,"out_of_order":0,"elapsed_ms":"#;
    assert!(finished.stdout.starts_with(start), "{}", finished.stdout);
}

#[test]
fn text_is_one_line_per_tick_and_a_sentence_at_the_end() {
    let (publisher, watcher) = watched(&["MSFT", "--count", "2"]);
    numbered(&publisher, &[7, 9]);
    assert_eq!(watcher.next_line(), "MSFT 2014-11-17T00:00:00.250Z 41.7800 #7");
    assert_eq!(watcher.next_line(), "MSFT 2014-11-17T00:00:00.250Z 41.7800 #9");
    let last = watcher.next_line();
    assert!(
        last.starts_with("2 ticks received in ") && last.ends_with("1 lost, 0 out of order, 0 malformed"),
        "{last}"
    );
}

#[test]
fn the_summary_is_only_the_last_object_even_with_json() {
    for arguments in [&["MSFT", "--summary", "--count", "3"][..], &["MSFT", "--summary", "--json", "--count", "3"]] {
        let (publisher, watcher) = watched(arguments);
        numbered(&publisher, &[0, 1, 2]);
        let finished = watcher.finish();
        assert_eq!(finished.stdout.lines().count(), 1);
        assert_eq!(counts(finished.json()), counted(3, 0, 0, 0, 0));
    }
}

#[test]
fn gaps_late_ticks_and_repeated_ticks_are_distinguished() {
    // 11 to 13 and 15 are missing; 12 is late and repeated; 16 is repeated; 3 was sent before the first one received.
    let (publisher, watcher) = watched(&["MSFT", "--summary", "--count", "8"]);
    numbered(&publisher, &[10, 14, 12, 12, 16, 16, 3, 17]);
    assert_eq!(counts(watcher.finish().json()), counted(8, 3, 4, 0, 0));
}

#[test]
fn garbage_is_counted_logged_once_per_second_and_skipped() {
    let (publisher, watcher) = watched(&["MSFT", "--json", "--count", "1"]);
    let good = tick("MSFT", 41.78, Some(3));
    for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        publisher.send(tick("MSFT", price, None));
    }
    publisher.send(&good[..1]);
    publisher.send(&good[..2]);
    publisher.send([&good[0], &good[1][..7], &good[2]]);
    publisher.send([&good[0], &good[1], &good[2], &Vec::new()]);
    publisher.send(["MSFT-", "12345678", "12345678"]);
    publisher.send(good);
    let finished = watcher.finish();
    assert_eq!(counts(finished.json()), counted(1, 0, 0, 9, 0));
    let malformed: Vec<_> = finished.stderr.lines().filter(|line| line.contains("malformed message")).collect();
    let elapsed_ms = finished.json()["elapsed_ms"].as_f64().unwrap();
    assert!(!malformed.is_empty() && malformed.len() as f64 <= 1.0 + elapsed_ms / 1_000.0, "{malformed:?}");
    assert!(malformed[0].contains("price: not greater than zero") && malformed[0].contains("hex="), "{malformed:?}");
}

#[test]
fn frames_beyond_the_fourth_are_ignored() {
    let (publisher, watcher) = watched(&["MSFT", "--summary", "--count", "1"]);
    let mut frames = tick("MSFT", 41.78, Some(3));
    frames.push(b"what a later version sends".to_vec());
    publisher.send(frames);
    assert_eq!(counts(watcher.finish().json()), counted(1, 0, 0, 0, 0));
}

#[test]
fn a_watcher_of_go_ignores_goog() {
    let (publisher, watcher) = watched(&["GO", "--json", "--count", "1"]);
    publisher.send(tick("GOOG", 571.09, Some(0)));
    publisher.send(tick("GO", 10.0, Some(5)));
    assert_eq!(watcher.next_line(), r#"{"symbol":"GO","timestamp":1416182400.25,"price":10.0,"sequence":5}"#);
    assert_eq!(counts(watcher.finish().json()), counted(1, 0, 0, 0, 0));
}

#[test]
fn a_symbol_that_is_named_twice_counts_once() {
    let publisher = Peer::bind(XPUB);
    let watcher = watch(publisher.endpoint(), &["MSFT", "AAPL", "MSFT", "--summary", "--count", "3"]);
    for topic in ["+AAPL", "+MSFT", "AAPL", "MSFT"] {
        assert_eq!(publisher.receive(), [[b"\x01", topic.as_bytes()].concat()]);
    }
    numbered(&publisher, &[0, 1, 3]);
    assert_eq!(counts(watcher.finish().json()), counted(3, 1, 0, 0, 0));
    assert_eq!(publisher.receive()[0][0], 0);
}

#[test]
fn latency_is_measured_on_request() {
    let publisher = Program::start(
        TICKZ,
        ["publish", "--ticks", "tcp://127.0.0.1:*", "--rate", "1000", "--await-subscribers", "1"],
    );
    let endpoint = publisher.endpoint("ticks");
    let summary = watch(&endpoint, &["MSFT", "--summary", "--latency", "--count", "50"]).finish().json();
    let latency = |name: &str| summary["latency_us"][name].as_f64().unwrap();
    assert!(
        latency("p50") > 0.0 && latency("p50") <= latency("p99") && latency("p99") <= latency("p99_9"),
        "{summary}"
    );
    assert!(latency("p50") < 1e6, "{summary}");
}

#[test]
fn it_stops_after_the_given_time_even_without_a_publisher() {
    let start = Instant::now();
    let watcher = watch("tcp://127.0.0.1:1", &["MSFT", "--for", "300ms", "--json"]);
    let finished = watcher.finish();
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(finished.code, Some(0));
    assert_eq!(counts(finished.json()), counted(0, 0, 0, 0, 0));
}

#[test]
fn a_missing_publisher_is_logged_once() {
    let watcher = watch("tcp://127.0.0.1:1", &["MSFT", "--for", "2s"]);
    watcher.wait_for_log("no publisher at tcp://127.0.0.1:1: waiting");
    assert_eq!(watcher.finish().stderr.matches("no publisher").count(), 1);
}

#[test]
fn a_watcher_survives_a_killed_publisher_and_counts_its_restart() {
    let publish = |endpoint: &str, rate: &str| {
        let flags = ["--sequence", "--await-subscribers", "1", "--rate", rate];
        Program::start(TICKZ, ["publish", "--ticks", endpoint].iter().chain(&flags))
    };
    let first = publish("tcp://127.0.0.1:*", "2000");
    let endpoint = first.endpoint("ticks");
    let watcher = watch(&endpoint, &["MSFT", "AAPL", "--json"]);
    watcher.line_where(|line| line.contains("\"sequence\":100}"));
    first.kill();
    drop(first);
    watcher.wait_for_log("no publisher at");
    let _second = publish(&endpoint, "200");
    watcher.line_where(|line| line.contains("\"sequence\":0}"));
    watcher.line_where(|line| line.contains("\"sequence\":3}"));
    watcher.terminate();
    let summary = watcher.finish_within(ENOUGH).json();
    assert_eq!((&summary["lost"], &summary["out_of_order"], &summary["restarts"]), (&json!(0), &json!(0), &json!(1)));
}

#[test]
fn every_state_ends_within_a_second_of_a_signal() {
    let (publisher, watcher) = watched(&["MSFT", "--json"]);
    numbered(&publisher, &[1]);
    let _ = watcher.next_line();
    watcher.terminate();
    let finished = watcher.finish_within(ENOUGH);
    assert_eq!(finished.code, Some(0));
    assert_eq!(counts(finished.json()), counted(1, 0, 0, 0, 0));

    let watcher = watch("tcp://127.0.0.1:1", &["MSFT"]);
    watcher.wait_for_log("waiting");
    watcher.interrupt();
    assert_eq!(watcher.finish_within(ENOUGH).code, Some(0));
}

#[test]
fn a_suspended_reader_does_not_delay_the_end() {
    let publisher = Peer::bind(XPUB);
    let mut watcher = Command::new(TICKZ)
        .args(["watch", "--ticks", publisher.endpoint(), "MSFT", "--json"])
        .env("SUITE_OBSERVE", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = publisher.receive();
    // More than a pipe takes.
    for sequence in 0..5000 {
        publisher.send(tick("MSFT", 41.78, Some(sequence)));
    }
    let mut first = [0; 1];
    watcher.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    support::await_idle(watcher.id());
    let stopped = Stopwatch::start();
    kill_process(Pid::from_child(&watcher), Signal::TERM).unwrap();
    assert!(watcher.wait().unwrap().success());
    assert!(stopped.elapsed() < ENOUGH, "{:?}", stopped.elapsed());
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_failure() {
    let (publisher, mut watcher) = (Peer::bind(XPUB), Command::new(TICKZ));
    let mut watcher = watcher
        .args(["watch", "--ticks", publisher.endpoint(), "MSFT", "--json"])
        .env("SUITE_OBSERVE", "off")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = publisher.receive();
    drop(watcher.stdout.take());
    publisher.send(tick("MSFT", 41.78, None));
    assert!(watcher.wait().unwrap().success());
    let mut log = String::new();
    watcher.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(!log.contains("error"), "{log}");
}

#[test]
fn curve_lets_listed_keys_in_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let key = |name: &str| {
        let pair = sockets::KeyPair::generate().unwrap();
        pair.write(folder.path(), name).unwrap();
        pair
    };
    let (_suite, ada, _eve) = (key("suite"), key("ada"), key("eve"));
    std::fs::write(file("allow"), format!("ada {}\n", ada.public)).unwrap();
    let server =
        ["--security", "curve", "--key", &file("suite.key_secret"), "--allow", &file("allow"), "--rate", "100"];
    let publisher = Program::start(TICKZ, ["publish", "--ticks", "tcp://127.0.0.1:*"].iter().chain(&server));
    let endpoint = publisher.endpoint("ticks");
    let shows = |own: &str| [file(&format!("{own}.key_secret")), file("suite.key")];
    let watch_as = |own: &str, more: &[&str]| {
        let [own, server] = shows(own);
        let flags = ["MSFT", "--summary", "--security", "curve", "--key", &own, "--server-key", &server];
        watch(&endpoint, &[&flags[..], more].concat())
    };
    assert_eq!(watch_as("ada", &["--count", "3"]).finish().json()["received"], 3);
    let eve = watch_as("eve", &[]);
    publisher.wait_for_log("handshake failed");
    eve.terminate();
    assert_eq!(eve.finish().json()["received"], 0);
}

#[test]
fn another_program_at_the_publishers_port_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let watcher = watch(&format!("tcp://{}", listener.local_addr().unwrap()), &["MSFT"]);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").unwrap();
    watcher.wait_for_log("the peer does not speak ZMTP 3");
}

#[test]
fn a_peer_that_does_not_speak_zmtp_3_is_reported_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let watcher = watch(&format!("tcp://{}", listener.local_addr().unwrap()), &["MSFT"]);
    for _ in 0..3 {
        let (mut stream, _) = listener.accept().unwrap();
        // In ZMTP 1 this is a frame of 2^63 bytes and more.
        stream.write_all(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\0").unwrap();
        // The watcher disconnects.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    watcher.terminate();
    let log = watcher.finish().stderr;
    assert_eq!(log.matches("the peer does not speak ZMTP 3").count(), 1, "{log}");
}

#[test]
fn a_refused_watcher_gets_in_once_the_allow_list_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\n");
    let server = ["--security", "plain", "--allow", allow.to_str().unwrap(), "--rate", "100"];
    let publisher = Program::start(TICKZ, ["publish", "--ticks", "tcp://127.0.0.1:*"].iter().chain(&server));
    let bob = ["--security", "plain", "--username", "bob", "--password", "hidden"];
    let watcher = watch(&publisher.endpoint("ticks"), &[&["MSFT", "--json", "--count", "3"][..], &bob].concat());
    watcher.wait_for_log("connecting channel=\"ticks\" endpoint=tcp://127.0.0.1:");
    watcher.wait_for_log("not on the server's allow-list");
    testkit::write_private(&allow, "ada secret\nbob hidden\n");
    assert_eq!(watcher.finish().json()["received"], 3);
}
