//! The command line: what it refuses, and programs that are no peer at all.

use std::{fs, path::Path};

use testkit::{Finished, Program, eventually, run};

const PEERZ: &str = env!("CARGO_BIN_EXE_peerz");
const BROKEN: &str = env!("CARGO_BIN_EXE_broken");

/// A file that cannot be executed.
const NO_PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

fn conformance(arguments: &[&str]) -> Finished {
    run(PEERZ, [&["conformance"], arguments].concat())
}

#[test]
fn what_does_not_exist_is_wrong_usage() {
    for (arguments, reason) in [
        (&["waiter", "--", BROKEN][..], "no role waiter: there are "),
        (&["worker", "--only", "tail-unchangd", "--", BROKEN], "no check tail-unchangd: did you mean tail-unchanged?"),
        (&["worker", "--", "no-such-program"], "no program no-such-program can be started"),
        (&["worker", "--", NO_PROGRAM], "Cargo.toml can be started"),
        (&["worker"], "COMMAND"),
        (&["worker", "--list", "--only", "x"], "no check x"),
    ] {
        let finished = conformance(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(reason) && finished.stdout.is_empty(), "{arguments:?}: {finished:?}");
    }
}

#[test]
fn a_program_that_exits_at_once_is_reported_with_its_last_words() {
    let finished = conformance(&["worker", "--", "sh", "-c", "echo no such library >&2; exit 3"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let table = finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason =
        "expected READY (02), but the program ended with exit code 3; its last line on standard error: no such library";
    assert!(table.contains(reason), "{}", finished.stdout);
    assert!(
        finished.stdout.lines().last().unwrap().contains("not run, as the program shows no sign of life"),
        "{table}"
    );
}

/// It prints for ever and reads nothing; no line of it is kept for ever.
#[test]
fn a_program_that_prints_garbage_is_no_worker() {
    let finished = conformance(&["worker", "--", "yes", "\u{1b}[31mgarbage"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.contains("FAILED  ready ") && !finished.stdout.contains('\u{1b}'), "{}", finished.stdout);
}

#[test]
fn the_checks_of_a_role_are_listed_without_a_program() {
    let finished = conformance(&["worker", "--list"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("protocol-docs/valuz.md#the-worker"), "{}", finished.stdout);
    assert!(finished.stdout.contains("ready-after-handshake"), "{}", finished.stdout);
}

#[test]
fn verdicts_are_written_as_json_and_as_a_badge() {
    let folder = tempfile::tempdir().unwrap();
    let [json, badge] =
        ["verdicts.json", "badge.svg"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    let written = ["--json", &json, "--badge", &badge, "--only", "ready", "--only", "worker/report-name"];
    let finished = conformance(&[&["worker"][..], &written, &["--", BROKEN, "worker"]].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let verdicts: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let names: Vec<_> = verdicts["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!((&verdicts["role"], names), (&"worker".into(), vec![&"ready".into(), &"report-name".into()]));
    assert!(fs::read_to_string(&badge).unwrap().contains("worker: 2 of 2"));

    let missing = Path::new(&json).join("no-folder");
    let unwritten = ["--json", missing.to_str().unwrap(), "--only", "ready"];
    let finished = conformance(&[&["worker"][..], &unwritten, &["--", BROKEN, "worker"]].concat());
    assert!(finished.code == Some(1) && finished.stderr.contains("cannot write"), "{finished:?}");
}

/// As a script starts it in the background. A program that sets no handler must see the signals that the kit sends.
#[test]
fn the_program_starts_with_the_default_actions_of_signals_that_the_kit_ignores() {
    for (name, number) in [("INT", 2), ("QUIT", 3), ("TERM", 15)] {
        let line = "trap '' $1; exec $0 conformance worker -- sh -c \"kill -$1 \\$\\$; exec sleep 1000\"";
        let finished = run("sh", ["-c", line, PEERZ, name]);
        let reason = format!("killed by signal {number}");
        assert!(finished.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(&reason), "{finished:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_program_ends_with_a_kit_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000", file.display());
    let kit = Program::start(PEERZ, ["conformance", "worker", "--", "sh", "-c", &script]);
    eventually("the program has started", || file.exists());
    let pid = fs::read_to_string(&file).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    assert!(process.exists());
    kit.kill();
    eventually("the program has ended", || !process.exists());
}
