//! The cost of the desk: under 100,000 ticks a second its page in a real browser, and its engine alone; with sixty programs
//! that it does not know; and the demo at rest.

use std::{process::Command, thread, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::free_endpoints;

use crate::{
    build,
    pairs::{Pairs, Spread},
    process::Process,
    programs::{Form, SYMBOLS, Side, Ticks, program},
    rows::Bench,
    table::{Row, Table, Wanted},
};

/// Ticks a second.
const RATE: u32 = 100_000;

/// How long the page is measured, in seconds.
const PAGE_SECONDS: u64 = 60;

/// How long sixty programs are measured, in seconds.
const MANY_SECONDS: u64 = 600;

/// How long the demo at rest is measured, in seconds.
const REST_SECONDS: u64 = 40;

/// How long a program is at work before its processor time is taken, and how long it then is.
const COST_AFTER: Duration = Duration::from_secs(1);
const COST_DURING: Duration = Duration::from_secs(4);

const MIB: f64 = 1024.0 * 1024.0;

/// What is measured, its key, its unit as a number and as a word, and what is wanted.
type Measure = (&'static str, &'static str, f64, &'static str, Wanted);

/// What every page at work is measured for.
const AT_WORK: [Measure; 6] = [
    ("time between frames, p50", "frame_p50_ms", 1.0, "ms", Wanted::Nothing),
    ("time between frames, p95", "frame_p95_ms", 1.0, "ms", Wanted::AtMost(33.4)),
    ("memory of dealz", "dealz_bytes", MIB, "MiB", Wanted::Nothing),
    ("its growth after the first 10 s", "dealz_growth_bytes", MIB, "MiB", Wanted::AtMost(10.0)),
    ("memory of the page", "page_bytes", MIB, "MiB", Wanted::Nothing),
    ("its growth after the first 10 s", "page_growth_bytes", MIB, "MiB", Wanted::AtMost(10.0)),
];

/// The rows of the page: `bench/desk.mjs` drives the browser.
pub(super) fn page(bench: &Bench, table: &mut Table) -> Result<()> {
    page_at(bench, RATE, "100,000", table)
}

/// The same at ten times the rate.
pub(super) fn page_at_a_million(bench: &Bench, table: &mut Table) -> Result<()> {
    page_at(bench, 10 * RATE, "1,000,000", table)
}

fn page_at(bench: &Bench, rate: u32, name: &str, table: &mut Table) -> Result<()> {
    let seconds = bench.scaled(PAGE_SECONDS);
    let measured = in_browser(bench, seconds, &rate.to_string())?;
    let rows = [
        ("start to the first tick painted", "first_tick_ms", 1.0, "ms", Wanted::AtMost(2000.0)),
        ("dealz", "dealz_cores", 1.0, "cores", Wanted::AtMost(1.0)),
    ];
    push(table, &format!("desk, {name} ticks/s"), &measured, rows.iter().chain(&AT_WORK))?;
    table.note(format!(
        "Desk, {name} ticks/s: the page of `dealz --web` in Chromium, drawn by software at 1280x720, with all five symbols followed, for \
         {seconds} s; {} frames. The publisher, dealz and the browser share this machine. The browser is up when dealz \
         starts.",
        measured["frames"],
    ));
    Ok(())
}

/// The rows of sixty programs, each of which has four sockets.
pub(super) fn many(bench: &Bench, table: &mut Table) -> Result<()> {
    let seconds = bench.scaled(MANY_SECONDS);
    let measured = in_browser(bench, seconds, "many")?;
    let rows = [("dealz", "dealz_cores", 1.0, "cores", Wanted::AtMost(0.5))];
    push(table, "desk, 60 processes", &measured, rows.iter().chain(&AT_WORK))?;
    table.note(format!(
        "Desk, 60 processes: programs that the suite does not know, each with four sockets and connected to two others; \
         {:.0} messages/s in all, for {seconds} s. The programs, dealz and the browser share this machine.",
        number(&measured, "messages_a_second")?,
    ));
    Ok(())
}

/// The rows of the demo at rest: the cost of a desk that no one uses.
pub(super) fn rest(bench: &Bench, table: &mut Table) -> Result<()> {
    let seconds = bench.scaled(REST_SECONDS);
    let measured = in_browser(bench, seconds, "rest")?;
    let rows = [
        ("dealz", number(&measured, "dealz_cores")?, Wanted::AtMost(0.02)),
        ("the page's thread", number(&measured, "page_cores")?, Wanted::Nothing),
        ("both together", number(&measured, "dealz_cores")? + number(&measured, "page_cores")?, Wanted::AtMost(0.05)),
        ("all of the browser", number(&measured, "browser_cores")?, Wanted::Nothing),
    ];
    for (what, cores, wanted) in rows {
        let percent = 100.0 * cores;
        table.push(Row::alone(
            format!("desk, demo at rest: {what}"),
            format!("{percent:.2} % of a core"),
            cores,
            wanted,
        ));
    }
    table.note(format!(
        "Desk, demo at rest: `dealz --web --stage` with its prices, about fifteen a second, and nothing else to do, for \
         {seconds} s; the page in Chromium, drawn by software at 1280x720.",
    ));
    Ok(())
}

fn push<'a>(
    table: &mut Table,
    load: &str,
    measured: &Value,
    measures: impl Iterator<Item = &'a Measure>,
) -> Result<()> {
    for &(what, key, unit, name, wanted) in measures {
        let value = number(measured, key)? / unit;
        table.push(Row::alone(format!("{load}: {what}"), format!("{value:.2} {name}"), value, wanted));
    }
    Ok(())
}

/// What `bench/desk.mjs` measures under a load.
fn in_browser(bench: &Bench, seconds: u64, load: &str) -> Result<Value> {
    let output = Command::new("node")
        .arg(build::workspace().join("bench/desk.mjs"))
        .arg(&bench.programs.ours)
        .args([&seconds.to_string(), load])
        .output()
        .context("cannot start node")?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "bench/desk.mjs: {}", log.trim());
    serde_json::from_slice(&output.stdout).context("bench/desk.mjs printed no JSON")
}

fn number(measured: &Value, key: &str) -> Result<f64> {
    measured[key].as_f64().with_context(|| format!("bench/desk.mjs measured no {key}"))
}

/// The row of the engine: processor time per tick of dealz, no page open, compared with `tickz watch`, which only decodes
/// and counts.
pub(super) fn cost(bench: &Bench, table: &mut Table) -> Result<()> {
    let pairs = Pairs::alternate(bench.rounds.min(3), |round, side| {
        bench.step("cost of a tick in the desk", round, side);
        microseconds_a_tick(bench, side)
    })?;
    let micros = |spread: Spread| format!("{:.2} us", spread.median);
    table.push(Row::compared(
        "desk: processor time per tick (C column: tickz watch)",
        (micros(pairs.ours(|&us| us)), micros(pairs.reference(|&us| us))),
        pairs.ratio(|&us| us),
        Wanted::Nothing,
    ));
    Ok(())
}

fn microseconds_a_tick(bench: &Bench, side: Side) -> Result<f64> {
    let [ticks, requests, broadcasts, orders, results, control] = free_endpoints();
    let simulated = Ticks { form: Form::Single, count: u64::MAX >> 1, rate: Some(RATE), block: false, watchers: 1 };
    let _publisher = Process::start(bench.programs.tick_publisher(Side::Ours, &ticks, simulated))?;
    let command = match side {
        Side::Ours => {
            let mut command = program(&bench.programs.ours, "dealz");
            command.args(["--web", "127.0.0.1:0", "--symbols", &SYMBOLS.join(","), "--no-bursts", "--ticks", &ticks]);
            command.args(["--requests", &requests, "--broadcasts", &broadcasts]);
            command.args(["--reports", "tcp://127.0.0.1:*", "--observations", "tcp://127.0.0.1:*"]);
            command.args(["--commands", "tcp://127.0.0.1:*"]);
            command.args(["--orders", &orders, "--results", &results, "--control", &control]);
            command
        }
        Side::Reference => bench.programs.tick_watcher(Side::Ours, &ticks, simulated, false),
    };
    let mut process = Process::start(command)?;
    thread::sleep(COST_AFTER);
    let before = process.cpu()?;
    thread::sleep(COST_DURING);
    process.check_running()?;
    let spent = process.cpu()? - before;
    Ok(spent.as_secs_f64() * 1e6 / (f64::from(RATE) * COST_DURING.as_secs_f64()))
}
