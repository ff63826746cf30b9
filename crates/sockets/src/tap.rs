//! The last messages of a socket, copied while an observer wants them.
//!
//! A `Tap` is closed until `Tap::open`: a socket then pays one branch per message. An open one numbers every message,
//! and copies those for which there is room into a ring of [`MESSAGES_MAX`] slots whose memory is reused; that costs a
//! lock that is usually free, a clock reading and a copy.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::SystemTime,
};

use wire::{Direction, Frames};

/// The number of messages of a socket that are kept.
pub(crate) const MESSAGES_MAX: usize = 200;

/// The most frames of a message that are kept; the others are only counted.
pub(crate) const FRAMES_MAX: usize = 64;

/// The most bytes of a message that are kept; the others are only counted.
pub(crate) const BYTES_MAX: usize = 16 * 1024;

/// One message that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tapped {
    /// The message's number among those of its socket while its tap was open, from 0.
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

/// The tap of one socket: its owner records, any other thread reads.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    is_open: AtomicBool,
    /// The number of the next message.
    next: AtomicU64,
    /// How many more messages are copied; the others are only numbered.
    room: AtomicU32,
    ring: Mutex<Ring>,
}

impl Tap {
    /// Begins to number all messages, and to copy as many as there is room for ([`Tap::make_room`]).
    pub(crate) fn open(&self) {
        self.is_open.store(true, Relaxed);
    }

    /// Stops copying, and forgets what was copied.
    pub(crate) fn close(&self) {
        self.is_open.store(false, Relaxed);
        self.room.store(0, Relaxed);
        *self.lock() = Ring::default();
    }

    /// Lets the next `messages` be copied.
    pub(crate) fn make_room(&self, messages: u32) {
        self.room.store(messages, Relaxed);
    }

    /// Whether messages are to be recorded.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Relaxed)
    }

    /// Numbers a message, and copies it if there is room. Only the socket's owner calls this.
    ///
    /// Not inlined, for sockets whose tap is closed: that cost a publisher of small ticks a twentieth of its rate.
    #[cold]
    #[inline(never)]
    pub(crate) fn record(&self, direction: Direction, frames: &Frames) {
        let id = self.next.load(Relaxed);
        self.next.store(id + 1, Relaxed);
        let room = self.room.load(Relaxed);
        if room == 0 {
            return;
        }
        self.room.store(room - 1, Relaxed);
        self.lock().record(id, SystemTime::now(), direction, frames);
    }

    /// The messages that are kept and have at least this number, oldest first.
    pub(crate) fn messages_from(&self, id: u64) -> Vec<Tapped> {
        self.lock().messages().filter(|message| message.id >= id).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Ring {
    /// The slot of the next message.
    next: usize,
    /// How many messages before `next` are kept.
    kept: usize,
    slots: Vec<Tapped>,
}

impl Ring {
    fn record(&mut self, id: u64, at: SystemTime, direction: Direction, frames: &Frames) {
        if self.next == self.slots.len() {
            self.slots.push(Tapped::empty());
        }
        let slot = &mut self.slots[self.next];
        (slot.id, slot.at, slot.direction) = (id, at, direction);
        slot.keep(frames);
        self.next = (self.next + 1) % MESSAGES_MAX;
        self.kept = MESSAGES_MAX.min(self.kept + 1);
    }

    /// Oldest first.
    fn messages(&self) -> impl Iterator<Item = &Tapped> {
        let oldest = self.next + MESSAGES_MAX - self.kept;
        (0..self.kept).filter_map(move |index| self.slots.get((oldest + index) % MESSAGES_MAX))
    }
}

impl Tapped {
    /// Whether `frames` is all of the message.
    pub(crate) const fn is_whole(&self) -> bool {
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

    fn record(tap: &Tap, count: u64) {
        for number in 0..count {
            tap.record(Direction::Received, &[number.to_le_bytes()].into_iter().collect());
        }
    }

    fn ids(tap: &Tap) -> Vec<u64> {
        tap.messages_from(0).iter().map(|message| message.id).collect()
    }

    #[test]
    fn the_last_messages_are_kept_and_all_are_numbered() {
        for count in [0, 1, 199, 200, 201, 1234] {
            let tap = Tap::default();
            tap.make_room(u32::MAX);
            record(&tap, count);
            assert_eq!(ids(&tap), (count.saturating_sub(200)..count).collect::<Vec<_>>());
            for message in tap.messages_from(0) {
                assert_eq!(message.frames, [message.id.to_le_bytes()].into_iter().collect());
                assert!(message.is_whole());
            }
        }
    }

    #[test]
    fn without_room_messages_are_only_numbered() {
        let tap = Tap::default();
        tap.make_room(2);
        record(&tap, 5);
        tap.make_room(1);
        record(&tap, 5);
        assert_eq!(ids(&tap), [0, 1, 5]);
        assert_eq!(tap.messages_from(1).len(), 2);
        tap.close();
        assert!(ids(&tap).is_empty());
        record(&tap, 1);
        tap.make_room(1);
        record(&tap, 1);
        assert_eq!(ids(&tap), [11]);
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
}
