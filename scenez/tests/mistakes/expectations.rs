//! What a cue expects.

use expect_test::expect;

use super::{assert_all, mistakes, of_expected, scene};

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
fn the_desk_in_a_cast_reports_its_sockets_and_no_values() {
    let scene = r#"# Title
```toml cast
[desk]
run = "dealz --web 127.0.0.1:0"
```
## Cue
```toml expect
"desk.ticks.received" = "> 0"
"desk.tick.received" = "> 0"
"desk.present" = 2
```
"#;
    assert_all(
        mistakes(scene),
        expect![[r#"
            9: `dealz desk` reports no socket `tick`: did you mean `ticks`?
            10: `dealz desk` reports no value `present`
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
        mistakes(&scene(r#"view = "wire""#, r#""late.lost" = 0"#)),
        expect![[r#"
            22: `late` waits: no cue has started it yet
        "#]],
    );
}
