//! Each broken peer is found, by the check that names its fault.
//!
//! A line is a fault, the check that must fail, and those that may fail as well because the fault hits them, too. Any other
//! failure fails the test: a check that fails for another's fault would mislead the reader of the table.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod chatz;
mod tickz;

use std::{collections::BTreeMap, env, fs, process::Command, slice, sync::Mutex, thread};

use peerz::kit::{ROLES, Role};
use serde_json::Value;

const PEERZ: &str = env!("CARGO_BIN_EXE_peerz");
const BROKEN: &str = env!("CARGO_BIN_EXE_broken");

/// How many peers are checked at the same time.
const AT_ONCE: usize = 4;

/// Fault, check, others.
type Line<'a> = (&'a str, &'a str, &'a [&'a str]);

const WORKERS: &[Line<'_>] = &[
    ("no-ready", "ready", &[]),
    ("ready-at-connect", "ready-after-handshake", &[]),
    ("ready-after-a-second", "ready-after-handshake", &[]),
    ("ready-at-each-handshake", "ready-once", &[]),
    ("ready-never-again", "ready-again", &[]),
    ("answers-some-twice", "one-result", &[]),
    ("symbol-in-lower-case", "symbol-unchanged", &[]),
    ("tail-dropped", "tail-unchanged", &[]),
    ("tail-cut", "tail-unchanged", &[]),
    ("tail-changed", "tail-unchanged", &[]),
    ("tail-as-a-key", "tail-not-interpreted", &["symbol-unchanged", "tail-unchanged", "value"]),
    (
        "ignores-exit",
        "exit",
        &["exit-with-more-frames", "exit-after-restart", "malformed-control", "exit-prefix", "report-count"],
    ),
    ("exit-of-one-frame", "exit-with-more-frames", &[]),
    ("never-reconnects-to-control", "exit-after-restart", &[]),
    ("value-big-endian", "value", &[]),
    ("shares-big-endian", "value", &["malformed-shares", "symbol-unchanged", "tail-unchanged"]),
    ("single-precision", "value", &["symbol-unchanged", "tail-unchanged"]),
    ("newest-first", "in-order", &[]),
    ("any-symbol", "malformed-symbol", &[]),
    ("any-action", "malformed-action", &[]),
    ("any-shares", "malformed-shares", &[]),
    ("any-price", "malformed-price", &["infinite-value"]),
    ("dies-at-a-short-price", "malformed-price", &[]),
    ("any-tail", "malformed-tail", &[]),
    ("infinite-value", "infinite-value", &[]),
    ("dies-at-unknown-command", "malformed-control", &["exit-prefix"]),
    ("exit-by-its-first-byte", "exit-prefix", &[]),
    ("never-reconnects-to-orders", "source-restarts", &["half-message", "ready-once", "starts-first"]),
    ("never-reconnects-to-results", "reduce-restarts", &["ready-again", "starts-first"]),
    ("needs-its-source", "starts-first", &[]),
    ("drops-if-full", "slow-reduce", &[]),
    ("name-with-a-line-feed", "report-name", &["report-count", "report-rate"]),
    ("no-last-report", "report-count", &[]),
    ("reports-each-time", "report-rate", &[]),
    ("exit-code-130", "interrupt", &["interrupt-unsent", "interrupt-blocked"]),
    ("ignores-sigterm", "terminate", &[]),
    ("lingers", "interrupt-unsent", &["interrupt-blocked"]),
    ("blocks-in-send", "interrupt-blocked", &[]),
    ("accepts-any-argument", "usage", &[]),
];

const SOURCES: &[Line<'_>] = &[
    ("never-subscribes", "subscribes", &[]),
    (
        "sends-at-once",
        "waits-for-start",
        &["round-robin", "malformed-control", "garbage", "starts-first", "repeat", "repeat-foreign"],
    ),
    ("one-too-many", "count", &["start-once", "malformed-control", "next-base", "repeat", "repeat-foreign"]),
    ("start-of-few-frames", "start-with-more-frames", &[]),
    ("starts-each-time", "start-once", &[]),
    ("drops-if-full", "late-worker", &["slow-worker"]),
    ("price-of-zero", "orders", &[]),
    ("price-of-four-bytes", "orders", &[]),
    ("any-start", "malformed-control", &[]),
    ("leaves-with-a-worker", "worker-leaves", &["garbage", "starts-first"]),
    ("needs-its-reduce", "starts-first", &[]),
    ("numbers-from-one", "numbers", &["base", "next-base", "repeat", "repeat-foreign"]),
    ("keeps-its-base", "next-base", &[]),
    ("never-repeats", "repeat", &["repeat-foreign"]),
    ("repeats-all", "repeat", &["repeat-foreign"]),
    ("repeats-any-number", "repeat-foreign", &[]),
    ("ignores-exit", "exit", &[]),
    ("exits-when-sent", "exit", &["next-base", "repeat", "repeat-foreign"]),
    ("exit-code-130", "interrupt", &["interrupt-unsent"]),
    ("ignores-sigterm", "terminate", &[]),
    ("blocks-in-send", "interrupt-unsent", &["terminate"]),
    ("accepts-any-argument", "usage", &[]),
];

const REDUCES: &[Line<'_>] = &[
    ("starts-with-one-worker", "start-waits-for-workers", &["two-workers", "valid-ready"]),
    ("any-subscriber-is-a-source", "start-waits-for-source", &[]),
    ("start-once", "start-again", &[]),
    ("counts-early-results", "early-results", &[]),
    ("numbered-results-only", "unnumbered", &["valid-results"]),
    ("naive-sum", "total-exact", &["valid-results"]),
    ("early-exit", "exit", &[]),
    ("no-late-exit", "exit-late", &[]),
    ("short-names-only", "valid-ready", &[]),
    ("counts-reports", "reports", &["malformed-report"]),
    ("any-symbol", "malformed-symbol", &[]),
    ("any-value", "malformed-value", &[]),
    ("any-tail", "malformed-tail", &[]),
    ("dies-at-unknown-command", "unknown-command", &[]),
    ("dies-at-a-short-count", "malformed-report", &[]),
    ("counts-duplicates", "duplicates", &[]),
    ("same-base", "base", &[]),
    ("counts-other-batches", "other-batches", &[]),
    ("repeats-all", "repeat", &[]),
    ("total-when-given-up", "give-up", &[]),
    ("exit-code-130", "interrupt", &["interrupt-batch"]),
    ("total-when-stopped", "interrupt-batch", &[]),
    ("ignores-sigterm", "terminate", &[]),
    ("accepts-any-argument", "usage", &[]),
];

/// Runs the checks of a role against a broken peer; returns the exit code, and every check that has failed with its reason.
fn failures(role: &str, fault: &str, only: &[&str]) -> (Option<i32>, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("verdicts.json");
    let mut peerz = Command::new(PEERZ);
    peerz.args(["conformance", role, "--json"]).arg(&json);
    for check in only {
        peerz.args(["--only", check]);
    }
    peerz.args(["--", BROKEN, role, "--fault", fault]);
    let output = peerz.output().unwrap();
    let text = fs::read_to_string(&json).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let verdicts: Value = serde_json::from_str(&text).unwrap();
    let failed = verdicts["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "failed");
    let failed =
        failed.map(|check| (check["name"].as_str().unwrap().to_owned(), check["reason"].as_str().unwrap().to_owned()));
    (output.status.code(), failed.collect())
}

/// Every fault is found by its check. The long soak runs all checks, and none fails that is not listed.
fn are_found(role: &str, lines: &[Line<'_>]) {
    let (next, misses) = (Mutex::new(lines.iter()), Mutex::new(Vec::new()));
    // Most of the time a check waits.
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(line) = { next.lock().unwrap().next() } {
                    if miss(role, line).is_some() {
                        misses.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    // That something does not happen is known by waiting, and a busy machine is slow: those are checked again, alone.
    let misses: Vec<String> = misses.into_inner().unwrap().into_iter().filter_map(|line| miss(role, line)).collect();
    assert!(misses.is_empty(), "{role}: {}", misses.join("\n"));
}

/// What is wrong with the verdicts on a broken peer; `None` if its fault is found, and no other.
fn miss(role: &str, (fault, check, others): &Line<'_>) -> Option<String> {
    let is_long = env::var("SOAK").is_ok_and(|length| length == "long");
    let (code, failed) = failures(role, fault, if is_long { &[] } else { slice::from_ref(check) });
    let is_listed = |name: &str| name == *check || others.contains(&name);
    let is_found = code == Some(1) && failed.contains_key(*check) && failed.keys().all(|name| is_listed(name));
    (!is_found).then(|| format!("{fault}, to be found by {check}: {failed:#?}"))
}

#[test]
fn peers_without_a_fault_pass() {
    for (Role { name: role, .. }, _) in ROLES {
        assert_eq!(failures(role, "", &[]), (Some(0), BTreeMap::new()), "{role}");
    }
}

/// A worker whose library has no monitor sees on a separate connection that the source is awake.
#[test]
fn a_worker_may_ask_for_a_greeting() {
    assert_eq!(failures("worker", "asks-for-a-greeting", &[]), (Some(0), BTreeMap::new()));
}

#[test]
fn broken_publishers_are_found() {
    are_found("publish", tickz::PUBLISHERS);
}

#[test]
fn broken_watchers_are_found() {
    are_found("watch", tickz::WATCHERS);
}

#[test]
fn broken_servers_are_found() {
    are_found("serve", chatz::SERVERS);
}

#[test]
fn broken_clients_are_found() {
    are_found("join", chatz::CLIENTS);
}

#[test]
fn broken_sources_are_found() {
    are_found("source", SOURCES);
}

#[test]
fn broken_workers_are_found() {
    are_found("worker", WORKERS);
}

#[test]
fn broken_reduces_are_found() {
    are_found("reduce", REDUCES);
}
