//! Workers of a source that are late, slow, leave, or are none.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use super::rig::{COUNT, Rig};
use crate::kit::{
    Candidate, Finding, Verdict,
    candidate::{ANSWER_WITHIN, QUIET},
    check::ensure,
    raw,
};

/// More orders than queues and buffers hold.
const MANY: u64 = 150_000;

/// How many batches may be shared unequally.
const ATTEMPTS: u32 = 3;

/// How long many orders may take, at a slow source.
const MANY_WITHIN: Duration = Duration::from_secs(20);

/// A source may know a worker a moment later than the worker knows it, and a batch is short: so it has several attempts.
pub(super) fn share(candidate: &Candidate) -> Verdict {
    let mut counts = [0; 2];
    for attempt in 1..=ATTEMPTS {
        counts = counts_of_two(candidate, QUIET * attempt)?;
        if counts.iter().all(|count| *count >= COUNT / 4) {
            return Ok(());
        }
    }
    let [first, second] = counts;
    Err(Finding::Failed(format!("two workers got {first} and {second} of {COUNT} orders")))
}

/// How many orders each of two workers gets that are connected for this long before START.
fn counts_of_two(candidate: &Candidate, before: Duration) -> Result<[u64; 2], Finding> {
    let rig = Rig::subscribed(candidate, COUNT)?;
    let workers = [rig.worker()?, rig.worker()?];
    std::thread::sleep(before);
    rig.start(None)?;
    let (mut counts, deadline) = ([0; 2], Instant::now() + ANSWER_WITHIN);
    while counts.iter().sum::<u64>() < COUNT {
        for (worker, count) in workers.iter().zip(&mut counts) {
            *count += u64::from(worker.recv_within(Duration::from_millis(5)).is_some());
        }
        ensure(Instant::now() < deadline, || {
            format!("two workers got {} and {} of {COUNT} orders within {ANSWER_WITHIN:?}", counts[0], counts[1])
        })?;
    }
    Ok(counts)
}

pub(super) fn late(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::subscribed(candidate, COUNT)?;
    rig.start(None)?;
    // Orders that are sent to no worker would be sent by now.
    if let Ok(code) = rig.source.exit_within(QUIET) {
        return Err(Finding::Failed(format!("without a worker it ended with exit code {code} after START")));
    }
    let worker = rig.worker()?;
    rig.take(&worker, COUNT).map(drop)
}

/// One connection sends no byte, one sends bytes that are no greeting, one leaves in the middle of its greeting.
pub(super) fn garbage(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, COUNT)?;
    // The first worker shows that the source listens.
    rig.worker()?.close();
    let address = rig.endpoint().replace("tcp://", "");
    let silent = TcpStream::connect(&address);
    ensure(silent.is_ok(), || format!("no program listens at {address}"))?;
    raw::send_garbage(&rig.endpoint(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    raw::send_garbage(&rig.endpoint(), &[0xff, 0, 0, 0, 0])?;
    let worker = rig.worker()?;
    rig.start(None)?;
    rig.take(&worker, COUNT).map(drop)
}

pub(super) fn leaves(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, MANY)?;
    let first = rig.slow_worker()?;
    rig.start(None)?;
    rig.take(&first, 10)?;
    first.close();
    let second = rig.worker()?;
    rig.take(&second, 1_000).map(drop)
}

pub(super) fn slow(candidate: &Candidate) -> Verdict {
    let rig = Rig::subscribed(candidate, MANY)?;
    let worker = rig.slow_worker()?;
    rig.start(None)?;
    // It reads nothing until the source has filled what can be filled.
    std::thread::sleep(QUIET);
    let (mut count, deadline) = (0, Instant::now() + MANY_WITHIN);
    while count < MANY && worker.recv_within(ANSWER_WITHIN).is_some() {
        count += 1;
        ensure(Instant::now() < deadline, || format!("{count} of {MANY} orders within {MANY_WITHIN:?}"))?;
    }
    ensure(count == MANY, || format!("{} of {MANY} orders are missing", MANY - count))
}
