//! Workers in languages of a folder of this test, whose programs are of shell.

use super::*;
use crate::view::LanguageState;

/// Languages of which one is built once a file `go` is there, one cannot be built, and one is missing.
const REGISTRY: &str = r#"
[slow]
name = "Slow"
library = "none"
present = "true"
versions = "true"
extension = "sh"
build = "until test -e go; do sleep 0.02; done; cp {file} {out}"
run = "sh {out}"
hard = "nothing"

[broken]
name = "Broken"
library = "none"
present = "true"
versions = "true"
extension = "sh"
build = "echo 'error: no such word'; exit 3"
run = "sh {out}"
hard = "nothing"

[absent]
name = "Absent"
library = "none"
present = "false"
versions = "true"
extension = "sh"
run = "sh {file}"
hard = "nothing"
"#;

/// A desk whose services run, and its folder.
fn start_with_languages() -> (Started, tempfile::TempDir) {
    let root = tempfile::tempdir().unwrap();
    let polyglot = root.path().join("polyglot");
    for language in ["slow", "broken", "absent"] {
        fs::create_dir_all(polyglot.join(language)).unwrap();
        fs::write(polyglot.join(language).join("worker.sh"), "exec sleep 600\n").unwrap();
    }
    fs::write(polyglot.join("languages.toml"), REGISTRY).unwrap();
    let surroundings = Surroundings { root: root.path().to_owned(), ..programs(&folder()) };
    (start_with(surroundings, Some(1)), root)
}

/// Whether the workers in a language are so.
fn are(languages: &[LanguageView], id: &str, wanted: u32, state: &LanguageState) -> bool {
    languages.iter().any(|view| view.id == id && view.wanted == wanted && view.state == *state)
}

#[test]
fn a_worker_that_is_built_first_holds_up_nothing() {
    let (started, root) = start_with_languages();
    started.until("all run", |views, wanted| running(views) == 3 && wanted == 1);
    started.processes.set_workers("slow", 2).unwrap();
    started.until_with_languages("it is built", |views, languages| {
        views.len() == 3 && are(languages, "slow", 2, &LanguageState::Building)
    });
    // Meanwhile the desk works.
    started.act("chatz", ProcessAct::Restart).unwrap();
    started.processes.set_workers(RUST, 2).unwrap();
    started.until("a worker in Rust starts", |views, wanted| views.contains_key("worker-2") && wanted == 4);
    fs::write(root.path().join("polyglot/slow/go"), "").unwrap();
    let views = started.until("both start", |views, wanted| running(views) == 6 && wanted == 4);
    assert!(views.contains_key("worker-slow-1") && views.contains_key("worker-slow-2"));

    let refused = started.processes.set_valuation(ValuationName::Var).unwrap_err().to_string();
    assert_eq!(refused, "no worker in Slow computes value at risk: remove it first");
    assert_eq!(started.processes.set_valuation(ValuationName::Notional).unwrap().len(), 4);
    started.processes.kill_worker().unwrap();
    assert_eq!(started.until_ended("worker-slow-2"), "killed by signal 9");
    assert!(started.processes.set_workers("slow", 15).is_err(), "two workers in Rust are there");
    started.processes.set_workers("slow", 0).unwrap();
    started.until("none is left", |views, wanted| views.len() == 4 && wanted == 2);
    assert!(started.processes.set_valuation(ValuationName::Var).is_ok());
}

#[test]
fn a_worker_that_cannot_be_built_says_why() {
    let (started, _root) = start_with_languages();
    started.processes.set_workers("broken", 1).unwrap();
    let failure = RefCell::default();
    started.until_with_languages("it has failed", |_, languages| {
        let broken = languages.iter().find(|view| view.id == "broken").unwrap();
        let LanguageState::Failed { reason } = &broken.state else { return false };
        failure.replace(reason.clone());
        broken.wanted == 0
    });
    assert!(failure.borrow().contains("no such word"), "{failure:?}");
    started.processes.set_workers("absent", 1).unwrap();
    started.until_with_languages("it is missing", |_, languages| {
        let reason = "Absent is missing on this machine: `just setup absent` installs it".to_owned();
        are(languages, "absent", 0, &LanguageState::Failed { reason })
    });
    let refused = started.processes.set_workers("cobol", 1).unwrap_err().to_string();
    assert_eq!(refused, "language: there are workers in rust, slow, broken, absent");
}

#[test]
fn the_machine_is_asked_for_languages_when_someone_wants_to_know() {
    let (started, _root) = start_with_languages();
    started.until_with_languages("unknown", |_, languages| {
        let of_rust = are(languages, RUST, 1, &LanguageState::Present);
        of_rust && languages[1..].iter().all(|view| view.state == LanguageState::Unknown)
    });
    started.processes.ask_for_languages().unwrap();
    started.processes.ask_for_languages().unwrap();
    started.until_with_languages("known", |_, languages| {
        are(languages, "slow", 0, &LanguageState::Present) && are(languages, "absent", 0, &LanguageState::Missing)
    });
}
