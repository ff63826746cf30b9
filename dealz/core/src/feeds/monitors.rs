//! The thread `monitors`: it reads the six monitors and reports each event to the dashboard.

use std::sync::mpsc::{SyncSender, TrySendError};

use sockets::{Context, Monitors, SocketError};

use crate::{event::Event, view::SocketId};

/// Starts the thread, for [`Context::observed`]. Events for which the dashboard has no room are lost, and counted by
/// [`Monitors::dropped`]: a peer that keeps failing produces an endless stream.
///
/// # Errors
/// No thread, socket or file descriptor can be had.
pub(crate) fn spawn(context: &Context, events: SyncSender<Event>) -> Result<Monitors, SocketError> {
    Monitors::spawn(context, move |name, event| {
        // Other sockets than the six are ignored.
        let Some(socket) = SocketId::from_name(name) else { return true };
        !matches!(events.try_send(Event::Monitor(socket, event)), Err(TrySendError::Full(_)))
    })
}

#[cfg(test)]
mod tests;
