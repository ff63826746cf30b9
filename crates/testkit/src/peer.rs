//! A raw socket that sends and receives any message, valid or not. It uses the binding directly, so that a bug in `sockets`
//! cannot hide from a test.

use std::time::{Duration, Instant};

use crate::BOUND;

/// The type of a peer's socket.
pub type Kind = zmq::SocketType;

pub use zmq::{DEALER, PUB, PULL, PUSH, REP, REQ, ROUTER, SUB, XPUB, XSUB};

/// A socket in its own context, so that it behaves like another process.
pub struct Peer {
    socket: zmq::Socket,
    endpoint: String,
}

impl Peer {
    /// A peer bound on the loopback interface at a port that the system chooses.
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn bind(kind: Kind) -> Self {
        let socket = socket(kind);
        socket.bind("tcp://127.0.0.1:*").expect("loopback has free ports");
        let endpoint = socket.get_last_endpoint().expect("a bound socket has an address").expect("it is text");
        Self { socket, endpoint }
    }

    /// A peer bound at `endpoint`, unless that is in use.
    #[must_use]
    pub fn try_bind_at(kind: Kind, endpoint: &str) -> Option<Self> {
        let socket = socket(kind);
        socket.bind(endpoint).ok().map(|()| Self { socket, endpoint: endpoint.to_owned() })
    }

    /// A peer connected to `endpoint`.
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn connect(kind: Kind, endpoint: &str) -> Self {
        Self::connect_with(kind, endpoint, |_| {})
    }

    /// A peer connected to `endpoint` after `prepare` has set its options (keys, a routing id).
    ///
    /// # Panics
    /// It cannot be made.
    #[must_use]
    pub fn connect_with(kind: Kind, endpoint: &str, prepare: impl FnOnce(&zmq::Socket)) -> Self {
        let socket = socket(kind);
        prepare(&socket);
        socket.connect(endpoint).expect("the endpoint is valid");
        Self { socket, endpoint: endpoint.to_owned() }
    }

    /// The endpoint at which it is bound or to which it connects.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Subscribes a SUB to a topic.
    ///
    /// # Panics
    /// It is not a SUB.
    pub fn subscribe(&self, topic: &[u8]) {
        self.socket.set_subscribe(topic).expect("a SUB subscribes");
    }

    /// Sends one message; waits at most [`BOUND`] if the queue is full.
    ///
    /// # Panics
    /// It cannot be sent in time.
    pub fn send<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>) {
        assert!(self.try_send(frames), "a message could not be sent within {BOUND:?}");
    }

    /// Sends one message; returns whether that was possible within [`BOUND`].
    #[must_use]
    pub fn try_send<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>) -> bool {
        let frames: Vec<Vec<u8>> = frames.into_iter().map(|frame| frame.as_ref().to_vec()).collect();
        frames.is_empty() || self.socket.send_multipart(frames, 0).is_ok()
    }

    /// Receives one message.
    ///
    /// # Panics
    /// None arrives within [`BOUND`].
    #[must_use]
    pub fn receive(&self) -> Vec<Vec<u8>> {
        self.receive_within(BOUND).unwrap_or_else(|| panic!("no message within {BOUND:?} at {}", self.endpoint))
    }

    /// Receives one message if one arrives within `bound`.
    #[must_use]
    pub fn receive_within(&self, bound: Duration) -> Option<Vec<Vec<u8>>> {
        let deadline = Instant::now() + bound;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Rounded up, so that it does not end early.
            let left = i64::try_from(left.as_micros().div_ceil(1_000)).unwrap_or(i64::MAX);
            match self.socket.poll(zmq::POLLIN, left) {
                Ok(0) => return None,
                Ok(_) => return self.socket.recv_multipart(zmq::DONTWAIT).ok(),
                Err(zmq::Error::EINTR) => {}
                Err(error) => panic!("cannot poll: {error}"),
            }
        }
    }

    /// The socket itself, for calls that are not wrapped here.
    #[must_use]
    pub const fn socket(&self) -> &zmq::Socket {
        &self.socket
    }
}

fn socket(kind: Kind) -> zmq::Socket {
    let socket = zmq::Context::new().socket(kind).expect("a socket can be made");
    socket.set_linger(0).expect("linger can be set");
    socket.set_sndtimeo(BOUND.as_millis() as i32).expect("a timeout can be set");
    socket
}
