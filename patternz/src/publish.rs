//! Publishes numbered messages under topics.
//!
//! ```text
//!   publish                      subscribe
//!  ┌───────┐    GO   | 7      ┌───────┐
//!  │  PUB  │ ─────┬─────────▶ │  SUB  │ GO
//!  └───────┘      │           └───────┘
//!                 │           ┌───────┐
//!                 └─────────▶ │  SUB  │ GO
//!                             └───────┘
//! ```
//!
//! The first frame is the topic, the second the number of the message under this topic, so that a
//! subscriber can count what it has lost. A PUB never waits: without a subscriber it drops
//! everything, and for a slow one what exceeds the queue.

use std::time::Duration;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("publish", &[PUB], &[PUBLISHED]);
const PUB: DeclaredSocket = socket("pub", Role::Pub);
const PUBLISHED: DeclaredValue = value("published", "messages");

/// Publish numbered messages under each topic (PUB); its peers are subscribe, last-value and forward
#[derive(Debug, Args)]
pub struct Publish {
    #[command(flatten)]
    ends: Ends,
    /// The topics, with commas between
    #[arg(long, value_name = "TOPICS", default_value = "GO,GOOG", value_delimiter = ',')]
    topics: Vec<String>,
    /// The time between two rounds of messages, one under each topic
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = crate::time)]
    pause: Duration,
    /// Stop after N rounds, and keep the connections [default: no limit]
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    count: u64,
    /// The high-water mark: how many messages may wait for each subscriber
    #[arg(long, value_name = "N", default_value_t = crate::QUEUE, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

impl Publish {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut publisher = node.with_queue(self.queue).socket(Role::Pub, PUB, &self.ends)?;
        let mut published = node.counter(PUBLISHED);
        for number in 0..self.count {
            for topic in &self.topics {
                publisher.send([topic, &number.to_string()])?;
                published.add(1);
            }
            publisher.pause(self.pause)?;
        }
        node.say(format_args!("published {} messages", published.get()))?;
        Ok(publisher.rest()?)
    }
}
