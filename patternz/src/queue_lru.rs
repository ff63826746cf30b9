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
//! lost: its client asks again (`lazy-pirate`, and together they are the Simple Pirate).

use std::collections::VecDeque;

use clap::Args;
use sockets::{Endpoint, Role, blocking::ready};
use wire::{
    Frames, envelope, ppp,
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

use crate::{Ends, Node, reports, socket, value, work::READY};

/// What observers see of it.
pub const REPORTS: Declaration = reports("queue-lru", &[CLIENTS, WORKERS], &[REQUESTS, REPLIES, FREE, MALFORMED]);
const CLIENTS: DeclaredSocket = socket("clients", Role::Router);
const WORKERS: DeclaredSocket = socket("workers", Role::Router);
const REQUESTS: DeclaredValue = value("requests", "requests");
const REPLIES: DeclaredValue = value("replies", "replies");
const FREE: DeclaredValue = value("free", "workers");
const MALFORMED: DeclaredValue = value("malformed", "messages");

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
        let (mut free_count, mut malformed) = (node.counter(FREE), node.counter(MALFORMED));
        let mut free: VecDeque<Vec<u8>> = VecDeque::new();
        loop {
            let [from_worker, from_client] = match free.len() {
                0 => [ready([&mut workers])?[0], false],
                _ => ready([&mut workers, &mut clients])?,
            };
            if from_client {
                let request = clients.receive()?;
                if !has_client(&request) {
                    malformed.add(1);
                } else if let Some(worker) = free.pop_front() {
                    workers.send([&worker[..], b""].into_iter().chain(request.iter()))?;
                    requests.add(1);
                }
            }
            if from_worker {
                let (mut message, mut worker, mut empty) = (workers.receive()?, Vec::new(), Vec::new());
                let is_req = message.take_first(&mut worker) && message.take_first(&mut empty) && empty.is_empty();
                if is_req && has_client(&message) {
                    clients.send(message.iter())?;
                    replies.add(1);
                } else if !(is_req && is_ready(&message)) {
                    malformed.add(1);
                    continue;
                }
                if free.len() < WORKERS_MAX && !free.contains(&worker) {
                    free.push_back(worker);
                }
            }
            free_count.set(free.len() as u64);
        }
    }
}

/// Whether a request or a reply has the envelope of its client, and something in it.
fn has_client(message: &Frames) -> bool {
    envelope::len(message).is_ok_and(|len| (2..message.len()).contains(&len))
}

/// The workers of the ZeroMQ Guide have a byte for it.
fn is_ready(message: &Frames) -> bool {
    message.len() == 1 && message.get(0).is_some_and(|frame| frame == READY || frame == ppp::READY)
}
