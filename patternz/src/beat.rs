//! Sends heartbeats, and notices when those of its peer stop: silence is not absence.
//!
//! ```text
//!    beat                     beat
//!  ┌────────┐  ♥   ♥   ♥   ┌────────┐
//!  │ DEALER │ ───────────▶ │ DEALER │
//!  │        │ ◀─────────── │        │
//!  └────────┘  ♥   ♥   ♥   └────────┘
//! ```
//!
//! A peer that has died closes its connection, and the monitor reports it at once. One that is
//! suspended, or behind a cut cable, closes nothing: only missing heartbeats show it. It may come
//! back, and what was sent meanwhile arrives then.

use std::time::{Duration, Instant};

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("beat", &[DEALER], &[BEATS, IS_SILENT, IS_GONE]);
const DEALER: DeclaredSocket = socket("dealer", Role::Dealer);
const BEATS: DeclaredValue = value("beats", "heartbeats");
const IS_SILENT: DeclaredValue = value("silent", "");
const IS_GONE: DeclaredValue = value("gone", "");

/// Exchange heartbeats with one peer (DEALER); its peer is another beat
#[derive(Debug, Args)]
pub struct Beat {
    #[command(flatten)]
    ends: Ends,
    /// The time between two heartbeats
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = crate::interval)]
    interval: Duration,
    /// How many intervals without a heartbeat are silence
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    liveness: u32,
}

/// What is known of the peer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Peer {
    Alive,
    Silent,
    Gone,
}

impl Beat {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut dealer = node.socket(Role::Dealer, DEALER, &self.ends)?;
        let mut beats = node.counter(BEATS);
        let (mut is_silent, mut is_gone) = (node.counter(IS_SILENT), node.counter(IS_GONE));
        let (mut heard, mut known) = (Instant::now(), None);
        loop {
            // A heartbeat that cannot be sent now is of no interest later.
            dealer.try_send(["beat"])?;
            let next = Instant::now() + self.interval;
            while dealer.receive_until(next)?.is_some() {
                beats.add(1);
                heard = Instant::now();
            }
            let peer = match dealer.peers() {
                0 => Peer::Gone,
                _ if heard.elapsed() > self.interval * self.liveness => Peer::Silent,
                _ => Peer::Alive,
            };
            is_silent.set(u64::from(peer == Peer::Silent));
            is_gone.set(u64::from(peer == Peer::Gone));
            if known.replace(peer) != Some(peer) {
                node.say(match peer {
                    Peer::Alive => "the peer is alive",
                    Peer::Silent => "the peer is silent, and still connected",
                    Peer::Gone => "the peer is gone: there is no connection",
                })?;
            }
        }
    }
}
