//! Clients that come back, are two, break off, do not read, or are none.

use super::served::Served;
use crate::kit::{
    Candidate, Peer, Verdict, bytes::show, candidate::ANSWER_WITHIN, chat::say, check::ensure, peer::XSUB, raw,
};

/// The replies to so many requests, with so many users each, are more than a connection holds.
const USERS: u32 = 100;
const REQUESTS: u32 = 300;

pub(super) fn restart(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    served.users(&client, &["ada"])?;
    served.restart(candidate)?;
    served.await_link(&client)?;
    let users = served.users(&client, &["bob"])?;
    ensure(users == ["bob"], || format!("expected [bob] from a server that restarted, seen {users:?}"))
}

pub(super) fn known_routing_id(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let before = served.client_as(b"kit")?;
    served.users(&before, &["ada"])?;
    let after = served.client_as(b"kit")?;
    served.users(&after, &["ada"])?;
    before.close();
    served.users(&after, &["ada"]).map(drop)
}

pub(super) fn two_clients(candidate: &Candidate) -> Verdict {
    let (served, first) = Served::joined(candidate)?;
    let second = served.client()?;
    for number in 0..20_u8 {
        first.send([&[1, number][..], b"", b"ada"])?;
        second.send([&[2, number][..], b"", b"bob"])?;
    }
    for (client, id) in [(&first, 1), (&second, 2)] {
        for number in 0..20_u8 {
            let what = format!("the reply with request id {id:02x}{number:02x}");
            let reply = served.server.expect_message(client, &what, ANSWER_WITHIN)?;
            ensure(reply[0] == [id, number], || format!("expected {what}; seen {}", show(&reply)))?;
        }
    }
    Ok(())
}

pub(super) fn client_breaks_off(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    for number in 0..USERS {
        served.users(&client, &[format!("user{number:020}")])?;
    }
    let mut deaf = raw::connect(&served.requests.endpoint(), "DEALER")?;
    let mut torn = raw::connect(&served.requests.endpoint(), "DEALER")?;
    for _ in 0..REQUESTS {
        // The server may close the connection of a client that reads nothing.
        let _ = deaf.send(&[&b""[..], b"deaf"]);
    }
    let _ = torn.send(&[&b""[..], b"torn"]);
    // A delimiter with the flag of more to follow.
    let _ = torn.send_bytes(b"\x01\x00");
    drop(torn);
    // The server takes requests of its clients alternately: by then it has taken those of the deaf one.
    for _ in 0..REQUESTS {
        let users = served.users(&client, &["ada"])?;
        ensure(users.iter().any(|user| user == "ada"), || format!("expected ada, seen {users:?}"))?;
    }
    Ok(())
}

pub(super) fn stranger(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    for place in [&served.requests, &served.broadcasts] {
        raw::send_garbage(&place.endpoint(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        // The first bytes of a greeting.
        raw::send_garbage(&place.endpoint(), &[0xff, 0, 0, 0, 0])?;
    }
    let other = Peer::connect(XSUB, &served.broadcasts.endpoint())?;
    for message in [&b"\x01ada"[..], b"\x00never", b"\x02", b"", b"\xff\xff", b"hello", b"\x01\xff"] {
        other.send([message])?;
    }
    served.await_link(&other)?;
    served.users(&client, &["ada"])?;
    // Behind what the other one sent.
    other.send([b"\x01"])?;
    served.subscriber(&client).map(drop)
}

pub(super) fn deaf_subscriber(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let subscriber = served.subscriber(&client)?;
    let mut deaf = raw::connect(&served.broadcasts.endpoint(), "SUB")?;
    ensure(deaf.send(&[b"\x01"]).is_ok(), || {
        "expected that a subscriber may subscribe; its connection was closed".to_owned()
    })?;
    let longest = "x".repeat(4096);
    for _ in 0..100 {
        served.users(&client, &[&say("ada", &longest)])?;
    }
    let heard = served.heard(&client, &subscriber, "100 texts next to a subscriber that reads nothing")?;
    ensure(heard.len() == 100, || format!("expected 100 broadcasts, seen {}", heard.len()))
}
