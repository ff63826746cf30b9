//! Distributes numbered tasks to all workers, round-robin.
//!
//! ```text
//!    push                    pull
//!  ┌────────┐   1, 3, 5   ┌────────┐
//!  │  PUSH  │ ────┬─────▶ │  PULL  │
//!  └────────┘     │       └────────┘
//!                 │ 2, 4  ┌────────┐
//!                 └─────▶ │  PULL  │
//!                         └────────┘
//! ```
//!
//! A PUSH waits when no worker can take a task: it drops nothing. But the first worker that
//! connects takes all that its queue holds, before the second one is there. The cure is to wait for
//! all of them (`--workers 2`).

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("push", &[PUSH], &[PUSHED]);
const PUSH: DeclaredSocket = socket("push", Role::Push);
const PUSHED: DeclaredValue = value("pushed", "tasks");

/// Distribute numbered tasks, round-robin (PUSH); its peers are pull
#[derive(Debug, Args)]
pub struct Push {
    #[command(flatten)]
    ends: Ends,
    /// How many tasks there are
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: u64,
    /// The first task waits for this many workers
    #[arg(long, value_name = "N", default_value_t = 1)]
    workers: usize,
    /// The time between two tasks
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
    /// The high-water mark: how many tasks may wait for each worker
    #[arg(long, value_name = "N", default_value_t = crate::QUEUE, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

impl Push {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut push = node.with_queue(self.queue).socket(Role::Push, PUSH, &self.ends)?;
        let mut pushed = node.counter(PUSHED);
        push.await_peers(self.workers)?;
        for task in 1..=self.count {
            // All are of one length, so that what waits at a worker can be counted in bytes.
            push.send([format!("{task:04}")])?;
            pushed.add(1);
            push.pause(self.pause)?;
        }
        node.say(format_args!("all {} tasks are pushed", self.count))?;
        Ok(push.rest()?)
    }
}
