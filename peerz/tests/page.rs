//! The page that leads from nothing to a worker names checks of the kit: all of them, and no other.

use std::{collections::BTreeSet, fs, path::Path};

use peerz::kit::{jobz, worker};

/// The words in backticks in a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn each_check_of_a_worker_is_passed_in_a_step() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol-docs/write-your-own-peer.md");
    let page = fs::read_to_string(page).unwrap();
    let checks: BTreeSet<&str> = worker::CHECKS.iter().map(|check| check.name).collect();
    let steps = page.split("\n\n").filter_map(|paragraph| paragraph.strip_prefix("Checks: "));
    assert_eq!(steps.flat_map(quoted).collect::<BTreeSet<_>>(), checks);

    let (_, mistakes) = page.split_once("## Common mistakes").unwrap();
    let (mistakes, _) = mistakes.split_once("\n## ").unwrap();
    let named =
        mistakes.lines().filter_map(|line| line.trim_end_matches(" |").rsplit_once("| ")).map(|(_, check)| check);
    let unknown: Vec<_> = named.flat_map(quoted).filter(|name| !checks.contains(name)).collect();
    assert!(unknown.is_empty() && mistakes.lines().count() > 10, "{unknown:?}");
}

#[test]
fn each_check_of_a_worker_of_jobz_is_named() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol-docs/write-your-own-peer.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("## A worker of jobz").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let named: BTreeSet<&str> = quoted(section).collect();
    let unnamed: Vec<_> =
        jobz::worker::CHECKS.iter().map(|check| check.name).filter(|name| !named.contains(name)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}
