//! Requests that are accepted before they are done: by the suite's broker with a store, by JetStream, and by a stream of Redis.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use testkit::free_endpoints;

use crate::{
    build,
    pairs::{Pairs, Spread},
    process::Process,
    programs::{
        Side,
        queues::{Sync, nats_server, redis_server},
    },
    rows::{
        Bench,
        jobs::{PATIENCE, WARM_UP, done_by, per_second},
    },
    table::{Row, Table, Wanted},
};

/// The requests of the suite's worker at once, as many as the other workers fetch.
const CREDIT: u32 = 64;

/// What the suite is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    JetStream,
    Redis,
}

/// The rows.
pub(super) fn accepted(bench: &Bench, table: &mut Table) -> Result<()> {
    build::compile(&["nats_client", "nats_worker"], &["libzmq", "libnats"])?;
    build::compile(&["redis_client", "redis_worker"], &["libzmq", "hiredis"])?;
    let rows = [
        (Sync::Always, Other::Redis, "on disk (C column: Redis stream, appendfsync always)", 20_000),
        (Sync::Never, Other::Redis, "not synchronised (C column: Redis stream, appendfsync no)", 100_000),
        (Sync::Never, Other::JetStream, "not synchronised (C column: JetStream, file)", 100_000),
    ];
    for (sync, other, how, count) in rows {
        let count = bench.scaled(count);
        let what = format!("jobz, accepted requests, {how}");
        let pairs = Pairs::alternate(bench.rounds, |round, side| {
            bench.step(&what, round, side);
            // Next to the programs, which are on a disk; a folder for temporary files may be in memory.
            let folder = TempDir::new_in(&bench.programs.reference).context("cannot make a folder")?;
            match (side, other) {
                (Side::Ours, _) => suite(bench, folder.path(), sync, count),
                (Side::Reference, Other::JetStream) => jet_stream(bench, folder.path(), count),
                (Side::Reference, Other::Redis) => redis(bench, folder.path(), sync, count),
            }
        })?;
        let rate = |per_second: &f64| *per_second;
        let thousands = |spread: Spread| format!("{:.1} k/s", spread.median / 1e3);
        table.push(Row::compared(
            what,
            (thousands(pairs.ours(rate)), thousands(pairs.reference(rate))),
            pairs.ratio(rate),
            Wanted::Nothing,
        ));
    }
    table.note(
        "Accepted requests: 64 of 32 bytes in flight, from the first to the last acknowledgment, while one worker does them; all \
         are done once. jobz keeps what a worker replied, for the client to fetch; the others keep nothing of what is done. JetStream \
         stores in a file that it synchronises every two minutes.",
    );
    Ok(())
}

fn suite(bench: &Bench, folder: &Path, sync: Sync, count: u64) -> Result<f64> {
    let [endpoint] = free_endpoints();
    let broker = Process::start(bench.programs.storing_broker(&endpoint, &folder.join("jobs"), sync))?;
    let worker = bench.programs.job_worker(&endpoint, CREDIT, Some(count + WARM_UP));
    run(broker, worker, bench.programs.job_client(&endpoint, count, true), count)
}

fn jet_stream(bench: &Bench, folder: &Path, count: u64) -> Result<f64> {
    let port = sockets::ports::reserve()?;
    let url = format!("nats://127.0.0.1:{port}");
    let server = Process::start(nats_server(port, Some(folder))?)?;
    run(
        server,
        bench.programs.nats_worker(&url, Some(count + WARM_UP)),
        bench.programs.nats_client(&url, count, true),
        count,
    )
}

fn redis(bench: &Bench, folder: &Path, sync: Sync, count: u64) -> Result<f64> {
    let port = sockets::ports::reserve()?;
    let server = Process::start(redis_server(port, folder, sync)?)?;
    run(server, bench.programs.redis_worker(port, count + WARM_UP), bench.programs.redis_client(port, count), count)
}

/// A client that is done when its requests are accepted, and a worker that is done when it has done them.
fn run(mut server: Process, worker: Command, client: Command, count: u64) -> Result<f64> {
    let worker = Process::start(worker)?;
    let accepted = Process::start(client)?
        .finish(PATIENCE)
        .context("the client")
        .map_err(|silence| server.check_running().err().unwrap_or(silence))?;
    let done = done_by(&worker.finish(PATIENCE).context("the worker")?)?;
    ensure!(done == count + WARM_UP, "of {} requests {done} were done", count + WARM_UP);
    per_second(&accepted)
}
