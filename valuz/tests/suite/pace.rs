//! Batches that are sent slowly, so that a person can follow them.

use super::{Channels, VALUZ, assert_ends, assert_total};

use testkit::Program;

#[test]
fn a_source_holds_its_rate() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "41"]);
    let worker = channels.worker(&[]);
    let source = channels.source(&["--count", "41", "--rate", "40"]);
    let summary = assert_total(&reduce.finish(), 41);
    assert!(summary["elapsed_ms"].as_f64().unwrap() > 950.0, "{summary}");
    assert_eq!(summary["repeated"], 0, "{summary}");
    assert_ends([worker, source]);
}

#[test]
fn a_batch_that_is_slower_than_the_patience_is_not_given_up_and_sends_nothing_twice() {
    let waiting = ["--patience", "600ms", "--give-up", "900ms"];
    let batch = ["run", "--json", "--workers", "1", "--count", "4", "--rate", "1"];
    let summary = assert_total(&Program::start(VALUZ, batch.iter().chain(&waiting)).finish(), 4);
    assert!(summary["elapsed_ms"].as_f64().unwrap() > 2_900.0, "{summary}");
    assert_eq!(summary["repeated"], 0, "{summary}");
}
