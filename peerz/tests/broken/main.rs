//! Each broken peer is found, by the check that names its fault.
//!
//! A line is a fault, the check that must fail, and those that may fail as well because the fault hits them, too. Any other
//! failure fails the test: a check that fails for another's fault would mislead the reader of the table.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod chatz;
mod jobz;
mod ppp;
mod tickz;
mod valuz;

use std::{collections::BTreeMap, env, fs, process::Command, slice, sync::Mutex, thread};

use peerz::kit::{ROLES, Role};
use serde_json::Value;

const PEERZ: &str = env!("CARGO_BIN_EXE_peerz");
const BROKEN: &str = env!("CARGO_BIN_EXE_broken");

/// How many peers are checked at the same time, if their checks have much to send.
const AT_ONCE: usize = 4;

/// The same, if they mostly wait.
const WAITING_AT_ONCE: usize = 8;

/// Fault, check, others.
type Line<'a> = (&'a str, &'a str, &'a [&'a str]);

/// Runs the checks of a role against a broken peer; returns the exit code, and every check that has failed with its reason.
fn failures(role: &str, fault: &str, only: &[&str]) -> (Option<i32>, BTreeMap<String, String>) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("verdicts.json");
    let mut peerz = Command::new(PEERZ);
    peerz.args(["conformance", role, "--json"]).arg(&json);
    for check in only {
        peerz.args(["--only", check]);
    }
    // Where a peer leaves a file.
    peerz.args(["--", BROKEN, role, "--fault", fault]).env("TMPDIR", folder.path());
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
    let threads = if waits(role) { WAITING_AT_ONCE } else { AT_ONCE };
    let misses = at_once(threads, lines.iter(), |line| miss(role, line).map(|_| line));
    // That something does not happen is known by waiting, and a busy machine is slow: those are checked again, alone.
    let misses: Vec<String> = misses.into_iter().filter_map(|line| miss(role, line)).collect();
    assert!(misses.is_empty(), "{role}: {}", misses.join("\n"));
}

/// Whether the checks of a role mostly wait.
fn waits(role: &str) -> bool {
    ["jobz-", "ppp-"].iter().any(|protocol| role.starts_with(protocol))
}

/// What `look` finds of all, so many at the same time.
fn at_once<T: Send, R: Send>(
    threads: usize,
    all: impl Iterator<Item = T> + Send,
    look: impl Fn(T) -> Option<R> + Sync,
) -> Vec<R> {
    let (next, found) = (Mutex::new(all), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = { next.lock().unwrap().next() } {
                    let seen = look(one);
                    found.lock().unwrap().extend(seen);
                }
            });
        }
    });
    found.into_inner().unwrap()
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
    let (waiting, others): (Vec<&str>, Vec<&str>) =
        ROLES.iter().map(|(role, _)| role.name).partition(|role| waits(role));
    for (threads, roles) in [(1, others), (WAITING_AT_ONCE, waiting)] {
        let failed = at_once(threads, roles.into_iter(), |role| {
            let (code, failed) = failures(role, "", &[]);
            (code != Some(0) || !failed.is_empty()).then_some((role, failed))
        });
        assert!(failed.is_empty(), "{failed:?}");
    }
}

/// A worker whose library has no monitor sees on a separate connection that the source is awake.
#[test]
fn a_worker_may_ask_for_a_greeting() {
    assert_eq!(failures("worker", "asks-for-a-greeting", &[]), (Some(0), BTreeMap::new()));
}

/// Otherwise nothing shows that it can fail.
#[test]
fn every_check_names_a_fault() {
    let lines = [
        ("publish", tickz::PUBLISHERS),
        ("watch", tickz::WATCHERS),
        ("serve", chatz::SERVERS),
        ("join", chatz::CLIENTS),
        ("source", valuz::SOURCES),
        ("worker", valuz::WORKERS),
        ("reduce", valuz::REDUCES),
        ("jobz-client", jobz::CLIENTS),
        ("jobz-worker", jobz::WORKERS),
        ("jobz-broker", jobz::BROKERS),
        ("ppp-worker", ppp::WORKERS),
        ("ppp-queue", ppp::QUEUES),
    ];
    for (Role { name: role, .. }, checks) in ROLES {
        let (_, lines) = lines.iter().find(|(name, _)| name == role).unwrap();
        let finds = |name: &str| lines.iter().any(|(_, check, _)| *check == name);
        let idle: Vec<_> = checks.iter().map(|check| check.name).filter(|name| !finds(name)).collect();
        assert!(idle.is_empty(), "{role}: {idle:?}");
    }
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
    are_found("source", valuz::SOURCES);
}

#[test]
fn broken_workers_are_found() {
    are_found("worker", valuz::WORKERS);
}

#[test]
fn broken_reduces_are_found() {
    are_found("reduce", valuz::REDUCES);
}

#[test]
fn broken_clients_of_jobz_are_found() {
    are_found("jobz-client", jobz::CLIENTS);
}

#[test]
fn broken_workers_of_jobz_are_found() {
    are_found("jobz-worker", jobz::WORKERS);
}

#[test]
fn broken_brokers_of_jobz_are_found() {
    are_found("jobz-broker", jobz::BROKERS);
}

#[test]
fn broken_workers_of_a_queue_are_found() {
    are_found("ppp-worker", ppp::WORKERS);
}

#[test]
fn broken_queues_are_found() {
    are_found("ppp-queue", ppp::QUEUES);
}
