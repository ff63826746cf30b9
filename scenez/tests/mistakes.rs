//! Each kind of mistake in a scene file has a message that names its line, and all of them are found at once.

use std::path::Path;

use expect_test::{Expect, expect};
use scenez::{check::check, known::Programs, parse::parse};

const CAST: &str = r#"
[prices]
run = "tickz publish"
[late]
run = "tickz watch MSFT"
links = ["ticks"]
wait = true
[worker]
run = "valuz worker"
count = 3
[run]
run = "valuz run --workers 2"
[other]
run = "sh -c true"
"#;

/// A scene of this cast and one cue with these blocks: `acts` begin in line 19, and `expected` begins three lines after
/// their last.
fn scene(cast: &str, acts: &str, expected: &str) -> String {
    let cast = format!("# Title\n```toml cast{cast}```\n");
    format!("{cast}## Cue\n```toml do\n{acts}\n```\n```toml expect\n{expected}\n```\n")
}

/// The mistakes in a file, as a person sees them after its name.
fn mistakes(text: &str) -> String {
    let problems = match parse("test", text) {
        Ok(scene) => check(&scene, &Programs::of_this_machine(Path::new("."))),
        Err(problems) => problems,
    };
    problems.into_iter().map(|problem| format!("{}: {}\n", problem.line.0, problem.reason)).collect()
}

/// Those in a cue that does this. It expects something that can be false.
fn of_acts(acts: &str) -> String {
    mistakes(&scene(CAST, acts, "\"prices.ticks.sent\" = \"> 0\""))
}

/// Those in a cue that starts `late` in line 19 and expects this from line 22 on.
fn of_expected(expected: &str) -> String {
    mistakes(&scene(CAST, "start = \"late\"", expected))
}

/// Those of a cast from line 3 on.
fn of_cast(cast: &str) -> String {
    mistakes(&format!(
        "# Title\n```toml cast\n{cast}\n```\n## Cue\n```toml expect\n\"a.presence\" = \"present\"\n```\n"
    ))
}

#[track_caller]
fn assert_all(found: String, expected: Expect) {
    expected.assert_eq(&found);
}

#[test]
fn a_scene_without_mistakes_has_none() {
    assert_all(
        mistakes(&scene(
            CAST,
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
    let text = scene(CAST, "\n\nkill = \"lat\"", "\"prices.ticks.sent\" = \"> 0\"");
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
        mistakes(&scene(CAST, "\u{1b}[31m", "")),
        expect![[r#"
        19: not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
        19: not TOML: key with no value, expected `=`
    "#]],
    );
}

#[test]
fn the_cast() {
    assert_all(
        of_cast(
            r#"[a]
run = "sh"
[a]
run = "sh""#,
        ),
        expect![[r#"
            5: `a` is there twice
            6: `run` is there twice
        "#]],
    );
    assert_all(
        of_cast(
            r#"[a]
run = "sh 'x"
cuont = 0
[b]
count = 65
wait = 1
env = 2
links = []
["2"]
run = 7
[all]
run = "sh"
[c]
run = "sh"
env = { A = 1 }"#,
        ),
        expect![[r#"
            4: `run` is no command line: a quote does not end
            5: unknown key `cuont`: did you mean `count`?
            6: `b` has no `run`: its program and arguments
            7: `count` must be a whole number from 1 to 64
            8: `wait` must be true or false
            9: `env` must be a table
            10: `links` must be a name in quotes, or a list of them
            11: `2` is no name of a process: a letter, then letters, digits and `-`, at most 32
            12: `run` must be a text in quotes
            13: `all` is no name of a process: `clear = "all"` means all of them
            17: `A` must be a text in quotes
        "#]],
    );
    assert_all(
        of_cast(
            r#"[a]
run = "tickz watch MSFT"
links = ["tiks"]
[b]
run = "tickz publish"
links = ["ticks"]
[c]
run = "no-such-program"
[c2]
run = "tikz watch"
[d]
run = "tickz pubish"
[e]
run = "sh {x:tpc} {y} {z:ipc}"
links = ["y", "z"]
[f-1]
run = "sh"
[f]
run = "sh"
count = 2
[g]
run = "valuz run"
links = ["orders"]"#,
        ),
        expect![[r#"
            3: `a` connects to no endpoint `tiks`: did you mean `ticks`?
            6: `b` binds `ticks`: a link belongs to a process that connects
            9: no program `no-such-program`: there are `chatz`, `patternz`, `tickz` and `valuz`
            11: no program `tikz`: did you mean `tickz`?
            13: `tickz` has no role `pubish`: did you mean `publish`?
            15: `e` connects to no endpoint `z`: did you mean `y`?
            15: unknown transport in `{x:tpc}`: did you mean `tcp`?
            20: two processes are named `f-1`
            23: `g` connects to no endpoint `orders`
        "#]],
    );
    assert_all(
        of_cast(
            r#"[a0]
run = "sh"
count = 64
[a1]
run = "sh"
count = 64
[a2]
run = "sh"
count = 64
[a]
run = "sh""#,
        ),
        expect![[r#"
            3: a scene has at most 128 processes
        "#]],
    );
}

#[test]
fn acts_that_cannot_be_done() {
    assert_all(
        of_acts(
            r#"strat = "late"
kill = 3"#,
        ),
        expect![[r#"
            19: unknown key `strat`: did you mean `start`?
            20: `kill` must be a name in quotes, or a list of them
        "#]],
    );
    assert_all(
        of_acts(
            r#"start = ["late", "prices"]
kill = "worker-4"
stop = "worker-1""#,
        ),
        expect![[r#"
            19: `prices` runs already: stop it before, or use `restart`
            20: no process `worker-4`: did you mean `worker`?
        "#]],
    );
    assert_all(
        of_acts(
            r#"stop = "worker-1"
kill = "worker""#,
        ),
        expect![[r#"
            20: `worker-1` has been ended by a cue before: use `start`
        "#]],
    );
    assert_all(
        of_acts(
            r#"kill = "late"
type = { to = "late", line = "x" }
suspend = "late""#,
        ),
        expect![[r#"
            19: `late` waits: no cue has started it yet
            20: `late` waits: no cue has started it yet
            21: `late` waits: no cue has started it yet
        "#]],
    );
    assert_all(
        of_acts(
            r#"suspend = ["prices", "prices"]
restart = "prices"
resume = "prices""#,
        ),
        expect![[r#"
            19: `prices` is suspended already
            21: `prices` is not suspended
        "#]],
    );
    assert_all(
        of_acts(
            r#"stop = "prices"
type = { to = "prices", line = "x" }
fault = { on = "prices", slow = 50, for = "1s" }
kill = "prices"
start = "prices""#,
        ),
        expect![[r#"
            20: `prices` has been ended by a cue before
            21: `prices` has been ended by a cue before
            22: `prices` has been ended by a cue before: use `start`
        "#]],
    );
    assert_all(
        of_acts(
            r#"stop = "prices"
type = [{ to = "prices", line = "x" }, { too = "prices" }, { to = "other", line = "a\nb" }]
kill = "prices""#,
        ),
        expect![[r#"
            20: `type` needs `to` and `line`: type = { to = "ada", line = "hello" }
            20: `type` types one line: use a list for several
            20: unknown key `too`: did you mean `to`?
        "#]],
    );
    assert_all(
        of_acts(
            r#"view = "wires"
highlight = ["prices.tick", "late.x", "pices"]
clear = "late.ticks""#,
        ),
        expect![[r#"
            19: unknown view `wires`: did you mean `wire`?
            20: `tickz publish` reports no socket `tick`: did you mean `ticks`?
            20: `tickz watch` reports no socket `x`: there is only `ticks`
            20: no process `pices`: did you mean `prices`?
            21: `late.ticks` has no fault to clear
        "#]],
    );
}

#[test]
fn faults_that_make_no_sense() {
    for (keys, reason) in [
        (
            r#"on = "late.ticks", latency = "1s""#,
            r#"a fault without `for`: when it ends by itself, such as for = "10s""#,
        ),
        (r#"latency = "1s", for = "1s""#, r#"a fault without `on`: a process, or a link as "late.ticks""#),
        (r#"on = "late.ticks", latnecy = "1s", for = "1s""#, r#"unknown fault `latnecy`: did you mean `latency`?"#),
        (
            r#"on = "late.ticks", for = "1s""#,
            r#"a fault has one of `latency`, `bandwidth`, `down`, `timeout`, `reset`, `slicer`, `slow`"#,
        ),
        (
            r#"on = "late.ticks", down = true, reset = true, for = "1s""#,
            r#"a fault has one of `latency`, `bandwidth`, `down`, `timeout`, `reset`, `slicer`, `slow`"#,
        ),
        (r#"on = "late.ticks", down = false, for = "1s""#, r#"`down` must be true"#),
        (
            r#"on = "late.ticks", down = true, for = "11m""#,
            r#"`for` must be a time in quotes such as "200ms" or "10s", at most 10 minutes"#,
        ),
        (r#"on = "late.ticks", down = true, jitter = "1s", for = "1s""#, r#"`jitter` belongs to `latency`"#),
        (r#"on = "late.ticks", latency = "1s", jitter = "2s", for = "1s""#, r#"the jitter is longer than the latency"#),
        (r#"on = "late", latency = "1s", for = "1s""#, r#"`latency` is a fault of a link: on = "late.ticks""#),
        (
            r#"on = "prices", latency = "1s", for = "1s""#,
            r#"`latency` is a fault of a link, and `prices` has none: links = ["…"] in the cast"#,
        ),
        (r#"on = "late.tick", latency = "1s", for = "1s""#, r#"`late` has no link `tick`: did you mean `ticks`?"#),
        (
            r#"on = "prices.ticks", latency = "1s", for = "1s""#,
            r#"`prices` has no link `ticks`: links = ["ticks"] in the cast"#,
        ),
        (r#"on = "late.ticks", slow = 50, for = "1s""#, r#"`slow` is a fault of a process: on = "late""#),
        (r#"on = "late", slow = 50, for = "1s""#, r#"`late` waits: no cue has started it yet"#),
        (r#"on = "prices", slow = 100, for = "1s""#, r#"`slow` must be a whole number from 1 to 99"#),
    ] {
        assert_eq!(of_acts(&format!("fault = {{ {keys} }}")), format!("19: {reason}\n"));
    }
}

#[test]
fn expectations_that_mean_nothing() {
    assert_all(
        of_expected(
            r#"late.lost = 0
"late." = 0
"late.lost" = true
"late.ticks.sentt" = 0
within = "5""#,
        ),
        expect![[r#"
            22: a path must be in quotes: "late.lost" = 0
            23: `late.` is no path: a process and what of it, such as "late.lost"
            24: `late.lost` must be a number, or a condition in quotes
            25: unknown figure of a socket `sentt`: did you mean `sent`?
            26: `within` must be a time in quotes such as "200ms" or "10s", at most 10 minutes
        "#]],
    );
    assert_all(
        of_expected(
            r#""late.lost" = "0"
"late.received" = "=> 3"
"late.exit" = "> x"
"prices.exit" = "= late.exit"
"late.ticks.sent" = "rises > late.lost""#,
        ),
        expect![[r#"
            22: "0" is no condition: a number, or "late.lost" = ">= 40"
            23: `> 3` is neither a number nor a path such as "late.lost"
            24: `x` is neither a number nor a path such as "late.lost"
            25: `late.exit` is no number to compare with
            26: "rises > late.lost" is no condition: `rises` takes a number
        "#]],
    );
    assert_all(
        of_expected(
            r#""late.ticks.phase" = "upp"
"late.presence" = 3
"prices.presence" = "here"
"late.prints" = "hello"
"prices.prints" = 3"#,
        ),
        expect![[r#"
            22: unknown phase `upp`: did you mean `up`?
            23: `late.presence` is no number
            24: unknown presence `here`: there are `present`, `suspended`, `silent` and `gone`
            25: `late.prints` is a line: "late.prints" = "contains hello"
            26: `prices.prints` is a line: "prices.prints" = "contains hello"
        "#]],
    );
    assert_all(
        of_expected(
            r#""lat.lost" = 0
"late.lots" = 0
"late.tick.sent" = 0
"run.missing" = 0
"prices.lost" = 0
"late.lost" = "= early.lost""#,
        ),
        expect![[r#"
            22: no process `lat`: did you mean `late`?
            23: `tickz watch` reports no value `lots`: did you mean `lost`?
            24: `tickz watch` reports no socket `tick`: did you mean `ticks`?
            25: `valuz run` reports no value `missing`
            26: `tickz publish` reports no value `lost`
            27: no process `early`: there are `prices`, `late`, `worker`, `run` and `other`
        "#]],
    );
}

#[test]
fn expectations_that_cannot_fail() {
    assert_all(
        of_expected(
            r#""late.lost" = ">= 0"
"late.received" = "<> -1"
"late.ticks.sent" = "< 0"
"late.ticks.peers" = -1
"late.ticks.received" = "rises >= 0"
"prices.ticks.sent" = "= prices.ticks.sent"
"prices.exit" = "rises > 0""#,
        ),
        expect![[r#"
            22: this is always true: it cannot fail
            23: this is always true: it cannot fail
            24: this is never true
            25: this is never true
            26: this is always true: it cannot fail
            27: compared with itself: this cannot fail
            28: an exit code does not rise
        "#]],
    );
    assert_all(
        mistakes(&scene(CAST, r#"view = "wire""#, r#""late.lost" = 0"#)),
        expect![[r#"
        22: `late` waits: no cue has started it yet
    "#]],
    );
}
