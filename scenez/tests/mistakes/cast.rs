//! Who is in the scene.

use expect_test::expect;

use super::{assert_all, mistakes, of_cast, scene};

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
env = { A = 1, "B=C" = "x", D = "\u0000" }"#,
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
            17: `B=C` is no name of a variable: letters, digits and `_`
            17: `D` must be a text without NUL
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
            9: no program `no-such-program`: there are `chatz`, `dealz`, `jobz`, `keyz`, `linkz`, `observez`, `patternz`, `peer`, `tickz` and `valuz`
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
fn a_process_that_waits_for_ever() {
    let text =
        scene("view = \"wire\"", "\"prices.ticks.sent\" = \"> 0\"").replace("start = \"late\"", "view = \"desk\"");
    assert_eq!(mistakes(&text), "5: `late` waits, and no cue starts it\n");
}
