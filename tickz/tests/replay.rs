//! The publisher as a process: real prices, from files and from standard input.

mod support;

use std::{collections::BTreeMap, fs, time::Duration};

use rustix::fs::{CWD, Mode, mkfifoat};
use support::{file, hear, hear_all, heard_from, publish, subscriber, summary_of};

#[test]
fn a_history_is_played_in_its_order_with_its_own_times() {
    let (_folder, path) = file("price,SYMBOL,Timestamp\n1.5,AA,100\n2.5,BB,100\n3.5,AA,90\n4.5,AA,102\n");
    let heard = heard_from(&["--replay", &path, "--speed", "100", "--sequence"], 4);
    let ticks: Vec<_> =
        heard.iter().map(|tick| (tick.symbol.as_str(), tick.timestamp, tick.price, tick.sequence)).collect();
    assert_eq!(
        ticks,
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
    // Without its gaps it ends at all.
    let (_folder, path) = file("symbol,date,price\nAA,2000-01-01,1\nAA,2010-01-01,2\n");
    assert_eq!(summary_of(&["--replay", &path, "--speed", "max"])["published"], 2);
}

#[test]
fn a_restamped_history_has_current_times() {
    let (_folder, path) = file("symbol,date,price\nAA,100,1\nAA,100.5,2\n");
    let heard = heard_from(&["--replay", &path, "--restamp", "--speed", "10"], 2);
    assert!(heard[0].timestamp > 1.7e9, "{heard:?}");
    assert!((heard[1].timestamp - heard[0].timestamp - 0.05).abs() < 1e-5, "{heard:?}");
}

#[test]
fn a_loop_starts_again_and_continues_the_sequence() {
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
    let ticks: Vec<_> = hear_all(&peer, 6).iter().map(|tick| (tick.price, tick.sequence.unwrap())).collect();
    assert_eq!(ticks, [(1.0, 0), (2.0, 1), (1.0, 2), (2.0, 3), (1.0, 4), (2.0, 5)]);
    // A line that is refused again in each pass is one refused line.
    assert_eq!(publisher.finish().json()["refused_lines"], 1);
}

#[test]
fn a_history_of_which_nothing_is_understood_fails_with_the_first_lines_and_the_columns() {
    let (_folder, path) = file(&format!("symbol;date;price\n{}", "bad;1;1\n".repeat(20_000)));
    for arguments in [&["--replay", &path][..], &["--replay", &path, "--loop"]] {
        let finished = publish(arguments).finish();
        assert_eq!(finished.code, Some(1), "{}", finished.stderr);
        let reason = "symbol 'bad': a character that is not allowed";
        let wanted = format!(
            "error: {path}: nothing understood: all lines were refused (20000); columns: symbol, date, price (separated \
             by semicolons); line 2: {reason}; line 3: {reason}; line 4: {reason}\n"
        );
        assert!(finished.stderr.ends_with(&wanted), "{}", finished.stderr);
        assert!(finished.stderr.len() < 10_000, "a log of {} bytes", finished.stderr.len());
    }
}

#[test]
fn a_stray_quote_costs_its_own_line_only() {
    let (_folder, path) = file(&format!("symbol,date,price\n\"AA,1,1\n{}", "AA,1,2\n".repeat(20_000)));
    let finished = publish(&["--replay", &path, "--speed", "max", "--summary"]).finish();
    assert_eq!((finished.code, finished.json()["published"].as_u64()), (Some(0), Some(20_000)));
    assert!(finished.stderr.contains("line=2 reason=a quote is not closed on its line"), "{}", finished.stderr);
}

#[test]
fn dates_of_digits_and_milliseconds_are_understood_and_logged_once() {
    let (_folder, path) = file("symbol,date,price\nAA,20240105,1\nAA,1704412800500,2\nAA,1704412801000,3\n");
    let mut publisher = publish(&["--replay", &path, "--speed", "max", "--await-subscribers", "1", "--block"]);
    let peer = subscriber(&publisher);
    let times: Vec<_> = hear_all(&peer, 3).iter().map(|tick| tick.timestamp).collect();
    assert_eq!(times, [1_704_412_800.0, 1_704_412_800.5, 1_704_412_801.0]);
    publisher.close_stdin();
    let log = publisher.finish().stderr;
    assert_eq!(log.matches("times are read as milliseconds since 1970").count(), 1, "{log}");
    assert_eq!(log.matches("times are read as dates of digits alone").count(), 1, "{log}");
}

#[test]
fn a_named_pipe_is_played_and_waiting_for_its_writer_ends_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR).unwrap();
    let name = path.to_str().unwrap();
    let waiting = publish(&["--replay", name]);
    let _ = waiting.endpoint("ticks");
    waiting.interrupt();
    assert_eq!(waiting.finish_within(Duration::from_secs(1)).code, Some(0));
    let reading = publish(&["--replay", name, "--summary"]);
    fs::write(&path, "symbol,date,price\nAA,1,1\n").unwrap();
    assert_eq!(reading.finish().json()["published"], 1);
    let looping = publish(&["--replay", name, "--loop"]).finish();
    assert_eq!(looping.code, Some(1));
    assert!(looping.stderr.contains("--loop needs a regular file"), "{}", looping.stderr);
}

#[test]
fn a_bad_line_is_refused_with_file_line_and_reason_and_the_rest_is_published() {
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
fn a_line_that_is_not_utf_8_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv");
    fs::write(&path, b"symbol,date,price\nAA,1,1\nA\xff,1,1\nAA,1,2\n").unwrap();
    let finished = publish(&["--replay", path.to_str().unwrap(), "--summary"]).finish();
    assert_eq!(finished.json()["published"], 2);
    assert!(finished.stderr.contains("line=3 reason=not UTF-8"), "{}", finished.stderr);
}

#[test]
fn strict_fails_at_the_first_bad_line() {
    let (_folder, path) = file("symbol,date,price\nAA,1,1\nAA,1,0\nAA,1,1\n");
    let finished = publish(&["--replay", &path, "--strict"]).finish();
    assert_eq!(finished.code, Some(1));
    let wanted = format!("error: {path}, line 3: price '0' is not a finite number above zero");
    assert!(finished.stderr.contains(&wanted), "{}", finished.stderr);
}

#[test]
fn an_unusable_history_is_refused_with_a_reason() {
    let (_folder, path) = file("symbol,price\nAA,1\n");
    for (path, why) in [
        (path.as_str(), "line 1: the header names no column 'timestamp' or 'date'; found: symbol, price"),
        ("/nowhere/prices.csv", "/nowhere/prices.csv: No such file"),
        ("/", "/: is a directory"),
    ] {
        let finished = publish(&["--replay", path]).finish();
        assert_eq!(finished.code, Some(1), "{path}");
        assert!(finished.stderr.contains(why), "{path}: {}", finished.stderr);
    }
}

#[test]
fn standard_input_is_published_as_it_arrives() {
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
fn all_prices_in_the_data_folder_are_good() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/stocks.csv");
    let heard = heard_from(&["--replay", path, "--speed", "max"], 560);
    let mut counts = BTreeMap::new();
    heard.iter().for_each(|tick| *counts.entry(tick.symbol.as_str()).or_insert(0) += 1);
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [("AAPL", 123), ("AMZN", 123), ("GOOG", 68), ("IBM", 123), ("MSFT", 123)]
    );
}
