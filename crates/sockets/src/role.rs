//! What a socket is for, and the options that follow from it.

use wire::Limits;

use crate::raw;

/// The largest frame that a publisher accepts: room for a topic, and for the handshake of a peer.
const SUBSCRIPTION_BYTES: u32 = 256;

/// How many subscriptions of one peer wait between libzmq's I/O thread and a publisher. Whenever the publisher sends, libzmq
/// takes all that wait and all that come meanwhile: the queue is so short that a peer that floods cannot keep it filled.
const SUBSCRIPTIONS_MAX: i32 = 4;

/// How many subscriptions wait for one publisher. libzmq drops those beyond it for good, so this is more than a hub has when a
/// publisher connects, twice over for those that it repeats.
const SUBSCRIPTIONS_SENT_MAX: i32 = 16_384;

/// How many reports of one peer wait for a hub, which reads them at once: they may be large.
const REPORTS_MAX: i32 = 100;

/// How many messages of one peer a `PUSH` keeps, which it never reads: without a limit. libzmq would stop reading from the
/// connection at the limit, and never notice its end. [`crate::Listener`] and [`crate::Connection`] end a connection whose
/// peer sends much.
const UNREAD_MAX: i32 = 0;

/// What a socket is for; ZeroMQ's own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sends requests, one at a time. A lost reply does not stop it: it may send the next request, and late replies to
    /// older ones are dropped (`ZMQ_REQ_RELAXED`, `ZMQ_REQ_CORRELATE`).
    Req,
    /// Sends requests in strict lock-step, as a plain `REQ` does: after a request it can only receive, so a lost reply
    /// stops it for good.
    StrictReq,
    /// Replies to one request at a time.
    Rep,
    /// Sends requests without waiting for replies.
    Dealer,
    /// Replies to many peers, by their routing ids; a peer that reconnects under its old id gets through
    /// (`ZMQ_ROUTER_HANDOVER`).
    Router,
    /// The same, and it learns which peers are gone when it sends to them (`ZMQ_ROUTER_MANDATORY`,
    /// [`crate::Socket::send_to_peer`]).
    Broker,
    /// Publishes to all subscribers, and receives each subscription (`ZMQ_XPUB_VERBOSER`); on the wire a `PUB`. Its owner
    /// must receive them ([`crate::Listener::take_subscriptions`]): a plain `PUB` that is silent would keep the remains
    /// of every connection.
    XPub,
    /// Publishes to all subscribers, and receives nothing. While it sends nothing, it keeps the remains of every connection.
    Pub,
    /// Receives what it subscribes to.
    Sub,
    /// Receives everything, and sends subscriptions as messages: one end of a hub.
    XSub,
    /// Distributes messages to workers, round-robin.
    Push,
    /// Collects messages, fair-queued.
    Pull,
    /// Exchanges messages with one peer; mostly between threads, over `inproc`.
    Pair,
    /// Exchanges bytes with peers that do not speak ZeroMQ, over TCP: a message is the connection's id and some bytes, and none
    /// when it begins, when it has ended and to end it. What is sent to a peer that has left is dropped.
    Stream,
}

impl Role {
    pub(crate) const fn kind(self) -> zmq::SocketType {
        match self {
            Self::Req | Self::StrictReq => zmq::REQ,
            Self::Rep => zmq::REP,
            Self::Dealer => zmq::DEALER,
            Self::Router | Self::Broker => zmq::ROUTER,
            Self::XPub => zmq::XPUB,
            Self::Pub => zmq::PUB,
            Self::Sub => zmq::SUB,
            Self::XSub => zmq::XSUB,
            Self::Push => zmq::PUSH,
            Self::Pull => zmq::PULL,
            Self::Pair => zmq::PAIR,
            Self::Stream => zmq::STREAM,
        }
    }

    /// libzmq's name of the socket's type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Req | Self::StrictReq => "REQ",
            Self::Rep => "REP",
            Self::Dealer => "DEALER",
            Self::Router | Self::Broker => "ROUTER",
            Self::XPub => "XPUB",
            Self::Pub => "PUB",
            Self::Sub => "SUB",
            Self::XSub => "XSUB",
            Self::Push => "PUSH",
            Self::Pull => "PULL",
            Self::Pair => "PAIR",
            Self::Stream => "STREAM",
        }
    }

    /// The largest frame that a peer may send. Peers have little to say to a publisher, and nothing to a `PUSH`.
    pub(crate) const fn incoming_bytes(self, limits: Limits) -> u32 {
        match self {
            Self::XPub | Self::Pub | Self::Push => SUBSCRIPTION_BYTES,
            _ => limits.frame_bytes,
        }
    }

    /// Whether a `ROUTER` knows peers of this role by the routing ids that they choose.
    pub(crate) const fn has_routing_id(self) -> bool {
        matches!(self, Self::Req | Self::StrictReq | Self::Dealer)
    }

    pub(crate) fn set_up(self, socket: &mut zmq::Socket) -> zmq::Result<()> {
        match self {
            Self::Req => {
                socket.set_req_relaxed(true)?;
                socket.set_req_correlate(true)
            }
            Self::Router => socket.set_router_handover(true),
            Self::Broker => {
                socket.set_router_handover(true)?;
                socket.set_router_mandatory(true)
            }
            Self::XPub => {
                socket.set_rcvhwm(SUBSCRIPTIONS_MAX)?;
                raw::set_xpub_verboser(socket)
            }
            Self::Push => socket.set_rcvhwm(UNREAD_MAX),
            // Its unsent subscriptions are useless once it closes.
            Self::Sub => socket.set_linger(0),
            Self::XSub => {
                socket.set_linger(0)?;
                socket.set_rcvhwm(REPORTS_MAX)?;
                socket.set_sndhwm(SUBSCRIPTIONS_SENT_MAX)
            }
            _ => Ok(()),
        }
    }
}
