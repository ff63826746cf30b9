//! Sockets whose calls wait.

use std::{
    io::Read as _,
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

use ::sockets::{BlockingSocket, Ended, Role, Stop, blocking::ready};
use testkit::{BOUND, Peer, peer};
use wire::{Channel, tick::TICKS, value::RESULTS};

use crate::sockets::{bound, context};

fn blocking(role: Role, channel: Channel, stop: &Stop) -> (BlockingSocket, String) {
    let (socket, endpoint) = bound(&context(), role, channel);
    (BlockingSocket::new(socket, channel, stop), endpoint.to_string())
}

#[test]
fn every_wait_ends_at_the_stop_signal() {
    let (stopper, stop) = Stop::pair().unwrap();
    let (mut pull, _) = blocking(Role::Pull, RESULTS, &stop);
    let (mut push, _) = blocking(Role::Push, RESULTS, &stop);
    let stopping = thread::spawn(move || stopper.stop());
    assert!(matches!(pull.receive(), Err(Ended::Stopped)));
    assert!(matches!(pull.receive_within(BOUND), Err(Ended::Stopped)));
    assert!(matches!(push.send(["x"]), Err(Ended::Stopped)));
    assert!(matches!(push.try_send(["x"]), Err(Ended::Stopped)));
    assert!(matches!(push.pause(BOUND), Err(Ended::Stopped)));
    assert!(matches!(push.rest(), Err(Ended::Stopped)));
    assert!(matches!(push.await_peers(1), Err(Ended::Stopped)));
    assert!(matches!(ready([&mut pull, &mut push]), Err(Ended::Stopped)));
    stopping.join().unwrap();
}

#[test]
fn a_publisher_that_never_waits_ends_too() {
    let (stopper, stop) = Stop::pair().unwrap();
    let (mut publisher, _) = blocking(Role::Pub, TICKS, &stop);
    let publishing = thread::spawn(move || {
        loop {
            if let Err(ended) = publisher.send(["x"]) {
                return ended;
            }
        }
    });
    stopper.stop();
    assert!(matches!(publishing.join().unwrap(), Ended::Stopped));
}

#[test]
fn a_message_is_received_when_it_comes_and_a_pause_takes_its_time() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut pull, endpoint) = blocking(Role::Pull, RESULTS, &stop);
    let begin = Instant::now();
    assert!(pull.receive_within(Duration::from_millis(20)).unwrap().is_none());
    pull.pause(Duration::from_millis(20)).unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(40));
    let push = Peer::connect(peer::PUSH, &endpoint);
    push.send(["one", ""]);
    assert_eq!(pull.receive().unwrap(), ["one", ""].into_iter().collect());
    assert_eq!(pull.peers(), 1);
}

#[test]
fn peers_are_counted_as_they_come_and_go() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut push, endpoint) = blocking(Role::Push, RESULTS, &stop);
    let workers = [0, 1].map(|_| Peer::connect(peer::PULL, &endpoint));
    push.await_peers(2).unwrap();
    drop(workers);
    let deadline = Instant::now() + BOUND;
    while push.peers() > 0 {
        assert!(Instant::now() < deadline, "{} peers", push.peers());
        push.pause(Duration::from_millis(5)).unwrap();
    }
    assert!(!push.try_send(["x"]).unwrap());
}

#[test]
fn a_strict_req_takes_no_second_request_before_the_reply() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut req, endpoint) = blocking(Role::StrictReq, RESULTS, &stop);
    let rep = Peer::connect(peer::REP, &endpoint);
    for number in ["1", "2"] {
        req.send([number]).unwrap();
        assert!(matches!(req.send(["too early"]), Err(Ended::Failed(_))));
        rep.send(rep.receive());
        assert_eq!(req.receive().unwrap(), [number].into_iter().collect());
    }
}

#[test]
fn a_peer_receives_nothing_before_the_last_frame_is_sent() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut push, endpoint) = blocking(Role::Push, RESULTS, &stop);
    let pull = Peer::connect(peer::PULL, &endpoint);
    push.await_peers(1).unwrap();
    let message = ["1", "2", "3"].into_iter().collect();
    let mut steps = Vec::new();
    let is_sent = push.socket().send_in_steps(&message, |index| {
        steps.push(index);
        assert_eq!(pull.receive_within(Duration::from_millis(30)), None);
    });
    assert!(is_sent.unwrap());
    assert_eq!(steps, [0, 1, 2]);
    assert_eq!(pull.receive(), [b"1", b"2", b"3"]);
}

#[test]
fn what_a_stream_sends_to_a_peer_that_has_left_is_dropped() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut stream, endpoint) = blocking(Role::Stream, RESULTS, &stop);
    let mut telnet = TcpStream::connect(endpoint.replace("tcp://", "")).unwrap();
    let begins = stream.receive().unwrap();
    let id = begins.get(0).unwrap();
    stream.send([id, b"hello"]).unwrap();
    let mut hello = [0; 5];
    telnet.read_exact(&mut hello).unwrap();
    assert_eq!(&hello, b"hello");
    telnet.shutdown(Shutdown::Both).unwrap();
    assert_eq!(stream.receive().unwrap().get(1), Some(&b""[..]));
    for _ in 0..3 {
        stream.send([id, b"are you there?"]).unwrap();
    }
}

#[test]
fn a_chosen_routing_id_is_the_one_that_a_router_sees() {
    let (_stopper, stop) = Stop::pair().unwrap();
    let (mut router, endpoint) = blocking(Role::Router, RESULTS, &stop);
    let mut dealer = context().socket(Role::Dealer, RESULTS).unwrap();
    dealer.set_routing_id(b"ada");
    dealer.connect(&endpoint.parse().unwrap()).unwrap();
    assert!(dealer.send(&["hello"].into_iter().collect()).unwrap());
    assert_eq!(router.receive().unwrap(), ["ada", "hello"].into_iter().collect());
}
