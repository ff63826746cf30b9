//! The programs of the suite pass the kit.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::process::Command;

const PEERZ: &str = env!("CARGO_BIN_EXE_peerz");

/// Runs all checks of a role; each must pass, and only extensions may be absent.
fn passes(role: &str, program: &str, arguments: &[&str], absent: &[&str]) {
    let path = testkit::sibling(program);
    let output = Command::new(PEERZ).args(["conformance", role, "--"]).arg(path).args(arguments).output().unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}\n{}", String::from_utf8_lossy(&output.stderr));
    let summary = table.lines().last().unwrap();
    let without = if absent.is_empty() { String::new() } else { format!("; without {}", absent.join(", ")) };
    assert!(summary.contains(&format!("passed{without}, in ")), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80 || line.starts_with(role)), "{table}");
}

#[test]
fn the_source_passes() {
    passes("source", "valuz", &["source"], &[]);
}

#[test]
fn the_worker_passes() {
    passes("worker", "valuz", &["worker", "--report"], &[]);
}

#[test]
fn the_worker_of_the_base_protocol_passes() {
    passes("worker", "valuz", &["worker"], &["report"]);
}

#[test]
fn the_reduce_passes() {
    passes("reduce", "valuz", &["reduce", "--json"], &[]);
}

#[test]
fn the_publisher_passes() {
    passes("publish", "tickz", &["publish", "--rate", "300", "--sequence"], &[]);
}

#[test]
fn the_publisher_of_the_base_protocol_passes() {
    passes("publish", "tickz", &["publish", "--rate", "300"], &["sequence"]);
}

#[test]
fn the_watcher_passes() {
    passes("watch", "tickz", &["watch", "--json"], &[]);
}

#[test]
fn the_server_passes() {
    passes("serve", "chatz", &["serve"], &[]);
}

#[test]
fn the_client_passes() {
    passes("join", "chatz", &["join"], &[]);
    passes("join", "chatz", &["join", "--json"], &[]);
}

/// A program of jobz whose arguments end with a command: those of the kit come before it.
#[test]
fn the_worker_of_jobz_passes() {
    let line = format!("exec '{}' worker \"$@\" echo -- cat", testkit::sibling("jobz").display());
    let output =
        Command::new(PEERZ).args(["conformance", "jobz-worker", "--", "sh", "-c", &line, "sh"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_client_of_jobz_passes() {
    passes("jobz-client", "jobz", &["ask", "--patience", "1s"], &[]);
}

#[test]
fn the_broker_of_jobz_passes() {
    passes("jobz-broker", "jobz", &["broker"], &[]);
}

#[test]
fn the_worker_of_a_paranoid_pirate_passes() {
    passes("ppp-worker", "patternz", &["work-paranoid", "--interval", "500ms", "--backoff", "500ms"], &[]);
}

#[test]
fn the_queue_of_a_paranoid_pirate_passes() {
    passes("ppp-queue", "patternz", &["queue-paranoid", "--interval", "500ms"], &[]);
}
