//! valuz: batches of light work compared with the reference, and the speed-up from a second worker on heavy work.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wire::plural;

use crate::{
    pairs::{Pairs, Spread},
    process::Process,
    programs::{Side, Valuation, ValueChannels},
    rows::Bench,
    table::{Row, Table, Wanted},
};

const PATIENCE: Duration = Duration::from_secs(120);

/// How long a heavy batch should last with one worker, in seconds.
const HEAVY_SECONDS: f64 = 8.0;

/// The number of heavy orders with which the time of one is measured.
const PROBE_ORDERS: u64 = 500;

/// A batch of notional values, both sides with the same messages and the same checks.
pub(super) fn notional(bench: &Bench, workers: u32, table: &mut Table) -> Result<()> {
    compare(bench, ("valuz notional", Valuation::Notional), workers, Wanted::AtLeast(0.95), table)
}

/// The same with packs of results, compared with a reference without checks.
pub(super) fn packed(bench: &Bench, workers: u32, table: &mut Table) -> Result<()> {
    let work = ("valuz notional in packs (C: lean, single)", Valuation::PackedNotional);
    compare(bench, work, workers, Wanted::AtLeast(1.0), table)
}

fn compare(
    bench: &Bench,
    (name, valuation): (&str, Valuation),
    workers: u32,
    wanted: Wanted,
    table: &mut Table,
) -> Result<()> {
    let orders = bench.scaled(1_000_000);
    let what = format!("{name}, {}", plural(workers, "worker"));
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step(&what, round, side);
        batch(bench, side, workers, orders, valuation)
    })?;
    let rate = |seconds: &f64| orders as f64 / seconds;
    let thousands = |spread: Spread| format!("{:.0} k orders/s", spread.median / 1e3);
    table.push(Row::compared(
        format!("{what}, {orders} orders with ids"),
        (thousands(pairs.ours(rate)), thousands(pairs.reference(rate))),
        pairs.ratio(rate),
        wanted,
    ));
    Ok(())
}

/// One worker and two, alternately, on work that keeps a core busy.
pub(super) fn speed_up(bench: &Bench, table: &mut Table) -> Result<()> {
    let probe = batch(bench, Side::Ours, 1, PROBE_ORDERS, Valuation::ValueAtRisk)?;
    let wanted_seconds = if bench.quick { HEAVY_SECONDS / 4.0 } else { HEAVY_SECONDS };
    let orders = (PROBE_ORDERS as f64 * wanted_seconds / probe).ceil() as u64;
    let mut gains = Vec::new();
    let mut seconds = [Vec::new(), Vec::new()];
    for round in 1..=bench.rounds {
        bench.progress.step("valuz var, one worker and two", round, bench.rounds);
        let one = batch(bench, Side::Ours, 1, orders, Valuation::ValueAtRisk)?;
        let two = batch(bench, Side::Ours, 2, orders, Valuation::ValueAtRisk)?;
        gains.push(one / two);
        seconds[0].push(one);
        seconds[1].push(two);
    }
    let gain = Spread::of(gains);
    let [one, two] = seconds.map(|seconds| Spread::of(seconds).median);
    table.push(Row::alone(
        "valuz var, speed-up from one worker to two",
        format!("{:.2} ({:.2} to {:.2})", gain.median, gain.low, gain.high),
        gain.median,
        Wanted::AtLeast(1.8),
    ));
    table.note(format!("valuz var: {orders} orders took {one:.2} s with one worker and {two:.2} s with two."));
    Ok(())
}

/// One batch to its end; returns the seconds from START to the last result.
fn batch(bench: &Bench, side: Side, workers: u32, orders: u64, valuation: Valuation) -> Result<f64> {
    let channels = ValueChannels::new();
    let reduce = Process::start(bench.programs.value_reduce(side, &channels, valuation, workers, orders))?;
    let source = Process::start(bench.programs.value_source(side, &channels, orders))?;
    let workers = (0..workers).map(|_| Process::start(bench.programs.value_worker(side, &channels, valuation)));
    let workers = workers.collect::<Result<Vec<_>>>()?;

    let total = reduce.finish(PATIENCE).context("reduce")?;
    source.finish(PATIENCE).context("source")?;
    for worker in workers {
        worker.finish(PATIENCE).context("worker")?;
    }
    ensure!(total["count"].as_u64() == Some(orders), "of {orders} orders {} were counted", total["count"]);
    let elapsed_ms = total["elapsed_ms"].as_f64().context("reduce reported no elapsed_ms")?;
    Ok(elapsed_ms / 1e3)
}
