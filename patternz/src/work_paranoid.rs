//! Works for a queue, and begins again when the queue is silent (Paranoid Pirate).
//!
//! ```text
//!   queue-paranoid               work-paranoid
//!  ┌────────┐ ◀─ READY ───────── ┌────────┐
//!  │        │ ── client "" 7 ──▶ │ DEALER │
//!  │ ROUTER │ ◀─ client "" 7 ─── │        │   no heartbeat for a time:
//!  │        │ ◀─ ♥ ──────── ♥ ─▶ └────────┘   close the DEALER, wait,
//!  │        │                    ┌────────┐   open a new one,
//!  │        │ ◀─ READY ───────── │  new   │   wait longer each time
//!  └────────┘                    │ DEALER │
//!                                └────────┘
//! ```
//!
//! A queue that was restarted knows no worker. `work` would wait for it for ever; this one notices
//! the silence. It sends no heartbeat while it works: there are queues that would give it more work.
//! The messages are those of `protocol-docs/ppp.md`, so the queues of the ZeroMQ Guide can use it.

use std::time::{Duration, Instant};

use clap::Args;
use humantime::format_duration;
use sockets::{BlockingSocket, Role};
use wire::{
    ppp::{HEARTBEAT, READY, ToWorker},
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("work-paranoid", &[PPP], &[DONE, RETRIES, MALFORMED]);
const PPP: DeclaredSocket = socket(wire::ppp::CHANNEL, Role::Dealer);
const DONE: DeclaredValue = value("done", "requests");
const RETRIES: DeclaredValue = value("retries", "retries");
const MALFORMED: DeclaredValue = value("malformed", "messages");

/// Work for queue-paranoid: reply to each request with the same message (DEALER)
#[derive(Debug, Args)]
pub struct WorkParanoid {
    #[command(flatten)]
    ends: Ends,
    /// The time that a request takes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = crate::time)]
    pause: Duration,
    /// The time between two heartbeats
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::interval)]
    interval: Duration,
    /// How many intervals without a message of the queue are its end
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    liveness: u32,
    /// The time to wait before the first retry; it is doubled for each further one
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = crate::time)]
    backoff: Duration,
    /// The longest time to wait before a retry
    #[arg(long, value_name = "TIME", default_value = "32s", value_parser = crate::time)]
    backoff_max: Duration,
}

impl WorkParanoid {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let [mut done, mut retries, mut malformed] = [DONE, RETRIES, MALFORMED].map(|value| node.counter(value));
        let mut backoff = self.backoff;
        loop {
            let mut dealer = self.open(node)?;
            dealer.send([READY])?;
            let mut silent = 0;
            while silent < self.liveness {
                silent += 1;
                let beat = Instant::now() + self.interval;
                while let Some(message) = dealer.receive_until(beat)? {
                    (silent, backoff) = (0, self.backoff);
                    match ToWorker::decode(&message) {
                        Ok(ToWorker::Heartbeat) => {}
                        Ok(ToWorker::Request(request)) => {
                            node.say(texts(&message))?;
                            dealer.pause(self.pause)?;
                            done.add(1);
                            dealer.send(request.iter())?;
                        }
                        Err(_) => malformed.add(1),
                    }
                }
                // A heartbeat that cannot be sent now is of no interest later.
                dealer.try_send([HEARTBEAT])?;
            }
            drop(dealer);
            node.say(format_args!("the queue is silent, retry in {}", format_duration(backoff)))?;
            node.pause(backoff)?;
            retries.add(1);
            backoff = self.backoff_max.min(backoff * 2);
        }
    }

    fn open(&self, node: &Node) -> anyhow::Result<BlockingSocket> {
        let mut dealer = node.socket(Role::Dealer, PPP, &self.ends)?;
        dealer.socket().set_linger(Duration::ZERO)?;
        Ok(dealer)
    }
}
