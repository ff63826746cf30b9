//! The bytes that are on their way in one direction, and when they may leave: pure.
//!
//! Bytes are kept in their order with the time of their arrival, not with that of their departure: a fault that is turned
//! on or off changes when those leave that are on their way already.

use std::{
    collections::VecDeque,
    hash::{BuildHasher as _, RandomState},
    time::{Duration, Instant},
};

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng as _, SeedableRng as _},
};

use crate::faults::Effect;

/// The most that is held without a latency: a slow reader is noticed by the writer soon, as without a link.
const HELD_MAX: usize = 64 * 1024;

/// The most that is held for a latency. Beyond it the sender has to wait, so more than this in one latency does not pass.
const DELAYED_MAX: usize = 1024 * 1024;

/// What an arrival counts in addition to its bytes: many small ones take memory as well.
const ARRIVAL_BYTES: usize = 64;

/// Bytes that arrive within this time arrive together, at the last of their times.
const TOGETHER: Duration = Duration::from_millis(1);

/// The time before each piece, so that the peer can read the one before it.
const BETWEEN_PIECES: Duration = Duration::from_millis(1);

/// How often a second a limited bandwidth sends at most.
const PIECES_A_SECOND: u64 = 20;

/// How much a piece that left late may be made up for.
const LATE_MAX: Duration = Duration::from_millis(100);

/// The bytes on their way in one direction.
#[derive(Debug)]
pub(crate) struct Held {
    bytes: VecDeque<u8>,
    arrivals: VecDeque<Arrival>,
    /// When the sender ended this direction, and its share of the jitter.
    ended: Option<(Instant, f64)>,
    /// What leaves next, if not everything that is due leaves at once.
    piece: Option<Piece>,
    /// When the last piece should have left, while more waits behind it.
    free_at: Option<Instant>,
    random: Xoshiro256PlusPlus,
}

/// Bytes that arrived together.
#[derive(Debug)]
struct Arrival {
    since: Instant,
    at: Instant,
    /// Its share of the jitter, from -1 to 1.
    shift: f64,
    bytes: usize,
}

#[derive(Debug)]
struct Piece {
    bytes: usize,
    leaves_at: Instant,
}

/// What can be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Write so many bytes of the front.
    Write(usize),
    /// Nothing before this time.
    At(Instant),
    /// Nothing before more arrives or the faults change.
    Nothing,
    /// End the direction: the sender has, and all its bytes are written.
    End,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            bytes: VecDeque::new(),
            arrivals: VecDeque::new(),
            ended: None,
            piece: None,
            free_at: None,
            random: Xoshiro256PlusPlus::seed_from_u64(RandomState::new().hash_one(())),
        }
    }

    /// How many more bytes may arrive.
    pub(crate) fn room(&self, effect: &Effect) -> usize {
        if self.ended.is_some() || effect.is_silent {
            return 0;
        }
        let most = if effect.latency.is_zero() { HELD_MAX } else { DELAYED_MAX };
        most.saturating_sub(self.bytes.len() + ARRIVAL_BYTES * self.arrivals.len())
    }

    /// Bytes arrived.
    pub(crate) fn arrive(&mut self, now: Instant, bytes: &[u8]) {
        self.bytes.extend(bytes);
        if let Some(last) = self.arrivals.back_mut()
            && now.saturating_duration_since(last.since) < TOGETHER
        {
            (last.at, last.bytes) = (now, last.bytes + bytes.len());
            return;
        }
        let shift = self.shift();
        self.arrivals.push_back(Arrival { since: now, at: now, shift, bytes: bytes.len() });
    }

    /// The sender has ended this direction.
    pub(crate) fn end(&mut self, now: Instant) {
        self.ended = Some((now, self.shift()));
    }

    /// The faults have changed.
    pub(crate) fn reconsider(&mut self) {
        self.piece = None;
    }

    /// What can be done now.
    pub(crate) fn next(&mut self, now: Instant, effect: &Effect) -> Next {
        if effect.is_silent {
            return Next::Nothing;
        }
        let Some(front) = self.arrivals.front() else {
            let Some((at, shift)) = self.ended else { return Next::Nothing };
            let due = at + delay(effect, shift);
            return if due > now { Next::At(due) } else { Next::End };
        };
        let due = front.at + delay(effect, front.shift);
        if due > now {
            return Next::At(due);
        }
        if effect.bandwidth.is_none() && effect.slice.is_none() {
            return Next::Write(front.bytes);
        }
        let piece = match self.piece.take() {
            Some(piece) => piece,
            None => self.cut(now, front.bytes, effect),
        };
        let next = if piece.leaves_at > now { Next::At(piece.leaves_at) } else { Next::Write(piece.bytes) };
        self.piece = Some(piece);
        next
    }

    /// The bytes at the front that can be written at once, at most `bytes`.
    pub(crate) fn front(&self, bytes: usize) -> &[u8] {
        let (front, _) = self.bytes.as_slices();
        &front[..bytes.min(front.len())]
    }

    /// So many bytes of the front were written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.bytes.drain(..bytes);
        if let Some(front) = self.arrivals.front_mut() {
            front.bytes -= bytes;
            if front.bytes == 0 {
                self.arrivals.pop_front();
            }
        }
        if let Some(piece) = &mut self.piece {
            piece.bytes = piece.bytes.saturating_sub(bytes);
            if piece.bytes == 0 {
                self.free_at = Some(piece.leaves_at);
                self.piece = None;
            }
        }
        if self.bytes.is_empty() {
            self.free_at = None;
        }
    }

    /// The piece of these bytes that leaves next. It leaves when its last byte would have, at the limited bandwidth.
    fn cut(&self, now: Instant, bytes: usize, effect: &Effect) -> Piece {
        let mut piece = bytes.min(effect.slice.map_or(usize::MAX, |slice| slice as usize));
        let mut leaves_at = now;
        if let Some(rate) = effect.bandwidth {
            piece = piece.min(usize::try_from(rate / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1));
            let begin = self.free_at.map_or(now, |free_at| free_at.max(now.checked_sub(LATE_MAX).unwrap_or(now)));
            leaves_at = begin + Duration::from_secs_f64(piece as f64 / rate as f64);
        }
        if effect.slice.is_some() {
            leaves_at = leaves_at.max(now + BETWEEN_PIECES);
        }
        Piece { bytes: piece, leaves_at }
    }

    /// A share of the jitter.
    fn shift(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0
    }
}

/// The delay of bytes with this share of the jitter.
fn delay(effect: &Effect, shift: f64) -> Duration {
    let jitter = effect.jitter.mul_f64(shift.abs());
    if shift < 0.0 { effect.latency.saturating_sub(jitter) } else { effect.latency + jitter }
}

#[cfg(test)]
mod tests;
