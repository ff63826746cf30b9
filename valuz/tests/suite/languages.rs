//! `valuz run` with workers in other languages. A worker of this program stands for one: the registry says how it is started.

use std::{fs, process::Command};

use tempfile::TempDir;
use testkit::{Finished, Program, eventually};

use super::{
    VALUZ, assert_total,
    run::{children, is_running},
};

/// A folder `polyglot` with a language that works, and one that is missing.
fn polyglot() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let section = |id: &str, present: &str| {
        format!(
            "[{id}]\nname = \"{id}\"\nlibrary = \"\"\npresent = \"{present}\"\nversions = \"\"\nextension = \"x\"\n\
             run = \"'{VALUZ}' worker --report\"\nhard = \"\"\n"
        )
    };
    fs::write(folder.path().join("languages.toml"), section("here", "true") + &section("gone", "false")).unwrap();
    for language in ["here", "gone"] {
        fs::create_dir(folder.path().join(language)).unwrap();
        fs::write(folder.path().join(language).join("worker.x"), "").unwrap();
    }
    folder
}

fn start(folder: &TempDir, workers: &str, arguments: &[&str]) -> Program {
    let mut command = Command::new(VALUZ);
    command.args(["run", "--json", "--workers", workers]).args(arguments).env("SUITE_POLYGLOT", folder.path());
    Program::spawn(command)
}

fn refused(workers: &str, arguments: &[&str]) -> Finished {
    let finished = start(&polyglot(), workers, arguments).finish();
    assert_eq!(finished.stdout, "");
    assert!(!finished.stderr.contains("started"), "{}", finished.stderr);
    finished
}

#[test]
fn workers_of_several_languages_value_one_batch() {
    let folder = polyglot();
    let run = start(&folder, "here:2,rust:1", &["--count", "5000"]);
    let pids = children(&run, 5);
    run.wait_for_log("started worker 1 (here)");
    run.wait_for_log("started worker 3 pid");
    assert_total(&run.finish(), 5000);
    assert!(pids.into_iter().all(|pid| !is_running(pid)));
}

#[test]
fn a_killed_run_leaves_no_worker_of_another_language_behind() {
    let folder = polyglot();
    let run = start(&folder, "here:2", &["--count", "1000", "--rate", "1"]);
    let pids = children(&run, 4);
    run.wait_for_log("batch started");
    run.kill();
    let _ = run.finish();
    eventually("all processes have ended", || pids.iter().all(|&pid| !is_running(pid)));
}

#[test]
fn a_missing_language_is_an_error_before_anything_starts() {
    let missing = refused("here:1,gone:1", &["--count", "10"]);
    assert_eq!(missing.code, Some(1));
    assert_eq!(missing.stderr, "error: gone is missing on this machine: `just setup gone` installs it\n");
    let unknown = refused("cobol:1", &["--count", "10"]);
    assert_eq!(
        (unknown.code, unknown.stderr.as_str()),
        (Some(2), "error: no language `cobol`: there are here, gone\n")
    );
}

#[test]
fn what_peers_do_not_know_is_refused() {
    for (arguments, reason) in [
        (&["--count", "1", "--valuation", "var"][..], "notional value only"),
        (&["--count", "1", "--security", "plain", "--username", "a", "--password", "b"], "know no security"),
    ] {
        let finished = refused("here:1", arguments);
        assert!(finished.code == Some(2) && finished.stderr.contains(reason), "{}", finished.stderr);
    }
}
