//! The footprint of the services: memory at work, and the time from start to first tick.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use testkit::free_endpoints;

use crate::{
    load::zmtp::Connection,
    pairs::{Pairs, Spread},
    process::Process,
    programs::{Form, Side, Ticks, Valuation, ValueChannels},
    rows::Bench,
    table::{Row, Table, Wanted},
};

/// How long a publisher may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the programs have worked when their memory is measured.
const AT_WORK: Duration = Duration::from_secs(2);

/// Orders that keep three programs busy for longer than that.
const MANY_ORDERS: u64 = 10_000_000;

/// Memory of the programs of one side, in KiB; the order is that of [`ROLES`].
type Resident = [u64; 5];

const ROLES: [&str; 5] = ["tickz publish", "tickz watch", "valuz source", "valuz worker", "valuz reduce"];

/// The rows of memory: resident, after two seconds at work.
pub(super) fn memory(bench: &Bench, table: &mut Table) -> Result<()> {
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("memory", round, side);
        let ([publish, watch], [source, worker, reduce]) = (ticks(bench, side)?, values(bench, side)?);
        Ok::<Resident, _>([publish, watch, source, worker, reduce])
    })?;
    for (index, role) in ROLES.into_iter().enumerate() {
        let kib = |resident: &Resident| resident[index] as f64;
        let mib = |spread: Spread| format!("{:.1} MiB", spread.median / 1024.0);
        table.push(Row::compared(
            format!("memory of {role}"),
            (mib(pairs.ours(kib)), mib(pairs.reference(kib))),
            pairs.ratio(kib),
            Wanted::Nothing,
        ));
    }
    table.note(
        "Memory: VmRSS after two seconds at work; tickz at 10,000 ticks/s, valuz in a batch at full speed, when its queues \
         hold up to 10,000 messages.",
    );
    Ok(())
}

fn ticks(bench: &Bench, side: Side) -> Result<[u64; 2]> {
    let [endpoint] = free_endpoints();
    let ticks = Ticks { form: Form::Single, count: 1_000_000, rate: Some(10_000), block: false, watchers: 1 };
    let publisher = Process::start(bench.programs.tick_publisher(side, &endpoint, ticks))?;
    let watcher = Process::start(bench.programs.tick_watcher(side, &endpoint, ticks, false))?;
    after_work([publisher, watcher])
}

fn values(bench: &Bench, side: Side) -> Result<[u64; 3]> {
    let channels = ValueChannels::new();
    let reduce = Process::start(bench.programs.value_reduce(side, &channels, Valuation::Notional, 1, MANY_ORDERS))?;
    let source = Process::start(bench.programs.value_source(side, &channels, MANY_ORDERS))?;
    let worker = Process::start(bench.programs.value_worker(side, &channels, Valuation::Notional))?;
    after_work([source, worker, reduce])
}

/// Measures processes after a while at work, and ends them.
fn after_work<const N: usize>(mut processes: [Process; N]) -> Result<[u64; N]> {
    thread::sleep(AT_WORK);
    let mut resident = [0; N];
    for (process, resident) in processes.iter_mut().zip(&mut resident) {
        process.check_running()?;
        *resident = process.resident_kib()?;
    }
    Ok(resident)
}

/// The row of the start: from starting a publisher to its first tick at a subscriber that was already waiting. The publisher
/// waits for no subscriber: that would add the time in which it learns that no more subscriptions come.
pub(super) fn start_up(bench: &Bench, table: &mut Table) -> Result<()> {
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("start to first tick", round, side);
        first_tick(bench, side)
    })?;
    let millis = |spread: Spread| format!("{:.1} ms", spread.median);
    table.push(Row::compared(
        "start of the publisher to its first tick",
        (millis(pairs.ours(|&ms| ms)), millis(pairs.reference(|&ms| ms))),
        pairs.ratio(|&ms| ms),
        Wanted::Nothing,
    ));
    Ok(())
}

/// Milliseconds from the start of the process to the first tick.
fn first_tick(bench: &Bench, side: Side) -> Result<f64> {
    let [endpoint] = free_endpoints();
    let ticks = Ticks { form: Form::Single, count: 1_000_000, rate: Some(1_000), block: false, watchers: 0 };
    let begin = Instant::now();
    let _publisher = Process::start(bench.programs.tick_publisher(side, &endpoint, ticks))?;
    let mut subscriber = Connection::open(&endpoint, "SUB", begin + PATIENCE).context("the publisher does not bind")?;
    // The message that subscribes to everything.
    subscriber.send(&[b"\x01"])?;
    let tick = subscriber.receive().context("no tick")?;
    ensure!(tick.frames >= 3, "a tick of {} frames", tick.frames);
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}
