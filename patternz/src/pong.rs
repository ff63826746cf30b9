//! Replies to one request at a time.
//!
//! ```text
//!    ping, lazy-pirate,
//!    queue-round-robin      pong
//!  ┌───────────────────┐  ┌───────┐
//!  │  REQ or DEALER    │─▶│  REP  │
//!  │                   │◀─│       │
//!  └───────────────────┘  └───────┘
//! ```
//!
//! A REP receives, sends, receives, sends. It remembers the envelope of the request, so the reply
//! finds its way back through any number of queues. Several peers are served one after another, one
//! request each.

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("pong", &[REP], &[REQUESTS]);
const REP: DeclaredSocket = socket("rep", Role::Rep);
const REQUESTS: DeclaredValue = value("requests", "requests");

/// Reply to each request with the same message (REP); its peers are ping, lazy-pirate and queue-round-robin
#[derive(Debug, Args)]
pub struct Pong {
    #[command(flatten)]
    ends: Ends,
    /// The time that a request takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
}

impl Pong {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut rep = node.socket(Role::Rep, REP, &self.ends)?;
        let mut requests = node.counter(REQUESTS);
        loop {
            let request = rep.receive()?;
            node.say(format_args!("request {}", texts(&request)))?;
            rep.pause(self.pause)?;
            requests.add(1);
            rep.send(request.iter())?;
        }
    }
}
