//! Peers that send without end, or that speak where they should listen: what they cost is bounded, and others are served.

use std::{
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use ::sockets::{Connection, Context, Endpoint, Listener, Role, Socket, Stop, Subscription, wait};
use testkit::{Peer, RawPeer, flood, peer};
use wire::{
    Frames,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::sockets::{bound, context, receive};

/// Many messages, one after another, as they go over the wire.
fn many(frames: &[&[u8]]) -> Vec<u8> {
    let round: Vec<u8> = frames.iter().flat_map(|frame| [&[0, frame.len() as u8][..], frame].concat()).collect();
    round.repeat((16 * 1024 / round.len()).max(1))
}

/// Sends until it is disconnected; returns how many bytes it could send.
fn flood_until_disconnected(endpoint: &str, socket_type: &str, bytes: &[u8]) -> usize {
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
            let sent = flood_until_disconnected(endpoint.as_str(), "SUB", flood_bytes);
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

/// Follows a socket, as an owner's loop does, and receives what comes, until `condition` holds of the listener and the number
/// of messages.
fn follow_until(
    what: &str,
    listener: &mut Listener,
    socket: &mut Socket,
    mut condition: impl FnMut(&Listener, usize) -> bool,
) {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut frames, deadline) = (Frames::new(), Instant::now() + testkit::BOUND);
    let mut received = 0;
    while !condition(listener, received) {
        let now = Instant::now();
        assert!(now < deadline, "{what}");
        let bound = now + Duration::from_millis(50);
        // A PUSH cannot receive.
        while socket.receive(&mut frames).unwrap_or_default() {
            received += 1;
        }
        wait(&stop, [socket.readable(), socket.events()], listener.next_deadline().into_iter().chain([bound]).min())
            .unwrap();
        listener.follow(Instant::now(), socket, |_| {}).unwrap();
    }
}

/// A bound `PUSH` for each transport; the path of one is in `folder`.
fn pushes(context: &Context, folder: &Path) -> [(Socket, Endpoint); 2] {
    let mut local = context.socket(Role::Push, ORDERS).unwrap();
    local.watch("local").unwrap();
    let endpoint = local.bind(&format!("ipc://{}/orders", folder.display()).parse().unwrap()).unwrap();
    [bound(context, Role::Push, ORDERS), (local, endpoint)]
}

#[test]
fn peers_that_speak_to_a_push_and_leave_keep_no_descriptor() {
    let (context, folder) = (context(), tempfile::tempdir().unwrap());
    for (mut push, endpoint) in pushes(&context, folder.path()) {
        let (mut listener, before) = (Listener::of(ORDERS), files());
        thread::scope(|scope| {
            let peers = scope.spawn(|| {
                for _ in 0..1_000 {
                    let mut peer = RawPeer::connect(endpoint.as_str(), "PULL").unwrap();
                    // More messages than libzmq would keep by default, which it would then stop to read.
                    peer.send_bytes(&flood::small_messages()[..3 * 1_200]).unwrap();
                }
            });
            follow_until("all come and go", &mut listener, &mut push, |_, _| peers.is_finished());
        });
        // Other tests of this process open files as well: what would be kept of these peers is more.
        follow_until("their descriptors are closed", &mut listener, &mut push, |_, _| files() < before + 300);
        assert_eq!(listener.flooders(), 0, "{endpoint}");
    }
}

#[test]
fn a_peer_that_floods_a_push_is_disconnected() {
    let (context, folder) = (context(), tempfile::tempdir().unwrap());
    for (mut push, endpoint) in pushes(&context, folder.path()) {
        let mut listener = Listener::of(ORDERS);
        let good = Peer::connect(peer::PULL, endpoint.as_str());
        thread::scope(|scope| {
            let flooder = scope.spawn(|| flood_until_disconnected(endpoint.as_str(), "PULL", &flood::small_messages()));
            follow_until("the flooder is disconnected", &mut listener, &mut push, |listener, _| {
                listener.flooders() == 1
            });
            assert!(flooder.join().unwrap() < 256 << 20, "{endpoint}");
        });
        testkit::eventually("the good peer gets an order", || {
            let _ = push.send(&["order"].into_iter().collect()).unwrap();
            good.receive_within(Duration::from_millis(1)).is_some()
        });
        assert_eq!(listener.flooders(), 1, "{endpoint}");
    }
}

#[test]
fn a_push_whose_server_floods_it_connects_again() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint: Endpoint = format!("tcp://{}", server.local_addr().unwrap()).parse().unwrap();
    let mut push = context().socket(Role::Push, RESULTS).unwrap();
    push.watch("results").unwrap();
    push.connect(&endpoint).unwrap();
    let mut connection = Connection::new(RESULTS, endpoint);
    let (_stopper, stop) = Stop::pair().unwrap();
    thread::scope(|scope| {
        let flooder = scope.spawn(|| {
            let mut flooder = RawPeer::accept(&server, "PULL").unwrap();
            while flooder.send_bytes(&flood::small_messages()).is_ok() {}
            // The next connection.
            RawPeer::accept(&server, "PULL").unwrap()
        });
        testkit::eventually("it has connected again", || {
            wait(&stop, [push.events()], connection.next_deadline()).unwrap();
            connection.follow(Instant::now(), &mut push, |_| {}).unwrap();
            // As a worker does. libzmq closes the old connection meanwhile.
            let _ = push.send(&["ready"].into_iter().collect()).unwrap();
            flooder.is_finished()
        });
    });
}

#[test]
fn a_peer_that_sends_a_message_without_end_is_disconnected_and_others_are_served() {
    let context = context();
    for (role, channel, kind, good) in [
        (Role::Router, REQUESTS, "DEALER", peer::DEALER),
        (Role::Pull, RESULTS, "PUSH", peer::PUSH),
        (Role::XPub, BROADCASTS, "SUB", peer::XSUB),
        (Role::Push, ORDERS, "PULL", peer::PULL),
    ] {
        let (mut socket, endpoint) = bound(&context, role, channel);
        let mut listener = Listener::of(channel);
        let good = Peer::connect(good, endpoint.as_str());
        thread::scope(|scope| {
            let flooder = scope.spawn(|| flood_until_disconnected(endpoint.as_str(), kind, &flood::endless_message()));
            follow_until("the flooder is disconnected", &mut listener, &mut socket, |listener, _| {
                listener.flooders() == 1
            });
            assert!(flooder.join().unwrap() < 256 << 20, "{role:?}");
        });
        if role != Role::Push {
            good.send([b"\x01hello"]);
            assert!(receive(&mut socket).iter().any(|frame| frame == b"\x01hello"), "{role:?}");
        }
        assert_eq!(listener.flooders(), 1, "{role:?}");
    }
}

#[test]
fn a_peer_with_many_messages_that_then_stops_is_none_that_floods() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, RESULTS);
    let mut listener = Listener::of(RESULTS);
    let mut worker = RawPeer::connect(endpoint.as_str(), "PUSH").unwrap();
    let results = many(&[&[7; 16]]);
    thread::scope(|scope| {
        scope.spawn(|| (0..200).for_each(|_| worker.send_bytes(&results).unwrap()));
        let all = 200 * results.len() / 18;
        follow_until("all results come", &mut listener, &mut pull, |_, received| received == all);
    });
    let mut looks = 0;
    let mut next = listener.next_deadline();
    follow_until("it is looked at", &mut listener, &mut pull, |listener, _| {
        looks += u32::from(listener.next_deadline() != next);
        next = listener.next_deadline();
        looks == 5
    });
    worker.send(&[b"more"]).unwrap();
    assert_eq!(receive(&mut pull), [b"more"].into_iter().collect());
    assert_eq!(listener.flooders(), 0);
}

#[test]
fn a_peer_older_than_zmtp_3_is_none_that_floods() {
    let (mut pull, endpoint) = bound(&context(), Role::Pull, RESULTS);
    let mut listener = Listener::of(RESULTS);
    let mut worker = TcpStream::connect(endpoint.as_str().trim_start_matches("tcp://")).unwrap();
    // ZMTP 2.0: signature, revision 1, socket type PUSH, and an empty routing id. libzmq does not report its connection.
    worker.write_all(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 8, 0, 0]).unwrap();
    let results = many(&[&[7; 16]]).repeat(6);
    for _ in 0..6 {
        worker.write_all(&results).unwrap();
        let (all, look) = (results.len() / 18, listener.next_deadline());
        follow_until("all results come, and it is looked at", &mut listener, &mut pull, |listener, received| {
            received == all && listener.next_deadline() != look
        });
    }
    assert_eq!(listener.flooders(), 0);
}
