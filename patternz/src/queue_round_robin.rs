//! Gives requests to all workers, round-robin, whether they are free or not.
//!
//! ```text
//!      ask             queue-round-robin         pong
//!  ┌────────┐ request ┌─────────────────┐      ┌───────┐
//!  │ DEALER │ ──────▶ │ ROUTER   DEALER │ ───▶ │  REP  │
//!  └────────┘         │                 │ ◀─── │       │
//!  ┌────────┐  reply  │                 │      └───────┘
//!  │  REQ   │ ◀────── │                 │ ───▶ ┌───────┐
//!  └────────┘         │                 │ ◀─── │  REP  │
//!   ping              └─────────────────┘      └───────┘
//!
//!  to a worker: | client | "" | request |
//! ```
//!
//! The ROUTER puts the client's id before each request, the REP keeps that envelope and puts it
//! before the reply, and the ROUTER finds the client by it. A slow worker gets as many requests as
//! a fast one, and they wait for it. `queue-lru` is the cure.

use clap::Args;
use sockets::{Endpoint, Role, blocking::ready};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("queue-round-robin", &[CLIENTS, WORKERS], &[REQUESTS, REPLIES]);
const CLIENTS: DeclaredSocket = socket("clients", Role::Router);
const WORKERS: DeclaredSocket = socket("workers", Role::Dealer);
const REQUESTS: DeclaredValue = value("requests", "requests");
const REPLIES: DeclaredValue = value("replies", "replies");

/// Give requests to all workers, round-robin (ROUTER, DEALER); its peers are ask, ping, lazy-pirate and pong
#[derive(Debug, Args)]
pub struct QueueRoundRobin {
    /// Bind here for clients
    #[arg(long, value_name = "ADDRESS")]
    clients: Endpoint,
    /// Bind here for workers
    #[arg(long, value_name = "ADDRESS")]
    workers: Endpoint,
}

impl QueueRoundRobin {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut clients = node.socket(Role::Router, CLIENTS, &Ends::bound(&self.clients))?;
        let mut workers = node.socket(Role::Dealer, WORKERS, &Ends::bound(&self.workers))?;
        let (mut requests, mut replies) = (node.counter(REQUESTS), node.counter(REPLIES));
        loop {
            let [has_request, has_reply] = ready([&mut clients, &mut workers])?;
            if has_request {
                let request = clients.receive()?;
                node.say(format_args!("request {}", texts(&request)))?;
                workers.send(request.iter())?;
                requests.add(1);
            }
            if has_reply {
                let reply = workers.receive()?;
                node.say(format_args!("reply {}", texts(&reply)))?;
                clients.send(reply.iter())?;
                replies.add(1);
            }
        }
    }
}
