//! Misbehaves: subscribes to everything, and never reads.
//!
//! ```text
//!   publish              bad-never-reads
//!  ┌───────┐  ▒▒▒▒▒▒▒▒  ┌───────┐
//!  │  PUB  │ ─────────▶ │  SUB  │
//!  └───────┘            └───────┘
//! ```
//!
//! The queues fill: here, in the kernels of both machines, at the publisher. Then the publisher
//! drops what is for this subscriber, and the others receive everything. A publisher that waits
//! instead (`tickz publish --block`) waits for this one, and so do all others.

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket};

use crate::{Ends, Node, reports, socket};

/// What observers see of it: it counts nothing, because it receives nothing.
pub const REPORTS: Declaration = reports("bad-never-reads", &[SUB], &[]);
const SUB: DeclaredSocket = socket("sub", Role::Sub);

/// Misbehave: subscribe to everything and never read (SUB); its peers are all publishers
#[derive(Debug, Args)]
pub struct BadNeverReads {
    #[command(flatten)]
    ends: Ends,
    /// The high-water mark: how many messages may wait here
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

impl BadNeverReads {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut sub = node.with_queue(self.queue).socket(Role::Sub, SUB, &self.ends)?;
        sub.socket().subscribe(b"")?;
        Ok(sub.rest()?)
    }
}
