//! A socket whose monitor is full.

use std::{
    io::Read as _,
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use sockets::{Context, KeepAlive, Role, Security};
use wire::value::RESULTS;

/// More connections than a monitor holds events.
const CONNECTIONS: usize = 3_000;

#[test]
fn a_socket_closes_though_libzmq_waits_for_room_in_its_monitor() {
    let context = Context::new(Security::default(), KeepAlive::Off).unwrap();
    let mut socket = context.socket(Role::Pull, RESULTS).unwrap();
    socket.watch("full").unwrap();
    let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    let address: SocketAddr = endpoint.as_str().strip_prefix("tcp://").unwrap().parse().unwrap();
    // Once libzmq waits for room, it completes no handshake.
    let is_full = (0..CONNECTIONS).any(|_| {
        let mut peer = TcpStream::connect(address).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        peer.read_exact(&mut [0; 10]).is_err()
    });
    assert!(is_full);
    let (sender, closed) = mpsc::channel();
    thread::spawn(move || {
        drop(socket);
        sender.send(())
    });
    closed.recv_timeout(testkit::BOUND).unwrap();
}
