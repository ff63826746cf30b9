//! Peers that a bound socket's handshake turned away: all counted, and logged once a second at most, because such
//! a peer tries again for ever.

use std::time::{Duration, Instant};

use tracing::{debug, warn};
use wire::{Channel, monitor::MonitorEvent};

use crate::{Socket, SocketError, State, limits::EVENTS_MAX};

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
            let (channel, endpoint) = (self.channel.name(), &event.endpoint);
            match State::after(&event) {
                Some(state) if self.handle_state(now, state) => {
                    warn!(channel, %endpoint, count = self.count, "{state}");
                }
                _ => debug!(channel, %endpoint, kind = %event.kind, value = event.value, "socket event"),
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
    fn handle_state(&mut self, now: Instant, state: State) -> bool {
        if !matches!(state, State::Refused(_)) {
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
    use crate::Refusal;

    #[test]
    fn each_refusal_is_counted_and_one_a_second_logged() {
        let (mut refused, start) = (RefusedHandshakes::of(Channel::Ticks), Instant::now());
        let mut logged = 0;
        for millis in 0..2500 {
            let now = start + Duration::from_millis(millis);
            logged += u32::from(refused.handle_state(now, State::Refused(Refusal::NotAllowed(400))));
        }
        assert!(!refused.handle_state(start + 9 * QUIET, State::Up));
        assert_eq!((refused.count(), logged), (2500, 3));
    }
}
