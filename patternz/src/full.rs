//! Fills a queue until it drops messages or its sender waits, as the type of the socket decides.
//!
//! ```text
//!            one process
//!  ┌──────────────────────────────┐      full: drops       full: waits
//!  │ ┌────────┐  queue  ┌───────┐ │      PUB   (RFC 29)    PUSH   (RFC 30)
//!  │ │ sender │ ▒▒▒▒▒▒▒ │ reads │ │      ROUTER (RFC 28)   DEALER (RFC 28)
//!  │ │        │ ──────▶ │ later │ │                        REQ    (RFC 28): one
//!  │ └────────┘         └───────┘ │                        request at a time
//!  └──────────────────────────────┘
//! ```
//!
//! The reader reads only when the sender has sent all or cannot continue. What it does not find
//! then has been dropped. Both high-water marks count: the queue holds the sender's and the
//! reader's. Over TCP the buffers of the kernel hold more.

use std::time::Duration;

use clap::{Args, ValueEnum};
use sockets::{Ended, Endpoint, Role};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it. Its sockets are of any type.
pub const REPORTS: Declaration = reports("full", &[SENDER, READER], &[SENT, READ, DROPPED, WAITS]);
const SENDER: DeclaredSocket = socket("sender", Role::Push);
const READER: DeclaredSocket = socket("reader", Role::Pull);
const SENT: DeclaredValue = value("sent", "messages");
const READ: DeclaredValue = value("read", "messages");
const DROPPED: DeclaredValue = value("dropped", "messages");
const WAITS: DeclaredValue = value("waits", "");

/// How long the reader waits for a message before it takes the queue for empty.
const EMPTY: Duration = Duration::from_millis(300);

/// Fill a queue until it drops or waits; needs no peer
#[derive(Debug, Args)]
pub struct Full {
    /// The type of the sender's socket
    #[arg(value_name = "TYPE", ignore_case = true)]
    kind: Kind,
    /// Where both meet
    #[arg(long, value_name = "ADDRESS", default_value = "inproc://full")]
    over: Endpoint,
    /// How many messages to send
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    count: u64,
    /// The high-water mark of both sockets
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Pub,
    Router,
    Push,
    Dealer,
    Req,
}

impl Full {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let node = node.with_queue(self.queue);
        let (sends, reads) = self.kind.roles();
        let mut reader = node.socket(reads, READER, &Ends::bound(&self.over))?;
        let mut sender = node.socket(sends, SENDER, &Ends::connected(&self.over))?;
        let (mut sent, mut read) = (node.counter(SENT), node.counter(READ));
        let (mut dropped, mut waits) = (node.counter(DROPPED), node.counter(WAITS));

        // A PUB must know its subscriber first, and a ROUTER the routing id of its peer.
        let mut address = None;
        if self.kind == Kind::Pub {
            reader.socket().subscribe(b"")?;
            // Over inproc it learns of the other end, and subscribes there, when it is used.
            reader.receive_within(Duration::ZERO)?;
            sender.receive()?;
        } else if self.kind == Kind::Router {
            reader.send(["here I am"])?;
            address = sender.receive()?.get(0).map(<[u8]>::to_vec);
        }
        let mut is_full = false;
        while !is_full && sent.get() < self.count {
            let number = (sent.get() + 1).to_string().into_bytes();
            is_full = match sender.try_send(address.iter().chain([&number])) {
                // A REQ takes no second request before the reply.
                Err(Ended::Failed(_)) if self.kind == Kind::Req => true,
                taken => !taken?,
            };
            sent.add(u64::from(!is_full));
        }
        waits.set(u64::from(is_full));
        while read.get() < sent.get() && reader.receive_within(EMPTY)?.is_some() {
            read.add(1);
        }
        dropped.set(sent.get() - read.get());
        let end = if is_full { "then waits" } else { "never waits" };
        node.say(format_args!("{:?}: takes {}, {end}; {} are dropped", self.kind, sent.get(), dropped.get()))?;
        Ok(reader.rest()?)
    }
}

impl Kind {
    /// The sockets of the sender and the reader. An XPUB is a PUB that receives subscriptions.
    const fn roles(self) -> (Role, Role) {
        match self {
            Self::Pub => (Role::XPub, Role::Sub),
            Self::Router => (Role::Router, Role::Dealer),
            Self::Push => (Role::Push, Role::Pull),
            Self::Dealer => (Role::Dealer, Role::Dealer),
            Self::Req => (Role::StrictReq, Role::Rep),
        }
    }
}
