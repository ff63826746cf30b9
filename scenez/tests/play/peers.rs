//! Members in other languages: a shell script stands for one that this machine has, and another language is missing.

use std::{fs, process::Command, sync::Arc};

use scenez::{
    parse::parse,
    play::Verdict,
    script::{Act, ProcessAct},
    stage::{self, Progress, Stage, StageConfig},
};
use tempfile::TempDir;
use testkit::{Finished, Program, sibling};

use crate::common::config;

const REGISTRY: &str = r#"
[shell]
name = "Shell"
library = "none"
present = "true"
versions = "echo 1"
extension = "sh"
build = "cp {file} {out}"
run = "sh {out}"
hard = "everything"
[absent]
name = "Absent"
library = "none"
present = "false"
versions = "false"
extension = "abs"
run = "absent {file}"
hard = "to find it"
"#;

/// A scene with a worker in a language, which prints its argument and where its orders come from.
fn scene(title: &str, language: &str) -> String {
    format!(
        "# {title}\n```toml cast\n[worker]\nrun = \"peer {language} worker hello\"\n```\n## It works\n\
         ```toml expect\nwithin = \"10s\"\n\"worker.prints\" = \"contains hello tcp://127.0.0.1:\"\n\"worker.exit\" = 0\n```\n"
    )
}

/// A folder with two scenes, the talk of both, and the peers of their casts.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let talk = "# Talk\n\n## 4 minutes\n\n1. [Far](far.md), 2 minutes\n1. [Near](near.md), 2 minutes\n";
    for (path, text) in [
        ("scenes/near.md", scene("Near", "shell").as_str()),
        ("scenes/far.md", &scene("Far", "absent")),
        ("scenes/talk.md", talk),
        ("polyglot/languages.toml", REGISTRY),
        ("polyglot/shell/worker.sh", "echo \"$1 $VALUZ_ORDERS\"\n"),
        ("polyglot/absent/worker.abs", ""),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn start(folder: &TempDir, arguments: &[&str]) -> Program {
    let mut command = Command::new(sibling("scenez"));
    command.args(arguments).current_dir(folder.path()).env("COLUMNS", "80").env("CARGO_TARGET_DIR", "target");
    let mut program = Program::spawn(command);
    program.close_stdin();
    program
}

fn run(folder: &TempDir, arguments: &[&str]) -> Finished {
    start(folder, arguments).finish_within(3 * testkit::BOUND)
}

/// Has the shell's worker built by this line in place of a copy.
fn build_by(folder: &TempDir, line: &str) {
    fs::write(folder.path().join("polyglot/languages.toml"), REGISTRY.replace("cp {file} {out}", line)).unwrap();
}

/// A file that a build reads, and which has nothing to be read before the build is to go on.
fn gate(folder: &TempDir) -> std::path::PathBuf {
    let gate = folder.path().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    gate
}

#[test]
fn a_member_in_another_language_is_built_and_gets_the_endpoints_of_the_scene() {
    let folder = folder();
    let played = run(&folder, &["play", "near", "--check"]);
    assert_eq!((played.code, played.stderr.as_str()), (Some(0), ""));
    assert!(folder.path().join("target/polyglot/shell/worker").is_file());
}

#[test]
fn what_takes_long_is_announced_and_the_scene_plays_after_it() {
    let folder = folder();
    let gate = gate(&folder);
    build_by(&folder, "cat {root}/gate && cp {file} {out}");
    let rehearsal = start(&folder, &["rehearse", "near"]);
    rehearsal.wait_for_log("near: building the worker in Shell …");
    let person = start(&folder, &["play", "near", "--auto"]);
    person.line_where(|line| line == "building the worker in Shell …");
    let check = start(&folder, &["play", "near", "--check"]);
    check.wait_for_log("building the worker in Shell …");
    // One of them builds; the others wait for it.
    fs::write(gate, "").unwrap();
    for program in [rehearsal, person, check] {
        let played = program.finish_within(3 * testkit::BOUND);
        assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
    }
}

#[test]
fn a_build_that_fails_fails_the_first_cue() {
    let folder = folder();
    build_by(&folder, "echo one; echo worker:2: error: no >&2; exit 3");
    let played = run(&folder, &["play", "near", "--check"]);
    let reason = "worker.sh: exit code 3: worker:2: error: no (`just peer shell worker` shows all of it)\n";
    assert!(played.stderr.starts_with("error: near.md:6: cannot build "), "{}", played.stderr);
    assert!(played.stderr.contains(reason) && played.stderr.ends_with("worker: not started\n"), "{}", played.stderr);
    assert_eq!(played.code, Some(1));
}

#[test]
fn a_scene_waits_for_its_peers_and_tries_again_when_it_is_started_again() {
    let folder = folder();
    let gate = gate(&folder);
    build_by(&folder, "cat {root}/gate && test -e {root}/mended && cp {file} {out}");
    let text = scene("Near", "shell");
    let config = StageConfig { root: folder.path().to_owned(), ..config() };
    let stage = Stage::open(Arc::new(parse("near", &text).unwrap()), config, || {}).unwrap();
    let until = |is_wanted: &dyn Fn(&stage::Snapshot) -> bool| {
        let snapshot = stage.wait(3 * testkit::BOUND, is_wanted);
        assert!(is_wanted(&snapshot), "{snapshot:?}");
        snapshot
    };
    let waiting = until(&|snapshot| snapshot.building.is_some());
    assert_eq!(waiting.building.as_ref().unwrap().what, "building the worker in Shell");
    assert_eq!((waiting.progress, waiting.failures()), (Progress::Building, Vec::new()));
    // Nothing is to be done yet, and nothing comes of it.
    let start = Act::Process(ProcessAct::Start, "worker".to_owned());
    assert_eq!(waiting.allows(&start).unwrap_err(), "the scene has not started: its peers are not built");
    for command in [stage::Command::Act(start), stage::Command::Next, stage::Command::Reset] {
        let number = stage.command(command).unwrap();
        let snapshot = until(&|snapshot| snapshot.obeyed >= number);
        assert_eq!((&*snapshot.problems, snapshot.target, snapshot.actors[0].pid), (&[][..], 0, None));
    }
    fs::write(&gate, "").unwrap();
    let failed = until(&|snapshot| snapshot.is_decided());
    assert_eq!((failed.progress, &failed.building), (Progress::Building, &None));
    assert!(failed.failures()[0].starts_with("near.md:6: cannot build "), "{:?}", failed.failures());
    assert_eq!(failed.actors[0].failure.as_ref(), failed.problems.first());
    fs::write(folder.path().join("mended"), "").unwrap();
    stage.command(stage::Command::Reset).unwrap();
    until(&|snapshot| snapshot.building.is_some());
    fs::write(&gate, "").unwrap();
    let met = until(&|snapshot| matches!(snapshot.progress, Progress::Watching(Verdict::Met)));
    assert_eq!((&*met.problems, &met.building), (&[][..], &None));
    stage.close().unwrap();
}

#[test]
fn a_scene_whose_language_is_missing_is_skipped_by_name() {
    let folder = folder();
    let missing = "Absent is missing on this machine: `just setup absent` installs it";
    let rehearsed = run(&folder, &["rehearse"]);
    assert_eq!(rehearsed.code, Some(0), "{}", rehearsed.stderr);
    assert!(rehearsed.stdout.starts_with(&format!("far: skipped: {missing}\n")), "{}", rehearsed.stdout);
    assert!(rehearsed.stdout.ends_with("1 scene played, 1 skipped\n"), "{}", rehearsed.stdout);
    let checked = run(&folder, &["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert!(
        checked.stdout.contains(&format!("far.md: 1 cue, 2 expectations; skipped: {missing}\n")),
        "{}",
        checked.stdout
    );
    assert!(checked.stdout.ends_with("1 scene cannot be played on this machine\n"), "{}", checked.stdout);
    let tour = run(&folder, &["tour"]);
    assert_eq!(tour.code, Some(0), "{}", tour.stderr);
    assert!(
        tour.stdout.contains("Skipped: Absent is missing") && tour.stdout.contains("1/1  It works"),
        "{}",
        tour.stdout
    );
    let played = run(&folder, &["play", "far", "--check"]);
    assert_eq!((played.code, played.stderr), (Some(1), format!("error: far.md:6: {missing}\n  worker: not started\n")));
}

#[test]
fn a_peer_that_there_is_not_is_a_mistake_of_the_scene() {
    let folder = folder();
    for (run_line, reason) in [
        ("peer cobol worker", "no language `cobol`: there are shell, absent"),
        ("peer shell watch", "Shell has no role `watch`: there are worker"),
        ("peer shell", "`peer` needs a language and a role: `peer python worker`"),
    ] {
        let text = scene("Wrong", "shell").replace("peer shell worker hello", run_line);
        fs::write(folder.path().join("scenes/near.md"), text).unwrap();
        let checked = run(&folder, &["check", "near"]);
        assert_eq!(checked.code, Some(1));
        assert!(checked.stderr.contains(&format!("near.md:3: {reason}\n")), "{}", checked.stderr);
    }
}
