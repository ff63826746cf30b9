//! Requests and replies.

use super::served::{SERVICE, Served, serves};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::{frames, show},
    candidate::QUIET,
    check::ensure,
    jobz::message::{VERSIONS, Version, partial},
    vectors::invalid,
};

pub(super) fn version_01(candidate: &Candidate) -> Verdict {
    between(candidate, Version::Mdp01, Version::Mdp01)
}

pub(super) fn version_02(candidate: &Candidate) -> Verdict {
    between(candidate, Version::Mdp02, Version::Mdp02)
}

pub(super) fn versions_mixed(candidate: &Candidate) -> Verdict {
    between(candidate, Version::Mdp01, Version::Mdp02)?;
    between(candidate, Version::Mdp02, Version::Mdp01)
}

fn between(candidate: &Candidate, client: Version, worker: Version) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(worker, SERVICE)?, served.speaker(client)?);
    serves(&client, &worker, &frames(["one"]))?;
    serves(&client, &worker, &frames(["two"]))
}

pub(super) fn body_unchanged(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    for version in VERSIONS {
        let client = served.speaker(version)?;
        for body in [frames([""]), frames([&b"a"[..], b"", b"\xff\0"]), frames([""; 1000])] {
            serves(&client, &worker, &body)?;
        }
    }
    Ok(())
}

pub(super) fn request_waits(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let client = served.speaker(Version::Mdp02)?;
    client.request(SERVICE, &["early"])?;
    // The broker has taken it when it answers the next one.
    client.ask("mmi.service", &[SERVICE])?;
    let worker = served.speaker(Version::Mdp02)?;
    worker.send(&Version::Mdp02.ready(SERVICE))?;
    worker.echo()?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["early"]), || format!("the client got {}", show(&seen)))
}

pub(super) fn one_at_a_time(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    client.request(SERVICE, &["one"])?;
    client.request(SERVICE, &["two"])?;
    let (address, _) = worker.work()?;
    // A heartbeat while it is busy does not make it free.
    worker.send(&Version::Mdp02.heartbeat())?;
    worker.has_no_work(QUIET, "expected no second request while the first one is open")?;
    worker.done(&address, &["one"])?;
    worker.echo()?;
    for wanted in ["one", "two"] {
        let seen = client.final_reply(SERVICE)?;
        ensure(seen == frames([wanted]), || format!("expected the reply {wanted}, the client got {}", show(&seen)))?;
    }
    Ok(())
}

pub(super) fn own_replies(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let workers = [served.worker(Version::Mdp02, SERVICE)?, served.worker(Version::Mdp01, SERVICE)?];
    let clients = [served.speaker(Version::Mdp02)?, served.speaker(Version::Mdp02)?];
    // The broker takes the second one after the first: it has answered that client since.
    clients[0].request(SERVICE, &["0"])?;
    let (first, body) = workers[0].work()?;
    clients[1].request(SERVICE, &["1"])?;
    workers[1].echo()?;
    workers[0].done(&first, &body)?;
    for (client, wanted) in clients.iter().zip(["0", "1"]) {
        let seen = client.final_reply(SERVICE)?;
        ensure(seen == frames([wanted]), || format!("expected the reply {wanted}, the client got {}", show(&seen)))?;
    }
    Ok(())
}

pub(super) fn idle_longest(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let first = served.worker(Version::Mdp02, SERVICE)?;
    let second = served.speaker(Version::Mdp02)?;
    second.send(&Version::Mdp02.ready(SERVICE))?;
    let client = served.speaker(Version::Mdp02)?;
    // Both are registered when both have a request; then they are idle one after the other.
    client.request(SERVICE, &["one"])?;
    let (one, _) = first.work()?;
    client.request(SERVICE, &["two"])?;
    let (two, _) = second.work()?;
    for (worker, address) in [(&first, &one), (&second, &two)] {
        worker.done(address, &["done"])?;
        client.final_reply(SERVICE)?;
    }
    for turn in [&first, &second, &first, &second] {
        client.request(SERVICE, &["turn"])?;
        turn.echo().map_err(|_| Finding::failed("the worker that was idle for longest got no request"))?;
        client.final_reply(SERVICE)?;
    }
    Ok(())
}

pub(super) fn clients_alternate(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (greedy, modest) = (served.speaker(Version::Mdp02)?, served.speaker(Version::Mdp02)?);
    for _ in 0..10 {
        greedy.request(SERVICE, &["greedy"])?;
    }
    greedy.ask("mmi.service", &[SERVICE])?;
    modest.request(SERVICE, &["modest"])?;
    modest.ask("mmi.service", &[SERVICE])?;
    let worker = served.speaker(Version::Mdp02)?;
    worker.send(&Version::Mdp02.ready(SERVICE))?;
    let first = [worker.echo()?, worker.echo()?];
    ensure(first.contains(&frames(["modest"])), || {
        "a client with 10 requests that wait was served twice before one with a single request".to_owned()
    })
}

pub(super) fn late_reply(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    client.request(SERVICE, &["one"])?;
    let (old, _) = worker.work()?;
    worker.done(&old, &["one"])?;
    client.final_reply(SERVICE)?;
    client.request(SERVICE, &["two"])?;
    let (address, _) = worker.work()?;
    worker.done(&old, &["late"])?;
    worker.done(b"of no request", &["of no request"])?;
    worker.done(&address, &["two"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["two"]), || format!("expected the reply two, the client got {}", show(&seen)))?;
    serves(&client, &worker, &frames(["three"]))
}

pub(super) fn partial_replies(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    client.request(SERVICE, &["?"])?;
    let (address, _) = worker.work()?;
    for part in ["one", "two"] {
        worker.send(&partial(&address, &[part]))?;
        let reply = client.reply()?;
        let is_it = !reply.is_final && reply.service == SERVICE && reply.body == frames([part]);
        ensure(is_it, || format!("expected the partial reply {part}; {reply:?} came"))?;
    }
    worker.done(&address, &["three"])?;
    let seen = client.final_reply(SERVICE)?;
    ensure(seen == frames(["three"]), || format!("expected the final reply three; {} came", show(&seen)))
}

pub(super) fn partial_replies_joined(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp01)?);
    client.request(SERVICE, &["?"])?;
    let (address, _) = worker.work()?;
    worker.send(&partial(&address, &["one", ""]))?;
    worker.send(&partial(&address, &["two"]))?;
    worker.done(&address, &["three"])?;
    let (seen, wanted) = (client.final_reply(SERVICE)?, frames(["one", "", "two", "three"]));
    ensure(seen == wanted, || format!("expected the reply {}; {} came", show(&wanted), show(&seen)))
}

pub(super) fn malformed(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    for message in ["client_request", "worker_command"] {
        for case in invalid("jobz", message) {
            let stranger = served.speaker(Version::Mdp02)?;
            stranger.send(&case.frames)?;
            // From its own connection, after the malformed one: the broker has taken that when this one is answered.
            stranger.ask("mmi.service", &[SERVICE]).and_then(|_| serves(&client, &worker, &frames(["next"]))).map_err(
                |finding| match finding {
                    Finding::Failed(reason) => Finding::Failed(format!("after {}: {reason}", case.name)),
                    Finding::Unsupported => Finding::Unsupported,
                },
            )?;
        }
    }
    Ok(())
}
