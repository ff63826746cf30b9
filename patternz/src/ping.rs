//! Asks, and waits for each reply: REQ is strict lock-step.
//!
//! ```text
//!    ping                pong
//!  ┌───────┐    1     ┌───────┐
//!  │  REQ  │ ───────▶ │  REP  │
//!  │       │ ◀─────── │       │
//!  └───────┘    1     └───────┘
//! ```
//!
//! A REQ sends, receives, sends, receives, and nothing else. If `pong` dies with a request, no
//! reply to it ever comes, and `ping` waits for ever, even when `pong` is back. `lazy-pirate` shows
//! the cure.

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("ping", &[REQ], &[SENT, REPLIES]);
const REQ: DeclaredSocket = socket("req", Role::StrictReq);
const SENT: DeclaredValue = value("sent", "requests");
const REPLIES: DeclaredValue = value("replies", "replies");

/// Send numbered requests in strict lock-step (REQ); its peer is pong
#[derive(Debug, Args)]
pub struct Ping {
    #[command(flatten)]
    ends: Ends,
    /// The time between a reply and the next request
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = crate::time)]
    pause: Duration,
    /// A fixed routing id, which a ROUTER puts before each request [default: random]
    #[arg(long, value_name = "ID", value_parser = crate::routing_id)]
    id: Option<String>,
}

impl Ping {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut req = node.with_routing_id(self.id.as_deref()).socket(Role::StrictReq, REQ, &self.ends)?;
        let mut sent = node.counter(SENT);
        let mut replies = node.counter(REPLIES);
        loop {
            sent.add(1);
            req.send([sent.get().to_string()])?;
            node.say(format_args!("request {}: waiting for the reply", sent.get()))?;
            req.receive()?;
            replies.add(1);
            node.say(format_args!("request {}: replied", sent.get()))?;
            req.pause(self.pause)?;
        }
    }
}
