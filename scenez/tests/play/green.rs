//! A scene plays, and each change of it that makes an expectation false is found.

use std::{sync::mpsc::channel, time::Duration};

use scenez::stage::{Command, Stage};

use crate::common::{SCENE, config, outcome, outcome_with_pauses, scene};

#[test]
fn a_scene_plays_to_its_end() {
    let outcome = outcome(SCENE);
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    assert_eq!(outcome.cues, 4);
    assert!(outcome.reset.is_some(), "it starts again in the end");
}

/// A scene whose second cue needs a program that ends by itself.
const HURRIED: &str = r#"# In a hurry

It does not wait for a speaker.

```toml cast
[brief]
run = "sh -c 'echo here; exec sleep 1'"
```

## It is here

```toml expect
"brief.prints" = "contains here"
```

## It is killed

```toml do
kill = "brief"
```

```toml expect
"brief.presence" = "gone"
```
"#;

#[test]
fn a_pause_after_each_cue_finds_a_scene_that_fails_while_the_speaker_talks() {
    let pause = Duration::from_secs(2);
    let outcome = outcome_with_pauses(HURRIED, pause);
    assert!(outcome.failures.iter().any(|failure| failure.ends_with("brief does not run")), "{outcome:#?}");
    let outcome = outcome_with_pauses(SCENE, pause);
    assert!(outcome.failures.is_empty() && outcome.time >= 3 * pause, "{outcome:#?}");
}

/// Plays the scene with a change in a cue, and returns what fails.
fn red(before: &str, after: &str) -> String {
    let text = SCENE.replacen(before, after, 1);
    assert_ne!(text, SCENE, "{before}");
    // What cannot become true need not be waited for long.
    let cues = SCENE.split("\n## ").zip(text.split("\n## "));
    let hasty = cues.map(|(was, is)| if was == is { is.to_owned() } else { is.replace("\"30s\"", "\"2s\"") });
    let outcome = outcome(&hasty.collect::<Vec<_>>().join("\n## "));
    assert!(!outcome.failures.is_empty(), "{before} → {after} is green");
    outcome.failures.join("\n")
}

#[test]
fn a_number_that_is_off_by_one_fails_and_is_seen() {
    let failure = red("\"prices.ticks.peers\" = 1", "\"prices.ticks.peers\" = 2");
    assert!(failure.contains("prices.ticks.peers = 2, is 1 after 2 s"), "{failure}");
    assert!(failure.starts_with("prices.md:"), "{failure}");
    let failure = red("\"early.lost\" = 0", "\"early.lost\" = 1");
    assert!(failure.contains("early.lost = 1, is 0"), "{failure}");
    let failure = red("\"late.exit\" = -9", "\"late.exit\" = -8");
    assert!(failure.contains("late.exit = -8, is -9 after 2 s"), "{failure}");
}

#[test]
fn a_process_that_is_killed_fails_what_needs_it() {
    let failure = red("start = \"late\"", "start = \"late\"\nkill = \"prices\"");
    assert!(failure.contains("late."), "{failure}");
    let failure = red("\"early.lost\" = 0", "\"early.lost\" = 0\n\"early.exit\" = 0");
    assert!(failure.contains("early.exit = 0, early still runs after 2 s"), "{failure}");
}

#[test]
fn a_fault_that_is_left_out_fails_what_it_shows() {
    let failure = red("suspend = \"prices\"", "view = \"wire\"");
    // Whichever is noticed first.
    let expected = ["late.received rises <= 40, has risen by", "prices.presence = suspended, is present"];
    assert!(expected.iter().any(|expected| failure.contains(expected)), "{failure}");
    let failure = red("kill = \"late\"", "view = \"wire\"");
    assert!(failure.contains("late."), "{failure}");
}

#[test]
fn a_program_that_does_not_start_is_named_with_its_last_words() {
    let text = SCENE.replacen("tickz publish", "no-such-program", 1);
    let outcome = outcome(&text.replace("\"30s\"", "\"4s\""));
    let all = outcome.failures.join("\n");
    assert!(all.contains("prices: exit code 1, printed last: error: cannot run no-such-program"), "{all}");
}

#[test]
fn a_scene_that_starts_again_finds_its_folder_empty() {
    let text = r#"# Files

A program that does not overwrite a file.

```toml cast
[keys]
run = "sh -c 'set -o noclobber; echo secret > {folder}/key && echo made && exec sleep 1000'"
```

## A file

```toml expect
"keys.prints" = "contains made"
```
"#;
    let (sender, changes) = channel();
    let stage = Stage::open(scene(text), config(), move || _ = sender.send(())).unwrap();
    let met_at_start = |start| {
        while stage.snapshot().start < start || !stage.snapshot().is_met() {
            assert_eq!(stage.snapshot().failures(), Vec::<String>::new());
            changes.recv_timeout(testkit::BOUND).unwrap();
        }
    };
    met_at_start(1);
    stage.command(Command::Reset).unwrap();
    met_at_start(2);
}

#[test]
fn a_script_finds_the_programs_of_the_suite() {
    let text = SCENE.replacen("echo at $DOOR", "echo $(scenez --version) at $DOOR", 1);
    let text = text.replacen("contains at ipc://", "contains scenez 0", 1);
    let outcome = outcome(&text);
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
}

#[test]
fn two_scenes_play_at_once() {
    let threads = [(); 2].map(|()| std::thread::spawn(|| outcome(SCENE)));
    for thread in threads {
        let outcome = thread.join().unwrap();
        assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    }
}
