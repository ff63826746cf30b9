//! One socket: sends and receives whole messages, and never blocks.
//!
//! A message is sent or received completely or not at all: `send` and `receive` return `false` if they would have to wait,
//! and a loop waits in [`crate::wait()`]. Dropping a socket stops its monitor, then closes it.

mod watched;

use std::{sync::Arc, time::Duration};

use wire::Frames;

use crate::{
    BindError, Descriptor, Endpoint, Interest, Mechanism, Role, Security, SocketError, bind,
    context::Observation,
    error::zmq_error,
    incoming::Awaited,
    limits::{FRAMES_MAX, MESSAGE_BYTES_MAX},
    monitors::Relay,
    probe::Probe,
    random, raw,
    signal::Signal,
};

/// A socket and, if it is watched, its monitor. Belongs to one thread at a time.
pub struct Socket {
    raw: zmq::Socket,
    signal: Signal,
    role: Role,
    never_drops: bool,
    /// Chosen by its owner; without one each connection has a random one.
    routing_id: Option<Vec<u8>>,
    /// [`Socket::send`] has returned `false`, and nothing has been received since.
    is_full: bool,
    /// Its address, if it is bound.
    bound_to: Option<Endpoint>,
    /// The last frame received: it carries the properties of the peer.
    last: raw::Message,
    awaited: Awaited,
    monitor: Option<Monitor>,
    /// Passes them on, in an observed context.
    relay: Option<Relay>,
    /// Of an observed socket.
    probe: Option<Arc<Probe>>,
    shared: Option<Shared>,
}

/// Where a socket's monitor sends its events.
struct Monitor {
    pair: zmq::Socket,
    signal: Signal,
}

/// What a socket has from its context.
pub(crate) struct Shared {
    /// The name of the socket's channel.
    pub(crate) channel: &'static str,
    pub(crate) context: zmq::Context,
    pub(crate) security: Arc<Security>,
    pub(crate) observation: Option<Observation>,
}

/// What became of a message to one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is on its way.
    Sent,
    /// The peer's queue is full: nothing was sent.
    Full,
    /// No peer has this routing id: nothing was sent.
    Gone,
}

impl Socket {
    pub(crate) fn adopt(raw: zmq::Socket, role: Role) -> Self {
        Self {
            signal: Signal::of(&raw),
            raw,
            role,
            never_drops: false,
            routing_id: None,
            is_full: false,
            bound_to: None,
            last: raw::Message::new(),
            awaited: Awaited::default(),
            monitor: None,
            relay: None,
            probe: None,
            shared: None,
        }
    }

    pub(crate) fn share(&mut self, shared: Shared) {
        self.shared = Some(shared);
    }

    /// Binds to `endpoint`, and returns the actual address, with the port that the system chose.
    ///
    /// # Errors
    /// The port is in use (the error names its holder), the address is not of this machine, or the security
    /// lacks an allow-list.
    pub fn bind(&mut self, endpoint: &Endpoint) -> Result<Endpoint, BindError> {
        if let Some(Shared { security, .. }) = &self.shared {
            if !matches!(security.mechanism, Mechanism::Null) && security.allow.is_none() {
                return Err(SocketError::NoAllowList { mechanism: security.mechanism.name() }.into());
            }
            security.bound(&self.raw)?;
        }
        self.set_ipv6(endpoint)?;
        self.signal.disarm();
        bind::bind(&self.raw, endpoint)?;
        let real = self.raw.get_last_endpoint().map_err(zmq_error("learn the bound address"))?;
        let real = real.ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| endpoint.clone());
        self.bound_to = Some(real.clone());
        if let Some(probe) = &self.probe {
            probe.bound(&real);
        }
        Ok(real)
    }

    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// Its address, if it is bound.
    pub(crate) const fn bound_to(&self) -> Option<&Endpoint> {
        self.bound_to.as_ref()
    }

    /// The connections from which its listener awaits messages.
    pub(crate) const fn awaited(&mut self) -> &mut Awaited {
        &mut self.awaited
    }

    /// Lets libzmq free what it keeps of connections that are gone: it does so only while the socket is used, and nothing
    /// may be sent for long.
    pub(crate) fn free_remains(&self) {
        self.signal.disarm();
        // An error means that the context is gone, which the next call reports.
        let _ = self.raw.get_events();
    }

    /// Ends an earlier [`Socket::bind`], by the endpoint that it returned. libzmq closes the connections that it accepted
    /// there.
    ///
    /// # Errors
    /// It is not bound there.
    pub fn unbind(&mut self, endpoint: &Endpoint) -> Result<(), SocketError> {
        self.signal.disarm();
        self.raw.unbind(endpoint.as_str()).map_err(zmq_error("unbind"))?;
        if let Some(probe) = &self.probe {
            probe.unbound(endpoint);
        }
        Ok(())
    }

    /// Connects to `endpoint`, now or as soon as a server binds it; libzmq retries by itself.
    ///
    /// # Errors
    /// The address is invalid (an unknown host name, for instance), or CURVE lacks the server's key.
    pub fn connect(&mut self, endpoint: &Endpoint) -> Result<(), SocketError> {
        if let Some(Shared { security, .. }) = &self.shared {
            security.connecting(&self.raw)?;
        }
        self.set_ipv6(endpoint)?;
        self.start_connection(endpoint)?;
        if let Some(probe) = &self.probe {
            probe.connected(endpoint);
        }
        Ok(())
    }

    /// Closes the connection of an earlier [`Socket::connect`], if libzmq still has one, and starts a new one under a new
    /// routing id. Messages queued for the old connection are lost.
    pub(crate) fn reconnect(&mut self, endpoint: &Endpoint) -> Result<(), SocketError> {
        self.signal.disarm();
        // An error means that libzmq has given the connection up already.
        let _ = self.raw.disconnect(endpoint.as_str());
        self.start_connection(endpoint)
    }

    fn start_connection(&self, endpoint: &Endpoint) -> Result<(), SocketError> {
        endpoint.check_connectable()?;
        if self.role.has_routing_id() {
            let id = self.routing_id.clone().map_or_else(|| random::routing_id().map(Vec::from), Ok)?;
            self.raw.set_identity(&id).map_err(zmq_error("set a routing id"))?;
        }
        self.signal.disarm();
        self.raw.connect(endpoint.as_str()).map_err(zmq_error("connect"))
    }

    /// Sends a whole message, or returns `false` and sends nothing if it would have to wait.
    ///
    /// # Errors
    /// The socket cannot send: its context is gone, or its role does not allow it now.
    #[inline]
    pub fn send(&mut self, frames: &Frames) -> Result<bool, SocketError> {
        self.send_in_steps(frames, |_| {})
    }

    /// Sends a whole message of a `ROUTER` that was made to report peers that are gone ([`Role::Broker`]).
    ///
    /// # Errors
    /// As [`Socket::send`].
    pub fn send_to_peer(&mut self, frames: &Frames) -> Result<Delivery, SocketError> {
        match self.send(frames) {
            Ok(true) => Ok(Delivery::Sent),
            Ok(false) => Ok(Delivery::Full),
            Err(SocketError::Zmq { reason: zmq::Error::EHOSTUNREACH, .. }) => Ok(Delivery::Gone),
            Err(error) => Err(error),
        }
    }

    /// The same, frame by frame: calls `before` with the index of each frame before libzmq gets it, to show that peers receive
    /// nothing until it has the last.
    ///
    /// # Errors
    /// As [`Socket::send`].
    #[inline]
    pub fn send_in_steps(&mut self, frames: &Frames, mut before: impl FnMut(usize)) -> Result<bool, SocketError> {
        self.signal.disarm();
        let mut left = frames.len();
        let mut looked = false;
        for (index, frame) in frames.iter().enumerate() {
            before(index);
            left -= 1;
            let more = if left > 0 { zmq::SNDMORE } else { 0 };
            loop {
                match raw::send(&mut self.raw, frame, zmq::DONTWAIT | more) {
                    Ok(()) => break,
                    // A publisher that never drops tries again, with everything counted that its peers have taken so
                    // far: what they take after that wakes a loop that waits for `room`.
                    Err(zmq::Error::EAGAIN) if self.never_drops && !looked => {
                        looked = true;
                        self.raw.get_events().map_err(zmq_error("send"))?;
                    }
                    // In the middle of a message libzmq returns this if the peer is gone: it has taken back the
                    // earlier frames, so the message can be sent again from its start.
                    Err(zmq::Error::EAGAIN) => {
                        self.is_full = true;
                        return Ok(false);
                    }
                    Err(zmq::Error::EINTR) => {}
                    // A `ROUTER` drops it without an error.
                    Err(zmq::Error::EHOSTUNREACH) if self.role == Role::Stream => return Ok(true),
                    Err(error) => return Err(zmq_error("send")(error)),
                }
            }
        }
        if let Some(probe) = &self.probe {
            probe.count_sent(frames);
        }
        Ok(true)
    }

    /// Receives one message into `frames`, or returns `false` if there is none. Frames beyond 131,072 or bytes
    /// beyond 16 MiB are dropped: no message of the suite has as many.
    ///
    /// # Errors
    /// The socket cannot receive: its context is gone, or its role does not allow it now.
    #[inline]
    pub fn receive(&mut self, frames: &mut Frames) -> Result<bool, SocketError> {
        frames.clear();
        self.is_full = false;
        self.signal.disarm();
        loop {
            match self.last.receive(&mut self.raw, zmq::DONTWAIT) {
                Ok(frame) => {
                    if frames.len() < FRAMES_MAX && frames.byte_len() + frame.len() <= MESSAGE_BYTES_MAX {
                        frames.push(frame);
                    }
                    if !self.last.has_more() {
                        if !self.awaited.is_empty() {
                            self.handle_awaited();
                        }
                        if let Some(probe) = &self.probe {
                            probe.count_received(frames);
                        }
                        return Ok(true);
                    }
                }
                Err(zmq::Error::EAGAIN) => {
                    self.signal.arm();
                    self.awaited.handle_drained();
                    if let Some(probe) = &self.probe {
                        probe.note_drained();
                    }
                    return Ok(false);
                }
                Err(zmq::Error::EINTR) => {}
                Err(error) => return Err(zmq_error("receive")(error)),
            }
        }
    }

    /// Not in line: few messages are awaited.
    #[cold]
    fn handle_awaited(&mut self) {
        let descriptor = self.peer_connection().and_then(Descriptor::of_number);
        self.awaited.handle_message(descriptor);
    }

    /// The host that sent the last message, as libzmq reports it; `?` for transports without addresses.
    pub fn peer_address(&self) -> &str {
        self.last.property(c"Peer-Address").unwrap_or("?")
    }

    /// The user name that ZAP gave the connection of the last message; `None` under NULL.
    pub fn peer_user(&self) -> Option<&str> {
        self.last.property(c"User-Id").filter(|user| !user.is_empty())
    }

    /// The number of the last message's connection, the same for all its messages while it lasts: its file descriptor.
    pub fn peer_connection(&self) -> Option<u64> {
        self.last.property(c"__fd")?.parse().ok()
    }

    /// Subscribes to messages that start with `topic`; for `SUB`.
    ///
    /// # Errors
    /// The socket is not a `SUB`.
    pub fn subscribe(&mut self, topic: &[u8]) -> Result<(), SocketError> {
        self.raw.set_subscribe(topic).map_err(zmq_error("subscribe"))?;
        self.record_subscription(1, topic);
        Ok(())
    }

    /// Undoes one [`Socket::subscribe`].
    ///
    /// # Errors
    /// The socket is not a `SUB`.
    pub fn unsubscribe(&mut self, topic: &[u8]) -> Result<(), SocketError> {
        self.raw.set_unsubscribe(topic).map_err(zmq_error("unsubscribe"))?;
        self.record_subscription(0, topic);
        Ok(())
    }

    /// Makes [`Socket::send`] return `false` at a full queue instead of dropping the message; for `XPUB`.
    ///
    /// # Errors
    /// The socket is not a publisher.
    pub fn never_drop(&mut self) -> Result<(), SocketError> {
        raw::set_xpub_nodrop(&mut self.raw).map_err(zmq_error("make the publisher wait"))?;
        self.never_drops = true;
        Ok(())
    }

    /// Keeps messages only for peers whose handshake is done: while there is none, `send` returns `false` and
    /// nothing is queued for a peer that may never connect.
    ///
    /// # Errors
    /// The option cannot be set.
    pub fn only_to_connected(&mut self) -> Result<(), SocketError> {
        self.raw.set_immediate(true).map_err(zmq_error("set immediate"))
    }

    /// Chooses the routing id by which a `ROUTER` knows this socket on the connections that it makes from now on: one that
    /// strangers may guess, and take ([`Role::Router`]).
    pub fn set_routing_id(&mut self, id: &[u8]) {
        self.routing_id = Some(id.to_vec());
    }

    /// Sets how long unsent messages may delay the closing of the socket.
    ///
    /// # Errors
    /// The option cannot be set.
    pub fn set_linger(&mut self, linger: Duration) -> Result<(), SocketError> {
        self.raw.set_linger(milliseconds(linger)).map_err(zmq_error("set linger"))
    }

    /// Ready when a message can be received.
    #[must_use]
    pub fn readable(&self) -> Interest<'_> {
        Interest::new(&self.raw, &self.signal, zmq::POLLIN)
    }

    /// Ready when a message can be sent.
    #[must_use]
    pub fn writable(&self) -> Interest<'_> {
        Interest::new(&self.raw, &self.signal, zmq::POLLOUT)
    }

    /// To wait, after [`Socket::send`] of a publisher that never drops returned `false`, until its peers have taken
    /// messages. libzmq calls a publisher writable even when it is full, so this is the socket's own signal. It also wakes for
    /// other events, three times for a message of three frames, and then `send` returns `false` again. Receiving consumes the
    /// signal, so this does not wait after it: send again first.
    #[must_use]
    pub fn room(&self) -> Interest<'_> {
        if !self.is_full {
            return Interest::ready();
        }
        Interest::in_signal(&self.signal)
    }

    fn set_ipv6(&self, endpoint: &Endpoint) -> Result<(), SocketError> {
        self.raw.set_ipv6(endpoint.is_ipv6()).map_err(zmq_error("use IPv6"))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.stop_watching();
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Socket({:?})", self.role)
    }
}

/// A duration in the form of libzmq's options.
pub(crate) fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX)
}
