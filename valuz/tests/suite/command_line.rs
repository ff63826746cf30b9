//! Help, usage errors and input files.

use std::fs;

use expect_test::expect_file;
use testkit::run;

use super::VALUZ;

#[test]
fn the_help_of_each_role_is_as_recorded() {
    expect_file!["../help/valuz.txt"].assert_eq(&help(&["--help"]));
    expect_file!["../help/source.txt"].assert_eq(&help(&["source", "--help"]));
    expect_file!["../help/worker.txt"].assert_eq(&help(&["worker", "--help"]));
    expect_file!["../help/reduce.txt"].assert_eq(&help(&["reduce", "--help"]));
    expect_file!["../help/run.txt"].assert_eq(&help(&["run", "--help"]));
}

fn help(arguments: &[&str]) -> String {
    let finished = run(VALUZ, arguments);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    for arguments in [
        &["source"][..],
        &["source", "--count", "-1"],
        &["source", "--count", "5000000000"],
        &["source", "--count", "1", "--strict"],
        &["source", "--input", "x", "--seed", "1"],
        &["source", "--count", "1", "--orders", "localhost:1"],
        &["worker", "--delay", "5"],
        &["worker", "--delay", "5ms..1ms"],
        &["worker", "--delay", "100y"],
        &["worker", "--valuation", "guess"],
        &["worker", "--scenarios", "99"],
        &["reduce", "--workers", "0", "--count", "1"],
        &["reduce", "--workers", "1"],
        &["reduce", "--workers", "1", "--count", "1", "--patience", "10s"],
        &["reduce", "--workers", "1", "--count", "1", "--patience", "0s"],
        &["run", "--workers", "1"],
    ] {
        let finished = run(VALUZ, arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", finished.stderr);
    }
}

#[test]
fn a_file_that_gives_too_few_orders_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    fs::write(&file, "symbol,action,shares,price\nMSFT,BUY,100,41.78\n").unwrap();
    let file = file.to_str().unwrap();
    let finished = run(VALUZ, ["source", "--input", file, "--count", "2"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("orders.csv holds 1 order, fewer than --count 2"), "{}", finished.stderr);
    let finished = run(VALUZ, ["source", "--input", "/nonexistent.csv"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.starts_with("error: /nonexistent.csv: "), "{}", finished.stderr);
}
