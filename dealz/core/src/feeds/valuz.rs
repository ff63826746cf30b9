//! Valuations: the thread `valuz`, on which dealz is source and reduce at once.
//!
//! ```text
//!            orders                  results
//!   dealz ── PUSH ──▶ PULL worker PUSH ──▶ PULL ── dealz
//!                          SUB
//!                           ▲      control
//!                           └───────────────── XPUB ── dealz
//! ```
//!
//! Differences from `valuz source` and `valuz reduce`, none of which a worker sees:
//!
//! - START and REPEAT reach the source by a call. They are published as well, since the protocol has them.
//! - EXIT is published when dealz exits and not at the end of a batch: all workers serve batch after
//!   batch. It may take 300 ms to leave, so the context must be closed, not abandoned.
//! - A port in use is not fatal: dealz tries again every second, and all three sockets are bound or none.
//!
//! - [`input`]: the orders that a page asks for
//! - [`round`]: one batch, pure
//! - [`batches`]: one batch after another, pure but for the check
//! - [`check`], [`history`]: what a batch must add up to, computed again or remembered
//! - [`workers`]: the connected workers, pure
//! - [`bound`], [`binding`]: the three sockets, and when they are bound
//! - [`reporter`]: what the dashboard receives
//! - [`owner`]: the thread

mod batches;
mod binding;
mod bound;
mod check;
mod history;
mod input;
mod owner;
mod reporter;
mod round;
mod workers;

use std::sync::{Arc, Mutex, PoisonError, mpsc::SyncSender};

use scenez::known::desk;
use sockets::{
    Context, SocketError,
    actor::{self, Handle},
};
use tracing::error;
use valuz::{orders::Orders, pace::Pace};

pub(crate) use self::input::{COUNT_MAX, orders_of};
use self::{binding::Bound, owner::Owner};
use super::{not_taken, outlet::Outlet};
use crate::{command::Refusal, config::ValuzEndpoints, event::Event, view::ValuationName};

/// The names of the three sockets: for orders, results and control.
pub(crate) const PUSH: &str = desk::VALUZ_PUSH.name;
pub(crate) const PULL: &str = desk::VALUZ_PULL.name;
pub(crate) const PUB: &str = desk::VALUZ_PUB.name;

/// How many commands may wait.
const COMMANDS_MAX: usize = 16;

/// A batch to be run.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its orders; at least one, at most [`COUNT_MAX`].
    pub(crate) orders: Orders,
    /// Their origin in words: `seed 1`, or the name of a file.
    pub(crate) origin: String,
    /// What the workers of dealz compute.
    pub(crate) valuation: ValuationName,
    /// Workers that were just started: it waits for them, at most 3 s.
    pub(crate) await_pids: Vec<u32>,
}

/// What the thread is to do.
enum Command {
    Run(Box<Run>),
    Stop,
    Pace(Pace),
    Step,
    Reset,
}

/// The handle; dropping it publishes EXIT to the workers, and closes the sockets.
pub(crate) struct Valuz {
    handle: Handle<Command, ()>,
    bound: Bound,
}

impl Valuz {
    /// Binds the sockets, now or when their ports are free, and starts the thread.
    ///
    /// # Errors
    /// The system has no more threads or file descriptors.
    pub(crate) fn spawn(
        context: &Context,
        endpoints: ValuzEndpoints,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let bound = Arc::new(Mutex::new(Err(String::new())));
        let owner = Owner::new(context, endpoints, Outlet::new(events), Arc::clone(&bound));
        let handle = actor::spawn(context, "valuz", COMMANDS_MAX, move |inbox| {
            if let Err(error) = owner.run(&inbox) {
                error!(%error, "valuz");
            }
        })?;
        Ok(Self { handle, bound })
    }

    /// The endpoints that the sockets are bound to, while they are.
    pub(crate) fn endpoints(&self) -> Option<ValuzEndpoints> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone().ok()
    }

    /// Runs a batch; one that runs is stopped.
    ///
    /// # Errors
    /// The sockets are not bound, or too many commands are waiting.
    pub(crate) fn run(&self, run: Run) -> Result<(), Refusal> {
        let bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone();
        bound.map_err(|reason| Refusal::NotNow { reason })?;
        self.send(Command::Run(Box::new(run)))
    }

    /// Stops the batch that runs, if one does.
    ///
    /// # Errors
    /// Too many commands are waiting.
    pub(crate) fn stop_batch(&self) -> Result<(), Refusal> {
        self.send(Command::Stop)
    }

    /// Changes how fast orders are sent, of the batch that runs and of those after it.
    ///
    /// # Errors
    /// Too many commands are waiting.
    pub(crate) fn set_pace(&self, pace: Pace) -> Result<(), Refusal> {
        self.send(Command::Pace(pace))
    }

    /// Has one order sent, and from now on one for each call. Without a batch that runs it does nothing.
    ///
    /// # Errors
    /// Too many commands are waiting.
    pub(crate) fn step(&self) -> Result<(), Refusal> {
        self.send(Command::Step)
    }

    /// Stops and forgets the batch, sets counters to zero and the pace to the fastest; workers stay.
    ///
    /// # Errors
    /// Too many commands are waiting.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        self.send(Command::Reset)
    }

    fn send(&self, command: Command) -> Result<(), Refusal> {
        self.handle.send(command).map_err(|error| not_taken("valuz", &error))
    }
}

#[cfg(test)]
mod tests;
