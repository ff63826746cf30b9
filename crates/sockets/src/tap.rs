//! The last messages sent and received by watched sockets.
//!
//! [`crate::Context::observed`] gives a context's sockets a tap: from [`crate::Socket::watch`] on, each message that
//! is sent or received is counted and copied into a ring of [`MESSAGES_MAX`] slots whose memory is reused. Any thread
//! may read it. A socket without a tap pays one branch per message; one with a tap a lock that is usually free, a clock
//! reading and a copy.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use wire::Frames;

/// The number of messages of a socket that are kept.
pub const MESSAGES_MAX: usize = 200;

/// The most frames of a message that are kept; the others are only counted.
pub const FRAMES_MAX: usize = 64;

/// The most bytes of a message that are kept; the others are only counted.
pub const BYTES_MAX: usize = 16 * 1024;

/// The taps of the sockets of a context, by the sockets' names; clones share them. A new socket with the name of an
/// old one continues its tap.
#[derive(Debug, Clone, Default)]
pub struct Taps(Arc<Mutex<BTreeMap<String, Arc<Tap>>>>);

/// The direction of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Out of the socket.
    Sent,
    /// Into the socket.
    Received,
}

/// One message that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tapped {
    /// The message's number on its socket, from 0; [`Taps::clear`] does not reset it.
    pub id: u64,
    /// When it was sent or received.
    pub at: SystemTime,
    /// Its direction.
    pub direction: Direction,
    /// What is kept of it: at most [`FRAMES_MAX`] frames and [`BYTES_MAX`] bytes. Where bytes are missing, the last
    /// frame is cut.
    pub frames: Frames,
    /// How many frames it had.
    pub frame_count: usize,
    /// How many bytes all its frames had.
    pub byte_count: usize,
    /// How many bytes the last frame of `frames` had before it was cut.
    pub last_frame_bytes: usize,
}

impl Taps {
    /// No taps yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages the socket of this name has received, and how many it has sent.
    #[must_use]
    pub fn counts(&self, name: &str) -> (u64, u64) {
        self.get(name).map_or((0, 0), |tap| {
            let ring = tap.lock();
            (ring.received, ring.sent)
        })
    }

    /// The last messages of the socket of this name, oldest first.
    #[must_use]
    pub fn messages(&self, name: &str) -> Vec<Tapped> {
        self.get(name).map_or_else(Vec::new, |tap| tap.lock().messages())
    }

    /// Forgets all messages and counts.
    pub fn clear(&self) {
        for tap in self.lock().values() {
            let mut ring = tap.lock();
            (ring.kept, ring.received, ring.sent) = (0, 0, 0);
        }
    }

    /// The tap for the socket of this name.
    pub(crate) fn tap(&self, name: &str) -> Arc<Tap> {
        Arc::clone(self.lock().entry(name.to_owned()).or_default())
    }

    fn get(&self, name: &str) -> Option<Arc<Tap>> {
        self.lock().get(name).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Tap>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tap of one socket.
#[derive(Debug, Default)]
pub(crate) struct Tap(Mutex<Ring>);

impl Tap {
    /// Counts and keeps a message.
    ///
    /// Not inlined, for sockets that have no tap: that cost a publisher of small ticks a twentieth of its rate.
    #[cold]
    #[inline(never)]
    pub(crate) fn record(&self, direction: Direction, frames: &Frames) {
        let at = SystemTime::now();
        self.lock().record(at, direction, frames);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Ring {
    received: u64,
    sent: u64,
    /// The id of the next message; its slot is this modulo [`MESSAGES_MAX`].
    next: u64,
    /// How many messages before `next` are kept.
    kept: usize,
    slots: Vec<Tapped>,
}

impl Ring {
    fn record(&mut self, at: SystemTime, direction: Direction, frames: &Frames) {
        match direction {
            Direction::Received => self.received += 1,
            Direction::Sent => self.sent += 1,
        }
        let id = self.next;
        let index = (id % MESSAGES_MAX as u64) as usize;
        if index == self.slots.len() {
            self.slots.push(Tapped::empty());
        }
        self.next += 1;
        self.kept = MESSAGES_MAX.min(self.kept + 1);
        let slot = &mut self.slots[index];
        (slot.id, slot.at, slot.direction) = (id, at, direction);
        slot.keep(frames);
    }

    fn messages(&self) -> Vec<Tapped> {
        let oldest = self.next - self.kept as u64;
        (oldest..self.next).map(|id| self.slots[(id % MESSAGES_MAX as u64) as usize].clone()).collect()
    }
}

impl Tapped {
    /// Whether `frames` is all of the message.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.frames.len() == self.frame_count && self.frames.byte_len() == self.byte_count
    }

    fn empty() -> Self {
        Self {
            id: 0,
            at: SystemTime::UNIX_EPOCH,
            direction: Direction::Sent,
            frames: Frames::new(),
            frame_count: 0,
            byte_count: 0,
            last_frame_bytes: 0,
        }
    }

    fn keep(&mut self, frames: &Frames) {
        (self.frame_count, self.byte_count) = (frames.len(), frames.byte_len());
        self.frames.clear();
        if frames.len() <= FRAMES_MAX && frames.byte_len() <= BYTES_MAX {
            self.frames.append(frames);
            self.last_frame_bytes =
                frames.len().checked_sub(1).and_then(|last| frames.get(last)).map_or(0, <[u8]>::len);
            return;
        }
        for frame in frames.iter().take(FRAMES_MAX) {
            let room = BYTES_MAX - self.frames.byte_len();
            self.frames.push(&frame[..frame.len().min(room)]);
            self.last_frame_bytes = frame.len();
            if frame.len() > room {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(messages: u64) -> Ring {
        let mut ring = Ring::default();
        for number in 0..messages {
            let frames = [number.to_le_bytes()].into_iter().collect();
            ring.record(SystemTime::UNIX_EPOCH, Direction::Received, &frames);
        }
        ring
    }

    #[test]
    fn the_last_messages_are_kept_and_all_are_counted() {
        for count in [0, 1, 199, 200, 201, 1234] {
            let ring = ring(count);
            let messages = ring.messages();
            assert_eq!((ring.received, ring.sent), (count, 0));
            let ids: Vec<u64> = messages.iter().map(|message| message.id).collect();
            assert_eq!(ids, (count.saturating_sub(200)..count).collect::<Vec<_>>());
            for message in &messages {
                assert_eq!(message.frames, [message.id.to_le_bytes()].into_iter().collect());
                assert!(message.is_whole());
            }
        }
    }

    #[test]
    fn what_is_too_large_is_cut_and_counted() {
        let mut slot = Tapped::empty();
        slot.keep(&[[7; 10]; 1000].into_iter().collect());
        assert_eq!((slot.frames.len(), slot.frame_count, slot.byte_count), (64, 1000, 10_000));
        assert!(!slot.is_whole());
        slot.keep(&[vec![1; 10], vec![7; 65_536], vec![1]].into_iter().collect());
        assert_eq!((slot.frames.len(), slot.frames.byte_len()), (2, BYTES_MAX));
        assert_eq!((slot.frame_count, slot.byte_count, slot.last_frame_bytes), (3, 65_547, 65_536));
        slot.keep(&Frames::new());
        assert!(slot.is_whole() && slot.frames.is_empty());
    }

    #[test]
    fn ids_go_on_after_everything_is_cleared() {
        let taps = Taps::new();
        let tap = taps.tap("a");
        let frames = ["x"].into_iter().collect();
        tap.record(Direction::Sent, &frames);
        tap.record(Direction::Received, &frames);
        assert_eq!((taps.counts("a"), taps.counts("b")), ((1, 1), (0, 0)));
        taps.clear();
        assert_eq!((taps.counts("a"), taps.messages("a").len()), ((0, 0), 0));
        taps.tap("a").record(Direction::Sent, &frames);
        assert_eq!(taps.messages("a").iter().map(|message| message.id).collect::<Vec<_>>(), [2]);
    }
}
