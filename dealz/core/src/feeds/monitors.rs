//! The thread `monitors`: it reads the six monitors, and tells the dashboard each event.

use std::sync::mpsc::{SyncSender, TrySendError};

use sockets::{Context, Monitors, SocketError};

use crate::{event::Event, view::SocketId};

/// Starts the thread, for [`Context::observed`]. Events for which the dashboard has no room are lost, and counted by
/// [`Monitors::dropped`]: a peer that fails for ever makes them without end.
///
/// # Errors
/// No thread, socket or file descriptor can be had.
pub(crate) fn spawn(context: &Context, events: SyncSender<Event>) -> Result<Monitors, SocketError> {
    Monitors::spawn(context, move |name, event| {
        // A socket that is none of the six is nobody's business here.
        let Some(socket) = SocketId::from_name(name) else { return true };
        !matches!(events.try_send(Event::Monitor(socket, event)), Err(TrySendError::Full(_)))
    })
}

#[cfg(test)]
mod tests;
