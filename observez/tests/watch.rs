//! The watcher: real hubs, a reporter by hand.

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Reporter, any_hub, hub, label, observe};
use testkit::{Program, Stopwatch, free_endpoints};

fn is_state(line: &str) -> bool {
    line.starts_with("{\"report\":\"state\"")
}

#[test]
fn a_process_is_shown_within_a_second_of_its_start() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch", "--json"]);
    watch.wait_for_log(" up ");
    let start = Stopwatch::start();
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    reporter.report_until_subscribed("state/");
    let line = watch.line_where(is_state);
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let state: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&state["process"], &state["program"]), (&"0000000000000001".into(), &"tickz".into()));
    assert_eq!(state["sockets"][0]["connections"][0]["phase"], "up");
}

#[test]
fn changes_are_lines_and_a_process_that_is_killed_falls_silent() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    let name = "tickz publish 1 (00000000): ";
    let line = reporter.report_until(&watch, |line| line.contains(name));
    assert!(line.ends_with("reports"), "{line}");
    let opened = watch.line_where(|line| line.contains("opened"));
    assert!(opened.ends_with("ticks.pub opened (XPUB, bound to tcp://127.0.0.1:9003)"), "{opened}");
    let up = watch.line_where(|line| line.contains("51724"));
    assert!(up.ends_with("ticks.pub at tcp://127.0.0.1:9003: up with tcp://127.0.0.1:51724"), "{up}");
    reporter.state.sockets.clear();
    let _ = reporter.report_until(&watch, |line| line.ends_with("ticks.pub closed"));
    let killed = Stopwatch::start();
    drop(reporter);
    assert!(watch.line_where(|line| line.contains("silent")).ends_with("(00000000): is silent"));
    assert!(killed.elapsed() < Duration::from_millis(3_500), "{:?}", killed.elapsed());
    assert!(watch.line_where(|line| line.contains("gone")).ends_with("(00000000): is gone"));
}

#[test]
fn a_process_that_ends_is_gone_at_once() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    let _ = reporter.report_until(&watch, |line| line.ends_with("reports"));
    reporter.state.ended = true;
    let start = Stopwatch::start();
    let _ = reporter.report_until(&watch, |line| line.ends_with("is gone"));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[test]
fn the_last_state_of_a_process_is_an_object_too() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch", "--json"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    let _ = reporter.report_until(&watch, is_state);
    reporter.state.ended = true;
    let _ = reporter.report_until(&watch, |line| is_state(line) && line.contains("\"ended\":true"));
}

#[test]
fn a_hub_that_is_suspended_is_named_once() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    let _ = reporter.report_until(&watch, |line| line.ends_with("reports"));
    hub.suspend();
    watch.wait_for_log("the hub is suspended, or all processes are");
    hub.resume();
    let _ = reporter.report_until(&watch, |line| line.ends_with("reports again"));
    watch.terminate();
    assert_eq!(watch.finish().stderr.matches("the hub is suspended").count(), 1);
}

#[test]
fn a_hub_that_restarts_is_found_again_and_no_process_was_silent() {
    let [reports, observations] = free_endpoints::<2>();
    let first = hub(&reports, &observations);
    let _ = first.endpoint("observations");
    let watch = Program::start(support::OBSERVEZ, ["watch", "--json", "--observations", &observations]);
    let mut reporter = Reporter::connect(&reports, 1);
    let _ = reporter.report_until(&watch, is_state);
    drop(first);
    watch.wait_for_log(" down ");
    let _second = hub(&reports, &observations);
    while watch.next_line_within(Duration::ZERO).is_some() {}
    let _ = reporter.report_until(&watch, |line| {
        assert!(!line.contains("silent") && !line.contains("gone"), "{line}");
        is_state(line)
    });
}

#[test]
fn a_filter_hides_the_others() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch", "--filter", "VALUZ"]);
    let (mut tickz, mut valuz) =
        (Reporter::connect(&hub.endpoint("reports"), 1), Reporter::connect(&hub.endpoint("reports"), 2));
    valuz.state.program = label("valuz");
    let line = valuz.report_until(&watch, |line| {
        tickz_is_hidden(line);
        line.contains("valuz")
    });
    assert!(line.ends_with("reports"));
    tickz.report();
}

fn tickz_is_hidden(line: &str) {
    assert!(!line.contains("tickz"), "{line}");
}

#[test]
fn a_count_and_a_time_end_it_with_the_totals() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch", "--json", "--count", "2"]);
    let mut reporter = Reporter::connect(&hub.endpoint("reports"), 1);
    let totals = reporter.report_until(&watch, |line| line.starts_with("{\"reports\""));
    assert_eq!(totals, r#"{"reports":2,"malformed":0,"processes":1}"#);
    let finished = observe(&hub, &["watch", "--for", "100ms"]).finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.ends_with("0 reports received, 0 malformed; 0 processes report\n"), "{}", finished.stdout);
}
