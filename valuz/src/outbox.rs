//! Results of a worker until they are sent, in the order of its answers: some in a pack, and after them one by itself.

use sockets::{Socket, SocketError};
use wire::{
    Frames,
    value::{Packing, Tail, Valued},
};

/// Results that are not sent yet. While it [must be sent](Outbox::must_send), no order is valued.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pack: Packing,
    /// The result after those in the pack, encoded; empty if there is none.
    single: Frames,
    /// The pack, encoded.
    frames: Frames,
}

impl Outbox {
    /// Adds a result; only if the box need not be sent first. It can be in a pack if reduce takes packs.
    #[inline]
    pub(crate) fn push(&mut self, valued: &Valued, takes_packs: bool) {
        match valued.tail {
            Tail::Number(number) if takes_packs => self.pack.push(valued.symbol, valued.value, number),
            _ => valued.encode(&mut self.single),
        }
    }

    /// Whether it holds no result.
    pub(crate) const fn is_empty(&self) -> bool {
        self.pack.is_empty() && self.single.is_empty()
    }

    /// Whether it has no room for another result.
    #[inline]
    pub(crate) const fn must_send(&self) -> bool {
        self.pack.is_full() || !self.single.is_empty()
    }

    /// Sends what it holds, up to where the queue is full; returns how many results were sent.
    ///
    /// # Errors
    /// The socket fails.
    pub(crate) fn send(&mut self, results: &mut Socket) -> Result<u64, SocketError> {
        let mut sent = 0;
        if !self.pack.is_empty() {
            self.pack.encode(&mut self.frames);
            if !results.send(&self.frames)? {
                return Ok(sent);
            }
            sent += self.pack.len() as u64;
            self.pack.clear();
        }
        if !self.single.is_empty() && results.send(&self.single)? {
            sent += 1;
            self.single.clear();
        }
        Ok(sent)
    }
}
