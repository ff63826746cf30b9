//! Members in other languages: a shell script stands for one that this machine has, and another language is missing.

use std::{fs, process::Command};

use tempfile::TempDir;
use testkit::{Finished, Program, sibling};

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

fn run(folder: &TempDir, arguments: &[&str]) -> Finished {
    let mut command = Command::new(sibling("scenez"));
    command.args(arguments).current_dir(folder.path()).env("COLUMNS", "80").env("CARGO_TARGET_DIR", "target");
    let mut program = Program::spawn(command);
    program.close_stdin();
    program.finish_within(3 * testkit::BOUND)
}

#[test]
fn a_member_in_another_language_is_built_and_gets_the_endpoints_of_the_scene() {
    let folder = folder();
    let played = run(&folder, &["play", "near", "--check"]);
    assert_eq!((played.code, played.stderr.as_str()), (Some(0), ""));
    assert!(folder.path().join("target/polyglot/shell/worker").is_file());
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
    assert_eq!((played.code, played.stderr), (Some(1), format!("error: {missing}\n")));
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
