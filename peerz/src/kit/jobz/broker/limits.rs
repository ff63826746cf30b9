//! The limits of requests: how long they wait, how many of them, how long a worker has for one, and how many workers.

use std::{thread, time::Duration};

use super::served::{SERVICE, Served, serves};
use crate::kit::{
    Candidate, Check, Verdict,
    bytes::{frames, show},
    candidate::QUIET,
    check::ensure,
    jobz::message::{Version, partial, ready_with_credit},
};

/// A time in which a request expires, and one in which it has.
pub(super) const AGE: &str = "--age=500ms";
pub(super) const EXPIRED: Duration = Duration::from_millis(1_500);

/// A time that a worker has for a request, to be over soon.
pub(super) const SHORT: &str = "--busy=1000ms";

/// A time that a worker has for a request, and one between partial replies.
const BUSY: &str = "--busy=2000ms";
const PROGRESS: Duration = Duration::from_millis(400);
const PROGRESSES: usize = 8;

/// A check of a broker whose limits are given by the flags of its page.
pub(super) const fn check(name: &'static str, claim: &'static str, run: fn(&Candidate) -> Verdict) -> Check {
    Check { name, section: super::THE_BROKER, claim, extension: Some("limits"), run }
}

pub(super) fn age(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[AGE])?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["old"])?;
    // The broker has taken it when it answers the next one.
    client.ask("mmi.service", &[SERVICE])?;
    thread::sleep(EXPIRED);
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    worker.has_no_work(QUIET, "expected no request that waited for longer than --age")?;
    serves(&client, &worker, &frames(["new"]))
}

pub(super) fn waiting(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &["--waiting=3"])?;
    let (greedy, modest) = (served.speaker(Version::Mdp02)?, served.speaker(Version::Mdp02)?);
    for (client, bodies) in [(&greedy, &["one", "two", "newest"][..]), (&modest, &["modest"])] {
        bodies.iter().try_for_each(|body| client.request(SERVICE, &[body]))?;
        client.ask("mmi.service", &[SERVICE])?;
    }
    let worker = served.speaker(Version::Mdp02)?;
    worker.send(&Version::Mdp02.ready(SERVICE))?;
    let mut seen = [worker.echo()?, worker.echo()?, worker.echo()?].concat();
    worker.has_no_work(QUIET, "expected no more requests than --waiting says")?;
    seen.sort();
    ensure(seen == frames(["modest", "one", "two"]), || {
        format!(
            "expected that the client with most requests that wait loses its newest; the worker got {}",
            show(&seen)
        )
    })
}

pub(super) fn busy(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[BUSY])?;
    let (slow, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    client.request(SERVICE, &["one"])?;
    let (old, _) = slow.work()?;
    let other = served.worker(Version::Mdp02, SERVICE)?;
    let (address, body) = other.work()?;
    ensure(body == frames(["one"]), || format!("expected the request again, the worker got {}", show(&body)))?;
    slow.done(&old, &["late"])?;
    other.done(&address, &["in time"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["in time"]), || format!("expected the reply in time, the client got {}", show(&seen)))
}

pub(super) fn progress(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[BUSY])?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    client.request(SERVICE, &["one"])?;
    let (address, _) = worker.work()?;
    let other = served.worker(Version::Mdp02, SERVICE)?;
    for _ in 0..PROGRESSES {
        thread::sleep(PROGRESS);
        worker.send(&partial(&address, &["part"]))?;
        let reply = client.reply()?;
        ensure(!reply.is_final, || format!("expected a partial reply; {reply:?} came"))?;
    }
    other.has_no_work(Duration::ZERO, "expected no other try of a request whose worker sends partial replies")?;
    worker.done(&address, &["done"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["done"]), || format!("expected the reply done, the client got {}", show(&seen)))
}

pub(super) fn tries(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[SHORT, "--tries=2"])?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["deadly"])?;
    (0..2).try_for_each(|_| is_too_slow(&served))?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    worker.has_no_work(QUIET, "expected no more tries than --tries says")?;
    serves(&client, &worker, &frames(["next"]))
}

pub(super) fn no_try(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &["--tries=1"])?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["one"])?;
    let leaver = served.worker(Version::Mdp02, SERVICE)?;
    leaver.work()?;
    leaver.send(&Version::Mdp02.disconnect())?;
    served.until(SERVICE, "404")?;
    served.worker(Version::Mdp02, SERVICE)?.echo()?;
    client.final_reply(SERVICE).map(drop)
}

/// A worker gets the request that waits, and loses it as it is slower than [`SHORT`].
pub(super) fn is_too_slow(served: &Served) -> Verdict {
    let slow = served.worker(Version::Mdp02, SERVICE)?;
    slow.work()?;
    slow.is_disconnected("the time of --busy")?;
    served.until(SERVICE, "404")
}

pub(super) fn cancel(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[BUSY])?;
    let worker = served.worker_by(Version::Mdp02, &ready_with_credit(SERVICE, 1), SERVICE)?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["one"])?;
    let (address, _) = worker.work()?;
    worker.is_cancelled(&address, "the time of --busy")?;
    // Its end frees the place, for the next try.
    worker.done(&address, &["late"])?;
    let (again, _) = worker.work()?;
    worker.done(&again, &["in time"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["in time"]), || format!("expected the reply in time, the client got {}", show(&seen)))
}
