//! Clients that connect again, whatever they met at their server's address, and that no stranger can silence.

use std::{
    io::Write as _,
    net::{Shutdown, TcpListener},
    thread,
    time::Instant,
};

use ::sockets::{Connection, Endpoint, Refusal, Role, Socket, State, Stop, wait};
use testkit::{Peer, RawPeer, free_endpoints, peer, raw};
use wire::{
    Channel, Frames,
    chat::REQUESTS,
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::sockets::{bound, context, receive};

/// A connecting socket and its connection, followed as a program follows them.
struct Client {
    socket: Socket,
    connection: Connection,
}

impl Client {
    fn connect(role: Role, channel: Channel, endpoint: &Endpoint) -> Self {
        let mut socket = context().socket(role, channel).unwrap();
        socket.watch("client").unwrap();
        if role == Role::Sub {
            socket.subscribe(b"").unwrap();
        }
        socket.connect(endpoint).unwrap();
        Self { socket, connection: Connection::new(channel, endpoint.clone()) }
    }

    /// Sleeps until something happens, as a program's loop does.
    fn turn(&mut self) {
        let (_stopper, stop) = Stop::pair().unwrap();
        let bound = Instant::now() + std::time::Duration::from_millis(50);
        let deadline = self.connection.next_deadline().into_iter().chain([bound]).min();
        wait(&stop, [self.socket.events()], deadline).unwrap();
        self.connection.follow(Instant::now(), &mut self.socket, |_| {}).unwrap();
    }

    fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        testkit::eventually(what, || {
            self.turn();
            condition(self)
        });
    }
}

/// Has the port of `endpoint` and answers each connection with `answer`, until one was answered.
fn answer_once(endpoint: &str, answer: &'static [u8]) -> thread::JoinHandle<()> {
    let listener = TcpListener::bind(endpoint.trim_start_matches("tcp://")).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(answer);
        let _ = stream.shutdown(Shutdown::Write);
        // Until the client has had enough of it.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

#[test]
fn a_client_that_met_another_program_at_its_port_comes_back() {
    let answers: [&[u8]; 5] = [
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
        &[0x42; 4096],
        &[0xff; 200],
        b"",
    ];
    let roles = [
        (Role::Sub, TICKS, peer::PUB),
        (Role::Req, REQUESTS, peer::ROUTER),
        (Role::Pull, ORDERS, peer::PUSH),
        (Role::Push, RESULTS, peer::PULL),
        (Role::Sub, CONTROL, peer::XPUB),
    ];
    thread::scope(|scope| {
        for answer in answers {
            for (role, channel, server) in roles {
                scope.spawn(move || {
                    let [address] = free_endpoints();
                    let stranger = answer_once(&address, answer);
                    let mut client = Client::connect(role, channel, &address.parse().unwrap());
                    client.until(&format!("{role:?} and {answer:?} part"), |_| stranger.is_finished());
                    stranger.join().unwrap();
                    let mut published = None;
                    client.until("the port is free for the server", |_| {
                        published = Peer::try_bind_at(server, &address);
                        published.is_some()
                    });
                    client.until(&format!("{role:?} connects after {answer:?}"), |client| {
                        client.connection.state() == State::Up
                    });
                });
            }
        }
    });
}

#[test]
fn a_client_says_what_it_met_at_its_servers_port() {
    let cases: [(&[u8], Refusal); 3] = [
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", Refusal::NotZmtp),
        (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", Refusal::NotZmtp),
        (b"", Refusal::Silent),
    ];
    thread::scope(|scope| {
        for (answer, refusal) in cases {
            scope.spawn(move || {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let endpoint = format!("tcp://{}", listener.local_addr().unwrap()).parse().unwrap();
                let mut client = Client::connect(Role::Sub, TICKS, &endpoint);
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(answer).unwrap();
                client.until(&format!("{refusal:?}"), |client| client.connection.state() == State::Refused(refusal));
            });
        }
    });
}

#[test]
fn a_client_says_that_a_host_name_cannot_be_resolved() {
    // Too long for a name, which the system knows without asking a server.
    let endpoint = format!("tcp://{}:9003", "x".repeat(70)).parse().unwrap();
    let mut client = Client::connect(Role::Sub, TICKS, &endpoint);
    client.until("unresolved", |client| client.connection.state() == State::Refused(Refusal::Unresolved));
}

#[test]
fn a_client_comes_back_after_a_frame_over_its_limit() {
    let server = Peer::bind(peer::PUSH);
    let mut client = Client::connect(Role::Pull, ORDERS, &server.endpoint().parse().unwrap());
    client.until("it is connected", |client| client.connection.state() == State::Up);
    server.send([vec![0; 70_000]]);
    client.until("libzmq gives the connection up", |client| client.connection.state() == State::Down);
    client.until("it is connected again", |client| client.connection.state() == State::Up);
    server.send(["order"]);
    assert_eq!(receive(&mut client.socket), ["order"].into_iter().collect());
}

/// Asks, and waits a moment for the answer; the server echoes.
fn is_heard(client: &mut Client, server: &mut Socket) -> bool {
    let (question, mut frames): (Frames, _) = (["", "hello"].into_iter().collect(), Frames::new());
    assert!(client.socket.send(&question).unwrap());
    let deadline = Instant::now() + std::time::Duration::from_secs(2);
    let (_stopper, stop) = Stop::pair().unwrap();
    while Instant::now() < deadline {
        if server.receive(&mut frames).unwrap() {
            // A stranger's connection may have gone, and then its answer is dropped.
            let _ = server.send(&frames).unwrap();
        }
        if client.socket.receive(&mut frames).unwrap() {
            return true;
        }
        let moment = Instant::now() + std::time::Duration::from_millis(20);
        wait(&stop, [server.readable(), client.socket.readable()], Some(moment)).unwrap();
    }
    false
}

/// Claims `id` at a ROUTER, as no libzmq would if it begins with a zero byte, and leaves.
fn claim(endpoint: &Endpoint, id: &[u8]) {
    let mut stranger = RawPeer::connect_as(endpoint.as_str(), &raw::greeting_as("DEALER", id)).unwrap();
    stranger.send(&["", "hello"]).unwrap();
}

#[test]
fn a_stranger_cannot_guess_the_routing_id_of_a_client() {
    let context = context();
    let (mut server, endpoint) = bound(&context, Role::Router, REQUESTS);
    let mut client = Client::connect(Role::Dealer, REQUESTS, &endpoint);
    client.until("it is connected", |client| client.connection.state() == State::Up);
    assert!(is_heard(&mut client, &mut server));
    // What libzmq assigns without a seed: the C library's first two numbers, one more for each peer.
    let first = 0x6b8b_4567_u32 | (0x327b_23c6_u32 << 31);
    for number in 0..30 {
        let mut id = vec![0];
        id.extend((first.wrapping_add(number)).to_be_bytes());
        claim(&endpoint, &id);
    }
    assert!(is_heard(&mut client, &mut server), "a stranger took the client's routing id");
}

#[test]
fn a_client_whose_routing_id_was_taken_is_heard_again_after_it_reconnects() {
    let context = context();
    let (mut server, endpoint) = bound(&context, Role::Router, REQUESTS);
    let mut client = Client::connect(Role::Dealer, REQUESTS, &endpoint);
    client.until("it is connected", |client| client.connection.state() == State::Up);
    let question: Frames = ["", "hello"].into_iter().collect();
    assert!(client.socket.send(&question).unwrap());
    let id = receive(&mut server).get(0).unwrap().to_vec();
    assert!(id.len() == 16 && id[0] != 0, "{id:?}");
    claim(&endpoint, &id);
    testkit::eventually("the client is silenced", || !is_heard(&mut client, &mut server));
    assert_eq!(client.connection.state(), State::Up);
    client.connection.reconnect(Instant::now(), &mut client.socket).unwrap();
    client.until("it is connected again", |client| client.connection.state() == State::Up);
    assert!(is_heard(&mut client, &mut server));
}
