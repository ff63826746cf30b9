//! Subscribers by their connections, for an owner that must know which connection holds which subscription.

use std::{mem, time::Instant};

use wire::monitor::{EventKind, MonitorEvent};

use super::{Listener, Subscription, TURN};
use crate::{Socket, SocketError, limits::EVENTS_MAX};

/// The most events of a monitor that can wait to be read: more than its queue holds.
const UNREAD_EVENTS_MAX: usize = 4096;

/// What a publisher hears of its subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A connection has ended.
    Gone(u64),
    /// A subscriber has sent a message, on this connection.
    Subscription(Option<u64>, Subscription<'a>),
}

impl Listener {
    /// [`Listener::follow`] and [`Listener::take_subscriptions`] in one. Descriptors are used again, so each message comes
    /// after all events that came before it.
    ///
    /// # Errors
    /// The context is gone.
    pub fn follow_subscribers(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        mut handle: impl FnMut(Heard<'_>),
    ) -> Result<(), SocketError> {
        let (deadline, mut frames) = (Instant::now() + TURN, mem::take(&mut self.frames));
        loop {
            let is_received = socket.receive(&mut frames)?;
            let events_max = if is_received { UNREAD_EVENTS_MAX } else { EVENTS_MAX };
            self.take_events(events_max, now, socket, &mut |event: &MonitorEvent| {
                if matches!(event.kind, EventKind::Disconnected | EventKind::Closed) {
                    handle(Heard::Gone(event.value.into()));
                }
            })?;
            if is_received {
                self.handle_subscription(now, socket, &frames, &mut |connection, subscription| {
                    handle(Heard::Subscription(connection, subscription));
                });
            }
            if !is_received || Instant::now() >= deadline {
                break;
            }
        }
        self.frames = frames;
        self.look(now, socket);
        Ok(())
    }
}
