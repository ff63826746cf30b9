//! One socket: sends and receives whole messages, and never blocks.
//!
//! A message is sent or received completely or not at all: `send` and `receive` return `false` if they would have to wait,
//! and a loop waits in [`crate::wait()`]. Dropping a socket stops its monitor, then closes it.

mod messages;
mod watched;

use std::{sync::Arc, time::Duration};

use crate::{
    BindError, Endpoint, Interest, Mechanism, Role, Security, SocketError, bind, context::Observation,
    error::zmq_error, incoming::Awaited, monitors::Relay, probe::Probe, random, raw, signal::Signal,
};

pub use self::messages::Delivery;

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
