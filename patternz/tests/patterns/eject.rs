//! What `just eject` copies, and what it refuses. Whether it compiles is proved by `scripts/try-eject.sh`.

use std::{collections::BTreeSet, fs, path::Path};

use testkit::{Finished, run};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/eject.sh");

#[expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]
fn eject(pattern: &str, folder: &Path) -> Finished {
    run(SCRIPT, [pattern, folder.to_str().unwrap()])
}

#[expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]
fn files(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn each_pattern_comes_with_its_test_the_patterns_that_it_starts_and_the_crates_that_they_need() {
    let parent = tempfile::tempdir().unwrap();
    for declared in patternz::REPORTS {
        let folder = parent.path().join(declared.role);
        let finished = eject(declared.role, &folder);
        assert_eq!(finished.code, Some(0), "{}: {}", declared.role, finished.stderr);
        let file = format!("src/{}.rs", declared.role.replace('-', "_"));
        let original = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        assert_eq!(fs::read(folder.join(&file)).unwrap(), original, "{file}");
        assert_eq!(files(&folder.join("tests/patterns")).len(), 3, "its test, cast.rs and main.rs");
        assert!(files(&folder.join("crates")).is_superset(&["settings", "sockets", "wire"].map(str::to_owned).into()));
    }
    let ping = files(&parent.path().join("ping/src"));
    assert!(ping.contains("pong.rs") && !ping.contains("publish.rs"), "{ping:?}");
}

#[test]
fn a_folder_with_something_in_it_and_an_unknown_pattern_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mine");
    let unknown = eject("pang", &folder);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.starts_with("error: no pattern 'pang'; there are: ping pong "), "{}", unknown.stderr);
    assert!(!folder.exists());
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let full = eject("ping", &folder);
    assert_eq!(full.code, Some(2));
    assert!(full.stderr.contains("is not empty"), "{}", full.stderr);
    assert_eq!(files(&folder), ["notes.txt".to_owned()].into());
}
