//! Servers killed and restarted, subscribers suspended: the others recover automatically.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    thread,
    time::{Duration, Instant},
};

use e2e::{ANY, chatz, length, tickz};
use serde_json::Value;
use testkit::{Program, eventually};

fn event(program: &Program, wanted: impl Fn(&Value) -> bool) -> Value {
    let line = program.line_where(|line| serde_json::from_str(line).is_ok_and(|value| wanted(&value)));
    serde_json::from_str(&line).unwrap()
}

/// Reads a program's lines, so that it never waits for its reader.
fn read_until(program: &mut Program, end: Instant) {
    while Instant::now() < end && program.next_line_within(Duration::from_secs(1)).is_some() {}
}

#[test]
fn a_watcher_continues_when_its_publisher_is_killed_and_restarted() {
    let first = tickz(&["publish", "--ticks", ANY, "--rate", "1000", "--sequence"]);
    let ticks = first.endpoint("ticks");
    let watcher = tickz(&["watch", "MSFT", "--ticks", &ticks, "--json"]);
    event(&watcher, |tick| tick["sequence"].as_u64() > Some(50));
    first.kill();
    let _ = first.finish();
    let second = tickz(&["publish", "--ticks", &ticks, "--rate", "1000", "--sequence"]);
    assert_eq!(second.endpoint("ticks"), ticks);
    event(&watcher, |tick| tick["sequence"].as_u64() < Some(50));
    event(&watcher, |tick| tick["sequence"].as_u64() > Some(100));
    watcher.terminate();
    let summary = watcher.finish().json();
    assert_eq!((&summary["lost"], &summary["out_of_order"]), (&Value::from(0), &Value::from(0)), "{summary}");
}

#[test]
fn members_continue_when_their_server_is_killed_and_no_text_is_lost_silently() {
    let serve =
        |requests: &str, broadcasts: &str| chatz(&["serve", "--requests", requests, "--broadcasts", broadcasts]);
    let first = serve(ANY, ANY);
    let (requests, broadcasts) = (first.endpoint("requests"), first.endpoint("broadcasts"));
    let join = |name: &str| {
        let member = chatz(&["join", name, "--json", "--requests", &requests, "--broadcasts", &broadcasts]);
        event(&member, |event| event["event"] == "users");
        member
    };
    let (mut ada, bob) = (join("ada"), join("bob"));
    ada.say("before");
    event(&bob, |event| event["text"] == "before");
    first.kill();
    let _ = first.finish();
    event(&ada, |event| event["event"] == "link" && event["state"] == "down");
    ada.say("meanwhile");
    let second = serve(&requests, &broadcasts);
    assert_eq!(second.endpoint("requests"), requests);
    event(&ada, |event| event["event"] == "link" && event["state"] == "up");
    // Received by the others, or its author is notified that it may not have been sent.
    let outcome = event(&ada, |event| {
        event["text"] == "meanwhile"
            || (event["event"] == "refused" && event["reason"].to_string().contains("meanwhile"))
    });
    ada.say("after");
    event(&bob, |event| event["text"] == "after");
    assert!(outcome.is_object());
}

#[test]
fn a_suspended_subscriber_costs_bounded_memory_and_no_other_subscriber_a_tick() {
    // Fewer on a machine that may have other work: the one that is well must keep up.
    let rate = length(4_000, 20_000).to_string();
    let publisher = tickz(&["publish", "--ticks", ANY, "--rate", &rate, "--sequence"]);
    let ticks = publisher.endpoint("ticks");
    let all = ["watch", "MSFT", "AAPL", "GOOG", "YHOO", "BBRY", "--ticks", &ticks, "--json"];
    let (mut suspended, mut well) = (tickz(&all), tickz(&all));
    for watcher in [&suspended, &well] {
        event(watcher, |tick| tick["sequence"].is_u64());
    }
    let suspend = Duration::from_secs(length(3, 30) as u64);
    suspended.suspend();
    let before = publisher.resident_bytes();
    let end = Instant::now() + suspend;
    thread::scope(|scope| {
        scope.spawn(|| read_until(&mut well, end));
        let mut largest = 0;
        while Instant::now() < end {
            largest = largest.max(publisher.resident_bytes());
            thread::sleep(Duration::from_millis(50));
        }
        // 10,000 ticks of four frames in the queue of one peer, and its buffers.
        assert!(largest < before + (32 << 20), "{} MiB more", (largest - before) >> 20);
    });
    suspended.resume();
    eventually("the suspended one reads again", || suspended.next_line_within(Duration::from_millis(100)).is_some());
    thread::scope(|scope| {
        scope.spawn(|| read_until(&mut suspended, Instant::now() + Duration::from_secs(3)));
        scope.spawn(|| read_until(&mut well, Instant::now() + Duration::from_secs(3)));
    });
    let summary = |watcher: Program| {
        watcher.terminate();
        watcher.finish().json()
    };
    let (suspended, well) = (summary(suspended), summary(well));
    assert_eq!(well["lost"], 0, "{well}");
    if length(0, 1) == 1 {
        assert!(suspended["lost"].as_u64() > Some(0), "{suspended}");
    }
}

#[test]
fn a_watcher_whose_reader_is_stuck_outlives_it_and_its_publisher() {
    let publisher = tickz(&["publish", "--ticks", ANY, "--rate", "50000"]);
    let ticks = publisher.endpoint("ticks");
    // Its lines are not read until later: its output fills, then its queue, then the connection. The shell becomes the
    // watcher, so that not only the shell is killed at the end.
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        lines="$2/lines"; mkfifo "$lines"; exec 3<&0
        (read first; read go <&3; cat >/dev/null) <"$lines" &
        exec "$0" watch MSFT AAPL GOOG YHOO BBRY --json --ticks "$1" >"$lines"
    "#;
    let mut watcher = std::process::Command::new("sh");
    watcher.args(["-c", script]).arg(testkit::sibling("tickz")).arg(&ticks).arg(folder.path());
    let mut watcher = Program::spawn(watcher);
    watcher.wait_for_log("connected to");
    // Longer than any heartbeat would wait for an answer.
    thread::sleep(Duration::from_secs(length(2, 14) as u64));
    publisher.kill();
    let _ = publisher.finish();
    thread::sleep(Duration::from_secs(length(1, 4) as u64));
    watcher.say("go");
    watcher.wait_for_log("no publisher at");
    assert!(watcher.is_running(), "{}", watcher.log());
}
