//! Makes a process observable: it reports its sockets, their connections, counts, events and messages to a hub
//! (`protocol-docs/observe.md`).
//!
//! ```text
//! sockets ── probes: counts, addresses ──┐
//!         ── monitors: events ──▶ connections ──▶ reporter ──▶ XPUB ──▶ hub ──▶ observers
//! program ── values ─────────────────────┘            ◀── demand ──
//! ```
//!
//! A program opts in by its context alone ([`crate::Context::reporting`]). The reporter is on the thread that reads the monitors.
//! Without a subscription nothing is made nor sent; without a hub only counters run.
//!
//! - [`value`]: numbers that the program wants seen
//! - `backlog`: how many messages wait to be received, pure
//! - `link`: what a link reports, which is no socket of libzmq
//! - `connections`: what events say about the connections of a socket, pure
//! - `demand`: what observers want
//! - `pace`: how often, pure
//! - `state`: a socket as a report, pure
//! - `bus`: the connection to the hub
//! - `reporter`: joins all of them

mod backlog;
mod bus;
mod connections;
mod demand;
mod link;
mod pace;
mod reporter;
mod state;
pub mod value;

pub use link::LinkReport;
pub(crate) use reporter::Reporter;
pub use value::Value;
pub(crate) use value::Values;

use wire::report::Label;

use crate::Endpoint;

/// The name of this machine, as its processes report it.
#[must_use]
pub fn own_host() -> Label {
    Label::cut(&rustix::system::uname().nodename().to_string_lossy())
}

/// Where a process reports, and as what.
#[derive(Debug, Clone)]
pub struct Reporting {
    /// The hub's address for reports.
    pub hub: Endpoint,
    /// Whether that hub is in this process.
    pub is_own_hub: bool,
    /// The program's name, such as `tickz`.
    pub program: String,
    /// Its part in its protocol, such as `publish`.
    pub role: String,
    /// Whether observers may see the bytes of messages.
    pub with_bytes: bool,
}
