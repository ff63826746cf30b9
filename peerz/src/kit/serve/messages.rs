//! Requests, replies and broadcasts, to the byte.

use super::{
    extensions::knows_versions,
    served::{FENCE, Served},
};
use crate::kit::{
    Candidate, Finding, Frames, Peer, Verdict,
    bytes::{frames, show},
    candidate::ANSWER_WITHIN,
    chat::{Reply, say},
    check::ensure,
    peer::REQ,
    vectors::{self, Case},
};

pub(super) fn envelope(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    let hops: Vec<[u8; 5]> = (1..=9).map(|hop| [hop; 5]).collect();
    let hops: Vec<&[u8]> = hops.iter().map(<[u8; 5]>::as_slice).collect();
    for envelope in [&[][..], &[&[1, 0, 0, 0][..]], &[b"\x00\x80\x00\x00\x29", b"\xff"], &hops] {
        let envelope = frames(envelope.iter().chain(&[&b""[..]]));
        client.send(envelope.iter().map(Vec::as_slice).chain([&b"ada"[..]]))?;
        let what = format!("a reply that begins with the envelope {}", show(&envelope));
        let reply = served.server.expect_message(&client, &what, ANSWER_WITHIN)?;
        let body = reply.strip_prefix(envelope.as_slice());
        let is_reply = body.is_some_and(|body| Reply::parse(body).is_ok_and(|reply| reply.users() == ["ada"]));
        ensure(is_reply, || format!("expected {what}, and [ada]; seen {}", show(&reply)))?;
    }
    // As a REQ does it, which takes only what fits.
    let client = Peer::connect(REQ, &served.requests.endpoint())?;
    client.send(["ada"])?;
    served.server.expect_message(&client, "a reply at a REQ", ANSWER_WITHIN).map(drop)
}

pub(super) fn delimiter_missing(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    for request in [&["ada"][..], &["ada", "more", "and more"]] {
        client.send(request)?;
        let what = format!("a refusal right behind the routing id, for {} without a delimiter", show(&frames(request)));
        let reply = served.server.expect_message(&client, &what, ANSWER_WITHIN)?;
        ensure(matches!(Reply::parse(&reply), Ok(Reply::Refusal(_))), || {
            format!("expected {what}; seen {}", show(&reply))
        })?;
    }
    let users = served.users(&client, &["eve"])?;
    ensure(users == ["eve"], || format!("expected [eve] after requests without a delimiter, seen {users:?}"))
}

pub(super) fn empty_request(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    expect_refusal(&served, &client, "no frame after the delimiter", &Frames::new())?;
    served.users(&client, &["eve"]).map(drop)
}

/// Expects that a malformed request is refused.
fn expect_refusal(served: &Served, client: &Peer, name: &str, request: &Frames) -> Verdict {
    let reply = served.ask(client, request)?;
    ensure(matches!(reply, Reply::Refusal(_)), || {
        format!("expected a refusal for the malformed request \"{name}\", {}; seen {reply:?}", show(request))
    })
}

pub(super) fn valid_requests(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let subscriber = served.subscriber(&client)?;
    for Case { name, frames, meaning, .. } in vectors::valid("chatz", "request") {
        let case = format!("the valid request \"{name}\", {}", show(&frames));
        let reply = served.ask(&client, &frames)?;
        let user = meaning["user"].as_str().unwrap_or_default();
        let is_there = reply.users().iter().any(|other| other == user);
        let accepted = if meaning["leaves"] == true { !matches!(reply, Reply::Refusal(_)) } else { is_there };
        ensure(accepted, || format!("expected {user} among the users in reply to {case}; seen {reply:?}"))?;
        let heard = served.heard(&client, &subscriber, &case)?;
        let said: Vec<&Vec<u8>> = if meaning["text"].is_string() { vec![&frames[0]] } else { vec![] };
        let is_same = heard.iter().map(|broadcast| &broadcast[0]).eq(said.iter().copied());
        ensure(is_same, || {
            let heard: Vec<_> = heard.iter().map(|broadcast| show(broadcast)).collect();
            format!("after {case}: expected {} broadcasts, seen {heard:?}", said.len())
        })?;
    }
    Ok(())
}

/// The invalid requests of the vectors. A server of the base protocol ignores frame 2, so it accepts some of them.
fn malformed(served: &Served, client: &Peer) -> Result<Vec<Case>, Finding> {
    let mut cases = vectors::invalid("chatz", "request");
    if !knows_versions(served, client)? {
        cases.retain(|case| case.field != "roster_version");
    }
    Ok(cases)
}

pub(super) fn malformed_refused(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    for Case { name, frames, .. } in malformed(&served, &client)? {
        expect_refusal(&served, &client, &name, &frames)?;
        served.users(&client, &["eve"])?;
    }
    Ok(())
}

pub(super) fn malformed_forgotten(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let cases = malformed(&served, &client)?;
    let subscriber = served.subscriber(&client)?;
    for Case { name, frames, .. } in cases {
        let case = format!("the malformed request \"{name}\", {}", show(&frames));
        served.ask_bytes(&client, &frames)?;
        let heard = served.heard(&client, &subscriber, &case)?;
        ensure(heard.is_empty(), || format!("after {case}: expected no broadcast, seen {}", show(&heard[0])))?;
        let users = served.users(&client, &["eve"])?;
        let others: Vec<_> = users.iter().filter(|user| !["eve", "kit", FENCE].contains(&user.as_str())).collect();
        ensure(others.is_empty(), || format!("after {case}: expected that its user is absent, seen {others:?}"))?;
    }
    Ok(())
}

pub(super) fn one_reply(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    let requests = ["ada", "a space", "ada\u{1f}hi", "ada\u{1f}", "", "ada"].into_iter().cycle();
    let numbered: Vec<([u8; 4], &str)> = (1_u32..=30).map(u32::to_le_bytes).zip(requests).collect();
    for (number, request) in &numbered {
        client.send([&number[..], b"", request.as_bytes()])?;
    }
    for (number, request) in &numbered {
        let what = format!("one reply to {request:?}, with its request id {number:?}");
        let reply = served.server.expect_message(&client, &what, ANSWER_WITHIN)?;
        ensure(reply.first().is_some_and(|id| id == number), || format!("expected {what}; seen {}", show(&reply)))?;
    }
    // A second reply to the last one would come first.
    served.users(&client, &["ada"]).map(drop)
}

pub(super) fn broadcast_unchanged(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let subscribers = [served.subscriber(&client)?, served.subscriber(&client)?];
    for said in ["\u{0} ", " \ttwo\nlines\r\n", "\u{1b}[2J", "日本 🙂 e\u{301}", &"x".repeat(4096)] {
        let said = say("ada", said);
        served.users(&client, &[&said])?;
        for subscriber in &subscribers {
            let what = format!("the broadcast {}", show(&frames([&said])));
            served
                .server
                .expect(&what, ANSWER_WITHIN, |left| {
                    // Each of them has received what the other one waited for as well.
                    subscriber.recv_within(left).filter(|heard| !heard[0].starts_with(FENCE.as_bytes()))
                })
                .and_then(|heard| ensure(heard[0] == said, || format!("expected {what}; seen {}", show(&heard))))?;
        }
    }
    Ok(())
}

pub(super) fn broadcast_once(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let subscriber = served.subscriber(&client)?;
    let said: Vec<Vec<u8>> = (1..=20).map(|number| say("ada", &format!("text {number}"))).collect();
    for text in &said {
        served.users(&client, &[text])?;
    }
    let heard: Vec<Vec<u8>> = served
        .heard(&client, &subscriber, "20 texts")?
        .into_iter()
        .map(|mut broadcast| broadcast.swap_remove(0))
        .collect();
    ensure(heard == said, || {
        format!("expected \"text 1\" to \"text 20\" once each and in order, seen {}", show(&heard))
    })
}
