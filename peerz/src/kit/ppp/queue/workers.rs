//! Which workers get requests and heartbeats, and the end of a worker.

use std::time::{Duration, Instant};

use super::rig::{Rig, Worker};
use crate::kit::{
    Candidate, Verdict,
    bytes::show,
    candidate::QUIET,
    check::ensure,
    ppp::{LOST_WITHIN, message::heartbeat},
};

/// More heartbeats than the queue would send to a worker that it takes for dead.
const BEATS: usize = 6;

/// So many heartbeats of another worker without one for this one are no chance.
const MISSED: usize = 2;

pub(super) fn one_at_a_time(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    client.ask(&["one"])?;
    client.ask(&["two"])?;
    let first = rig.request(&worker)?;
    let second = worker.receive_within(QUIET).filter(|message| *message != heartbeat());
    ensure(second.is_none(), || {
        format!("expected no second request for a busy worker; it got {}", show(&second.unwrap_or_default()))
    })?;
    worker.reply(&first, &["one"])?;
    client.gets(&["one"])?;
    let second = rig.request(&worker)?;
    worker.reply(&second, &["two"])?;
    client.gets(&["two"])
}

pub(super) fn heartbeat_frees_none(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    client.ask(&["one"])?;
    client.ask(&["two"])?;
    let first = rig.request(&worker)?;
    (0..3).try_for_each(|_| worker.send(&heartbeat()))?;
    worker.has_no_request(QUIET, "expected no second request after a heartbeat of a busy worker")?;
    worker.reply(&first, &["one"])?;
    client.gets(&["one"])?;
    rig.request(&worker).map(drop)
}

pub(super) fn heartbeats(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let idle = rig.known_worker(&[])?;
    let busy = rig.known_worker(&[&idle])?;
    let (workers, client) = ([&idle, &busy], rig.client()?);
    client.ask(&["work"])?;
    let (place, request) = rig.next_request(&workers)?;
    let (busy, idle) = (workers[place], workers[1 - place]);
    for _ in 0..2 {
        rig.gets_heartbeat(busy, &[idle], "a heartbeat for a busy worker")?;
        rig.gets_heartbeat(idle, &[busy], "a heartbeat for a free worker")?;
    }
    busy.reply(&request, &["done"])?;
    client.gets(&["done"])
}

pub(super) fn heartbeats_suffice(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    let what = "a heartbeat for a worker that sends heartbeats";
    (0..BEATS).try_for_each(|_| rig.gets_heartbeat(&worker, &[], what))?;
    rig.serves(&client, &worker, &[b"hi".to_vec()])
}

pub(super) fn silent(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let before = rig.known_worker(&[])?;
    let alive = rig.known_worker(&[&before])?;
    let after = rig.known_worker(&[&before, &alive])?;
    is_forgotten(&rig, &[&before, &after], &alive)?;
    let client = rig.client()?;
    (0..3).try_for_each(|_| rig.serves(&client, &alive, &[b"hi".to_vec()]))?;
    [before, after].iter().try_for_each(|silent| has_nothing(silent, "a silent worker"))
}

pub(super) fn unknown(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let alive = rig.known_worker(&[])?;
    let unknown = rig.worker()?;
    for _ in 0..=MISSED {
        unknown.send(&heartbeat())?;
        rig.gets_heartbeat(&alive, &[], "a heartbeat for a known worker")?;
    }
    has_nothing(&unknown, "a worker that has not sent READY")
}

pub(super) fn late_reply(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let worker = rig.known_worker(&[])?;
    let client = rig.client()?;
    client.ask(&["slow"])?;
    let request = rig.request(&worker)?;
    let alive = rig.known_worker(&[&worker])?;
    is_forgotten(&rig, &[&worker], &alive)?;
    worker.reply(&request, &["late"])?;
    client.gets(&["late"])?;
    rig.gets_heartbeat(&worker, &[&alive], "a heartbeat for a worker that has replied")
}

pub(super) fn dies(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let dead = rig.known_worker(&[])?;
    let client = rig.client()?;
    client.ask(&["lost"])?;
    rig.request(&dead)?;
    drop(dead);
    let other = rig.known_worker(&[])?;
    // Long enough for the queue to notice.
    (0..BEATS).try_for_each(|_| rig.gets_heartbeat(&other, &[], "a heartbeat, and no request of a dead worker"))?;
    rig.serves(&client, &other, &[b"again".to_vec()])
}

/// Waits until these workers, which answer nothing any more, get no heartbeats, while another one that answers gets them.
fn is_forgotten(rig: &Rig, silent: &[&Worker], alive: &Worker) -> Verdict {
    let (deadline, mut missed) = (Instant::now() + LOST_WITHIN, 0);
    while missed <= MISSED {
        rig.gets_heartbeat(alive, &[], "a heartbeat for a worker that sends heartbeats")?;
        missed += 1;
        for worker in silent {
            while worker.receive_within(Duration::ZERO).is_some() {
                missed = 0;
            }
        }
        ensure(Instant::now() < deadline, || {
            format!("expected that a worker which has sent nothing for {LOST_WITHIN:?} gets no more heartbeats")
        })?;
    }
    Ok(())
}

fn has_nothing(worker: &Worker, which: &str) -> Verdict {
    let message = worker.receive_within(QUIET);
    ensure(message.is_none(), || format!("expected nothing for {which}; {} came", show(&message.unwrap_or_default())))
}
