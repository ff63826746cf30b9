//! Asks many questions at once: a DEALER does not wait for replies.
//!
//! ```text
//!      ask                     pong, a queue
//!  ┌────────┐ ── "" 1 ──▶ ┌───────────────┐
//!  │        │ ── "" 2 ──▶ │               │
//!  │ DEALER │ ── "" 3 ──▶ │ REP or ROUTER │
//!  │        │ ◀─ "" 2 ─── │               │
//!  │        │ ◀─ "" 1 ─── │               │
//!  └────────┘             └───────────────┘
//! ```
//!
//! What a REQ does by itself is up to the program here: it sends the empty frame that ends the
//! envelope, and finds out which request a reply belongs to. Replies come in any order.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, number, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("ask", &[DEALER], &[REPLIES, WAITING, SLOWEST]);
const DEALER: DeclaredSocket = socket("dealer", Role::Dealer);
const REPLIES: DeclaredValue = value("replies", "replies");
const WAITING: DeclaredValue = value("waiting", "requests");
const SLOWEST: DeclaredValue = value("slowest", "ms");

/// Send several numbered requests at once (DEALER); its peers are pong and both queues
#[derive(Debug, Args)]
pub struct Ask {
    #[command(flatten)]
    ends: Ends,
    /// How many requests may wait for their replies
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    at_once: u16,
    /// The time between a reply and the next request
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
    /// A fixed routing id, which others may take [default: random]
    #[arg(long, value_name = "ID", value_parser = crate::routing_id)]
    id: Option<String>,
}

impl Ask {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut dealer = node.with_routing_id(self.id.as_deref()).socket(Role::Dealer, DEALER, &self.ends)?;
        let (mut replies, mut waiting) = (node.counter(REPLIES), node.counter(WAITING));
        let mut slowest = node.counter(SLOWEST);
        let mut asked = HashMap::new();
        let mut request = 0_u64;
        loop {
            while asked.len() < self.at_once.into() {
                request += 1;
                dealer.send(["", &request.to_string()])?;
                asked.insert(request, Instant::now());
            }
            waiting.set(asked.len() as u64);
            let reply = dealer.receive()?;
            let Some(sent) = number(reply.get(1)).and_then(|request| asked.remove(&request)) else { continue };
            replies.add(1);
            slowest.set(slowest.get().max(sent.elapsed().as_millis() as u64));
            dealer.pause(self.pause)?;
        }
    }
}
