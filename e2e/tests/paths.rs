//! `ipc://` endpoints: one server a path, no other file is touched, and a killed server's path is taken over.

use std::{fs, path::Path};

use e2e::{chatz, tickz};
use testkit::{Finished, run, sibling};

fn publish(path: &Path) -> Finished {
    run(sibling("tickz"), ["publish", "--count", "1", "--ticks", &format!("ipc://{}", path.display())])
}

#[test]
fn a_second_server_is_refused_and_the_first_undisturbed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ticks");
    let ticks = format!("ipc://{}", path.display());
    let first = tickz(&["publish", "--rate", "100", "--ticks", &ticks]);
    let _ = first.endpoint("ticks");
    let second = publish(&path);
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    let expected = format!("{ticks} is in use by tickz (pid {})", first.pid());
    assert!(second.stderr.contains(&expected), "{}", second.stderr);
    let watched = tickz(&["watch", "MSFT", "--ticks", &ticks, "--count", "3"]).finish();
    assert_eq!(watched.code, Some(0), "{}", watched.stderr);
    // Not even noticed: nothing but the watcher came and went.
    assert!(!first.log().contains("refused"), "{}", first.log());

    first.kill();
    let _ = first.finish();
    assert!(path.exists());
    assert_eq!(publish(&path).code, Some(0), "the path of a killed server is taken over");
}

#[test]
fn two_channels_cannot_share_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let both = format!("ipc://{}", folder.path().join("chat").display());
    let finished = chatz(&["serve", "--requests", &both, "--broadcasts", &both]).finish();
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("is in use by another socket of this process"), "{}", finished.stderr);
}

#[test]
fn a_file_at_the_path_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "kept").expect("it can be written");
    let finished = publish(&notes);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("that is no socket"), "{}", finished.stderr);
    assert_eq!(fs::read_to_string(&notes).expect("it is there"), "kept");
}
