//! The talk in a terminal: keys lead through its scenes; without a terminal it plays by itself.

use std::{fs, process::Command};

use tempfile::TempDir;
use testkit::{Finished, Program, Terminal, eventually, sibling};

use crate::common::Remains;

const TALK: &str = "\
# The talk

What it is about.

## 9 minutes

All of it.

1. [First](first.md), 4 minutes

   We begin with it.

1. [Second](second.md), 5 minutes

   This follows from that.

## 5 minutes

1. [Second](second.md), 5 minutes
";

/// A scene of two cues.
fn scene(title: &str) -> String {
    format!(
        "# {title}\n\nIts idea.\n\n```toml cast\n[clock]\nrun = \"sh -c 'echo tick of {title}; exec sleep 1000'\"\n```\n\n\
         ## It ticks\n\n```toml expect\nwithin = \"10s\"\n\"clock.prints\" = \"contains tick\"\n```\n\n\
         ## It stops\n\n```toml do\nkill = \"clock\"\n```\n\n```toml expect\nwithin = \"10s\"\n\"clock.exit\" = -9\n```\n"
    )
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scenes")).unwrap();
    for (name, text) in [("talk", TALK), ("first", &scene("First")), ("second", &scene("Second"))] {
        fs::write(folder.path().join("scenes").join(format!("{name}.md")), text).unwrap();
    }
    folder
}

fn tour(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(sibling("scenez"));
    command.arg("tour").args(arguments).current_dir(folder.path()).env("COLUMNS", "80");
    command
}

/// Runs it without a terminal and without input.
fn run(folder: &TempDir, arguments: &[&str]) -> Finished {
    let mut program = Program::spawn(tour(folder, arguments));
    program.close_stdin();
    program.finish_within(3 * testkit::BOUND)
}

#[test]
fn enter_leads_through_cues_and_scenes() {
    let folder = folder();
    let mut terminal = Terminal::start(tour(&folder, &["--minutes", "9"]));
    eventually("the keys", || terminal.shows("[Enter: play it ").ends_with("q Enter: end]\r\n"));
    terminal.types("what?\n");
    eventually("the keys again", || terminal.screen().matches("[Enter: play it ").count() == 2);
    let screen = terminal.screen();
    for text in ["The talk", "All of it.", "── 1 of 2, minute 0 of 9 ─", "We begin with it.", "First", "Its idea."]
    {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert!(!screen.contains("1/2"), "{screen}");
    for shown in ["1/2  It ticks", "2/2  It stops"] {
        terminal.types("\n");
        terminal.shows(shown);
        eventually("the end of the cue", || terminal.shows(shown).contains("[Enter: next "));
    }
    terminal.types("\n");
    terminal.shows("── 2 of 2, minute 4 of 9, 3 minutes early ─");
    terminal.shows("This follows from that.");
    terminal.types("\n");
    terminal.shows("tick of Second");
    terminal.types("p\n");
    eventually("the scene before", || {
        terminal.shows("[Enter: play it ").ends_with("q Enter: end]\r\n")
            && terminal.screen().matches("── 1 of 2").count() == 2
    });
    terminal.types("s\n");
    eventually("the scene after", || terminal.screen().matches("── 2 of 2").count() == 2);
    terminal.types("s\n");
    terminal.shows("── the end ─");
    assert_eq!(terminal.exit().code(), Some(0));
}

#[test]
fn without_a_terminal_it_plays_by_itself() {
    let finished = run(&folder(), &["--minutes", "9"]);
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    assert!(!finished.stdout.contains(['\u{1b}', '[']), "{}", finished.stdout);
    assert!(finished.stdout.lines().all(|line| line.chars().count() <= 80), "{}", finished.stdout);
    let headings = |line: &&str| line.contains(" of 9 ") || line.contains("/2  ") || line.contains("the end");
    let headings: Vec<_> = finished.stdout.lines().filter(headings).map(|line| line.trim_matches(['─', ' '])).collect();
    let cues = ["1/2  It ticks", "2/2  It stops"];
    let expected = [&["1 of 2, minute 0 of 9"], &cues[..], &["2 of 2, minute 4 of 9"], &cues, &["the end"]].concat();
    assert_eq!(headings, expected);
}

#[test]
fn it_begins_with_the_scene_that_is_asked_for_in_the_shortest_cut() {
    let shortest = run(&folder(), &[]);
    assert!(shortest.code == Some(0) && shortest.stdout.contains("1 of 1, minute 0 of 5"), "{}", shortest.stdout);
    let second = run(&folder(), &["second", "--minutes", "9"]);
    assert!(second.code == Some(0) && !second.stdout.contains("1 of 2"), "{}", second.stdout);
    assert!(second.stdout.contains("2 of 2, minute 4 of 9"), "{}", second.stdout);

    for (arguments, reason) in [
        (["second", "--minutes", "7"], "error: the talk has no cut of 7 minutes: --minutes is one of 9, 5\n"),
        (["frist", "--minutes", "9"], "error: `frist` is no scene of the talk of 9 minutes: did you mean `first`?\n"),
    ] {
        let refused = run(&folder(), &arguments);
        assert_eq!((refused.code, refused.stdout.as_str(), refused.stderr.as_str()), (Some(2), "", reason));
    }
}

#[test]
fn it_stops_at_the_first_scene_that_fails() {
    let folder = folder();
    let path = folder.path().join("scenes/first.md");
    fs::write(&path, scene("First").replace("contains tick\"", "contains tock\"").replace("10s", "1s")).unwrap();
    let failed = run(&folder, &["--minutes", "9"]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(failed.stderr.starts_with("error: first.md:14: clock.prints contains 'tock'"), "{}", failed.stderr);
    assert!(!failed.stdout.contains("It stops") && !failed.stdout.contains("2 of 2"), "{}", failed.stdout);
    // A person decides: the failure is shown, and the next cue is one key away.
    let mut terminal = Terminal::start(tour(&folder, &["--minutes", "9"]));
    terminal.shows("[Enter: play it ");
    terminal.types("\n");
    terminal.shows("FAILED");
    terminal.types("\n");
    terminal.shows("2/2  It stops");
    terminal.types("q\n");
    assert_eq!(terminal.exit().code(), Some(0));

    fs::write(&path, "# First\n").unwrap();
    let mistaken = run(&folder, &["--minutes", "9"]);
    assert_eq!((mistaken.code, mistaken.stdout.as_str()), (Some(1), ""));
    fs::remove_file(folder.path().join("scenes/talk.md")).unwrap();
    assert!(run(&folder, &[]).stderr.starts_with("error: cannot read scenes/talk.md"));
}

#[test]
fn a_signal_and_the_end_of_the_terminal_end_it_and_its_processes() {
    let folder = folder();
    let ends: [fn(&mut Terminal); 2] = [|terminal| terminal.terminate(), |terminal| terminal.types("\u{4}")];
    for end in ends {
        let mut terminal = Terminal::start(tour(&folder, &[]));
        terminal.shows("[Enter: play it ");
        terminal.types("\n");
        terminal.shows("tick of Second");
        let mut remains = Remains::default();
        terminal.screen().lines().for_each(|line| remains.note_line(line));
        end(&mut terminal);
        assert_eq!(terminal.exit().code(), Some(0));
        remains.assert_no_process();
    }
}
