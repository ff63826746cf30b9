//! A bound socket below libzmq, for faults that libzmq does not let a peer have.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use testkit::RawPeer;

use crate::node::Frames;

/// A PING of ZMTP: a peer answers it with a PONG, if it reads.
const PING: &[u8] = b"\x04\x07\x04PING\x00\x00";
const PONG: &[u8] = b"\x04PONG";

/// A connection, to read from and to send to.
type Connection = (TcpStream, RawPeer);

pub(crate) struct Bound(Arc<Mutex<Vec<Connection>>>);

impl Bound {
    /// Accepts connections as a socket of this type, such as `PUB`.
    pub(crate) fn bind(endpoint: &str, kind: &'static str) -> Self {
        let listener = TcpListener::bind(endpoint.trim_start_matches("tcp://")).expect("the endpoint is free");
        let connections: Arc<Mutex<Vec<Connection>>> = Arc::default();
        let accepted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let accepted = Arc::clone(&accepted);
                thread::spawn(move || {
                    let Ok(reader) = stream.try_clone() else { return };
                    let Ok(peer) = RawPeer::over(stream, kind) else { return };
                    accepted.lock().expect("no thread panics while it holds them").push((reader, peer));
                });
            }
        });
        Self(connections)
    }

    /// Sends a message to all peers, whatever they have subscribed to.
    pub(crate) fn send_to_all(&self, frames: &Frames) {
        self.retain(|(_, peer)| peer.send(frames).is_ok());
    }

    /// Sends a message to the peer that came first; returns whether there is one.
    pub(crate) fn send_to_first(&self, frames: &Frames) -> bool {
        let mut is_sent = false;
        self.retain(|(_, peer)| {
            is_sent || {
                is_sent = peer.send(frames).is_ok();
                is_sent
            }
        });
        is_sent
    }

    /// Waits until all peers have read everything and say so.
    pub(crate) fn await_all(&self) {
        self.retain(|(reader, peer)| peer.send_bytes(PING).is_ok() && await_pong(reader));
    }

    /// Forgets the peers of which this does not hold.
    fn retain(&self, holds: impl FnMut(&mut Connection) -> bool) {
        self.0.lock().expect("no thread panics while it holds them").retain_mut(holds);
    }
}

fn await_pong(reader: &mut TcpStream) -> bool {
    let (mut read, mut bytes) = (Vec::<u8>::new(), [0; 1_024]);
    while !read.windows(PONG.len()).any(|window| window == PONG) {
        match reader.read(&mut bytes) {
            Ok(count @ 1..) => read.extend(&bytes[..count]),
            _ => return false,
        }
    }
    true
}
