//! Gives requests only to workers whose heart beats (Paranoid Pirate).
//!
//! ```text
//!   lazy-pirate         queue-paranoid         work-paranoid
//!  ┌────────┐ request ┌──────────────────┐      ┌────────┐
//!  │  REQ   │ ──────▶ │ ROUTER    ROUTER │ ───▶ │ DEALER │
//!  │        │ ◀────── │                  │ ◀─── │        │ READY, then replies
//!  └────────┘  reply  │ known:           │ ♥  ♥ └────────┘
//!   ping, ask         │ [free, busy]     │ ───▶ ┌────────┐
//!                     │                  │ ◀─── │ DEALER │
//!                     └──────────────────┘ ♥  ♥ └────────┘
//!
//!  to a worker: | worker | client | "" | request |
//! ```
//!
//! A worker that has missed some heartbeats is forgotten before it gets another request. One that
//! dies with a request takes it along: its client asks again. The messages are those of
//! `protocol-docs/ppp.md`, so the workers of the ZeroMQ Guide can take part.

use std::{
    iter,
    time::{Duration, Instant},
};

use clap::Args;
use sockets::{Endpoint, Role, blocking::ready_until};
use wire::{
    ppp::{Addressed, FromWorker, HEARTBEAT},
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration =
    reports("queue-paranoid", &[CLIENTS, PPP], &[REQUESTS, REPLIES, KNOWN, FREE, FORGOTTEN, MALFORMED]);
const CLIENTS: DeclaredSocket = socket("clients", Role::Router);
const PPP: DeclaredSocket = socket(wire::ppp::CHANNEL, Role::Router);
const REQUESTS: DeclaredValue = value("requests", "requests");
const REPLIES: DeclaredValue = value("replies", "replies");
const KNOWN: DeclaredValue = value("known", "workers");
const FREE: DeclaredValue = value("free", "workers");
const FORGOTTEN: DeclaredValue = value("forgotten", "workers");
const MALFORMED: DeclaredValue = value("malformed", "messages");

/// The most workers that can be known.
const KNOWN_MAX: usize = 1_000;

/// Give each request to a worker that is free and alive (ROUTER, ROUTER); its peers are ask, ping, lazy-pirate and work-paranoid
#[derive(Debug, Args)]
pub struct QueueParanoid {
    /// Bind here for clients
    #[arg(long, value_name = "ADDRESS")]
    clients: Endpoint,
    /// Bind here for workers
    #[arg(long, value_name = "ADDRESS")]
    workers: Endpoint,
    /// The time between two heartbeats
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::interval)]
    interval: Duration,
    /// How many intervals without a message of a worker are its end
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    liveness: u32,
}

/// A worker that the queue knows. They are in the order in which they became free.
struct Worker {
    id: Vec<u8>,
    is_free: bool,
    /// How many heartbeats of the queue it has left unanswered.
    silent: u32,
}

impl QueueParanoid {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut clients = node.socket(Role::Router, CLIENTS, &Ends::bound(&self.clients))?;
        let mut workers = node.socket(Role::Router, PPP, &Ends::bound(&self.workers))?;
        let [mut requests, mut replies, mut forgotten] =
            [REQUESTS, REPLIES, FORGOTTEN].map(|value| node.counter(value));
        let [mut known_count, mut free_count, mut malformed] =
            [KNOWN, FREE, MALFORMED].map(|value| node.counter(value));
        let mut known: Vec<Worker> = Vec::new();
        let mut beat = Instant::now() + self.interval;
        loop {
            let free = known.iter().position(|worker| worker.is_free);
            let [from_worker, from_client] = match free {
                Some(_) => ready_until([&mut workers, &mut clients], beat)?,
                None => [ready_until([&mut workers], beat)?[0], false],
            };
            if let (true, Some(free)) = (from_client, free) {
                let request = clients.receive()?;
                if Addressed::read(&request).is_ok_and(|request| request.client().is_some()) {
                    known[free].is_free = false;
                    workers.send(iter::once(&known[free].id[..]).chain(request.iter()))?;
                    requests.add(1);
                } else {
                    malformed.add(1);
                }
            }
            if from_worker {
                let (mut message, mut id) = (workers.receive()?, Vec::new());
                message.take_first(&mut id);
                match FromWorker::decode(&message) {
                    Ok(FromWorker::Ready) => set_free(&mut known, id),
                    // A sign of life, and nothing else: the worker may be busy.
                    Ok(FromWorker::Heartbeat) => {
                        known.iter_mut().filter(|worker| worker.id == id).for_each(|worker| worker.silent = 0);
                    }
                    Ok(FromWorker::Reply(reply)) if reply.client().is_some() => {
                        clients.send(reply.iter())?;
                        replies.add(1);
                        set_free(&mut known, id);
                    }
                    _ => malformed.add(1),
                }
            }
            if beat <= Instant::now() {
                beat = Instant::now() + self.interval;
                let before = known.len();
                known.retain(|worker| worker.silent < self.liveness);
                forgotten.add((before - known.len()) as u64);
                for worker in &mut known {
                    worker.silent += 1;
                    workers.send([&worker.id[..], &HEARTBEAT])?;
                }
            }
            known_count.set(known.len() as u64);
            free_count.set(known.iter().filter(|worker| worker.is_free).count() as u64);
        }
    }
}

/// Puts a worker behind all others, known before or not.
fn set_free(known: &mut Vec<Worker>, id: Vec<u8>) {
    known.retain(|worker| worker.id != id);
    if known.len() < KNOWN_MAX {
        known.push(Worker { id, is_free: true, silent: 0 });
    }
}
