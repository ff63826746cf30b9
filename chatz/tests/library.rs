//! Server and client as libraries in one process: over `inproc://`, and with a receiver that falls behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    sync::mpsc::{Receiver, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use chatz::{Client, ClientConfig, Event, RoomConfig, Server, ServerConfig, ServerEndpoints, ServerState};
use sockets::{Context, KeepAlive, Security, SocketError, Stop, Stopper};
use testkit::{Peer, eventually, peer::REQ};
use wire::{Text, User};

/// How long a user stays present without a request: long enough for a machine that has much else to do.
const EXPIRY: Duration = Duration::from_secs(2);

struct Running {
    context: Context,
    endpoints: ServerEndpoints,
    stopper: Stopper,
    thread: JoinHandle<Result<(), SocketError>>,
}

fn serve(requests: &str, broadcasts: &str) -> Running {
    let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
    let config = ServerConfig {
        requests: requests.parse().unwrap(),
        broadcasts: broadcasts.parse().unwrap(),
        room: RoomConfig { expiry: EXPIRY, users_max: 10 },
    };
    let server = Server::bind(&context, &config).unwrap();
    let endpoints = server.endpoints().clone();
    let (stopper, stop) = Stop::pair().unwrap();
    let thread = thread::spawn(move || server.run(&stop));
    Running { context, endpoints, stopper, thread }
}

fn join(server: &Running, events_max: usize) -> (Client, Receiver<Event>, Stopper) {
    let config = ClientConfig {
        user: "ada".parse().unwrap(),
        requests: server.endpoints.requests.clone(),
        broadcasts: server.endpoints.broadcasts.clone(),
        keep_alive: Duration::from_millis(100),
    };
    let (sender, events) = sync_channel(events_max);
    let (stopper, stop) = Stop::pair().unwrap();
    (Client::spawn(&server.context, &config, sender, &stop).unwrap(), events, stopper)
}

fn next(events: &Receiver<Event>) -> Event {
    events.recv_timeout(testkit::BOUND).unwrap()
}

fn text(text: &str) -> Text {
    text.parse().unwrap()
}

#[test]
fn a_client_talks_to_a_server_in_the_same_process_over_inproc() {
    let server = serve("inproc://requests", "inproc://broadcasts");
    let (client, events, _stopper) = join(&server, 100);
    assert_eq!(next(&events), Event::Server(ServerState::Connecting));
    assert_eq!(next(&events), Event::Server(ServerState::Up));
    let ada: User = "ada".parse().unwrap();
    assert_eq!(next(&events), Event::Users(vec![ada.clone()]));
    client.say(text("hello")).unwrap();
    let mut reported = [next(&events), next(&events)];
    reported.sort_by_key(|event| matches!(event, Event::Message { .. }));
    assert_eq!(reported, [Event::Said(text("hello")), Event::Message { user: ada, text: text("hello") }]);
    client.leave().unwrap();
    assert!(events.recv().is_err(), "the client's end closes the events");
    server.stopper.stop();
    server.thread.join().unwrap().unwrap();
}

#[test]
fn a_client_whose_receiver_is_behind_stays_present_and_catches_up_in_order() {
    let server = serve("tcp://127.0.0.1:*", "tcp://127.0.0.1:*");
    let (client, events, _stopper) = join(&server, 2);
    let bob = Peer::connect(REQ, server.endpoints.requests.as_str());
    let ask = |request: &str| {
        bob.send([request]);
        bob.receive()
    };
    eventually("ada is present", || ask("bob").len() == 2);
    for number in 0..300 {
        assert_eq!(ask(&format!("bob\u{1f}{number}")).len(), 2, "ada stays present");
    }
    let asked = std::time::Instant::now();
    while asked.elapsed() < 2 * EXPIRY {
        assert_eq!(ask("bob").len(), 2, "longer than the expiry, while no event is received");
    }

    let mut numbers = Vec::new();
    while numbers.last() != Some(&299) {
        if let Event::Message { text, .. } = next(&events) {
            numbers.push(text.as_str().parse::<u32>().unwrap());
        }
    }
    assert_eq!(numbers, (0..300).collect::<Vec<_>>());
    client.leave().unwrap();
}

#[test]
fn stop_and_a_receiver_that_is_gone_both_end_the_client() {
    let server = serve("tcp://127.0.0.1:*", "tcp://127.0.0.1:*");
    let (client, _events, stopper) = join(&server, 1);
    stopper.stop();
    eventually("the client ends at stop", || client.is_ended());

    let (client, events, _stopper) = join(&server, 100);
    drop(events);
    eventually("the client ends without a receiver", || client.is_ended());
    client.leave().unwrap();
}
