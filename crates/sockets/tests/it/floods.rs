//! Peers that send without end, or that speak where they should listen: what they cost is bounded, and others are served.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use ::sockets::{Listener, Role, Socket, Stop, Subscription, wait};
use testkit::{Peer, RawPeer, peer};
use wire::{
    Frames,
    tick::TICKS,
    value::{CONTROL, ORDERS},
};

use crate::sockets::{bound, context};

/// Many messages, one after another, as they go over the wire.
fn many(frames: &[&[u8]]) -> Vec<u8> {
    let round: Vec<u8> = frames.iter().flat_map(|frame| [&[0, frame.len() as u8][..], frame].concat()).collect();
    round.repeat((16 * 1024 / round.len()).max(1))
}

/// Sends until it is disconnected; returns how many bytes it could send.
fn flood(endpoint: &str, socket_type: &str, bytes: &[u8]) -> usize {
    let mut flooder = RawPeer::connect(endpoint, socket_type).unwrap();
    let (mut sent, deadline) = (0, Instant::now() + testkit::BOUND);
    while flooder.send_bytes(bytes).is_ok() {
        sent += bytes.len();
        assert!(Instant::now() < deadline, "it is not disconnected after {sent} bytes");
    }
    sent
}

/// Publishes as fast as it can until `done`, with a look at the subscribers every 2 ms.
fn publish(publisher: &mut Socket, listener: &mut Listener, done: &AtomicBool) {
    let tick: Frames = [&b"MSFT"[..], &[7; 8], &[7; 8]].into_iter().collect();
    while !done.load(Ordering::Relaxed) {
        let look = Instant::now() + Duration::from_millis(2);
        while Instant::now() < look {
            (0..256).for_each(|_| assert!(publisher.send(&tick).unwrap()));
        }
        let now = Instant::now();
        listener.follow(now, publisher, |_| {}).unwrap();
        listener.take_subscriptions(now, publisher, |_, _| {}).unwrap();
    }
}

/// Ends the publisher when it is dropped, also if the test fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_subscriber_that_floods_a_publisher_is_disconnected_and_others_are_served() {
    let distinct: Vec<Vec<u8>> = (0..3000_u32).map(|number| [&[1][..], &number.to_le_bytes()].concat()).collect();
    let distinct: Vec<&[u8]> = distinct.iter().map(Vec::as_slice).collect();
    let floods = [many(&[b"\x01MSFT", b"\x00MSFT"]), many(&[b"GET / HTTP/1.1"]), many(&[b""]), many(&[&[1; 250]])];
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, TICKS);
    let (mut listener, done) = (Listener::of(TICKS), AtomicBool::new(false));
    let good = Peer::connect_with(peer::SUB, endpoint.as_str(), |socket| socket.set_subscribe(b"MSFT").unwrap());
    thread::scope(|scope| {
        scope.spawn(|| publish(&mut publisher, &mut listener, &done));
        let _done = Done(&done);
        let _ = good.receive();
        for flood_bytes in floods.iter().chain([&many(&distinct)]) {
            let sent = flood(endpoint.as_str(), "SUB", flood_bytes);
            // What the kernel holds, and what libzmq had read until the publisher looked.
            assert!(sent < 32 << 20, "{sent} bytes of {:?}", &flood_bytes[..8]);
        }
        // More than its queues held before.
        (0..50_000).for_each(|_| drop(good.receive()));
    });
    assert!(listener.flooders() >= 5);
}

#[test]
fn a_subscriber_with_thousands_of_topics_is_none_that_floods() {
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, TICKS);
    let mut listener = Listener::of(TICKS);
    let _subscriber = Peer::connect_with(peer::SUB, endpoint.as_str(), |socket| {
        socket.set_sndhwm(0).unwrap();
        (0..8_000).for_each(|number| socket.set_subscribe(format!("SYMBOL{number}").as_bytes()).unwrap());
    });
    let mut begun = 0;
    testkit::eventually("all subscriptions come", || {
        let now = Instant::now();
        listener.follow(now, &mut publisher, |_| {}).unwrap();
        let took = listener.take_subscriptions(now, &mut publisher, |_, subscription| {
            begun += u32::from(matches!(subscription, Subscription::Begin(_)));
        });
        took.unwrap();
        begun == 8_000
    });
    assert_eq!(listener.flooders(), 0);
}

#[test]
fn garbage_for_a_publisher_is_counted_and_closes_no_connection() {
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, CONTROL);
    let mut listener = Listener::of(CONTROL);
    let mut peer = RawPeer::connect(endpoint.as_str(), "SUB").unwrap();
    for garbage in [&b"GET / HTTP/1.1"[..], b"", b"\x02"] {
        peer.send(&[garbage]).unwrap();
    }
    peer.send(&[b"\x01topic"]).unwrap();
    let mut heard = Vec::new();
    testkit::eventually("the subscription comes", || {
        let now = Instant::now();
        listener.follow(now, &mut publisher, |_| {}).unwrap();
        let took = listener.take_subscriptions(now, &mut publisher, |_, message| {
            heard.push(matches!(message, Subscription::Begin(b"topic")));
        });
        took.unwrap();
        heard.len() == 4
    });
    assert_eq!((heard, listener.malformed(), listener.flooders()), (vec![false, false, false, true], 3, 0));
}

/// How many files this process has open.
fn files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Follows a socket without sending, as an owner's loop does, until `condition` holds.
fn follow_until(
    what: &str,
    listener: &mut Listener,
    socket: &mut Socket,
    mut condition: impl FnMut(&Listener) -> bool,
) {
    let (_stopper, stop) = Stop::pair().unwrap();
    testkit::eventually(what, || {
        let bound = Instant::now() + Duration::from_millis(50);
        wait(&stop, [socket.events()], listener.next_deadline().into_iter().chain([bound]).min()).unwrap();
        listener.follow(Instant::now(), socket, |_| {}).unwrap();
        condition(listener)
    });
}

#[test]
fn peers_that_speak_to_a_push_and_leave_keep_no_descriptor() {
    let context = context();
    let (mut push, endpoint) = bound(&context, Role::Push, ORDERS);
    let (mut listener, before) = (Listener::of(ORDERS), files());
    thread::scope(|scope| {
        let peers = scope.spawn(|| {
            for _ in 0..1_000 {
                let mut peer = RawPeer::connect(endpoint.as_str(), "PULL").unwrap();
                (0..10).for_each(|_| peer.send(&[b"hello"]).unwrap());
            }
        });
        follow_until("all have come and gone", &mut listener, &mut push, |_| peers.is_finished());
    });
    // Other tests of this process open files as well: what would be kept of these peers is more.
    follow_until("their descriptors are closed", &mut listener, &mut push, |_| files() < before + 300);
    assert_eq!(listener.flooders(), 0);
}

#[test]
fn a_peer_that_floods_a_push_is_disconnected() {
    let context = context();
    let (mut push, endpoint) = bound(&context, Role::Push, ORDERS);
    let mut listener = Listener::of(ORDERS);
    let good = Peer::connect(peer::PULL, endpoint.as_str());
    thread::scope(|scope| {
        let flooder = scope.spawn(|| flood(endpoint.as_str(), "PULL", &many(&[b"x"])));
        follow_until("the flooder is disconnected", &mut listener, &mut push, |listener| listener.flooders() == 1);
        assert!(flooder.join().unwrap() < 256 << 20);
    });
    testkit::eventually("the good peer gets an order", || {
        let _ = push.send(&["order"].into_iter().collect()).unwrap();
        good.receive_within(Duration::from_millis(1)).is_some()
    });
    assert_eq!(listener.flooders(), 1);
}
