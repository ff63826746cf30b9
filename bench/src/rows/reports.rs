//! The cost of reports: ticks to one watcher at full speed while both processes report to a hub, compared with
//! `--observe off`.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use testkit::free_endpoints;

use crate::{
    pairs::Pairs,
    process::Process,
    programs::{Form, Side, Ticks, program},
    rows::{
        Bench,
        ticks::{self, Run},
    },
    table::{Row, Table, Wanted},
};

/// How long the observer may take to exit.
const PATIENCE: Duration = Duration::from_secs(5);

/// The rows: with a hub that no observer uses, and with one observer.
pub(super) fn cost(bench: &Bench, table: &mut Table) -> Result<()> {
    let [reports, observations] = free_endpoints();
    let observez = |arguments: &[&str]| {
        let mut command = program(&bench.programs.ours, "observez");
        command.args(arguments);
        Process::start(command)
    };
    let _hub = observez(&["hub", "--reports", &reports, "--observations", &observations])?;
    let unobserved = compare(bench, &reports, "reports, no observer")?;
    push(table, "reports on, no observer", &unobserved, Wanted::AtLeast(0.98));

    let observer = observez(&["watch", "--json", "--observations", &observations])?;
    let observed = compare(bench, &reports, "reports, an observer")?;
    push(table, "reports on, `observez watch` observes", &observed, Wanted::AtLeast(0.95));
    let totals = observer.stop(PATIENCE).context("the observer")?;
    ensure!(totals["reports"].as_u64() > Some(0), "the observer received no report");

    table.note(
        "Reports: publisher and watcher as in the first row, with reports to a hub compared with `--observe off`, which is \
         the C column. The hub, and in the second row the observer, run on the same machine for both.",
    );
    Ok(())
}

/// Measures with reports, which is our side, and without.
fn compare(bench: &Bench, hub: &str, what: &str) -> Result<Pairs<Run>> {
    let ticks = Ticks { form: Form::Single, count: bench.scaled(4_000_000), rate: None, block: true, watchers: 1 };
    Pairs::alternate(bench.rounds, |round, side| {
        bench.step(what, round, side);
        let observe = |mut command: Command| {
            command.args(["--observe", if side == Side::Ours { hub } else { "off" }]);
            command
        };
        let [endpoint] = free_endpoints();
        let publisher = bench.programs.tick_publisher(Side::Ours, &endpoint, ticks);
        let watcher = || observe(bench.programs.tick_watcher(Side::Ours, &endpoint, ticks, false));
        ticks::run(observe(publisher), watcher, ticks)
    })
}

fn push(table: &mut Table, what: &str, pairs: &Pairs<Run>, wanted: Wanted) {
    let millions = |ticks_per_second: f64| format!("{:.2} M/s", ticks_per_second / 1e6);
    table.push(Row::compared(
        format!("ticks to one watcher, {what} (C column: off)"),
        (millions(pairs.ours(Run::ticks_per_second).median), millions(pairs.reference(Run::ticks_per_second).median)),
        pairs.ratio(Run::ticks_per_second),
        wanted,
    ));
}
