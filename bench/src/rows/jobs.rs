//! jobz: round trips through its broker, through one of the same frames in C, and through NATS.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use testkit::free_endpoints;

use crate::{
    build,
    pairs::{Pairs, Spread},
    process::Process,
    programs::{Side, queues::nats_server},
    rows::Bench,
    table::{Row, Table, Wanted},
};

/// How long a run may take, and a worker to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The requests of a client before it measures: until then all workers have connected.
pub(super) const WARM_UP: u64 = 1_000;

/// With this credit a worker gets all that the client has in flight, as a member of a queue group does.
const ALL_IN_FLIGHT: u32 = 64;

/// What a client measured.
#[derive(Debug)]
struct Run {
    per_second: f64,
    p50_us: f64,
}

impl Run {
    fn of(client: &Value) -> Result<Self> {
        let p50_us = client.pointer("/latency_us/p50").and_then(Value::as_f64);
        Ok(Self { per_second: per_second(client)?, p50_us: p50_us.context("a client reported no p50")? })
    }
}

/// The rows of a client with 64 requests in flight and these workers, compared with the broker in C.
pub(super) fn round_trips(bench: &Bench, workers: u32, table: &mut Table) -> Result<()> {
    for (credit, count) in [(1, 15_000), (ALL_IN_FLIGHT, 100_000)] {
        let count = bench.scaled(count);
        let what = format!("{}, {}", named(workers), at_once(credit));
        let pairs = Pairs::alternate(bench.rounds, |round, side| {
            bench.step(&what, round, side);
            majordomo(bench, side, workers, credit, count)
        })?;
        push(table, &what, &pairs, (Wanted::AtLeast(0.95), Wanted::AtMost(1.05)));
    }
    if workers == 1 {
        table.note(format!(
            "jobz, round trips, {} rounds: a client with 64 requests of 32 bytes in flight, and workers that invert them, are the \
             same programs in C for both brokers; each reply is checked against its request, and each request is done once.",
            bench.rounds
        ));
    }
    Ok(())
}

/// The same compared with request and reply of NATS, whose workers are a queue group.
pub(super) fn queue_groups(bench: &Bench, table: &mut Table) -> Result<()> {
    build::compile(&["nats_client", "nats_worker"], &["libzmq", "libnats"])?;
    let count = bench.scaled(400_000);
    for workers in [1, 2] {
        let what = format!("{}, {} (C column: NATS)", named(workers), at_once(ALL_IN_FLIGHT));
        let pairs = Pairs::alternate(bench.rounds, |round, side| {
            bench.step(&what, round, side);
            match side {
                Side::Ours => majordomo(bench, side, workers, ALL_IN_FLIGHT, count),
                Side::Reference => nats(bench, workers, count),
            }
        })?;
        push(table, &what, &pairs, (Wanted::Nothing, Wanted::Nothing));
    }
    table.note(
        "NATS: nats-server with the library libnats, which sends at once (its option SendAsap: faster here than its default); a worker \
         there gets requests without limit.",
    );
    Ok(())
}

fn named(workers: u32) -> String {
    format!("jobz, {workers} worker{}", if workers == 1 { "" } else { "s" })
}

fn at_once(credit: u32) -> String {
    if credit == 1 { "one request at a time".to_owned() } else { format!("{credit} at once") }
}

fn push(table: &mut Table, what: &str, pairs: &Pairs<Run>, wanted: (Wanted, Wanted)) {
    let thousands = |spread: Spread| format!("{:.1} k/s", spread.median / 1e3);
    let micros = |spread: Spread| format!("{:.0} us", spread.median);
    let (rate, p50) = (|run: &Run| run.per_second, |run: &Run| run.p50_us);
    table.push(Row::compared(
        format!("{what}: round trips"),
        (thousands(pairs.ours(rate)), thousands(pairs.reference(rate))),
        pairs.ratio(rate),
        wanted.0,
    ));
    table.push(Row::compared(
        format!("{what}: p50"),
        (micros(pairs.ours(p50)), micros(pairs.reference(p50))),
        pairs.ratio(p50),
        wanted.1,
    ));
}

/// A client and workers at a broker of 18/MDP.
fn majordomo(bench: &Bench, side: Side, workers: u32, credit: u32, count: u64) -> Result<Run> {
    let [endpoint] = free_endpoints();
    let broker = Process::start(bench.programs.job_broker(side, &endpoint))?;
    let worker = || bench.programs.job_worker(&endpoint, credit, None);
    run(broker, workers, worker, bench.programs.job_client(&endpoint, count, false), count)
}

/// A client and a queue group at a server of NATS.
fn nats(bench: &Bench, workers: u32, count: u64) -> Result<Run> {
    let port = sockets::ports::reserve()?;
    let url = format!("nats://127.0.0.1:{port}");
    let server = Process::start(nats_server(port, None)?)?;
    let worker = || bench.programs.nats_worker(&url, None);
    run(server, workers, worker, bench.programs.nats_client(&url, count, false), count)
}

fn run(mut server: Process, workers: u32, worker: impl Fn() -> Command, client: Command, count: u64) -> Result<Run> {
    let workers = (0..workers).map(|_| Process::start(worker())).collect::<Result<Vec<_>>>()?;
    let measured = Process::start(client)?.finish(PATIENCE).context("the client").map_err(|silence| {
        // A client without a server waits; the server's error gives the reason.
        server.check_running().err().unwrap_or(silence)
    })?;
    let mut done = 0;
    for worker in workers {
        let of_one = done_by(&worker.stop(PATIENCE).context("a worker")?)?;
        ensure!(of_one > 0, "a worker got no request");
        done += of_one;
    }
    ensure!(done == count + WARM_UP, "of {} requests {done} were done", count + WARM_UP);
    Run::of(&measured)
}

/// How many requests a worker reports to have done.
pub(super) fn done_by(worker: &Value) -> Result<u64> {
    worker["done"].as_u64().context("a worker reported no count")
}

/// The rate that a client reports.
pub(super) fn per_second(client: &Value) -> Result<f64> {
    let number = |name: &str| client[name].as_f64().with_context(|| format!("a client reported no {name}"));
    Ok(number("count")? / number("elapsed_ms")? * 1e3)
}
