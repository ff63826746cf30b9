//! The publisher as a process: real prices, from files and from standard input.

mod support;

use std::{collections::BTreeMap, fs};

use support::{file, hear, hear_all, heard_from, publish, subscriber, summary_of};

#[test]
fn a_history_is_played_in_its_order_with_its_own_times() {
    let (_folder, path) = file("price,SYMBOL,Timestamp\n1.5,AA,100\n2.5,BB,100\n3.5,AA,90\n4.5,AA,102\n");
    let heard = heard_from(&["--replay", &path, "--speed", "100", "--sequence"], 4);
    let told: Vec<_> =
        heard.iter().map(|tick| (tick.symbol.as_str(), tick.timestamp, tick.price, tick.sequence)).collect();
    assert_eq!(
        told,
        [
            ("AA", 100.0, 1.5, Some(0)),
            ("BB", 100.0, 2.5, Some(0)),
            ("AA", 90.0, 3.5, Some(1)),
            ("AA", 102.0, 4.5, Some(2))
        ]
    );
}

#[test]
fn a_history_keeps_its_gaps_at_its_speed() {
    let (_folder, path) = file("symbol,date,price\nAA,2000-01-01T00:00:00,1\nAA,2000-01-01T00:00:30,2\n");
    let summary = summary_of(&["--replay", &path, "--speed", "100"]);
    assert!(summary["elapsed_ms"].as_f64().unwrap() >= 300.0, "{summary}");
    let summary = summary_of(&["--replay", &path, "--speed", "max"]);
    assert!(summary["elapsed_ms"].as_f64().unwrap() < 300.0, "{summary}");
}

#[test]
fn a_history_that_is_restamped_has_times_of_now() {
    let (_folder, path) = file("symbol,date,price\nAA,100,1\nAA,100.5,2\n");
    let heard = heard_from(&["--replay", &path, "--restamp", "--speed", "10"], 2);
    assert!(heard[0].timestamp > 1.7e9, "{heard:?}");
    assert!((heard[1].timestamp - heard[0].timestamp - 0.05).abs() < 1e-5, "{heard:?}");
}

#[test]
fn a_loop_starts_again_and_goes_on_counting() {
    let (_folder, path) = file("symbol,date,price\nAA,1,1\nbad,2,1\nAA,2,2\n");
    let publisher = publish(&[
        "--replay",
        &path,
        "--loop",
        "--speed",
        "100",
        "--sequence",
        "--await-subscribers",
        "1",
        "--count",
        "6",
        "--summary",
    ]);
    let peer = subscriber(&publisher);
    let told: Vec<_> = hear_all(&peer, 6).iter().map(|tick| (tick.price, tick.sequence.unwrap())).collect();
    assert_eq!(told, [(1.0, 0), (2.0, 1), (1.0, 2), (2.0, 3), (1.0, 4), (2.0, 5)]);
    // A line that is refused again in each pass is one refused line.
    assert_eq!(publisher.finish().json()["refused_lines"], 1);
}

#[test]
fn a_loop_without_a_good_line_ends() {
    let (_folder, path) = file("symbol,date,price\nbad,1,1\n");
    assert_eq!(summary_of(&["--replay", &path, "--loop"])["published"], 0);
}

#[test]
fn a_bad_line_is_refused_with_file_line_and_reason_and_the_rest_goes_on() {
    let (_folder, path) = file("symbol,date,price\nAA,1,1\nAA,1,-5\n\nAA,someday,1\nAA,1\n\"AA\",1,2\n");
    let finished = publish(&["--replay", &path, "--summary"]).finish();
    assert_eq!(finished.json()["published"], 2);
    assert_eq!(finished.json()["refused_lines"], 3);
    for (line, reason) in [(3, "price '-5' is not"), (5, "time 'someday' is neither"), (6, "no price")] {
        let refusal = format!("line refused file={path} line={line} reason={reason}");
        assert!(finished.stderr.contains(&refusal), "no '{refusal}' in\n{}", finished.stderr);
    }
}

#[test]
fn a_line_that_is_no_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    fs::write(&path, b"symbol,date,price\nAA,1,1\nA\xff,1,1\nAA,1,2\n").unwrap();
    let finished = publish(&["--replay", path.to_str().unwrap(), "--summary"]).finish();
    assert_eq!(finished.json()["published"], 2);
    assert!(finished.stderr.contains("line=3 reason=not UTF-8"), "{}", finished.stderr);
}

#[test]
fn strict_ends_at_the_first_bad_line() {
    let (_folder, path) = file("symbol,date,price\nAA,1,1\nAA,1,0\nAA,1,1\n");
    let finished = publish(&["--replay", &path, "--strict"]).finish();
    assert_eq!(finished.code, Some(1));
    let wanted = format!("error: {path}, line 3: price '0' is not a finite number above zero");
    assert!(finished.stderr.contains(&wanted), "{}", finished.stderr);
}

#[test]
fn a_history_that_cannot_be_used_says_why() {
    let (_folder, path) = file("symbol,price\nAA,1\n");
    for (path, why) in [
        (path.as_str(), "the header names no column 'date'"),
        ("/nowhere/prices.csv", "/nowhere/prices.csv: No such file"),
        ("/", "/: Is a directory"),
    ] {
        let finished = publish(&["--replay", path]).finish();
        assert_eq!(finished.code, Some(1), "{path}");
        assert!(finished.stderr.contains(why), "{path}: {}", finished.stderr);
    }
}

#[test]
fn standard_input_is_played_as_it_comes() {
    let mut publisher = publish(&["--replay", "-", "--await-subscribers", "1", "--summary"]);
    let peer = subscriber(&publisher);
    publisher.say("symbol,date,price");
    for price in 1..=3 {
        publisher.say(&format!("AA,2014-11-17,{price}"));
        assert_eq!(hear(&peer).price, f64::from(price));
    }
    publisher.close_stdin();
    assert_eq!(publisher.finish().json()["published"], 3);
}

#[test]
fn the_prices_that_come_with_the_project_are_all_good() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/stocks.csv");
    let heard = heard_from(&["--replay", path, "--speed", "max"], 560);
    let mut counts = BTreeMap::new();
    heard.iter().for_each(|tick| *counts.entry(tick.symbol.as_str()).or_insert(0) += 1);
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [("AAPL", 123), ("AMZN", 123), ("GOOG", 68), ("IBM", 123), ("MSFT", 123)]
    );
}
