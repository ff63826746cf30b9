//! The order of a talk: what its file says, and each kind of mistake in it with its line.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{fs, path::Path};

use expect_test::{Expect, expect};
use scenez::{
    files,
    script::Line,
    talk::{self, Cut, Part},
};
use tempfile::TempDir;
use testkit::run;

const SCENEZ: &str = env!("CARGO_BIN_EXE_scenez");

const TALK: &str = "\
# Beyond

The idea,
in two lines.

## 10 minutes

For those who have no time.

1. [Late](late.md), 6 minutes

   What was *before*.

   - a [link](other.md)
   - and another item
2. [`GO` and `GOOG`](prefixes.md), 1 minute

## 5 minutes

1. [Late](late.md), 5 minutes
";

/// A folder with two scenes and this talk.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let scene = "```toml cast\n[prices]\nrun = \"tickz publish\"\n```\n## Cue\n```toml expect\n\"prices.ticks.sent\" = \"> 0\"\n```\n";
    fs::write(folder.path().join("late.md"), format!("# Late\n{scene}")).unwrap();
    fs::write(folder.path().join("prefixes.md"), format!("# `GO` and `GOOG`\n{scene}")).unwrap();
    fs::write(folder.path().join("talk.md"), text).unwrap();
    folder
}

fn part(scene: &str, title: &str, minutes: u32, text: &str, line: u32) -> Part {
    Part { scene: scene.to_owned(), title: title.to_owned(), minutes, text: text.to_owned(), line: Line(line) }
}

#[test]
fn a_talk_has_cuts_and_they_have_scenes() {
    let talk = talk::load(folder(TALK).path()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((talk.title.as_str(), talk.idea.as_str()), ("Beyond", "The idea,\nin two lines."));
    let text = "What was *before*.\n\n- a [link](other.md)\n- and another item";
    let ten = Cut {
        minutes: 10,
        text: "For those who have no time.".to_owned(),
        parts: vec![part("late", "Late", 6, text, 10), part("prefixes", "GO and GOOG", 1, "", 16)],
        line: Line(6),
    };
    let five = Cut { minutes: 5, text: String::new(), parts: vec![part("late", "Late", 5, "", 20)], line: Line(18) };
    assert_eq!((talk.longest(), talk.cut(5), talk.cut(6)), (Some(&ten), Some(&five), None));
    assert_eq!(talk.cuts, [ten, five]);
}

#[track_caller]
fn assert_mistakes(text: &str, expected: Expect) {
    let folder = folder(text);
    let error = talk::load(folder.path()).unwrap_err().to_string();
    expected.assert_eq(&error.replace(&format!("{}/talk.md:", folder.path().display()), ""));
}

#[test]
fn mistakes_in_its_form() {
    assert_mistakes(
        "",
        expect![[r#"
            1: a talk begins with its title: `# Title`
            1: a talk without a cut: `## 75 minutes`"#]],
    );
    assert_mistakes(
        "# A\n# B\n## Introduction\n\n## 0 minutes\n- [Late](late.md), 1 minute\n\n## 5 minutes\n\
         1. Late, 1 minute\n2. [Late](late.md)\n3. [Late](late.md), two minutes\n4. [Late](../late.md), 1 minute\n\
         5. [Late](late), 1 minute\n6. see [Late](late.md), 1 minute\n7. **[Late](late.md)**, 1 minute\n\n\
         ## 6 minutes\n1. [Late](late.md), 1 minute\n\nand then\n\n2. [Late](late.md), 1 minute\n",
        expect![[r#"
            2: a second title: a cut has `##`, a heading in its text `###`
            3: a cut without scenes: write `1. [Title of the scene](scene.md), 6 minutes`
            3: a heading that is no length: write `## 75 minutes`, or `###` in a text
            5: a cut without scenes: write `1. [Title of the scene](scene.md), 6 minutes`
            5: a heading that is no length: write `## 75 minutes`, or `###` in a text
            8: a cut without scenes: write `1. [Title of the scene](scene.md), 6 minutes`
            9: write `1. [Title of the scene](scene.md), 6 minutes`
            10: write `1. [Title of the scene](scene.md), 6 minutes`
            11: write `1. [Title of the scene](scene.md), 6 minutes`
            12: write `1. [Title of the scene](scene.md), 6 minutes`
            13: write `1. [Title of the scene](scene.md), 6 minutes`
            14: write `1. [Title of the scene](scene.md), 6 minutes`
            15: write `1. [Title of the scene](scene.md), 6 minutes`
            20: text after the list of a cut: indent it, as a part of the last item
            22: a second list in a cut: text between two scenes is indented, as a part of its item"#]],
    );
}

#[test]
fn mistakes_that_its_scenes_show() {
    assert_mistakes(
        "# A\n## 5 minutes\n1. [Late](late.md), 3 minutes\n2. [Late](late.md), 3 minutes\n\n\
         ## 5 minutes\n1. [Latte](latte.md), 1 minute\n2. [The prefix](prefixes.md), 1 minute\n3. [A](talk.md), 1 minute\n",
        expect![[r#"
            2: its scenes take 6 minutes
            4: `late` is in line 3 of this cut already
            6: a cut of this length is in line 2
            7: no scene `latte`: did you mean `late`?
            8: the title of `prefixes` is `GO and GOOG`
            9: no scene `talk`: there are `late` and `prefixes`"#]],
    );
}

#[test]
fn it_is_no_scene_and_is_checked_with_them() {
    let good = folder(TALK);
    assert_eq!(files::all(good.path()).unwrap().len(), 2);
    let path = good.path().display().to_string();
    let checked = run(SCENEZ, ["check", "--scenes", &path]);
    let line = format!("{path}/talk.md: 2 scenes in 10 minutes, 1 scene in 5 minutes\n");
    assert!(checked.code == Some(0) && checked.stdout.ends_with(&line), "{}{}", checked.stdout, checked.stderr);
    assert_eq!(run(SCENEZ, ["check", "talk", "--scenes", &path]).stdout, line);
    let played = run(SCENEZ, ["play", "talk", "--scenes", &path]);
    assert_eq!((played.code, played.stdout.as_str()), (Some(1), ""));
    assert!(played.stderr.contains("talk.md orders scenes and is none"), "{}", played.stderr);

    let bad = folder(&TALK.replace("10 minutes", "6 minutes"));
    let checked = run(SCENEZ, ["check", "--scenes", &bad.path().display().to_string()]);
    assert_eq!(checked.code, Some(1));
    assert!(checked.stderr.contains("talk.md:6: its scenes take 7 minutes"), "{}", checked.stderr);

    fs::remove_file(good.path().join("talk.md")).unwrap();
    assert_eq!(run(SCENEZ, ["check", "--scenes", &path]).code, Some(0));
    assert_eq!(run(SCENEZ, ["check", "talk", "--scenes", &path]).code, Some(1));
    assert!(talk::find(good.path()).unwrap().is_none());
    assert!(talk::find(Path::new("no-folder")).unwrap().is_none());
}
