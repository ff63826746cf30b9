//! Markdown, TOML, and where blocks are.

use expect_test::expect;

use super::{assert_all, mistakes, of_acts, scene};

#[test]
fn a_scene_without_mistakes_has_none() {
    assert_all(
        mistakes(&scene(
            r#"start = "late"
suspend = ["prices", "worker-2"]
fault = { on = "late.ticks", latency = "200ms", jitter = "20ms", for = "10s" }
clear = ["late.ticks", "all"]
view = "wire"
highlight = "late.ticks""#,
            r#"within = "2s"
"late.lost" = 0
"late.ticks.received" = "= prices.ticks.sent"
"late.tickz.sub.phase" = "up"
"worker.valued" = "rises >= 10"
"worker-3.presence" = "present"
"worker.exit" = 0
"run.exit" = 0
"run.prints" = "contains done"
"other.anything" = "<> 7""#,
        )),
        expect![[r#""#]],
    );
}

#[test]
fn the_form_of_a_file() {
    assert_all(
        mistakes(""),
        expect![[r#"
        1: a scene begins with its title: `# Title`
        1: a scene without a cast: a block `toml cast` before the first cue
        1: a scene without a cue: `## Title`
    "#]],
    );
    assert_all(
        mistakes(
            "# Title\n\n> aside\n\n```toml do\n```\n\n- ```toml cast\n  ```\n\n```toml csat\n```\n\n## One\n\n\
             ## One\n\n# Two\n##\n```toml cast\n```\n```toml expect\n\"a.b\" = 1\n```\n```toml do\nview = \"wire\"\n```\n",
        ),
        expect![[r#"
            1: a scene without a cast: a block `toml cast` before the first cue
            1: notes before the first cue: the speaker sees the notes of a cue
            5: before the first cue there is only the cast: put this below a `##` heading
            8: a block in a list or in a quote: move it to the left margin
            11: `toml csat` is no kind of block: did you mean `cast`?
            18: a second title: a cue has `##`, a heading in its text `###`
            19: a heading without a title
            20: the cast is in one block before the first cue
            25: a cue expects something after all that it does: make this another cue
        "#]],
    );
    assert_all(
        mistakes("# Title\n```toml cast\n[a]\nrun = \"sh\"\n```\n```toml cast\n```\n## One\n"),
        expect![[r#"
        6: a second cast: add it to the one in line 2
    "#]],
    );
    assert_all(
        mistakes("# Title\n```toml cast\n[a]\nrun = \"sh\"\n```\n## One\n## One\n"),
        expect![[r#"
        6: a scene that expects nothing cannot fail: add a block `toml expect` to a cue
        7: a cue of this title is in line 6
    "#]],
    );
}

#[test]
fn lines_are_those_of_the_file_also_with_crlf_and_a_byte_order_mark() {
    let text = scene("\n\nkill = \"lat\"", "\"prices.ticks.sent\" = \"> 0\"");
    assert_eq!(mistakes(&text), "21: no process `lat`: did you mean `late`?\n");
    assert_eq!(mistakes(&format!("\u{feff}{}", text.replace('\n', "\r\n"))), mistakes(&text));
}

#[test]
fn toml() {
    assert_all(
        of_acts(
            r#"start = late
kill = "prices"
kill = "worker"
view"#,
        ),
        expect![[r#"
            19: not TOML: string values must be quoted, expected literal string
            21: `kill` is there twice
            22: not TOML: key with no value, expected `=`
        "#]],
    );
    assert_all(
        mistakes(&scene("\u{1b}[31m", "")),
        expect![[r#"
        19: not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
        19: not TOML: key with no value, expected `=`
    "#]],
    );
}
