//! Requests and replies.

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::{frames, show},
    candidate::QUIET,
    check::ensure,
    ppp::message::{Addressed, Message, ready},
    raw::send_garbage,
    vectors::{invalid, valid},
};

pub(super) fn answers(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    rig.serves(&client, &worker, &frames(["one"]))?;
    rig.serves(&client, &worker, &frames(["two"]))
}

pub(super) fn restart(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.known_worker(&[]).map(drop)?;
    rig.restart(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    rig.serves(&client, &worker, &frames(["hi"]))
}

pub(super) fn request_waits(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let client = rig.client()?;
    client.ask(&["early"])?;
    let worker = rig.worker()?;
    worker.has_no_request(QUIET, "expected no request for a worker that has not sent READY")?;
    worker.send(&ready())?;
    let request = rig.request(&worker)?;
    worker.reply(&request, &request.content)?;
    client.gets(&["early"])
}

pub(super) fn content_unchanged(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    for content in [frames([""]), frames([&b"a"[..], b"", b"\xff\0"]), frames([&b"\x01"[..]]), frames([""; 1000])] {
        rig.serves(&client, &worker, &content)?;
    }
    Ok(())
}

pub(super) fn address_unchanged(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, queue) = (rig.known_worker(&[])?, rig.client()?);
    for address in [frames([&b"\0client"[..]]), frames([&b"\0queue"[..], b"\0client"]), frames([&b"\x01"[..]; 99])] {
        let sent = Addressed::new(&address, &["hi"]);
        queue.send(&sent.frames())?;
        let request = rig.request(&worker)?;
        let seen = request.address.as_deref().and_then(<[_]>::split_first).map(|(_, address)| address);
        ensure(seen == Some(&address), || {
            format!(
                "expected the address {} after the routing id; the worker got {}",
                show(&address),
                show(&request.frames())
            )
        })?;
        worker.reply(&request, &["hi"])?;
        let reply = queue.receive()?;
        ensure(reply == sent.frames(), || {
            format!("expected the reply {}, the other queue got {}", show(&sent.frames()), show(&reply))
        })?;
    }
    Ok(())
}

pub(super) fn own_replies(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let first = rig.known_worker(&[])?;
    let second = rig.known_worker(&[&first])?;
    let clients = [rig.client()?, rig.client()?];
    let workers = [&first, &second];
    clients[0].ask(&["0"])?;
    let (one, earlier) = rig.next_request(&workers)?;
    clients[1].ask(&["1"])?;
    let (two, later) = rig.next_request(&workers)?;
    // In the other order than that of the requests.
    workers[two].reply(&later, &later.content)?;
    clients[1].gets(&["1"])?;
    workers[one].reply(&earlier, &earlier.content)?;
    clients[0].gets(&["0"])
}

pub(super) fn free_longest(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let first = rig.known_worker(&[])?;
    let second = rig.known_worker(&[&first])?;
    let (client, workers) = (rig.client()?, [&first, &second]);
    for turn in [0, 1, 0, 1] {
        client.ask(&["turn"])?;
        let (place, request) = rig.next_request(&workers)?;
        ensure(place == turn, || "the worker that was free for longest got no request".to_owned())?;
        workers[place].reply(&request, &["done"])?;
        client.gets(&["done"])?;
    }
    Ok(())
}

pub(super) fn malformed_clients(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    for message in [frames(["no empty frame"]), frames(["a", "b"]), frames([""]), frames(["address", ""])] {
        client.send(&message)?;
        rig.serves(&client, &worker, &frames(["next"])).map_err(|finding| after(&show(&message), finding))?;
    }
    Ok(())
}

pub(super) fn malformed_workers(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    let without_receiver = valid("ppp", "ppp_worker").into_iter().filter(|case| {
        matches!(Message::of_worker(&case.frames),
            Ok(Message::Addressed(reply)) if reply.address.as_ref().is_none_or(Vec::is_empty))
    });
    for case in invalid("ppp", "ppp_worker").into_iter().chain(without_receiver) {
        worker.send(&case.frames)?;
        rig.serves(&client, &worker, &frames(["next"])).map_err(|finding| after(&case.name, finding))?;
    }
    ensure(client.receive_within(QUIET).is_none(), || "a malformed message of a worker has reached a client".to_owned())
}

fn after(name: &str, finding: Finding) -> Finding {
    match finding {
        Finding::Failed(reason) => Finding::Failed(format!("after {name}: {reason}")),
        Finding::Unsupported => Finding::Unsupported,
    }
}

pub(super) fn stranger(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (worker, client) = (rig.known_worker(&[])?, rig.client()?);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], b""] {
        for endpoint in rig.endpoints() {
            send_garbage(&endpoint, bytes)?;
            rig.serves(&client, &worker, &frames(["hi"]))?;
        }
    }
    Ok(())
}
