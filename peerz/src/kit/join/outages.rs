//! Servers that are late, restart, break off or are none, and a second client.

use std::{io::Write as _, net::TcpStream, time::Duration};

use super::joined::{Joined, run};
use crate::kit::{
    Candidate, Finding, Peer, Running, Verdict,
    bytes::frames,
    candidate::{QUIET, START_WITHIN},
    chat::Request,
    habits,
    peer::{ROUTER, XPUB},
    raw::{self, Silent},
};

/// A client whose first connections are met by `meet` and end. For as long as `absent` nothing listens; then a server is bound at
/// the same endpoints.
fn present_after(
    candidate: &Candidate,
    absent: Duration,
    meet: impl Fn(TcpStream, &str) -> Verdict,
) -> Result<Joined, Finding> {
    let (requests, broadcasts) = (Silent::bind()?, Silent::bind()?);
    let endpoints = [requests.endpoint().to_owned(), broadcasts.endpoint().to_owned()];
    let mut client = run(candidate, &endpoints[0], &endpoints[1])?;
    meet(client.expect("a connection to broadcasts", START_WITHIN, |left| broadcasts.accept_within(left))?, "PUB")?;
    meet(client.expect("a connection to requests", START_WITHIN, |left| requests.accept_within(left))?, "ROUTER")?;
    drop((requests, broadcasts));
    if let Ok(code) = client.exit_within(absent) {
        let log = client.last_log();
        return Err(Finding::failed(format!("without its server it ended with exit code {code}{log}")));
    }
    let joined = Joined::of(client, Peer::bind_at(ROUTER, &endpoints[0])?, Peer::bind_at(XPUB, &endpoints[1])?);
    joined.await_presence()?;
    Ok(joined)
}

pub(super) fn server_late(candidate: &Candidate) -> Verdict {
    present_after(candidate, QUIET, |_, _| Ok(())).map(drop)
}

pub(super) fn half_a_message(candidate: &Candidate) -> Verdict {
    let mut joined = present_after(candidate, Duration::ZERO, |stream, kind| {
        let mut broken = raw::handshake(stream, kind)?;
        // An empty frame with the flag of more to follow; what is unread when it is dropped resets the connection.
        let _ = broken.send_bytes(b"\x01\x00");
        Ok(())
    })?;
    joined.expect_line(&frames([b"bob\x1fback"]), "bob", "back")
}

pub(super) fn stranger(candidate: &Candidate) -> Verdict {
    let mut joined = present_after(candidate, Duration::ZERO, |mut stream, _| {
        // The client may have closed the connection by now, which is its right.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        Ok(())
    })?;
    joined.expect_line(&frames([b"bob\x1fback"]), "bob", "back")
}

pub(super) fn two_clients(candidate: &Candidate) -> Verdict {
    let joined = Joined::start(candidate)?;
    let second = run(candidate, joined.requests.endpoint(), joined.broadcasts.endpoint())?;
    let mut routing_ids: Vec<Vec<u8>> = Vec::new();
    second.expect("requests of two clients, each with its own routing id", START_WITHIN, |left| {
        if let Some(request) = joined.requests.recv_within(left).and_then(|frames| Request::parse(&frames).ok()) {
            let routing_id = &request.envelope[0];
            if !routing_ids.contains(routing_id) {
                routing_ids.push(routing_id.clone());
            }
            // A client that has left needs no reply.
            let _ = joined.accept(&request);
        }
        (routing_ids.len() == 2).then_some(())
    })
}

pub(super) fn server_restarts(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?.restart_server()?;
    joined.await_presence()?;
    let request = joined.says("back")?;
    joined.accept(&request)?;
    joined.expect_line(&frames([b"bob\x1fback"]), "bob", "back")
}

pub(super) fn interrupted_alone(candidate: &Candidate) -> Verdict {
    let (requests, broadcasts) = (Silent::bind()?, Silent::bind()?);
    let client = run(candidate, requests.endpoint(), broadcasts.endpoint())?;
    client.expect("a connection", START_WITHIN, |left| broadcasts.accept_within(left))?;
    habits::stops(client, 0, Running::interrupt)
}
