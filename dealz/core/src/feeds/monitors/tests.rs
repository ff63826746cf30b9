//! Real sockets' events, folded as the dashboard folds them.

use std::{
    sync::mpsc::{Receiver, sync_channel},
    time::{Duration, Instant},
};

use sockets::{Endpoint, KeepAlive, Probes, Role, Security, Socket};
use testkit::{Peer, peer};

use super::*;
use crate::{link::SocketLink, view::SocketState};

struct Desk {
    context: Context,
    events: Receiver<Event>,
    begin: Instant,
}

impl Desk {
    fn new() -> Self {
        let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
        let (sender, events) = sync_channel(1024);
        let monitors = spawn(&context, sender).unwrap();
        Self { context: context.observed(monitors, Probes::tapped()), events, begin: Instant::now() }
    }

    fn socket(&self, id: SocketId, role: Role) -> Socket {
        let mut socket = self.context.socket(role, id.channel()).unwrap();
        socket.watch(id.name()).unwrap();
        socket
    }

    /// Folds events until the link stands as wanted; `socket` is followed meanwhile.
    fn until(
        &self,
        id: SocketId,
        link: &mut SocketLink,
        mut socket: Option<&mut Socket>,
        what: &str,
        wanted: impl Fn(&SocketState) -> bool,
    ) {
        testkit::eventually(what, || {
            socket.iter_mut().for_each(|socket| while socket.next_event().unwrap().is_some() {});
            while let Ok(event) = self.events.recv_timeout(Duration::from_millis(10)) {
                if let Event::Monitor(socket, event) = event
                    && socket == id
                {
                    link.handle_event(&event, self.now_ms());
                }
            }
            link.handle_timeout(self.now_ms());
            wanted(link.state())
        });
    }

    fn now_ms(&self) -> f64 {
        self.begin.elapsed().as_secs_f64() * 1000.0
    }
}

#[test]
fn a_connecting_socket_goes_through_its_states() {
    let desk = Desk::new();
    let id = SocketId::TickzSub;
    let publisher = Peer::bind(peer::PUB);
    let endpoint: Endpoint = publisher.endpoint().parse().unwrap();
    let mut link = SocketLink::new(id, endpoint.as_str(), 0.0);
    let mut sub = desk.socket(id, Role::Sub);
    sub.connect(&endpoint).unwrap();
    desk.until(id, &mut link, Some(&mut sub), "up", |state| *state == SocketState::Up);
    assert_eq!(link.peers(), 1);
    drop(publisher);
    desk.until(
        id,
        &mut link,
        Some(&mut sub),
        "retrying",
        |state| matches!(state, SocketState::Retrying { in_ms } if (100..700).contains(in_ms)),
    );
    assert_eq!(link.peers(), 0);
    drop(sub);
    desk.until(id, &mut link, None, "off", |state| *state == SocketState::Off);
}

#[test]
fn a_bound_socket_counts_its_peers_and_shows_whom_it_turned_away() {
    let desk = Desk::new();
    let id = SocketId::ValuzPush;
    let mut push = desk.socket(id, Role::Push);
    let endpoint = push.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    let mut link = SocketLink::new(id, endpoint.as_str(), 0.0);
    desk.until(id, &mut link, Some(&mut push), "listening", |state| *state == SocketState::Listening);
    let address = endpoint.as_str().strip_prefix("tcp://").unwrap();
    drop(std::net::TcpStream::connect(address).unwrap());
    desk.until(id, &mut link, Some(&mut push), "refused", |state| matches!(state, SocketState::Refused { .. }));
    let workers: Vec<Peer> = (0..5).map(|_| Peer::connect(peer::PULL, endpoint.as_str())).collect();
    testkit::eventually("five peers are counted", || {
        desk.until(id, &mut link, Some(&mut push), "up", |state| *state == SocketState::Up);
        link.peers() == 5
    });
    drop(workers);
    desk.until(id, &mut link, Some(&mut push), "listening again", |state| *state == SocketState::Listening);
    assert_eq!(link.peers(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_drops_packets_makes_a_line_stale_until_it_answers() {
    let desk = Desk::new();
    let id = SocketId::ChatzSub;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // A listener whose queue is full drops what else comes, as a bad network does.
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        waiting.push(stream);
    }
    let endpoint: Endpoint = format!("tcp://{address}").parse().unwrap();
    let mut link = SocketLink::new(id, endpoint.as_str(), 0.0);
    let mut sub = desk.socket(id, Role::Sub);
    sub.connect(&endpoint).unwrap();
    desk.until(
        id,
        &mut link,
        Some(&mut sub),
        "stale",
        |state| matches!(state, SocketState::Stale { reason } if reason.starts_with("no answer from tcp://127.0.0.1:")),
    );
    // Its place is taken by one that answers nothing either, but takes the connection.
    for _ in 0..waiting.len() {
        listener.accept().unwrap();
    }
    desk.until(id, &mut link, Some(&mut sub), "taken", |state| *state == SocketState::Handshaking);
    drop((listener, waiting));
    desk.until(id, &mut link, Some(&mut sub), "gone", |state| matches!(state, SocketState::Retrying { .. }));
}
