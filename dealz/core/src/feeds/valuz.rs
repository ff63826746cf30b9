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
//! - START and REPEAT reach the source by a call. They are published as well, for they are the protocol.
//! - EXIT is published when dealz ends and not when a batch does: workers, ours and those that were started by hand
//!   anywhere, serve batch after batch. It may take 300 ms to leave, so the context must be ended, not abandoned.
//! - Order numbers begin at another base in every batch (see [`round`]), because results of an earlier one may be late.
//! - A port in use is no end: it is tried again every second, and all three are bound or none.
//!
//! - [`input`]: the orders that a page asks for
//! - [`round`]: one batch, pure
//! - [`workers`]: who is there, pure
//! - [`check`]: what a batch must add up to
//! - [`bound`]: the three sockets
//! - [`owner`]: the thread

mod bound;
mod check;
mod input;
mod owner;
mod round;
mod workers;

use std::sync::{Arc, Mutex, PoisonError, mpsc::SyncSender};

use sockets::{
    Context, Endpoint, SocketError,
    actor::{self, Handle},
};
use tracing::error;
use valuz::orders::Orders;

pub(crate) use self::input::orders_of;
use self::owner::{Bound, Owner};
use super::{not_taken, outlet::Outlet};
use crate::{
    command::Refusal,
    event::Event,
    view::{SocketId, ValuationName},
};

/// How many commands may wait.
const COMMANDS_MAX: usize = 16;

/// Where the three sockets are bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValuzEndpoints {
    /// `PUSH`: to the workers.
    pub(crate) orders: Endpoint,
    /// `PULL`: from the workers.
    pub(crate) results: Endpoint,
    /// `PUB`: to the workers.
    pub(crate) control: Endpoint,
}

impl ValuzEndpoints {
    /// Where this socket of the three is bound.
    const fn of(&self, id: SocketId) -> &Endpoint {
        match id {
            SocketId::ValuzPush => &self.orders,
            SocketId::ValuzPull => &self.results,
            _ => &self.control,
        }
    }
}

/// A batch to be run.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its orders; at least one, at most 4,000,000.
    pub(crate) orders: Orders,
    /// Where they come from, as words.
    pub(crate) origin: String,
    /// What our workers compute.
    pub(crate) valuation: ValuationName,
    /// Workers that were just started: it waits for them, at most 3 s.
    pub(crate) await_pids: Vec<u32>,
}

/// What the thread is told to do.
enum Command {
    Run(Box<Run>),
    Stop,
    Reset,
}

/// The handle; dropping it tells the workers to end, and closes the sockets.
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

    /// Where the sockets really are, while they are bound.
    pub(crate) fn endpoints(&self) -> Option<ValuzEndpoints> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone().ok()
    }

    /// Runs a batch; one that runs is stopped.
    ///
    /// # Errors
    /// The sockets are not bound, or too many commands wait.
    pub(crate) fn run(&self, run: Run) -> Result<(), Refusal> {
        let bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone();
        bound.map_err(|reason| Refusal::NotNow { reason })?;
        self.send(Command::Run(Box::new(run)))
    }

    /// Stops the batch that runs, if one does.
    ///
    /// # Errors
    /// Too many commands wait.
    pub(crate) fn stop_batch(&self) -> Result<(), Refusal> {
        self.send(Command::Stop)
    }

    /// Stops and forgets the batch, and sets counters to zero; workers stay.
    ///
    /// # Errors
    /// Too many commands wait.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        self.send(Command::Reset)
    }

    fn send(&self, command: Command) -> Result<(), Refusal> {
        self.handle.send(command).map_err(|error| not_taken("valuz", &error))
    }
}

#[cfg(test)]
mod tests;
