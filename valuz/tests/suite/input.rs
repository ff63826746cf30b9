//! Orders from files, pipes and standard input.

use std::{fs, process::Command, time::Duration};

use testkit::{Program, run};

use super::VALUZ;

const HEADER: &str = "symbol,action,shares,price\n";

/// A file with these orders below the header, and its path.
fn file(orders: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.csv");
    fs::write(&path, format!("{HEADER}{orders}")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn orders_of_a_file_are_valued_and_refused_lines_counted() {
    let (_folder, file) = file("MSFT,BUY,100,41.78\nbad\nAAPL,SELL,50,95.35\n\"BBRY,BUY,1,1\nBBRY,BUY,200,10.9\n");
    let finished = run(VALUZ, ["run", "--json", "--workers", "1", "--input", &file]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let result = finished.json();
    assert_eq!((&result["count"], &result["value"], &result["refused_lines"]), (&3.into(), &1590.5.into(), &2.into()));
    for refusal in ["orders.csv line=3 reason=symbol 'bad'", "orders.csv line=5 reason=a quote is not closed"] {
        assert!(finished.stderr.contains(refusal), "{}", finished.stderr);
    }
    let finished = run(VALUZ, ["run", "--json", "--workers", "1", "--input", &file, "--count", "2"]);
    assert_eq!((finished.code, &finished.json()["count"]), (Some(0), &2.into()));
    let strict = run(VALUZ, ["run", "--json", "--workers", "1", "--input", &file, "--strict"]);
    assert_eq!(strict.code, Some(1));
    assert!(strict.stderr.contains("orders.csv, line 3: symbol 'bad'"), "{}", strict.stderr);
}

#[test]
fn a_list_of_which_nothing_is_understood_fails_with_a_short_log() {
    let (_folder, file) = file(&"MSFT,HOLD,1,1\n".repeat(20_000));
    for arguments in [&["source"][..], &["run", "--workers", "1"]] {
        let finished = run(VALUZ, arguments.iter().copied().chain(["--input", &file]));
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
        let error = finished.stderr.lines().last().unwrap_or_default();
        let wanted = "nothing understood: all lines were refused (20000); columns: symbol, action, shares, price";
        assert!(error.contains(wanted) && error.contains("line 4: action 'HOLD'"), "{}", finished.stderr);
        assert!(finished.stderr.len() < 10_000, "a log of {} bytes", finished.stderr.len());
    }
}

#[test]
fn the_totals_of_many_symbols_are_one_line() {
    let orders: String = (0..20_000).map(|number| format!("LONGSYMBOL{number},BUY,3,0.1\n")).collect();
    let (_folder, file) = file(&orders);
    let finished = run(VALUZ, ["run", "--json", "--workers", "1", "--input", &file]);
    assert!(finished.stdout.len() > 500_000 && finished.stdout.lines().count() == 1, "{}", finished.stderr);
    assert_eq!(finished.json()["by_symbol"].as_object().map(serde_json::Map::len), Some(20_000));
}

#[test]
fn standard_input_and_a_pipe_are_read_once() {
    let mut given = Program::start(VALUZ, ["run", "--json", "--workers", "1", "--input", "-"]);
    given.say(HEADER.trim());
    given.say("MSFT,BUY,100,41.78");
    given.close_stdin();
    assert_eq!(given.finish().json()["value"], 4178.0);
    let mut command = Command::new("bash");
    let script = r#""$0" run --json --workers 2 --input <(printf 'symbol;action;shares;price\nMSFT;SELL;2;10\n')"#;
    command.args(["-c", script, VALUZ]);
    assert_eq!(Program::spawn(command).finish().json()["value"], -20.0);
}

#[test]
fn waiting_for_input_ends_at_a_signal() {
    for arguments in [&["source"][..], &["run", "--workers", "1"]] {
        let waiting = Program::start(VALUZ, arguments.iter().copied().chain(["--input", "-"]));
        waiting.await_handlers();
        waiting.interrupt();
        let finished = waiting.finish_within(Duration::from_secs(1));
        assert!(finished.code.is_some_and(|code| code < 2), "{arguments:?}: {}", finished.stderr);
    }
}
