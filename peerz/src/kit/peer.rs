//! A strict peer: a plain socket of libzmq that sends and receives any frames, valid or not, and knows its connections.
//!
//! It has its own context, so it behaves like another process. Its queues have libzmq's own limits unless a check sets others.

use std::time::{Duration, Instant};

use super::{Finding, Frames, Verdict, check::ensure};

pub use zmq::{DEALER, PUB, PULL, PUSH, REP, REQ, ROUTER, SUB, SocketType as Kind, XPUB, XSUB};

/// The largest frame that a peer takes from a program.
const FRAME_BYTES_MAX: i64 = 1 << 20;

/// How long binding again at the same endpoint may take: libzmq closes a listener a moment later.
const REBIND_WITHIN: Duration = Duration::from_secs(5);

/// How long a message may wait for room in the queue.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// The time between two attempts.
const AGAIN: Duration = Duration::from_millis(10);

const MONITOR: &str = "inproc://monitor";

/// The option of a socket that a check may set before it is bound or connected.
type Prepare<'a> = &'a dyn Fn(&zmq::Socket) -> zmq::Result<()>;

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Its handshake is complete.
    Up,
    /// It has ended.
    Down,
}

/// A peer of the program under test.
pub struct Peer {
    socket: zmq::Socket,
    monitor: zmq::Socket,
    kind: Kind,
    endpoint: String,
}

impl Peer {
    /// A peer bound on the loopback interface at a port that the system chooses.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn bind(kind: Kind) -> Result<Self, Finding> {
        Self::bind_with(kind, "tcp://127.0.0.1:*", &|_| Ok(()))
    }

    /// A peer bound at this endpoint.
    ///
    /// # Errors
    /// It cannot be made, or the endpoint stays in use.
    pub fn bind_at(kind: Kind, endpoint: &str) -> Result<Self, Finding> {
        Self::bind_with(kind, endpoint, &|_| Ok(()))
    }

    /// The same, after `prepare` has set its options.
    ///
    /// # Errors
    /// As [`Peer::bind_at`].
    pub fn bind_with(kind: Kind, endpoint: &str, prepare: Prepare<'_>) -> Result<Self, Finding> {
        let deadline = Instant::now() + REBIND_WITHIN;
        loop {
            match Self::open(kind, prepare, |socket| {
                socket.bind(endpoint)?;
                let bound = socket.get_last_endpoint()?;
                Ok(bound.unwrap_or_default())
            }) {
                Err(zmq::Error::EADDRINUSE) if Instant::now() < deadline => std::thread::sleep(AGAIN),
                result => return result.map_err(|error| own_fault("bind", endpoint, error)),
            }
        }
    }

    /// A peer connected to `endpoint`, now or when a program binds it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn connect(kind: Kind, endpoint: &str) -> Result<Self, Finding> {
        Self::connect_with(kind, endpoint, &|_| Ok(()))
    }

    /// The same, after `prepare` has set its options, such as a routing id.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn connect_with(kind: Kind, endpoint: &str, prepare: Prepare<'_>) -> Result<Self, Finding> {
        Self::open(kind, prepare, |socket| socket.connect(endpoint).map(|()| endpoint.to_owned()))
            .map_err(|error| own_fault("connect to", endpoint, error))
    }

    fn open(
        kind: Kind,
        prepare: Prepare<'_>,
        attach: impl FnOnce(&zmq::Socket) -> zmq::Result<String>,
    ) -> zmq::Result<Self> {
        let context = zmq::Context::new();
        let socket = context.socket(kind)?;
        socket.set_linger(0)?;
        socket.set_maxmsgsize(FRAME_BYTES_MAX)?;
        socket.set_sndtimeo(SEND_WITHIN.as_millis() as i32)?;
        prepare(&socket)?;
        let events = [zmq::SocketEvent::HANDSHAKE_SUCCEEDED, zmq::SocketEvent::DISCONNECTED];
        socket.monitor(MONITOR, events.into_iter().map(|event| i32::from(event.to_raw())).sum())?;
        let monitor = context.socket(zmq::PAIR)?;
        monitor.connect(MONITOR)?;
        let endpoint = attach(&socket)?;
        Ok(Self { socket, monitor, kind, endpoint })
    }

    /// The endpoint at which it is bound or to which it connects.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Subscribes a SUB to a topic.
    ///
    /// # Errors
    /// It is no SUB.
    pub fn subscribe(&self, topic: &[u8]) -> Verdict {
        self.socket.set_subscribe(topic).map_err(|error| own_fault("subscribe at", &self.endpoint, error))
    }

    /// Sends one message, and waits for room in the queue for some seconds.
    ///
    /// # Errors
    /// There is no room: the program does not take what it is sent, or is not connected.
    pub fn send<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>) -> Verdict {
        let sent = self.send_now_or(frames, 0);
        ensure(sent, || format!("a message for {} was not taken within {SEND_WITHIN:?}", self.endpoint))
    }

    /// Sends one message if there is room for it now; returns whether there was.
    #[must_use]
    pub fn try_send<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>) -> bool {
        self.send_now_or(frames, zmq::DONTWAIT)
    }

    fn send_now_or<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>, flags: i32) -> bool {
        let frames: Frames = super::bytes::frames(frames);
        frames.is_empty() || self.socket.send_multipart(frames, flags).is_ok()
    }

    /// Receives one message if one arrives within `bound`.
    #[must_use]
    pub fn recv_within(&self, bound: Duration) -> Option<Frames> {
        receive(&self.socket, bound)
    }

    /// Waits until a connection is up or down; `false` if none is within `bound`. Events before that are dropped.
    #[must_use]
    pub fn link_within(&self, link: Link, bound: Duration) -> bool {
        let deadline = Instant::now() + bound;
        while let Some(frames) = receive(&self.monitor, deadline.saturating_duration_since(Instant::now())) {
            if link_of(&frames) == Some(link) {
                return true;
            }
        }
        false
    }

    /// Closes it: every connection ends, and messages that were not sent are dropped.
    pub fn close(self) {
        drop(self);
    }

    /// Closes it, and binds another one at the same endpoint, as a program does that restarts.
    ///
    /// # Errors
    /// The endpoint stays in use.
    pub fn rebind(self) -> Result<Self, Finding> {
        let (kind, endpoint) = (self.kind, self.endpoint.clone());
        self.close();
        Self::bind_at(kind, &endpoint)
    }
}

/// The event of a monitor's message: its first two bytes, in the byte order of this machine.
fn link_of(frames: &[Vec<u8>]) -> Option<Link> {
    let event = frames.first()?.first_chunk().copied().map(u16::from_ne_bytes)?;
    if event == zmq::SocketEvent::HANDSHAKE_SUCCEEDED.to_raw() {
        Some(Link::Up)
    } else if event == zmq::SocketEvent::DISCONNECTED.to_raw() {
        Some(Link::Down)
    } else {
        None
    }
}

fn receive(socket: &zmq::Socket, bound: Duration) -> Option<Frames> {
    let deadline = Instant::now() + bound;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match socket.poll(zmq::POLLIN, i64::try_from(left.as_millis()).unwrap_or(i64::MAX)) {
            Ok(0) => return None,
            Ok(_) => return socket.recv_multipart(zmq::DONTWAIT).ok(),
            // A signal: the time is not over.
            Err(_) if Instant::now() < deadline => {}
            Err(_) => return None,
        }
    }
}

fn own_fault(what: &str, endpoint: &str, error: zmq::Error) -> Finding {
    Finding::Failed(format!("the kit itself cannot {what} {endpoint}: {error}"))
}
