//! A protocol that the suite does not know: its own channel is all that it takes to bind, connect and send.

use std::time::{Duration, Instant};

use ::sockets::{Connection, Endpoint, Listener, Role, State};
use testkit::{Peer, peer};
use wire::{Channel, Frames, Limits, SocketType};

use crate::sockets::{bound, context, receive};

const READINGS: Channel = Channel {
    name: "readings",
    program: "meter",
    variable: "METER_READINGS",
    port: 9900,
    host: "*",
    binds: SocketType::Pull,
    connects: SocketType::Push,
    limits: Limits { queue: 2, frame_bytes: 64, kernel_bytes: None, slow: None },
};

#[test]
fn a_reading_travels_from_the_socket_that_connects_to_the_one_that_binds() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, READINGS);
    let mut push = context.socket(Role::Push, READINGS).unwrap();
    push.watch("meter.push").unwrap();
    push.connect(&endpoint).unwrap();
    let mut connection = Connection::new(READINGS, endpoint);
    testkit::eventually("the connection is up", || {
        connection.follow(Instant::now(), &mut push, |_| {}).unwrap();
        connection.state() == State::Up
    });
    let reading: Frames = ["21.5"].into_iter().collect();
    assert!(push.send(&reading).unwrap());
    assert_eq!(receive(&mut pull), reading);
}

#[test]
fn its_limits_hold() {
    let context = context();
    let mut push = context.socket(Role::Push, READINGS).unwrap();
    push.set_linger(Duration::from_millis(10)).unwrap();
    // No process listens there.
    push.connect(&"tcp://127.0.0.1:1".parse().unwrap()).unwrap();
    let reading: Frames = ["21.5"].into_iter().collect();
    assert_eq!([(); 3].map(|()| push.send(&reading).unwrap()), [true, true, false]);

    let (mut pull, endpoint) = bound(&context, Role::Pull, READINGS);
    let mut listener = Listener::of(READINGS);
    let meter = Peer::connect(peer::PUSH, endpoint.as_str());
    meter.send([[7; 64]]);
    assert_eq!(receive(&mut pull).len(), 1);
    meter.send([[7; 65]]);
    testkit::eventually("the sender is disconnected", || {
        let mut is_down = false;
        let note = |event: &_| is_down |= State::after(event) == Some(State::Down);
        listener.follow(Instant::now(), &mut pull, note).unwrap();
        is_down
    });
}

#[test]
fn its_default_endpoints_have_its_port() {
    assert_eq!(Endpoint::to_bind(READINGS).as_str(), "tcp://*:9900");
    assert_eq!(Endpoint::to_connect(READINGS, "10.0.0.7").as_str(), "tcp://10.0.0.7:9900");
}
