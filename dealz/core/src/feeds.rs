//! The three feeds: each takes part in one service on its own threads, and reports to the dashboard.
//!
//! Frequent changes are conflated at their origin: a feed reports its latest state about thirty times a second, and if the
//! dashboard is behind it tries again later, with the latest state of that time. So no feed ever waits for the dashboard,
//! and nothing queues up. Dropping a feed ends its threads and closes its sockets.
//!
//! - [`tickz`]: prices, by a `SUB`
//! - [`chatz`]: chat, by chatz's client
//! - [`valuz`]: valuations; dealz is source and reduce
//! - [`monitors`]: libzmq's events about the six sockets
//! - [`outlet`]: a feed's sender to the dashboard

pub(crate) mod chatz;
pub(crate) mod monitors;
mod outlet;
pub(crate) mod tickz;
pub(crate) mod valuz;

use sockets::actor::NotTaken;

use crate::command::Refusal;

/// The refusal of a command that a feed's thread did not accept.
fn not_taken<C>(feed: &str, error: &NotTaken<C>) -> Refusal {
    let reason = match error {
        NotTaken::Full(_) => format!("{feed} is busy: too many commands are waiting"),
        NotTaken::Ended(_) => format!("{feed} is not available: its thread has ended"),
    };
    Refusal::NotNow { reason }
}

/// A context as in dealz: its sockets are watched by the thread `monitors`, and their messages are kept.
#[cfg(test)]
fn observed() -> sockets::Context {
    let context = sockets::Context::new(sockets::Security::default(), sockets::KeepAlive::default()).unwrap();
    let monitors = sockets::Monitors::spawn(&context, |_, _| true).unwrap();
    context.observed(monitors, sockets::Probes::tapped())
}
