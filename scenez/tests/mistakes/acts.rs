//! What a cue does.

use expect_test::expect;

use super::{assert_all, of_acts};

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
            19: no view `wires` for scenes: did you mean `wire`?
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
            r#"a fault has one of `latency`, `bandwidth`, `slicer`, `down`, `timeout`, `reset`, `slow`"#,
        ),
        (
            r#"on = "late.ticks", down = true, reset = true, for = "1s""#,
            r#"a fault has one of `latency`, `bandwidth`, `slicer`, `down`, `timeout`, `reset`, `slow`"#,
        ),
        (
            r#"on = "late.ticks", down = false, for = "1s""#,
            r#"`down` must be true, a whole number or a text in quotes"#,
        ),
        (
            r#"on = "late.ticks", down = true, for = "11m""#,
            r#"`for` must be a time in quotes such as "200ms" or "10s", at most 10 minutes"#,
        ),
        (r#"on = "late.ticks", down = true, jitter = "1s", for = "1s""#, r#"'jitter' is not expected after 'down'"#),
        (r#"on = "late.ticks", latency = "2m", for = "1s""#, r#"a latency must be from 1ms to 1m"#),
        (r#"on = "late.ticks", slicer = 65537, for = "1s""#, r#"a piece must be from 1 to 65536 bytes"#),
        (
            r#"on = "late.ticks", bandwidth = 0, for = "1s""#,
            r#"a bandwidth must be from 1 to 1000000000 bytes per second"#,
        ),
        (
            r#"on = "late.ticks", latency = "1s", jitter = "2s", for = "1s""#,
            r#"the jitter must not be longer than the latency"#,
        ),
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
        (r#"on = "prices", slow = 100, for = "1s""#, r#"'slow' needs a share of the time from 1% to 99% after it"#),
    ] {
        assert_eq!(of_acts(&format!("fault = {{ {keys} }}")), format!("19: {reason}\n"));
    }
}

#[test]
fn a_fault_is_its_words_as_a_key_and_a_value() {
    for keys in [
        r#"latency = "200ms""#,
        r#"jitter = "20ms", latency = "200ms""#,
        "bandwidth = 10_000",
        "down = true",
        "timeout = true",
        "reset = true",
        "slicer = 3",
    ] {
        let acts = format!("start = \"late\"\nfault = {{ on = \"late.ticks\", {keys}, for = \"1s\" }}");
        assert_eq!(of_acts(&acts), "", "{keys}");
    }
    for share in ["50", "\"50%\""] {
        assert_eq!(of_acts(&format!("fault = {{ on = \"prices\", slow = {share}, for = \"1s\" }}")), "");
    }
}
