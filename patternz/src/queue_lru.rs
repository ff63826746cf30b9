//! Gives each request to the least recently used (LRU) of the workers that are free.
//!
//! ```text
//!      ask                queue-lru              work
//!  ┌────────┐ request ┌──────────────────┐     ┌───────┐
//!  │ DEALER │ ──────▶ │ ROUTER    ROUTER │ ──▶ │  REQ  │
//!  └────────┘         │                  │ ◀── │       │ READY, then replies
//!  ┌────────┐         │ free:            │     └───────┘
//!  │  REQ   │ ◀────── │ [worker, worker] │ ──▶ ┌───────┐
//!  └────────┘  reply  │                  │ ◀── │  REQ  │
//!   ping              └──────────────────┘     └───────┘
//!
//!  to a worker: | worker | "" | client | "" | request |
//! ```
//!
//! A worker sends READY, and with each reply it is free again. A slow worker is rarely free, so it
//! gets few requests. While none is free, requests wait. A request to a worker that has died is
//! lost: its client asks again (`lazy-pirate`).

use std::collections::VecDeque;

use clap::Args;
use sockets::{Endpoint, Role, blocking::ready};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value, work::READY};

/// What observers see of it.
pub const REPORTS: Declaration = reports("queue-lru", &[CLIENTS, WORKERS], &[REQUESTS, REPLIES, FREE]);
const CLIENTS: DeclaredSocket = socket("clients", Role::Router);
const WORKERS: DeclaredSocket = socket("workers", Role::Router);
const REQUESTS: DeclaredValue = value("requests", "requests");
const REPLIES: DeclaredValue = value("replies", "replies");
const FREE: DeclaredValue = value("free", "workers");

/// The most workers that can be free.
const WORKERS_MAX: usize = 1_000;

/// Give each request to the least recently used worker (ROUTER, ROUTER); its peers are ask, ping, lazy-pirate and work
#[derive(Debug, Args)]
pub struct QueueLru {
    /// Bind here for clients
    #[arg(long, value_name = "ADDRESS")]
    clients: Endpoint,
    /// Bind here for workers
    #[arg(long, value_name = "ADDRESS")]
    workers: Endpoint,
}

impl QueueLru {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut clients = node.socket(Role::Router, CLIENTS, &Ends::bound(&self.clients))?;
        let mut workers = node.socket(Role::Router, WORKERS, &Ends::bound(&self.workers))?;
        let (mut requests, mut replies) = (node.counter(REQUESTS), node.counter(REPLIES));
        let mut free_count = node.counter(FREE);
        let mut free = VecDeque::new();
        loop {
            if free.is_empty() || ready([&mut workers, &mut clients])?[0] {
                let message = workers.receive()?;
                let Some(worker) = message.get(0).map(<[u8]>::to_vec) else { continue };
                if message.get(2) != Some(READY) {
                    clients.send(message.iter().skip(2))?;
                    replies.add(1);
                }
                if free.len() < WORKERS_MAX && !free.contains(&worker) {
                    free.push_back(worker);
                }
            } else if let Some(worker) = free.pop_front() {
                let request = clients.receive()?;
                workers.send([&worker[..], b""].into_iter().chain(request.iter()))?;
                requests.add(1);
            }
            free_count.set(free.len() as u64);
        }
    }
}
