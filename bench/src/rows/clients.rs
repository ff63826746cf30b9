//! jobz: many clients and workers at one broker.

use std::time::{Duration, Instant};

use anyhow::Result;
use testkit::free_endpoints;

use crate::{
    load::clients::{Clients, Plan},
    process::Process,
    programs::Side,
    rows::Bench,
    table::{Row, Table, Wanted},
};

const PLAN: Plan = Plan { clients: 8_000, workers: 200, per_second: 5_000 };

/// How long they work before it is measured.
const SETTLING: Duration = Duration::from_secs(2);

/// The rows of 8,000 clients.
pub(super) fn many(bench: &Bench, table: &mut Table) -> Result<()> {
    let [endpoint] = free_endpoints();
    let mut broker = Process::start(bench.programs.job_broker(Side::Ours, &endpoint))?;
    bench.progress.say("jobs-clients: connecting");
    let begin = Instant::now();
    let mut clients = Clients::connect(&endpoint, PLAN)?;
    let connected = begin.elapsed();
    bench.progress.say("jobs-clients: measuring");
    clients.run(SETTLING)?;

    let (cpu_before, begin) = (broker.cpu()?, Instant::now());
    let seen = clients.run(Duration::from_secs(bench.scaled(20)))?;
    let cores = (broker.cpu()? - cpu_before).as_secs_f64() / begin.elapsed().as_secs_f64();
    let mib = broker.resident_kib()? as f64 / 1024.0;
    broker.check_running()?;

    let what = "jobz, 8,000 clients, 200 workers, 5,000 requests/s";
    let ms = |quantile: f64| seen.latency_us.value_at_quantile(quantile) as f64 / 1e3;
    let row = |name: &str, shown: String, value, wanted| Row::alone(format!("{what}: {name}"), shown, value, wanted);
    table.push(row("broker", format!("{cores:.2} cores"), cores, Wanted::AtMost(1.0)));
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
        table.push(row(name, format!("{:.2} ms", ms(quantile)), ms(quantile), Wanted::Nothing));
    }
    table.push(row("memory", format!("{mib:.0} MiB"), mib, Wanted::Nothing));
    table.note(format!(
        "jobz, 8,000 clients: each of them, and each worker, on its own TCP connection (ZMTP 3.0 without libzmq, all on one thread); \
         the loop is open, and a request's time counts from when it was due. All {} requests had their own reply; p99.9 {:.2} ms; the \
         load itself was late by {:.2} ms (p99). All connected in {:.1} s.",
        seen.latency_us.len(),
        ms(0.999),
        seen.late_us.value_at_quantile(0.99) as f64 / 1e3,
        connected.as_secs_f64(),
    ));
    Ok(())
}
