//! Misbehaves: takes the routing id of another client, and gets its replies.
//!
//! ```text
//!   ask --id ada                      a queue
//!  ┌─────────────┐   "" 7         ┌───────────┐
//!  │ DEALER ada  │ ─────────────▶ │           │
//!  └─────────────┘                │           │
//!   bad-impostor --id ada         │  ROUTER   │
//!  ┌─────────────┐                │           │
//!  │ DEALER ada  │ ◀───────────── │           │
//!  └─────────────┘   "" 7         └───────────┘
//! ```
//!
//! A routing id is an address and no proof. A ROUTER that lets a client reconnect under its id
//! (ZMQ_ROUTER_HANDOVER) cannot know who it is; the first connection stays up, and is no longer
//! heard. The cure: random ids, and CURVE for who may connect.

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("bad-impostor", &[DEALER], &[STOLEN]);
const DEALER: DeclaredSocket = socket("dealer", Role::Dealer);
const STOLEN: DeclaredValue = value("stolen", "replies");

/// Misbehave: take the routing id of another client (DEALER); its peers are both queues
#[derive(Debug, Args)]
pub struct BadImpostor {
    #[command(flatten)]
    ends: Ends,
    /// The routing id to take
    #[arg(long, value_name = "ID", value_parser = crate::routing_id)]
    id: String,
}

impl BadImpostor {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut dealer = node.with_routing_id(Some(&self.id)).socket(Role::Dealer, DEALER, &self.ends)?;
        let mut stolen = node.counter(STOLEN);
        loop {
            let reply = dealer.receive()?;
            stolen.add(1);
            node.say(format_args!("for {}: {}", self.id, texts(&reply)))?;
        }
    }
}
