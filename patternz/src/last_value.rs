//! Keeps the last message of each topic for subscribers that come later: a last value cache.
//!
//! ```text
//!   publish            last-value           subscribe
//!  ┌───────┐  GO | 7  ┌────────────┐        ┌───────┐
//!  │  PUB  │ ───────▶ │ SUB   XPUB │ ─────▶ │  SUB  │
//!  └───────┘          │            │ ◀"GO"─ └───────┘
//!                     │  GO   | 7  │
//!                     │  GOOG | 7  │
//!                     └────────────┘
//! ```
//!
//! A late joiner has to wait for the next message of its topic, which may be long. Here its
//! subscription, which an XPUB receives, is answered at once with the last one. All subscribers of
//! the topic get it again: a PUB cannot send to a single one.

use std::collections::BTreeMap;

use clap::Args;
use sockets::{Role, blocking::ready};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("last-value", &[SUB, XPUB], &[TOPICS, REPEATED]);
const SUB: DeclaredSocket = socket("sub", Role::Sub);
const XPUB: DeclaredSocket = socket("xpub", Role::XPub);
const TOPICS: DeclaredValue = value("topics", "topics");
const REPEATED: DeclaredValue = value("repeated", "messages");

/// The most topics that are kept.
const TOPICS_MAX: usize = 1_000;

/// Send the last message of each topic to late joiners (SUB, XPUB); connects to publish, and binds for subscribe
#[derive(Debug, Args)]
pub struct LastValue {
    #[command(flatten)]
    ends: Ends,
}

impl LastValue {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let Ends { bind, connect } = self.ends.clone();
        let mut sub = node.socket(Role::Sub, SUB, &Ends { bind: Vec::new(), connect })?;
        let mut xpub = node.socket(Role::XPub, XPUB, &Ends { bind, connect: Vec::new() })?;
        let (mut topics, mut repeated) = (node.counter(TOPICS), node.counter(REPEATED));
        let mut last = BTreeMap::new();
        sub.socket().subscribe(b"")?;
        loop {
            let [has_message, has_subscription] = ready([&mut sub, &mut xpub])?;
            if has_message {
                let message = sub.receive()?;
                xpub.send(message.iter())?;
                let topic = message.get(0).unwrap_or_default().to_vec();
                if last.len() < TOPICS_MAX || last.contains_key(&topic) {
                    last.insert(topic, message);
                    topics.set(last.len() as u64);
                }
            }
            if has_subscription && let Some([1, prefix @ ..]) = xpub.receive()?.get(0) {
                for message in last.iter().filter(|(topic, _)| topic.starts_with(prefix)).map(|(_, message)| message) {
                    xpub.send(message.iter())?;
                    repeated.add(1);
                }
            }
        }
    }
}
