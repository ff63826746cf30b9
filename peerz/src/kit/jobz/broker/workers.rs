//! The registration of workers, their heartbeats and their end.

use std::time::{Duration, Instant};

use super::served::{SERVICE, Served};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::{frames, show},
    candidate::{ANSWER_WITHIN, QUIET},
    check::ensure,
    jobz::message::{ToWorker, VERSIONS, Version, fail as fail_message, ready_with_credit},
};

/// How long a silent worker may be registered: three intervals of 2.5 s, and some time.
const EXPIRED_WITHIN: Duration = Duration::from_secs(15);

/// How long the next heartbeat may take: an interval is 2.5 s.
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(6);

/// How often a worker of the kit sends a heartbeat.
const BEAT: Duration = Duration::from_millis(200);

pub(super) fn leaves(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let client = served.speaker(Version::Mdp02)?;
    for version in VERSIONS {
        let leaver = served.worker(version, SERVICE)?;
        client.request(SERVICE, &["one"])?;
        let (first, _) = leaver.work()?;
        leaver.send(&version.disconnect())?;
        served.until(SERVICE, "404")?;
        let other = served.worker(version, SERVICE)?;
        let (second, body) = other.work()?;
        ensure(body == frames(["one"]), || format!("expected the request again, the worker got {}", show(&body)))?;
        other.done(&second, &["done"])?;
        let seen = client.final_reply(SERVICE)?;
        ensure(seen == frames(["done"]), || format!("expected the reply done, the client got {}", show(&seen)))?;
        ensure(first != second, || "both tries have the same address: a late reply would be taken".to_owned())?;
        other.send(&version.disconnect())?;
        served.until(SERVICE, "404")?;
    }
    Ok(())
}

pub(super) fn silent(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    // It lives, and is before the silent ones in any order.
    let alive = served.worker(Version::Mdp02, "alive")?;
    let before = served.worker(Version::Mdp02, "before")?;
    let _silent = served.worker(Version::Mdp01, SERVICE)?;
    let client = served.speaker(Version::Mdp02)?;
    let deadline = Instant::now() + EXPIRED_WITHIN;
    while client.ask("mmi.service", &[SERVICE])? != frames(["404"]) {
        ensure(Instant::now() < deadline, || {
            format!("expected that mmi.service is 404 for a worker that has sent nothing for {EXPIRED_WITHIN:?}")
        })?;
        [&alive, &before].into_iter().try_for_each(|worker| worker.send(&Version::Mdp02.heartbeat()))?;
        std::thread::sleep(BEAT);
    }
    for service in ["alive", "before"] {
        let seen = client.ask("mmi.service", &[service])?;
        ensure(seen == frames(["200"]), || "a worker that sends heartbeats is not registered any more".to_owned())?;
    }
    Ok(())
}

pub(super) fn unknown(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    for version in VERSIONS {
        for (name, message) in [("a heartbeat", version.heartbeat()), ("a final reply", version.done(b"a", &["b"]))] {
            let stranger = served.speaker(version)?;
            stranger.send(&message)?;
            stranger.is_disconnected(&format!("{name} of a peer that is not registered"))?;
        }
    }
    Ok(())
}

pub(super) fn ready_twice(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    for version in VERSIONS {
        let worker = served.worker(version, SERVICE)?;
        worker.send(&version.ready(SERVICE))?;
        worker.is_disconnected("a second READY")?;
        served.until(SERVICE, "404")?;
    }
    Ok(())
}

pub(super) fn heartbeats(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let [old, new] = [served.worker(Version::Mdp01, "old")?, served.worker(Version::Mdp02, "new")?];
    let client = served.speaker(Version::Mdp02)?;
    client.request("new", &["work"])?;
    let (address, _) = new.work()?;
    for (worker, which) in [(&old, "an idle worker"), (&new, "a busy worker")] {
        let command = worker.command(&format!("a heartbeat for {which}"), HEARTBEAT_WITHIN)?;
        ensure(command == ToWorker::Heartbeat, || format!("expected a heartbeat for {which}; {command:?} came"))?;
    }
    new.done(&address, &["done"])?;
    client.final_reply("new").map(drop)
}

pub(super) fn credit(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let worker = served.worker_by(Version::Mdp02, &ready_with_credit(SERVICE, 2), SERVICE)?;
    let client = served.speaker(Version::Mdp02)?;
    for body in ["one", "two", "three"] {
        client.request(SERVICE, &[body])?;
    }
    let (first, _) = worker.work()?;
    let Some(second) = worker.peer.recv_within(QUIET) else { return Err(Finding::Unsupported) };
    let second = match ToWorker::parse(&second) {
        Ok((_, ToWorker::Request { address, .. })) => address,
        Ok((_, ToWorker::Heartbeat)) => worker.work()?.0,
        _ => return Err(Finding::failed(format!("expected a second request; {} came", show(&second)))),
    };
    worker.has_no_work(QUIET, "expected no third request for a credit of 2")?;
    worker.done(&second, &["two"])?;
    let (third, _) = worker.work()?;
    for (address, reply) in [(&third, "three"), (&first, "one")] {
        worker.done(address, &[reply])?;
    }
    for wanted in ["two", "three", "one"] {
        let seen = client.final_reply(SERVICE)?;
        ensure(seen == frames([wanted]), || format!("expected the reply {wanted}, the client got {}", show(&seen)))?;
    }
    Ok(())
}

pub(super) fn fail(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let failing = served.worker_by(Version::Mdp02, &ready_with_credit(SERVICE, 1), SERVICE)?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["one"])?;
    let (address, _) = failing.work()?;
    let other = served.speaker(Version::Mdp02)?;
    other.send(&ready_with_credit(SERVICE, 1))?;
    failing.send(&fail_message(&address, "no such file"))?;
    // The other one, or the same again: both are workers.
    let deadline = Instant::now() + ANSWER_WITHIN;
    let (worker, address) = loop {
        let arrived = [&failing, &other].into_iter().find_map(|worker| {
            let message = worker.peer.recv_within(Duration::from_millis(10))?;
            match ToWorker::parse(&message) {
                Ok((_, ToWorker::Request { address, .. })) => Some((worker, address)),
                _ => None,
            }
        });
        if let Some(arrived) = arrived {
            break arrived;
        }
        if let Some(message) = client.peer.recv_within(Duration::ZERO) {
            return Err(Finding::failed(format!("expected another try; the client got {}", show(&message))));
        }
        if Instant::now() >= deadline {
            // It has dropped the unknown command, which is its right.
            return Err(Finding::Unsupported);
        }
    };
    worker.done(&address, &["done"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["done"]), || format!("expected the reply done, the client got {}", show(&seen)))
}
