//! tickz: how many ticks a second reach one watcher, and how late they are at a fixed rate.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::free_endpoints;

use crate::{
    pairs::Pairs,
    process::Process,
    programs::{Form, Side, Ticks},
    rows::Bench,
    table::{Row, Table, Wanted},
};

/// The open-loop rate of the latency row, in ticks a second.
const LATENCY_RATE: u32 = 10_000;

/// That of the row with many ticks in each burst.
const HIGH_LATENCY_RATE: u32 = 500_000;

/// In the row of several.
const WATCHERS: usize = 4;

/// How much longer than planned a run may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The reports of a publisher and its slowest watcher of one run.
#[derive(Debug)]
pub(super) struct Run {
    published: Value,
    watched: Value,
}

impl Run {
    pub(super) fn ticks_per_second(&self) -> f64 {
        // The time runs from the first tick to the last.
        (number(&self.watched, "/received") - 1.0) / (number(&self.watched, "/elapsed_ms") / 1e3)
    }

    fn latency_us(&self, quantile: &str) -> f64 {
        number(&self.watched, &format!("/latency_us/{quantile}"))
    }

    fn late_us(&self, quantile: &str) -> f64 {
        number(&self.published, &format!("/late_us/{quantile}"))
    }
}

/// NaN if it is missing: a NaN in the table is noticed, a wrong 0 is not.
fn number(object: &Value, pointer: &str) -> f64 {
    object.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// The row of ticks a second.
pub(super) fn throughput(bench: &Bench, table: &mut Table) -> Result<()> {
    let ticks = at_full_speed(bench.scaled(4_000_000), Form::Single);
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("ticks a second", round, side);
        run_side(bench, side, ticks, false)
    })?;
    let millions = |spread: f64| format!("{:.2} M/s", spread / 1e6);
    table.push(Row::compared(
        "ticks to one watcher, three frames, blocking",
        (millions(pairs.ours(Run::ticks_per_second).median), millions(pairs.reference(Run::ticks_per_second).median)),
        pairs.ratio(Run::ticks_per_second),
        Wanted::AtLeast(0.95),
    ));
    table.note(format!("Ticks to one watcher: {} in each run; all arrived, on both sides.", ticks.count));
    Ok(())
}

/// The rows of bursts: many ticks a second in few messages.
pub(super) fn bursts(bench: &Bench, table: &mut Table) -> Result<()> {
    let count = bench.scaled(40_000_000);
    let millions = |spread: f64| format!("{:.1} M/s", spread / 1e6);
    for (form, name, least) in [
        (Form::Single, "ticks in bursts to one watcher; C: three frames each", Some(5.0)),
        (Form::Burst, "the same; C: the same bursts", Some(0.9)),
        (Form::Raw, "the same; C: packed records on plain TCP", None),
    ] {
        let pairs = Pairs::alternate(bench.rounds, |round, side| {
            bench.step(name, round, side);
            let (count, form) = match (side, form) {
                (Side::Reference, Form::Single) => (count / 16, form),
                (Side::Reference, form) => (count, form),
                (Side::Ours, _) => (count, Form::Burst),
            };
            run_side(bench, side, at_full_speed(count, form), false)
        })?;
        table.push(Row::compared(
            name,
            (
                millions(pairs.ours(Run::ticks_per_second).median),
                millions(pairs.reference(Run::ticks_per_second).median),
            ),
            pairs.ratio(Run::ticks_per_second),
            least.map_or(Wanted::Nothing, Wanted::AtLeast),
        ));
    }
    table.note(format!(
        "Ticks in bursts: {count} in each run, or a sixteenth with three frames each, blocking, in {} rounds; all arrived, on all \
         sides.",
        bench.rounds
    ));
    Ok(())
}

/// The row of four watchers of the same symbols.
pub(super) fn four_watchers(bench: &Bench, table: &mut Table) -> Result<()> {
    let count = bench.scaled(8_000_000);
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("ticks to four watchers", round, side);
        let (count, form) = if side == Side::Ours { (count, Form::Burst) } else { (count / 4, Form::Single) };
        run_side(bench, side, Ticks { watchers: WATCHERS, ..at_full_speed(count, form) }, false)
    })?;
    let millions = |spread: f64| format!("{:.2} M/s", spread / 1e6);
    table.push(Row::compared(
        "ticks in bursts to each of four watchers; C: three frames each",
        (millions(pairs.ours(Run::ticks_per_second).median), millions(pairs.reference(Run::ticks_per_second).median)),
        pairs.ratio(Run::ticks_per_second),
        Wanted::AtLeast(4.0),
    ));
    Ok(())
}

/// The rows of latency in bursts, compared with single ticks.
pub(super) fn latency_in_bursts(bench: &Bench, table: &mut Table) -> Result<()> {
    for (rate, name, wanted) in
        [(LATENCY_RATE, "10,000", Wanted::AtMost(1.05)), (HIGH_LATENCY_RATE, "500,000", Wanted::Nothing)]
    {
        let what = format!("latency in bursts at {name} ticks/s, p50 (C column: ours, three frames each)");
        let pairs = Pairs::alternate(bench.rounds, |round, side| {
            bench.step(&what, round, side);
            let form = if side == Side::Ours { Form::Burst } else { Form::Single };
            let count = bench.scaled(u64::from(rate) * 6);
            let ticks = Ticks { form, count, rate: Some(rate), block: true, watchers: 1 };
            run_side(bench, Side::Ours, ticks, true)
        })?;
        let latency = |run: &Run| run.latency_us("p50");
        let micros = |spread: f64| format!("{spread:.0} us");
        table.push(Row::compared(
            &what,
            (micros(pairs.ours(latency).median), micros(pairs.reference(latency).median)),
            pairs.ratio(latency),
            wanted,
        ));
    }
    Ok(())
}

fn at_full_speed(count: u64, form: Form) -> Ticks {
    Ticks { form, count, rate: None, block: true, watchers: 1 }
}

/// The rows of latency: from when a tick was due to when the watcher had it.
pub(super) fn latency(bench: &Bench, table: &mut Table) -> Result<()> {
    let count = bench.scaled(u64::from(LATENCY_RATE) * 8);
    let ticks = Ticks { form: Form::Single, count, rate: Some(LATENCY_RATE), block: true, watchers: 1 };
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("latency at 10,000 ticks a second", round, side);
        run_side(bench, side, ticks, true)
    })?;
    for (quantile, name, wanted) in
        [("p50", "p50", Wanted::AtMost(1.2)), ("p99", "p99", Wanted::Nothing), ("p99_9", "p99.9", Wanted::Nothing)]
    {
        let (latency, late) = (|run: &Run| run.latency_us(quantile), |run: &Run| run.late_us(quantile));
        let micros = |spread: f64| format!("{spread:.0} us");
        table.push(Row::compared(
            format!("latency at 10,000 ticks/s, {name}"),
            (micros(pairs.ours(latency).median), micros(pairs.reference(latency).median)),
            pairs.ratio(latency),
            wanted,
        ));
        table.push(Row::compared(
            format!("of which the publisher was late, {name}"),
            (micros(pairs.ours(late).median), micros(pairs.reference(late).median)),
            pairs.ratio(late),
            Wanted::Nothing,
        ));
    }
    table.note(
        "Latency: the loop is open, a tick's timestamp is when it was due, and the watcher's clock is the same; so a \
         publisher that falls behind makes its ticks later, not fewer.",
    );
    Ok(())
}

/// One publisher and its watchers of a side, to the end.
fn run_side(bench: &Bench, side: Side, ticks: Ticks, latency: bool) -> Result<Run> {
    let [endpoint] = free_endpoints();
    let publisher = bench.programs.tick_publisher(side, &endpoint, ticks);
    run(publisher, || bench.programs.tick_watcher(side, &endpoint, ticks, latency), ticks)
}

/// One publisher and its watchers, to the end.
pub(super) fn run(publisher: Command, watcher: impl Fn() -> Command, ticks: Ticks) -> Result<Run> {
    let mut publisher = Process::start(publisher)?;
    let watchers = (0..ticks.watchers).map(|_| Process::start(watcher())).collect::<Result<Vec<_>>>()?;
    let planned = Duration::from_secs(ticks.rate.map_or(0, |rate| ticks.count / u64::from(rate)));
    let mut slowest: Option<Value> = None;
    for watcher in watchers {
        let watched = watcher.finish(planned + PATIENCE).context("the watcher").map_err(|silence| {
            // A watcher without a publisher waits forever; the publisher's error gives the reason.
            publisher.check_running().err().unwrap_or(silence)
        })?;
        let received = watched["received"].as_u64().unwrap_or(0);
        ensure!(received == ticks.count, "of {} ticks {received} arrived", ticks.count);
        ensure!(watched["lost"].as_u64() == Some(0), "the watcher reports lost ticks");
        let elapsed = |watched: &Value| number(watched, "/elapsed_ms");
        slowest = slowest.filter(|slowest| elapsed(slowest) >= elapsed(&watched)).or(Some(watched));
    }
    let published = publisher.finish(PATIENCE).context("the publisher")?;
    Ok(Run { published, watched: slowest.context("a run without a watcher")? })
}
