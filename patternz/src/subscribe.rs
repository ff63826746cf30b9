//! Subscribes by prefix, and counts what is lost.
//!
//! ```text
//!   publish, forward,
//!   last-value                     subscribe
//!  ┌─────────────┐               ┌───────────┐
//!  │ PUB or XPUB │ ◀─ "GO" ───── │    SUB    │  a prefix:
//!  │             │ ── GO   | 7 ▶ │           │  GO and GOOG
//!  │             │ ── GOOG | 7 ▶ │           │  both match
//!  └─────────────┘               └───────────┘
//! ```
//!
//! A subscription is a prefix, so `GO` also brings `GOOG`; `--exact` compares the whole topic. What
//! was published before this subscribed is not lost: it was never sent here. A subscriber that is
//! too slow (`--pause`) finds gaps in the numbers.

use std::{collections::HashMap, mem, time::Duration};

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, number, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("subscribe", &[SUB], &[RECEIVED, LOST, BEFORE, UNWANTED]);
const SUB: DeclaredSocket = socket("sub", Role::Sub);
const RECEIVED: DeclaredValue = value("received", "messages");
const LOST: DeclaredValue = value("lost", "messages");
const BEFORE: DeclaredValue = value("before_joining", "messages");
const UNWANTED: DeclaredValue = value("unwanted", "messages");

/// The most topics whose messages are counted.
const TOPICS_MAX: usize = 1_000;

/// Receive messages by topic (SUB); its peers are publish, forward and last-value
#[derive(Debug, Args)]
pub struct Subscribe {
    #[command(flatten)]
    ends: Ends,
    /// The beginning of the topics to receive; nothing for all
    #[arg(long, value_name = "PREFIX", default_value = "")]
    topic: String,
    /// Ignore messages whose topic only begins so, and count them as unwanted
    #[arg(long)]
    exact: bool,
    /// The time that a message takes: a slow subscriber
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
    /// The high-water mark: how many messages may wait here
    #[arg(long, value_name = "N", default_value_t = crate::QUEUE, value_parser = clap::value_parser!(u16).range(1..))]
    queue: u16,
}

impl Subscribe {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut subscriber = node.with_queue(self.queue).socket(Role::Sub, SUB, &self.ends)?;
        subscriber.socket().subscribe(self.topic.as_bytes())?;
        let (mut received, mut unwanted) = (node.counter(RECEIVED), node.counter(UNWANTED));
        let (mut lost, mut before) = (node.counter(LOST), node.counter(BEFORE));
        let mut expected = HashMap::new();
        loop {
            let message = subscriber.receive()?;
            let Some((topic, number)) = message.get(0).zip(number(message.get(1))) else { continue };
            if self.exact && topic != self.topic.as_bytes() {
                unwanted.add(1);
                continue;
            }
            received.add(1);
            let next = number.saturating_add(1);
            if let Some(expected) = expected.get_mut(topic) {
                // A number that comes again, as after a restart of the publisher, is no loss.
                lost.add(number.saturating_sub(mem::replace(expected, next)));
            } else if expected.len() < TOPICS_MAX {
                before.add(number);
                expected.insert(topic.to_vec(), next);
            }
            node.say(texts(&message))?;
            subscriber.pause(self.pause)?;
        }
    }
}
