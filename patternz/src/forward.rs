//! Stands between publishers and subscribers, so that neither needs to know where the other is.
//!
//! ```text
//!   publish             forward           subscribe
//!  ┌───────┐        ┌─────────────┐       ┌───────┐
//!  │  PUB  │ ─────▶ │ XSUB   XPUB │ ────▶ │  SUB  │
//!  └───────┘ ◀ "GO" │             │ ◀"GO" └───────┘
//!  ┌───────┐ ─────▶ │             │ ────▶ ┌───────┐
//!  │  PUB  │ ◀ "GO" │             │       │  SUB  │
//!  └───────┘        └─────────────┘       └───────┘
//! ```
//!
//! An XPUB receives subscriptions as messages: a byte, 1 to begin and 0 to end, and the topic. An
//! XSUB sends them so. Passed on, they travel to the publishers, and what no subscriber wants is
//! not even sent to this program.

use clap::Args;
use sockets::{Endpoint, Role, blocking::ready};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, text, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("forward", &[XSUB, XPUB], &[FORWARDED, SUBSCRIPTIONS]);
const XSUB: DeclaredSocket = socket("xsub", Role::XSub);
const XPUB: DeclaredSocket = socket("xpub", Role::XPub);
const FORWARDED: DeclaredValue = value("forwarded", "messages");
const SUBSCRIPTIONS: DeclaredValue = value("subscriptions", "subscriptions");

/// Pass on messages, and subscriptions the other way (XSUB, XPUB); its peers are publish and subscribe
#[derive(Debug, Args)]
pub struct Forward {
    /// Bind here for publishers
    #[arg(long, value_name = "ADDRESS")]
    publishers: Endpoint,
    /// Bind here for subscribers
    #[arg(long, value_name = "ADDRESS")]
    subscribers: Endpoint,
}

impl Forward {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut xsub = node.socket(Role::XSub, XSUB, &Ends::bound(&self.publishers))?;
        let mut xpub = node.socket(Role::XPub, XPUB, &Ends::bound(&self.subscribers))?;
        let (mut forwarded, mut subscriptions) = (node.counter(FORWARDED), node.counter(SUBSCRIPTIONS));
        loop {
            let [has_message, has_subscription] = ready([&mut xsub, &mut xpub])?;
            if has_message {
                xpub.send(xsub.receive()?.iter())?;
                forwarded.add(1);
            }
            if has_subscription {
                let subscription = xpub.receive()?;
                match subscription.get(0) {
                    Some([1, topic @ ..]) => node.say(format_args!("subscribe {}", text(topic)))?,
                    Some([0, topic @ ..]) => node.say(format_args!("unsubscribe {}", text(topic)))?,
                    _ => continue,
                }
                xsub.send(subscription.iter())?;
                subscriptions.add(1);
            }
        }
    }
}
