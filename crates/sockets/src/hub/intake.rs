//! What one reporter may send through the hub: more is dropped.
//!
//! Observers have one queue for all reporters. Without a limit, one that sends without end would fill it, and the states of
//! all others would be lost. A limit of bytes is needed as well: the queue of an observer that does not read holds a thousand
//! messages, which may be large, until the kernel finds that it does not read.

use std::{collections::HashMap, time::Instant};

use wire::report::{
    FRAME_BYTES_MAX,
    message::{CONTENT_BYTES_MAX, CONTENT_FRAMES_MAX},
};

/// How many messages one connection may send a second, and at once: a thousand events, ten states, and messages of fifteen
/// tapped sockets.
const MESSAGES: u64 = 4_000;

/// How many bytes one connection may send a second, and at once.
const BYTES: u64 = 16 << 20;

/// The largest message: a topic, a report, and the frames of a tapped message.
const MESSAGE_BYTES_MAX: usize = 256 + FRAME_BYTES_MAX + CONTENT_BYTES_MAX;

/// The most frames of a message: the same.
const FRAMES_MAX: usize = 2 + CONTENT_FRAMES_MAX;

/// The reporters, by their connections.
#[derive(Debug, Default)]
pub(super) struct Intake {
    reporters: HashMap<Option<u64>, Reporter>,
    dropped: u64,
}

/// One connection.
#[derive(Debug, Default)]
struct Reporter {
    messages: Allowance<MESSAGES>,
    bytes: Allowance<BYTES>,
}

/// A budget of `RATE` a second, and as much at once.
#[derive(Debug, Default)]
struct Allowance<const RATE: u64> {
    spent: u64,
    at: Option<Instant>,
}

impl<const RATE: u64> Allowance<RATE> {
    /// Spends `amount` if there is as much left.
    fn spend(&mut self, now: Instant, amount: u64) -> bool {
        let elapsed = now.saturating_duration_since(*self.at.get_or_insert(now));
        let earned = (elapsed.as_micros() as u64).saturating_mul(RATE) / 1_000_000;
        if earned > 0 {
            self.spent = self.spent.saturating_sub(earned);
            self.at = Some(now);
        }
        let is_within = self.spent + amount <= RATE;
        if is_within {
            self.spent += amount;
        }
        is_within
    }
}

impl Intake {
    /// A connection was accepted, perhaps with the number of an old one.
    pub(super) fn begin(&mut self, connection: u64) {
        self.reporters.insert(Some(connection), Reporter::default());
    }

    /// A connection has ended.
    pub(super) fn end(&mut self, connection: u64) {
        self.reporters.remove(&Some(connection));
    }

    /// Whether a message of this many frames and bytes is passed on. One that is not is counted.
    pub(super) fn admits(&mut self, now: Instant, connection: Option<u64>, frames: usize, bytes: usize) -> bool {
        let reporter = self.reporters.entry(connection).or_default();
        let is_admitted = frames <= FRAMES_MAX
            && bytes <= MESSAGE_BYTES_MAX
            && reporter.messages.spend(now, 1)
            && reporter.bytes.spend(now, bytes as u64);
        self.dropped += u64::from(!is_admitted);
        is_admitted
    }

    /// How many messages were dropped.
    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const A: Option<u64> = Some(10);

    fn admitted(intake: &mut Intake, now: Instant, count: u64, bytes: usize) -> u64 {
        (0..count).map(|_| u64::from(intake.admits(now, A, 2, bytes))).sum()
    }

    #[test]
    fn a_reporter_may_send_so_much_at_once_and_so_much_a_second() {
        let (mut intake, start) = (Intake::default(), Instant::now());
        assert_eq!(admitted(&mut intake, start, 10_000, 100), MESSAGES);
        assert_eq!(intake.dropped(), 10_000 - MESSAGES);
        assert!(intake.admits(start, Some(11), 2, 100), "another has a separate budget");
        assert_eq!(admitted(&mut intake, start + Duration::from_millis(500), 10_000, 100), MESSAGES / 2);
        let later = start + Duration::from_secs(60);
        assert_eq!(admitted(&mut intake, later, 100, 1 << 20), 16, "bytes are limited as well");
        let steady = (0..10 * MESSAGES).filter(|number| {
            intake.admits(later + Duration::from_secs(1) + Duration::from_micros(250 * number), A, 2, 100)
        });
        assert_eq!(steady.count() as u64, 10 * MESSAGES);
    }

    #[test]
    fn a_message_that_no_reporter_sends_is_dropped() {
        let (mut intake, now) = (Intake::default(), Instant::now());
        assert!(!intake.admits(now, A, FRAMES_MAX + 1, 100));
        assert!(!intake.admits(now, A, 2, MESSAGE_BYTES_MAX + 1));
        assert!(intake.admits(now, A, FRAMES_MAX, MESSAGE_BYTES_MAX));
    }
}
