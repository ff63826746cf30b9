//! Works for a queue: sends READY, then replies to one request at a time.
//!
//! ```text
//!   queue-lru                       work
//!  ┌────────┐ ◀─ "READY" ──────── ┌───────┐
//!  │        │                     │       │
//!  │ ROUTER │ ── client "" 7 ───▶ │  REQ  │
//!  │        │ ◀─ client "" 7 ──── │       │
//!  └────────┘                     └───────┘
//! ```
//!
//! The worker is the one that asks: its first request is READY, and each further one is a reply. So
//! a REQ, which strictly alternates, never has two requests to work on. The client's id is a frame
//! like any other, which the worker returns. A queue that restarts knows no worker, and this one
//! waits for ever: `work-paranoid` shows the cure.

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("work", &[REQ], &[DONE]);
const REQ: DeclaredSocket = socket("req", Role::StrictReq);
const DONE: DeclaredValue = value("done", "requests");

/// The first message of a worker.
pub(crate) const READY: &[u8] = b"READY";

/// Work for queue-lru: reply to each request with the same message (REQ)
#[derive(Debug, Args)]
pub struct Work {
    #[command(flatten)]
    ends: Ends,
    /// The time that a request takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
}

impl Work {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut req = node.socket(Role::StrictReq, REQ, &self.ends)?;
        let mut done = node.counter(DONE);
        req.send([READY])?;
        loop {
            let request = req.receive()?;
            node.say(texts(&request))?;
            req.pause(self.pause)?;
            done.add(1);
            req.send(request.iter())?;
        }
    }
}
