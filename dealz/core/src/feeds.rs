//! The three feeds: each joins one service on threads of its own, and tells the dashboard what it learns.
//!
//! What comes often is conflated where it arises: a feed tells its newest state about thirty times a second, and
//! where the dashboard is behind it tries again later, with what is the newest then. So no feed ever waits for the
//! dashboard, and nothing queues up. Dropping a feed ends its threads and closes its sockets.
//!
//! - [`tickz`]: prices, by a `SUB`
//! - [`chatz`]: talk, by chatz's own client
//! - [`valuz`]: valuations; here dealz is itself source and reduce
//! - [`monitors`]: what libzmq tells about the six sockets
//! - [`outlet`]: the end of the channel to the dashboard that a feed holds

pub(crate) mod chatz;
pub(crate) mod monitors;
mod outlet;
pub(crate) mod tickz;
pub(crate) mod valuz;

use sockets::actor::NotTaken;

use crate::command::Refusal;

/// The refusal of a command that a feed's thread did not take.
fn not_taken<C>(feed: &str, error: &NotTaken<C>) -> Refusal {
    let reason = match error {
        NotTaken::Full(_) => format!("{feed} is busy: too many commands wait already"),
        NotTaken::Ended(_) => format!("{feed} is not there: its thread has ended"),
    };
    Refusal::NotNow { reason }
}

/// A context as dealz has it: its sockets are watched by the thread `monitors`, and their messages kept.
#[cfg(test)]
fn observed() -> sockets::Context {
    let context = sockets::Context::new(sockets::Security::default(), sockets::KeepAlive::default()).unwrap();
    let monitors = sockets::Monitors::spawn(&context, |_, _| true).unwrap();
    context.observed(monitors, sockets::Taps::new())
}
