//! The tapper: real hubs, reporters by hand.

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Reporter, any_hub, label, observe};
use testkit::eventually;

const TOPIC: &str = "message/0000000000000001/ticks.pub";

#[test]
fn messages_are_printed_by_program_pid_or_id() {
    let hub = any_hub();
    for (id, process) in [(1, "tickz"), (2, "2"), (3, "0000000000000003"), (4, "00000000")] {
        let tap = observe(&hub, &["tap", &format!("{process}/ticks.pub"), "--count", "2"]);
        let mut reporter = Reporter::connect(&hub.endpoint("reports"), id);
        reporter.report_until_subscribed(&format!("message/{id:016x}/ticks.pub"));
        reporter.report_message(5, &tick());
        assert_eq!(tap.next_line(), "#5 1970-01-01T00:00:00.000Z sent tick: 3 frames, 20 bytes");
        assert_eq!(tap.next_line(), "  symbol             MSFT");
        assert_eq!(tap.next_line(), "  timestamp          1970-01-01T00:00:01.000Z (1 s since 1970)");
        assert_eq!(tap.next_line(), "  price              41.78 per share");
        reporter.report_message(9, &[b"x"]);
        assert_eq!(tap.next_line(), "… 3 messages not copied");
        let finished = tap.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }
}

#[test]
fn a_message_of_an_unknown_channel_is_hex_and_text() {
    let hub = any_hub();
    let tap = observe(&hub, &["tap", "tickz/ticks.pub"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    reporter.state.sockets[0].channel = None;
    reporter.report_until_subscribed(TOPIC);
    reporter.report_message(5, &[b"MSFT", b"\x1b\x00", b""]);
    assert_eq!(tap.next_line(), "#5 1970-01-01T00:00:00.000Z sent message: 3 frames, 6 bytes");
    assert_eq!(tap.next_line(), "   1  4d 53 46 54                                      MSFT");
    assert_eq!(tap.next_line(), "   2  1b 00                                            ..");
    assert_eq!(tap.next_line(), "   3  empty");
}

#[test]
fn a_malformed_message_has_its_fault() {
    let hub = any_hub();
    let tap = observe(&hub, &["tap", "tickz/ticks.pub"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    reporter.report_until_subscribed(TOPIC);
    reporter.report_message(5, &[b"MS\x1b[2J"]);
    assert_eq!(tap.next_line(), "#5 1970-01-01T00:00:00.000Z sent tick: 1 frame, 6 bytes");
    assert_eq!(tap.next_line(), "  symbol             4d531b5b324a (a character that is not allowed)");
    assert_eq!(tap.next_line(), "  malformed: symbol: a character that is not allowed");
}

#[test]
fn a_message_is_an_object() {
    let hub = any_hub();
    let tap = observe(&hub, &["tap", "tickz/ticks.pub", "--json"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    reporter.report_until_subscribed(TOPIC);
    let next = || serde_json::from_str::<Value>(&tap.next_line()).unwrap();
    reporter.report_message(5, &tick());
    let message = next();
    assert_eq!((&message["number"], &message["direction"]), (&5.into(), &"sent".into()));
    assert_eq!((&message["message"], &message["malformed"]), (&"tick".into(), &Value::Null));
    assert_eq!(message["content"], serde_json::json!(["4d534654", "000000000000f03f", "a4703d0ad7e34440"]));
    assert_eq!(message["fields"][2], serde_json::json!({"name": "price", "frame": 2, "value": "41.78 per share"}));
    reporter.report_message(6, &[b"MSFT", b"\xff"]);
    let message = next();
    assert_eq!(message["content"], serde_json::json!(["4d534654", "ff"]));
    assert!(message["malformed"].as_str().unwrap().contains("timestamp"), "{message}");
}

#[test]
fn what_is_ambiguous_or_absent_is_named() {
    let hub = any_hub();
    let reporters = |tap: &testkit::Program, mut all: Vec<Reporter>| {
        eventually("it ends", || {
            all.iter_mut().for_each(Reporter::report);
            tap.log().contains("error:")
        });
    };
    let reporter = |process| Reporter::connect(&hub.endpoint("reports"), process);
    let tap = observe(&hub, &["tap", "tickz/ticks.pub"]);
    reporters(&tap, vec![reporter(1), reporter(2)]);
    let finished = tap.finish();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("several processes match: tickz publish "), "{}", finished.stderr);
    let tap = observe(&hub, &["tap", "3/prices"]);
    reporters(&tap, vec![reporter(3)]);
    let finished = tap.finish();
    assert!(finished.stderr.contains("has no socket prices; it has: ticks.pub"), "{}", finished.stderr);
}

#[test]
fn it_waits_for_a_process_and_for_the_next_one_after_it() {
    let hub = any_hub();
    let tap = observe(&hub, &["tap", "tickz/ticks.pub", "--json"]);
    let mut other = Reporter::connect(&hub.endpoint("reports"), 7);
    other.state.program = label("chatz");
    eventually("it waits", || {
        other.report();
        let _ = tap.next_line_within(Duration::from_millis(20));
        tap.log().contains("no such process reports yet: waiting")
    });
    let mut first = Reporter::connect(&hub.endpoint("reports"), 1);
    first.report_until_subscribed(TOPIC);
    first.state.ended = true;
    first.report();
    tap.wait_for_log("the process is gone: waiting for another one");
    let mut second = Reporter::connect(&hub.endpoint("reports"), 2);
    second.report_until_subscribed("message/0000000000000002/ticks.pub");
    second.report_message(0, &[b"x"]);
    assert!(tap.next_line().contains("\"process\":\"0000000000000002\""));
}

/// The frames of a tick.
fn tick() -> [&'static [u8]; 3] {
    [b"MSFT", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f], &[0xa4, 0x70, 0x3d, 0x0a, 0xd7, 0xe3, 0x44, 0x40]]
}
