//! The roles of the Paranoid Pirate Protocol: its queue and its worker.
//!
//! `message` makes and reads its messages as bytes.

mod message;
pub mod queue;
pub mod worker;

use std::time::Duration;

const PAGE: &str = "ppp.md";

/// How long the next heartbeat may take: an interval is a second by default.
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(5);

/// How long a peer may take to find that the other one is gone: three intervals, and for a worker the wait after them, which has
/// been doubled a few times.
const LOST_WITHIN: Duration = Duration::from_secs(30);
