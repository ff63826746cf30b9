//! The feed, with a server in the same process or a raw one.

use std::{
    sync::mpsc::{Receiver, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chatz::{RoomConfig, Server, ServerConfig, ServerEndpoints, ServerState};
use sockets::{KeepAlive, Security, Stop, Stopper};
use testkit::{Peer, peer};

use super::*;

struct Running {
    endpoints: ServerEndpoints,
    stopper: Stopper,
    thread: JoinHandle<Result<(), SocketError>>,
}

fn serve() -> Running {
    let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
    let config = ServerConfig {
        requests: "tcp://127.0.0.1:*".parse().unwrap(),
        broadcasts: "tcp://127.0.0.1:*".parse().unwrap(),
        room: RoomConfig { expiry: Duration::from_secs(5), users_max: 10 },
    };
    let server = Server::bind(&context, &config).unwrap();
    let endpoints = server.endpoints().clone();
    let (stopper, stop) = Stop::pair().unwrap();
    let thread = thread::spawn(move || server.run(&stop));
    Running { endpoints, stopper, thread }
}

fn desk(requests: &Endpoint, broadcasts: &Endpoint, events_max: usize) -> (Chatz, Receiver<Event>) {
    let context = crate::feeds::context();
    let (sender, events) = sync_channel(events_max);
    (Chatz::spawn(&context, requests, broadcasts, &"ada".parse().unwrap(), sender).unwrap(), events)
}

/// Waits for an event that is as wanted, and returns it with all before it.
fn until(events: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut all = Vec::new();
    loop {
        let event = events.recv_timeout(testkit::BOUND).unwrap_or_else(|error| panic!("{error}: {all:#?}"));
        let found = wanted(&event);
        all.push(event);
        if found {
            return all;
        }
    }
}

fn is_said(event: &Event, by: &str, what: &str) -> bool {
    matches!(event, Event::Chatz(chatz::Event::Message { user, text }) if user.as_str() == by && text.as_str() == what)
}

fn is_renamed(event: &Event, name: &str) -> bool {
    matches!(event, Event::Chatz(chatz::Event::Renamed(user)) if user.as_str() == name)
}

fn is_up(event: &Event) -> bool {
    matches!(event, Event::Chatz(chatz::Event::Server(ServerState::Up)))
}

#[test]
fn it_reports_its_name_first_and_then_what_is_said() {
    let server = serve();
    let (chatz, events) = desk(&server.endpoints.requests, &server.endpoints.broadcasts, 64);
    let before = until(&events, is_up);
    assert!(matches!(&before[0], Event::Named(name) if name == "ada"), "{before:?}");
    chatz.say("hello".parse().unwrap()).unwrap();
    until(&events, |event| is_said(event, "ada", "hello"));
    for name in ["bob", "eve", "ada", "bob"] {
        chatz.rename(name.parse().unwrap()).unwrap();
        until(&events, |event| is_renamed(event, name));
    }
    chatz.say("it is me".parse().unwrap()).unwrap();
    until(&events, |event| is_said(event, "bob", "it is me"));
    chatz.reset().unwrap();
    let after = until(&events, is_up);
    assert!(after.iter().any(|event| matches!(event, Event::Named(name) if name == "bob")), "{after:?}");
    server.stopper.stop();
    server.thread.join().unwrap().unwrap();
    let down = until(&events, |event| matches!(event, Event::Silent(REQ, Some(_))));
    assert!(matches!(down.last(), Some(Event::Silent(_, Some(silence))) if silence.reason == "no reply"));
}

#[test]
fn a_new_name_takes_the_old_one_off_the_roster() {
    let server = serve();
    let (chatz, events) = desk(&server.endpoints.requests, &server.endpoints.broadcasts, 64);
    let is_roster = |event: &Event, name: &str| matches!(event, Event::Chatz(chatz::Event::Users(users)) if *users == [name.parse().unwrap()]);
    until(&events, |event| is_roster(event, "ada"));
    chatz.rename("bob".parse().unwrap()).unwrap();
    until(&events, |event| is_roster(event, "bob"));
}

#[test]
fn a_desk_whose_routing_id_is_taken_over_comes_back_with_another() {
    let (router, publisher) = (Peer::bind(peer::ROUTER), Peer::bind(peer::XPUB));
    router.socket().set_router_handover(true).unwrap();
    let (_chatz, events) = desk(&router.endpoint().parse().unwrap(), &publisher.endpoint().parse().unwrap(), 64);
    let reply = || {
        let mut frames = router.receive();
        frames.truncate(1 + frames.iter().position(Vec::is_empty).unwrap());
        frames.push(b"ada".to_vec());
        router.send(&frames);
        frames.swap_remove(0)
    };
    let id = reply();
    until(&events, is_up);

    let thief = Peer::connect_with(peer::DEALER, router.endpoint(), |raw| raw.set_identity(&id).unwrap());
    thief.send([&b""[..], b"eve"]);
    reply();
    until(&events, |event| matches!(event, Event::Silent(REQ, Some(_))));
    while reply() == id {}
    until(&events, is_up);
}

#[test]
fn texts_wait_for_a_server_and_too_many_are_refused() {
    let no_server: Endpoint = "tcp://127.0.0.1:1".parse().unwrap();
    let (chatz, events) = desk(&no_server, &no_server, 1_000);
    for number in 0..100 {
        chatz.say(format!("text {number}").parse().unwrap()).unwrap();
    }
    assert!(matches!(chatz.say("one more".parse().unwrap()), Err(Refusal::NotNow { .. })));
    until(&events, |event| matches!(event, Event::Chatz(chatz::Event::Kept(text)) if text.as_str() == "text 99"));
    chatz.reset().unwrap();
    chatz.say("first".parse().unwrap()).unwrap();
}

#[test]
fn a_name_that_the_server_refuses_changes_nothing_but_is_reported() {
    let (router, publisher) = (Peer::bind(peer::ROUTER), Peer::bind(peer::XPUB));
    let (chatz, events) = desk(&router.endpoint().parse().unwrap(), &publisher.endpoint().parse().unwrap(), 64);
    // A server that knows ada alone.
    let serve_until = |wanted: &dyn Fn(&Event) -> bool| {
        let (mut all, deadline) = (Vec::new(), Instant::now() + testkit::BOUND);
        while !all.iter().any(wanted) {
            assert!(Instant::now() < deadline, "{all:#?}");
            while let Some(mut frames) = router.receive_within(Duration::from_millis(1)) {
                let body = 1 + frames.iter().position(Vec::is_empty).unwrap();
                let reply = if frames[body].starts_with(b"ada") { "ada" } else { "\u{15}not yours" };
                frames.truncate(body);
                frames.push(reply.into());
                router.send(&frames);
            }
            all.extend(events.recv_timeout(Duration::from_millis(10)));
        }
        all
    };
    serve_until(&is_up);
    chatz.rename("eve".parse().unwrap()).unwrap();
    chatz.say("it is me".parse().unwrap()).unwrap();
    let all = serve_until(&|event| matches!(event, Event::Chatz(chatz::Event::Said(_))));
    let is_refusal = |event: &Event| matches!(event, Event::Chatz(chatz::Event::Refused { text: None, reason }) if reason == "not yours");
    assert_eq!(all.iter().filter(|event| is_refusal(event)).count(), 1, "{all:?}");
    assert!(!all.iter().any(|event| is_renamed(event, "eve")), "{all:?}");
}

#[test]
fn garbage_is_counted_by_socket() {
    let (replies, broadcasts) = (Peer::bind(peer::REP), Peer::bind(peer::XPUB));
    let (_chatz, events) = desk(&replies.endpoint().parse().unwrap(), &broadcasts.endpoint().parse().unwrap(), 64);
    assert_eq!(broadcasts.receive(), [b"\x01"]);
    for _ in 0..2_000 {
        broadcasts.send([&b"\xff\xff"[..]]);
    }
    let _ = replies.receive();
    replies.send([&b"\xff"[..]]);
    let (mut counts, mut reports) = ([0, 0], 0);
    // The publisher drops what the queues do not hold.
    while counts[0] < 1 || counts[1] < 500 {
        match events.recv_timeout(testkit::BOUND).unwrap() {
            Event::Malformed(REQ, count, _) => counts[0] = count,
            Event::Malformed(SUB, count, reason) => {
                assert!(reason.starts_with("user: "), "{reason}");
                (counts[1], reports) = (count, reports + 1);
            }
            _ => {}
        }
    }
    assert!(reports < 100, "{reports} reports");
}

#[test]
fn a_dashboard_that_takes_nothing_delays_neither_a_new_name_nor_the_end() {
    let server = serve();
    let (chatz, events) = desk(&server.endpoints.requests, &server.endpoints.broadcasts, 1);
    chatz.rename("bob".parse().unwrap()).unwrap();
    chatz.reset().unwrap();
    drop(chatz);
    drop(events);
}
