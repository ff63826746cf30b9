//! Workers that are killed or join late; a source and a reduce that are killed and restarted.

use std::time::Duration;

use valuz::progress::Progress;

use super::{Channels, assert_ends, assert_total};

/// How long a batch that takes a few seconds may take on a machine that has much else to do.
const LONG: Duration = Duration::from_secs(300);

#[test]
fn killed_workers_cost_no_order() {
    let channels = Channels::free();
    let reduce =
        channels.reduce(&["--workers", "2", "--count", "6000", "--patience", "200ms", "--give-up", "2m", "--progress"]);
    let survivor = channels.worker(&["--delay", "1ms"]);
    let source = channels.source(&["--count", "6000"]);
    for _ in 0..3 {
        // Each of them takes orders with it: it is slow, and killed once it is connected and the batch has gone on since.
        let victim = channels.worker(&["--delay", "5ms"]);
        reduce.wait_for_log("START");
        victim.wait_for_log("up channel=\"orders\"");
        while reduce.next_line_within(Duration::ZERO).is_some() {}
        reduce.line_where(|line| matches!(Progress::parse(line), Some(Progress::Counted(_))));
        victim.kill();
    }
    let summary = assert_total(&reduce.finish_within(LONG), 6_000);
    assert!(summary["repeated"].as_u64().unwrap() > 0, "{summary}");
    assert_ends([survivor, source]);
}

#[test]
fn when_all_workers_are_killed_one_that_joins_finishes_the_batch() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "3000", "--patience", "200ms", "--give-up", "2m"]);
    let source = channels.source(&["--count", "3000"]);
    let first = channels.worker(&["--delay", "1ms"]);
    reduce.wait_for_log("START");
    first.kill();
    let _ = first.finish();
    let second = channels.worker(&[]);
    assert_total(&reduce.finish_within(LONG), 3000);
    assert_ends([second, source]);
}

/// Work for a few seconds, far more than one worker's queues hold.
const HEAVY: [&str; 4] = ["--valuation", "var", "--scenarios", if cfg!(debug_assertions) { "1000" } else { "10000" }];

#[test]
fn a_worker_that_joins_late_gets_its_share_of_what_is_not_sent() {
    let channels = Channels::free();
    let reduce = start_with_text(&channels, "20000");
    let source = channels.source(&["--count", "20000"]);
    let first = channels.worker(&[&["--report"][..], &HEAVY].concat());
    reduce.wait_for_log("START");
    let second = channels.worker(&[&["--report"][..], &HEAVY].concat());
    let mark = format!(":{}: ", second.pid());
    let finished = reduce.finish_within(LONG);
    let line = finished.stdout.lines().find(|line| line.contains(&mark)).unwrap_or_else(|| panic!("{finished:?}"));
    let done: u64 = line.split(&mark).nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(done > 2_000, "{line}");
    assert_ends([first, second, source]);
}

fn start_with_text(channels: &Channels, count: &str) -> testkit::Program {
    let Channels { results, control, .. } = channels;
    super::start(&["reduce", "--results", results, "--control", control], &["--workers", "1", "--count", count])
}

#[test]
fn a_source_that_is_killed_and_comes_back_sends_the_batch_again() {
    let channels = Channels::free();
    let reduce = channels.reduce(&[
        "--workers",
        "1",
        "--count",
        "300000",
        "--patience",
        "200ms",
        "--give-up",
        "2m",
        "--progress",
    ]);
    let worker = channels.worker(&[]);
    let source = channels.source(&["--count", "300000"]);
    // Killed sooner, it may have sent nothing, and then nothing comes twice; with few orders, it may have sent
    // them all.
    reduce.line_where(|line| matches!(Progress::parse(line), Some(Progress::Counted(counted)) if counted > 0));
    source.kill();
    let _ = source.finish();
    let source = channels.source(&["--count", "300000"]);
    let summary = assert_total(&reduce.finish_within(LONG), 300_000);
    assert!(summary["duplicates"].as_u64().unwrap() > 0, "{summary}");
    assert_ends([worker, source]);
}

#[test]
fn a_reduce_that_is_killed_and_comes_back_gets_the_whole_batch() {
    let channels = Channels::free();
    let arguments = ["--workers", "1", "--count", "3000", "--patience", "200ms", "--give-up", "2m"];
    let reduce = channels.reduce(&arguments);
    let worker = channels.worker(&["--delay", "200us"]);
    let source = channels.source(&["--count", "3000"]);
    reduce.wait_for_log("START");
    reduce.kill();
    let _ = reduce.finish();
    let reduce = channels.reduce(&arguments);
    assert_total(&reduce.finish_within(LONG), 3000);
    assert_ends([worker, source]);
}
