//! chatz: a large quiet crowd with the roster version extension, and the cost of a long reply compared with the reference.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use testkit::free_endpoints;

use crate::{
    load::{
        crowd::{Crowd, Plan},
        zmtp::Connection,
    },
    pairs::{Pairs, Spread},
    process::Process,
    programs::Side,
    rows::Bench,
    table::{Row, Table, Wanted},
};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The users of the reply row, all present while it runs.
const REPLY_USERS: usize = 1_000;

const CROWD: Plan = Plan { users: 10_000, period: Duration::from_millis(2_500), texts_per_second: 100, listeners: 10 };

/// The rows of the large crowd.
pub(super) fn crowd(bench: &Bench, table: &mut Table) -> Result<()> {
    let [requests, broadcasts] = free_endpoints();
    let mut server = Process::start(bench.programs.chat_server(Side::Ours, &requests, &broadcasts))?;
    let mut crowd = Crowd::connect(&requests, &broadcasts, CROWD)?;
    bench.progress.say("chat-crowd: joining");
    let begin = Instant::now();
    crowd.enter()?;
    let entered = begin.elapsed();
    bench.progress.say("chat-crowd: settled");
    crowd.run(CROWD.period)?;

    let (cpu_before, begin) = (server.cpu()?, Instant::now());
    let seen = crowd.run(Duration::from_secs(bench.scaled(20)))?;
    let cores = (server.cpu()? - cpu_before).as_secs_f64() / begin.elapsed().as_secs_f64();
    let resident_kib = server.resident_kib()?;
    server.check_running()?;
    let (present, whole_roster) = crowd.count_present()?;
    ensure!(present == CROWD.users, "{present} of {} users are present at the end", CROWD.users);
    ensure!(seen.refusals == 0, "{} requests were refused", seen.refusals);

    table.push(Row::alone("chatz, 10,000 users: server", format!("{cores:.2} cores"), cores, Wanted::AtMost(1.0)));
    let [p50, p99] = [0.5, 0.99].map(|quantile| seen.latency_us.value_at_quantile(quantile) as f64 / 1e3);
    table.push(Row::alone("chatz, 10,000 users: p50 of a reply", format!("{p50:.2} ms"), p50, Wanted::AtMost(5.0)));
    table.push(Row::alone("chatz, 10,000 users: p99 of a reply", format!("{p99:.2} ms"), p99, Wanted::Nothing));
    let mib = resident_kib as f64 / 1024.0;
    table.push(Row::alone("chatz, 10,000 users: memory", format!("{mib:.0} MiB"), mib, Wanted::Nothing));
    table.note(format!(
        "chatz, 10,000 users: each on its own TCP connection (ZMTP 3.0 without libzmq, one thread), a keep-alive \
         every 2.5 s with the roster version that the users share; {} texts sent, each to {} listeners, {} \
         broadcasts received; {} replies, p99.9 {:.2} ms; the load itself was late by {:.2} ms (p50). They joined one \
         after another in {:.1} s. A reply with the whole roster took {:.1} ms.",
        seen.sent_texts,
        CROWD.listeners,
        seen.broadcasts,
        seen.latency_us.len(),
        seen.latency_us.value_at_quantile(0.999) as f64 / 1e3,
        seen.late_us.value_at_quantile(0.5) as f64 / 1e3,
        entered.as_secs_f64(),
        whole_roster.as_secs_f64() * 1e3,
    ));
    Ok(())
}

/// The observations of one client in lock-step.
#[derive(Debug)]
struct Replies {
    per_second: f64,
    cpu_us_each: f64,
}

/// The rows of the reply with 1,000 names.
pub(super) fn reply(bench: &Bench, table: &mut Table) -> Result<()> {
    let pairs = Pairs::alternate(bench.rounds, |round, side| {
        bench.step("replies with 1,000 names", round, side);
        replies(bench, side)
    })?;
    let thousands = |spread: Spread| format!("{:.1} k/s", spread.median / 1e3);
    let micros = |spread: Spread| format!("{:.0} us", spread.median);
    let (per_second, cpu) = (|replies: &Replies| replies.per_second, |replies: &Replies| replies.cpu_us_each);
    table.push(Row::compared(
        "chatz, 1,000 users, no extension: replies in lock-step",
        (thousands(pairs.ours(per_second)), thousands(pairs.reference(per_second))),
        pairs.ratio(per_second),
        Wanted::Nothing,
    ));
    table.push(Row::compared(
        "chatz, 1,000 users, no extension: processor time per reply",
        (micros(pairs.ours(cpu)), micros(pairs.reference(cpu))),
        pairs.ratio(cpu),
        Wanted::Nothing,
    ));
    Ok(())
}

/// One connection sends the keep-alives of all users, one after another, and waits for each reply.
fn replies(bench: &Bench, side: Side) -> Result<Replies> {
    let [requests, broadcasts] = free_endpoints();
    let server = Process::start(bench.programs.chat_server(side, &requests, &broadcasts))?;
    let mut client = Connection::open(&requests, "REQ", Instant::now() + PATIENCE)?;
    let names: Vec<_> = (0..REPLY_USERS).map(|index| format!("user{index:04}")).collect();
    let mut ask = |name: &String| -> Result<usize> {
        client.send(&[b"", name.as_bytes()])?;
        Ok(client.receive().context("no reply")?.frames)
    };
    for name in &names {
        ask(name)?;
    }
    let (cpu_before, begin) = (server.cpu()?, Instant::now());
    let end = begin + Duration::from_secs(bench.scaled(4));
    let mut count = 0_u32;
    for name in names.iter().cycle() {
        let frames = ask(name)?;
        ensure!(frames == REPLY_USERS, "a reply names {frames} users instead of {REPLY_USERS}");
        count += 1;
        if Instant::now() >= end {
            break;
        }
    }
    let elapsed = begin.elapsed().as_secs_f64();
    let cpu = (server.cpu()? - cpu_before).as_secs_f64();
    Ok(Replies { per_second: f64::from(count) / elapsed, cpu_us_each: cpu * 1e6 / f64::from(count) })
}
