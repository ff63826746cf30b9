//! A strict peer: a plain socket of libzmq that sends and receives any frames, valid or not, and knows its connections.
//!
//! It has its own context, so it behaves like another process. Its queues have libzmq's own limits unless a check sets others.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

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

/// How long after it is accepted a connection without a handshake is up: libzmq reports none of a peer that speaks ZMTP 2.
const HANDSHAKE_WITHIN: Duration = Duration::from_millis(500);

const MONITOR: &str = "inproc://monitor";

/// The option of a socket that a check may set before it is bound or connected.
type Prepare<'a> = &'a dyn Fn(&zmq::Socket) -> zmq::Result<()>;

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It is accepted; its handshake follows.
    Accepted,
    /// Its handshake is complete.
    Up,
    /// It has ended.
    Down,
}

const LINKS: [(zmq::SocketEvent, Link); 3] = [
    (zmq::SocketEvent::ACCEPTED, Link::Accepted),
    (zmq::SocketEvent::HANDSHAKE_SUCCEEDED, Link::Up),
    (zmq::SocketEvent::DISCONNECTED, Link::Down),
];

/// A peer of the program under test.
pub struct Peer {
    socket: zmq::Socket,
    monitor: zmq::Socket,
    kind: Kind,
    endpoint: String,
    /// When a connection was accepted of which no handshake was reported yet.
    accepted: Cell<Option<Instant>>,
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
        socket.monitor(MONITOR, LINKS.into_iter().map(|(event, _)| i32::from(event.to_raw())).sum())?;
        let monitor = context.socket(zmq::PAIR)?;
        monitor.connect(MONITOR)?;
        let endpoint = attach(&socket)?;
        Ok(Self { socket, monitor, kind, endpoint, accepted: Cell::new(None) })
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
        loop {
            let up_at = self.accepted.get().filter(|_| link == Link::Up).map(|accepted| accepted + HANDSHAKE_WITHIN);
            let until = up_at.map_or(deadline, |up_at| deadline.min(up_at));
            let Some(frames) = receive(&self.monitor, until.saturating_duration_since(Instant::now())) else {
                let is_up = up_at.is_some_and(|up_at| up_at <= deadline);
                if is_up {
                    self.accepted.set(None);
                }
                return is_up;
            };
            let seen = link_of(&frames);
            self.accepted.set(if seen == Some(Link::Accepted) { Some(Instant::now()) } else { None });
            if seen == Some(link) {
                return true;
            }
        }
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

/// What a monitor's message reports. Its first two bytes are the event, in the byte order of this machine.
fn link_of(frames: &[Vec<u8>]) -> Option<Link> {
    let number = frames.first()?.first_chunk().copied().map(u16::from_ne_bytes)?;
    LINKS.into_iter().find_map(|(event, link)| (event.to_raw() == number).then_some(link))
}

fn receive(socket: &zmq::Socket, bound: Duration) -> Option<Frames> {
    let deadline = Instant::now() + bound;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up: a poll for the whole milliseconds alone would end before the time is over.
        match socket.poll(zmq::POLLIN, i64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(i64::MAX)) {
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

#[cfg(test)]
mod tests {
    use std::{io::Write as _, net::TcpStream};

    use super::*;

    #[test]
    fn a_peer_that_speaks_zmtp_2_is_up_although_libzmq_reports_no_handshake() {
        let peer = Peer::bind(PULL).unwrap();
        let mut worker = TcpStream::connect(peer.endpoint().trim_start_matches("tcp://")).unwrap();
        // Signature, version, the type PUSH, an empty routing id, and a message.
        worker.write_all(b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0\0\x01\x02").unwrap();
        assert!(peer.link_within(Link::Up, Duration::from_secs(10)));
        assert_eq!(peer.recv_within(Duration::from_secs(10)), Some(vec![vec![2]]));
        drop(worker);
        assert!(peer.link_within(Link::Down, Duration::from_secs(10)));
    }
}
