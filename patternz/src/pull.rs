//! Takes tasks from all that push, and works on one at a time.
//!
//! ```text
//!   push, parts              pull
//!  ┌────────┐            ┌────────┐
//!  │  PUSH  │ ────────▶  │  PULL  │  fair-queued: one message
//!  └────────┘    ┌────▶  │        │  of each peer in rotation
//!  ┌────────┐    │       └────────┘
//!  │  PUSH  │ ───┘
//!  └────────┘
//! ```
//!
//! A message arrives whole: all of its frames, or none.

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("pull", &[PULL], &[PULLED, FRAMES]);
const PULL: DeclaredSocket = socket("pull", Role::Pull);
const PULLED: DeclaredValue = value("pulled", "messages");
const FRAMES: DeclaredValue = value("frames", "frames");

/// Take messages one at a time (PULL); its peers are push and parts
#[derive(Debug, Args)]
pub struct Pull {
    #[command(flatten)]
    ends: Ends,
    /// The time that a message takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
    /// The high-water mark: how many messages may wait here
    #[arg(long, value_name = "N", default_value_t = crate::QUEUE, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

impl Pull {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut pull = node.with_queue(self.queue).socket(Role::Pull, PULL, &self.ends)?;
        let (mut pulled, mut frames) = (node.counter(PULLED), node.counter(FRAMES));
        loop {
            let message = pull.receive()?;
            pulled.add(1);
            frames.add(message.len() as u64);
            node.say(texts(&message))?;
            pull.pause(self.pause)?;
        }
    }
}
