//! The feeds: three take part in one service each, one observes all processes, and all report to the dashboard.
//!
//! Frequent changes are conflated at their origin: a feed reports its latest state about thirty times a second, and if the
//! dashboard is behind it tries again later, with the latest state of that time. So no feed ever waits for the dashboard,
//! and nothing queues up. Dropping a feed ends its threads and closes its sockets.
//!
//! - [`tickz`]: prices, by a `SUB`
//! - [`chatz`]: chat, by chatz's client
//! - [`valuz`]: valuations; dealz is source and reduce
//! - [`hub`]: the hub of the observation bus
//! - [`observations`]: what all processes report, by a `SUB`
//! - [`outlet`]: a feed's sender to the dashboard

pub(crate) mod chatz;
pub(crate) mod hub;
pub(crate) mod observations;
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

/// A context whose sockets are not observed.
#[cfg(test)]
fn context() -> sockets::Context {
    sockets::Context::new(sockets::Security::default(), sockets::KeepAlive::default()).unwrap()
}
