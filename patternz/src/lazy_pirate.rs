//! Asks again when no reply comes: the cure for a REQ that waits for ever.
//!
//! ```text
//!   lazy-pirate                pong
//!  ┌─────────────┐    1     ┌───────┐
//!  │     REQ     │ ───────▶ │  REP  │   no reply in time:
//!  └─────────────┘          └───────┘   close the REQ,
//!  ┌─────────────┐    1     ┌───────┐   open a new one,
//!  │  new  REQ   │ ───────▶ │  REP  │   ask again
//!  │             │ ◀─────── │       │
//!  └─────────────┘    1     └───────┘
//! ```
//!
//! A strict REQ cannot send again without a reply, but it can be thrown away. Unsent messages go
//! with it (linger 0). A request may be answered twice, so it must be one that does no harm when
//! repeated.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use humantime::format_duration;
use sockets::{BlockingSocket, Role};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, number, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("lazy-pirate", &[REQ], &[REPLIES, RETRIES]);
const REQ: DeclaredSocket = socket("req", Role::StrictReq);
const REPLIES: DeclaredValue = value("replies", "replies");
const RETRIES: DeclaredValue = value("retries", "retries");

/// Send numbered requests, and again if no reply comes (Lazy Pirate); its peers are pong and both queues
#[derive(Debug, Args)]
pub struct LazyPirate {
    #[command(flatten)]
    ends: Ends,
    /// The time to wait for a reply
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::time)]
    timeout: Duration,
    /// How often to send a request again before giving up
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u32,
    /// The time between a reply and the next request
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = crate::time)]
    pause: Duration,
}

impl LazyPirate {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut req = self.open(node)?;
        let mut replies = node.counter(REPLIES);
        let mut retries = node.counter(RETRIES);
        let (mut request, mut attempts) = (1_u64, 0);
        loop {
            req.send([request.to_string()])?;
            let reply = req.receive_within(self.timeout)?;
            if reply.is_some_and(|reply| number(reply.get(0)) == Some(request)) {
                node.say(format_args!("request {request}: replied"))?;
                replies.add(1);
                (request, attempts) = (request + 1, 0);
                req.pause(self.pause)?;
            } else if attempts == self.retries {
                bail!("no reply to request {request}, sent {} times", attempts + 1);
            } else {
                attempts += 1;
                node.say(format_args!("request {request}: no reply within {}, retry", format_duration(self.timeout)))?;
                retries.add(1);
                drop(req);
                req = self.open(node)?;
            }
        }
    }

    fn open(&self, node: &Node) -> anyhow::Result<BlockingSocket> {
        let mut req = node.socket(Role::StrictReq, REQ, &self.ends)?;
        req.socket().set_linger(Duration::ZERO)?;
        Ok(req)
    }
}
