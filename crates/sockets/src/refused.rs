//! Peers that a bound socket's handshake turned away: all counted, and logged once a second at most, because such
//! a peer tries again for ever.

use std::time::{Duration, Instant};

use tracing::{debug, warn};
use wire::{Channel, monitor::MonitorEvent};

use crate::{Link, Socket, SocketError, limits::EVENTS_MAX};

/// How long the next refusal is only counted.
const QUIET: Duration = Duration::from_secs(1);

/// The refused handshakes of one bound socket.
#[derive(Debug)]
pub struct RefusedHandshakes {
    channel: Channel,
    count: u64,
    logged: Option<Instant>,
}

impl RefusedHandshakes {
    /// None yet.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        Self { channel, count: 0, logged: None }
    }

    /// Takes the next events of the socket's monitor, up to a bound, logs those that refuse a peer, and passes each
    /// on to `handle`.
    ///
    /// # Errors
    /// The context is gone.
    pub fn follow(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        mut handle: impl FnMut(&MonitorEvent),
    ) -> Result<(), SocketError> {
        for _ in 0..EVENTS_MAX {
            let Some(event) = socket.next_event()? else { break };
            let (channel, endpoint, link) = (self.channel.name(), &event.endpoint, Link::after(&event));
            if self.handle_link(now, link) {
                warn!(channel, %endpoint, count = self.count, "{link}");
            } else {
                debug!(channel, %endpoint, kind = %event.kind, value = event.value, "socket event");
            }
            handle(&event);
        }
        Ok(())
    }

    /// How many handshakes were refused.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Counts a refusal, and tells whether it is to be logged.
    fn handle_link(&mut self, now: Instant, link: Link) -> bool {
        if !matches!(link, Link::Refused(_)) {
            return false;
        }
        self.count += 1;
        let due = self.logged.is_none_or(|last| now.saturating_duration_since(last) >= QUIET);
        if due {
            self.logged = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Refusal;

    #[test]
    fn each_refusal_is_counted_and_one_a_second_logged() {
        let (mut refused, start) = (RefusedHandshakes::of(Channel::Ticks), Instant::now());
        let mut logged = 0;
        for millis in 0..2500 {
            let now = start + Duration::from_millis(millis);
            logged += u32::from(refused.handle_link(now, Link::Refused(Refusal::NotAllowed(400))));
        }
        assert!(!refused.handle_link(start + 9 * QUIET, Link::Up));
        assert_eq!((refused.count(), logged), (2500, 3));
    }
}
