//! Messages, limits, monitors, ports in use.

use std::time::{Duration, Instant};

use ::sockets::{
    BindError, Context, Delivery, Endpoint, Events, Interest, KeepAlive, Role, Security, Socket, State, Stop, wait,
};
use testkit::{Peer, Stopwatch, peer};
use wire::{
    Channel, Frames,
    job::JOBS,
    monitor::EventKind,
    tick::TICKS,
    value::{ORDERS, RESULTS},
};

pub(crate) fn context() -> Context {
    Context::new(Security::default(), KeepAlive::default()).unwrap()
}

pub(crate) fn bound(context: &Context, role: Role, channel: Channel) -> (Socket, Endpoint) {
    let mut socket = context.socket(role, channel).unwrap();
    socket.watch("bound").unwrap();
    let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    (socket, endpoint)
}

pub(crate) fn receive(socket: &mut Socket) -> Frames {
    let (_stopper, stop) = Stop::pair().unwrap();
    let deadline = Instant::now() + testkit::BOUND;
    let mut frames = Frames::new();
    while !socket.receive(&mut frames).unwrap() {
        assert!(Instant::now() < deadline, "no message");
        wait(&stop, [socket.readable()], Some(deadline)).unwrap();
    }
    frames
}

#[test]
fn a_message_arrives_whole_with_its_empty_frames() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, RESULTS);
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    push.send(["one", "", "three"]);
    assert_eq!(receive(&mut pull), ["one", "", "three"].into_iter().collect());
    assert_eq!(pull.peer_address(), "127.0.0.1");
}

#[test]
fn a_socket_is_ready_until_its_message_is_taken() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, RESULTS);
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    let (_stopper, stop) = Stop::pair().unwrap();
    for _ in 0..3 {
        push.send(["one"]);
        for _ in 0..3 {
            let interests = [Interest::never(), pull.readable()];
            let wake = wait(&stop, interests, Some(Instant::now() + testkit::BOUND)).unwrap();
            assert_eq!((wake.stopped, wake.first()), (false, [false, true]));
        }
        receive(&mut pull);
        let wake = wait(&stop, [pull.readable()], Some(Instant::now())).unwrap();
        assert_eq!(wake.first(), [false]);
    }
}

#[test]
fn no_message_is_missed_whatever_is_done_while_it_comes() {
    /// The rounds are of so many kinds, by what is done in them.
    const KINDS: usize = 5;
    let context = context();
    let (mut router, endpoint) = bound(&context, Role::Broker, JOBS);
    let dealer = Peer::connect(peer::DEALER, endpoint.as_str());
    let (_stopper, stop) = Stop::pair().unwrap();
    dealer.send(["first"]);
    let first = receive(&mut router);
    let to_no_peer: Frames = ["other", "text"].into_iter().collect();
    let now = || Some(Instant::now());
    let mut in_time = [0; KINDS];
    for round in 0..200 {
        assert!(!router.receive(&mut Frames::new()).unwrap());
        dealer.send(["next"]);
        // Some of these take the signal of the message; to send only if libzmq has not looked for a millisecond.
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(3) {
            match round % KINDS {
                0 => assert_eq!(router.send_to_peer(&to_no_peer).unwrap(), Delivery::Gone),
                1 => assert_eq!(wait(&stop, [router.writable()], now()).unwrap().first(), [true]),
                2 => drop(wait(&stop, [router.readable()], now()).unwrap()),
                3 => drop(wait(&stop, [router.events(), router.writable(), router.readable()], now()).unwrap()),
                _ => {}
            }
        }
        // Whether it can be sent to is asked after whether it can be read.
        let bound = || Some(Instant::now() + testkit::BOUND);
        if wait(&stop, [router.readable(), router.writable()], bound()).unwrap().first() == [true, true] {
            in_time[round % KINDS] += 1;
        } else {
            // It may be on its way still.
            assert_eq!(wait(&stop, [router.readable()], bound()).unwrap().first(), [true], "round {round}");
        }
        assert_eq!(receive(&mut router).get(0), first.get(0));
    }
    assert!(!in_time.contains(&0), "{in_time:?}");
}

#[test]
fn events_are_ready_until_all_are_read() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, RESULTS);
    let (_stopper, stop) = Stop::pair().unwrap();
    for _ in 0..3 {
        let push = Peer::connect(peer::PUSH, endpoint.as_str());
        push.send(["one"]);
        receive(&mut pull);
        let mut kinds = Vec::new();
        while !kinds.contains(&EventKind::HandshakeSucceeded) {
            let wake = wait(&stop, [pull.events()], Some(Instant::now() + testkit::BOUND)).unwrap();
            assert_eq!(wake.first(), [true], "{kinds:?}");
            // One at a time: the next may come without a signal.
            kinds.extend(pull.next_event().unwrap().map(|event| event.kind));
        }
        while pull.next_event().unwrap().is_some() {}
    }
}

#[test]
fn a_port_in_use_names_the_endpoint_and_its_holder() {
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint: Endpoint = format!("tcp://{}", holder.local_addr().unwrap()).parse().unwrap();
    let mut socket = context().socket(Role::XPub, TICKS).unwrap();
    let error = socket.bind(&endpoint).unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(endpoint.as_str()) && text.contains("another socket of this process"), "{text}");
}

#[test]
fn a_frame_over_the_limit_disconnects_only_its_sender() {
    let context = context();
    let (mut pull, endpoint) = bound(&context, Role::Pull, RESULTS);
    let good = Peer::connect(peer::PUSH, endpoint.as_str());
    let bad = Peer::connect(peer::PUSH, endpoint.as_str());
    good.send(["before"]);
    assert_eq!(receive(&mut pull), ["before"].into_iter().collect());
    bad.send([vec![0; 70_000]]);
    testkit::eventually("the sender is cut off", || {
        pull.next_event().unwrap().is_some_and(|event| State::after(&event) == Some(State::Down))
    });
    good.send(["after"]);
    assert_eq!(receive(&mut pull), ["after"].into_iter().collect());
}

#[test]
fn a_push_with_no_peer_says_that_it_would_wait() {
    let (mut push, _) = bound(&context(), Role::Push, ORDERS);
    assert!(!push.send(&["order"].into_iter().collect()).unwrap());
}

#[test]
fn a_publisher_that_never_drops_says_that_it_would_wait_at_a_full_queue() {
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, TICKS);
    publisher.never_drop().unwrap();
    let subscriber = Peer::connect_with(peer::SUB, endpoint.as_str(), |socket| {
        socket.set_rcvhwm(1).unwrap();
        socket.set_subscribe(b"").unwrap();
    });
    assert_eq!(receive(&mut publisher), [[1]].into_iter().collect());
    let message: Frames = [[7; 60]; 3].into_iter().collect();
    // Kernel buffers and queues are finite, so a subscriber that does not read fills them.
    let sent = (0..10_000_000).take_while(|_| publisher.send(&message).unwrap()).count();
    assert!(sent < 10_000_000);
    for _ in 0..sent {
        assert_eq!(subscriber.receive().len(), 3);
    }
}

#[test]
fn a_publisher_that_never_drops_does_not_wait_for_a_signal_that_is_taken() {
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, TICKS);
    publisher.never_drop().unwrap();
    let subscriber = Peer::connect_with(peer::SUB, endpoint.as_str(), |socket| socket.set_subscribe(b"").unwrap());
    receive(&mut publisher);
    let (_stopper, stop) = Stop::pair().unwrap();
    let message: Frames = [[7; 60]; 3].into_iter().collect();
    let mut frames = Frames::new();
    for _ in 0..3 {
        let mut sent = 0;
        while publisher.send(&message).unwrap() {
            sent += 1;
        }
        for _ in 0..sent {
            assert_eq!(subscriber.receive().len(), 3);
        }
        // All messages are taken, and the signal is raised once. Receiving consumes it, also without a subscription.
        assert!(!publisher.receive(&mut frames).unwrap());
        let deadline = Some(Instant::now() + testkit::BOUND);
        let event =
            Events::new().next(deadline, "deadline", || [("stop", stop.interest()), ("room", publisher.room())]);
        assert_eq!(event.unwrap(), "room", "it waits for a signal that was consumed");
    }
}

#[test]
fn subscriptions_tell_one_connection_from_another() {
    let context = context();
    let (mut publisher, endpoint) = bound(&context, Role::XPub, TICKS);
    let connect = || {
        Peer::connect_with(peer::SUB, endpoint.as_str(), |socket| {
            socket.set_subscribe(b"A").unwrap();
            socket.set_subscribe(b"B").unwrap();
        })
    };
    let mut next = || {
        receive(&mut publisher);
        publisher.peer_connection().unwrap()
    };
    let _one = connect();
    let (first, second) = (next(), next());
    assert_eq!(first, second);
    let _other = connect();
    assert_ne!(next(), first);
}

#[test]
fn a_monitor_reports_the_life_of_a_connection() {
    let context = context();
    let mut sub = context.socket(Role::Sub, TICKS).unwrap();
    sub.watch("sub").unwrap();
    let publisher = Peer::bind(peer::PUB);
    sub.connect(&publisher.endpoint().parse().unwrap()).unwrap();
    let mut states = Vec::new();
    let mut until = |wanted: State| {
        testkit::eventually(&wanted.to_string(), || {
            while let Some(event) = sub.next_event().unwrap() {
                states.extend(State::after(&event));
            }
            states.contains(&wanted)
        });
    };
    until(State::Up);
    drop(publisher);
    until(State::Down);
    assert!(states.contains(&State::Handshaking));
}

#[test]
#[cfg(target_os = "linux")]
fn the_kernel_probes_a_connection_that_is_silent() {
    let context = context();
    let mut sub = context.socket(Role::Sub, TICKS).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    sub.connect(&format!("tcp://127.0.0.1:{port}").parse().unwrap()).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    std::io::Write::write_all(&mut stream, &testkit::raw::greeting("PUB")).unwrap();
    // /proc/net/tcp: the remote address is the third field, and the sixth begins with 02 while a probe is due.
    testkit::eventually("a keep-alive timer", || {
        let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
        connections.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|fields| {
            fields.len() > 5 && fields[2].ends_with(&format!(":{port:04X}")) && fields[5].starts_with("02")
        })
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_unanswered_attempt_is_given_up_and_repeated() {
    let context = context();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A listener whose queue is full drops what else comes, as a bad network does.
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
    }
    let mut sub = context.socket(Role::Sub, TICKS).unwrap();
    sub.watch("sub").unwrap();
    sub.connect(&format!("tcp://{address}").parse().unwrap()).unwrap();
    let mut next = |wanted: EventKind| {
        testkit::eventually(&wanted.to_string(), || {
            sub.next_event().unwrap().is_some_and(|event| event.kind == wanted)
        });
    };
    next(EventKind::ConnectDelayed);
    next(EventKind::Closed);
    next(EventKind::ConnectRetried);
    next(EventKind::ConnectDelayed);
    for _ in 0..waiting.len() {
        listener.accept().unwrap();
    }
    next(EventKind::Connected);
}

#[test]
fn a_peer_that_fills_the_queue_and_breaks_off_does_no_harm() {
    let context = context();
    let (mut push, endpoint) = bound(&context, Role::Push, ORDERS);
    for _ in 0..20 {
        let mut peer = testkit::RawPeer::connect(endpoint.as_str(), "PULL").unwrap();
        // A PUSH reads nothing, so its queue for this peer is full at once; what is unread makes the end a reset.
        for _ in 0..50 {
            if peer.send(&[[7; 1000]]).is_err() {
                break;
            }
        }
    }
    let good = Peer::connect(peer::PULL, endpoint.as_str());
    let order: Frames = ["order"].into_iter().collect();
    // The others' queues get some as well: libzmq notices their end only when it reads again.
    testkit::eventually("the good peer gets an order", || {
        push.send(&order).unwrap();
        good.receive_within(Duration::from_millis(1)).is_some()
    });
}

#[test]
fn sockets_with_monitors_and_unsent_messages_close_within_their_linger() {
    let begin = Stopwatch::start();
    for _ in 0..20 {
        let context = context();
        let mut push = context.socket(Role::Push, RESULTS).unwrap();
        push.set_linger(Duration::from_millis(10)).unwrap();
        push.watch("push").unwrap();
        // No process listens there: the message stays unsent, and the monitor has events that are not read.
        push.connect(&"tcp://127.0.0.1:1".parse().unwrap()).unwrap();
        assert!(push.send(&["unsent"].into_iter().collect()).unwrap());
    }
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_stop_cuts_the_wait_for_unsent_messages_short() {
    let context = context();
    let mut push = context.socket(Role::Push, RESULTS).unwrap();
    push.set_linger(Duration::from_secs(3600)).unwrap();
    push.connect(&"tcp://127.0.0.1:1".parse().unwrap()).unwrap();
    assert!(push.send(&["unsent"].into_iter().collect()).unwrap());
    drop(push);
    let (stopper, stop) = Stop::pair().unwrap();
    stopper.stop();
    context.close(&stop).unwrap();
}
