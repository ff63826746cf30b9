//! The languages of a registry, and a page of verdicts. A worker of this suite stands for one in another language.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{fs, path::PathBuf, process::Command};

use tempfile::TempDir;
use testkit::{Finished, Program, sibling};

const PEERZ: &str = env!("CARGO_BIN_EXE_peerz");

/// A folder `polyglot` with a language that this machine has, whose worker is this command, and one that it lacks.
struct Polyglot(TempDir);

impl Polyglot {
    fn new(worker: &str) -> Self {
        let polyglot = Self(tempfile::tempdir().unwrap());
        for path in ["here/worker.x", "gone/watch.x"] {
            let path = polyglot.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "code\n").unwrap();
        }
        polyglot.set_worker(worker);
        polyglot
    }

    fn set_worker(&self, worker: &str) {
        let section = |id: &str, present: &str, run: &str| {
            format!(
                "[{id}]\nname = \"{id}\"\nlibrary = \"lib\"\npresent = \"{present}\"\nversions = \"echo 1.2\"\n\
                 extension = \"x\"\nrun = \"{run}\"\nhard = \"all\"\n"
            )
        };
        let text = section("here", "true", worker) + &section("gone", "false", "false");
        fs::write(self.path("languages.toml"), text).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = Command::new(PEERZ);
        command.args(arguments).env("SUITE_POLYGLOT", self.0.path());
        Program::spawn(command).finish_within(12 * testkit::BOUND)
    }
}

/// The command line of a worker that passes the kit.
fn good() -> String {
    format!("'{}' worker --report", sibling("valuz").display())
}

#[test]
fn languages_are_listed_with_their_versions_or_how_to_get_them() {
    let polyglot = Polyglot::new("true");
    let listed = polyglot.run(&["languages"]);
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert_eq!(
        listed.stdout,
        "here        1.2\n            worker\ngone        missing: `just setup gone` installs it\n            watch\n\
         2 languages, 1 present\n"
    );
    let json = polyglot.run(&["languages", "--json"]).json();
    assert_eq!(
        (&json[0]["versions"], &json[1]["present"], &json[1]["roles"][0]),
        (&"1.2".into(), &false.into(), &"watch".into())
    );
}

#[test]
fn a_role_is_run_with_its_arguments_and_its_exit_code() {
    let polyglot = Polyglot::new("sh -c 'echo \\\"$@\\\"; exit 7' sh first");
    let done = polyglot.run(&["run", "here", "worker", "--count", "3", "--help"]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(7), "first --count 3 --help\n"), "{}", done.stderr);
    for (arguments, code, reason) in [
        (["run", "cobol", "worker"], 2, "no language `cobol`: there are here, gone"),
        (["run", "here", "watch"], 2, "here has no role `watch`: there are worker"),
        (["run", "gone", "watch"], 1, "gone is missing on this machine: `just setup gone` installs it"),
        (["setup", "here", "gone"], 1, "gone is still missing after its set-up: this fails: false"),
    ] {
        let refused = polyglot.run(&arguments);
        assert_eq!((refused.code, refused.stderr), (Some(code), format!("error: {reason}\n")));
    }
}

#[test]
fn the_page_has_the_verdicts_and_a_check_compares_it() {
    let polyglot = Polyglot::new(&good());
    let made = polyglot.run(&["matrix"]);
    assert_eq!(made.code, Some(0), "{}{}", made.stdout, made.stderr);
    assert!(made.stdout.contains("gone                   skipped: gone is missing"), "{}", made.stdout);
    assert!(made.stdout.ends_with("1 language and 1 role checked, 1 skipped\n"), "{}", made.stdout);
    let page = fs::read_to_string(polyglot.path("README.md")).unwrap();
    let row = page.lines().find(|line| line.starts_with("| [here](here/) | | | | | | ")).unwrap_or_default();
    let (passed, of) = row.split('|').nth(7).unwrap().trim().split_once(" of ").unwrap();
    assert_eq!(passed, of, "{page}");
    let measured = page.lines().find(|line| line.starts_with("| [here](here/) | lib | 1.2 | ")).unwrap_or_default();
    assert!(measured.ends_with("000 | worker 1 |"), "{page}");

    let checked = polyglot.run(&["matrix", "--check", "here"]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
    assert_eq!(fs::read_to_string(polyglot.path("README.md")).unwrap(), page);

    fs::write(polyglot.path("README.md"), page.replace("all\n", "nothing\n")).unwrap();
    polyglot.set_worker("true");
    let worse = polyglot.run(&["matrix", "--check"]);
    assert_eq!(worse.code, Some(1));
    assert!(worse.stderr.contains("error: here worker: fails "), "{}", worse.stderr);
}

#[test]
fn a_system_without_apt_shows_how_to_do_it_by_hand_and_skips() {
    let polyglot = Polyglot::new("true");
    let text = "[gone]\nname = \"Gone\"\nlibrary = \"libgone\"\npackages = [\"gone-dev\"]\npresent = \"exit 1\"\n\
                versions = \"\"\nextension = \"x\"\nrun = \"x\"\nhard = \"\"\n";
    fs::write(polyglot.path("languages.toml"), text).unwrap();
    std::os::unix::fs::symlink("/bin/sh", polyglot.path("sh")).unwrap();
    let by_hand = "Gone is missing, and this system has no apt. By hand: libgone; Debian's packages are gone-dev. It is there when \
                   this succeeds: exit 1";
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PEERZ);
        command.args(arguments).env("SUITE_POLYGLOT", polyglot.0.path()).env("PATH", polyglot.0.path());
        Program::spawn(command).finish()
    };
    let refused = run(&["setup", "gone"]);
    assert_eq!((refused.code, refused.stderr), (Some(1), format!("error: {by_hand}\n")));
    let skipped = run(&["matrix", "--setup"]);
    assert_eq!((skipped.code, skipped.stderr), (Some(0), format!("peerz: {by_hand}\n")));
    assert!(skipped.stdout.ends_with("0 languages and 0 roles checked, 1 skipped\n"), "{}", skipped.stdout);
}
