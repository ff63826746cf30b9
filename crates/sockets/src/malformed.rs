//! Malformed messages: all counted, and each peer's logged once a second at most, so that garbage can neither
//! slow a loop down nor fill a disk.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tracing::warn;
use wire::{DecodeError, Frames};

use crate::Socket;

/// How long the next malformed message of a peer is only counted.
const QUIET: Duration = Duration::from_secs(1);

/// The most peers that are remembered; beyond that, all are forgotten.
const PEERS_MAX: usize = 1024;

/// The most bytes of a message in a log line.
const HEX_BYTES_MAX: usize = 64;

/// The malformed messages of one socket.
#[derive(Debug, Default)]
pub struct MalformedMessages {
    count: u64,
    logged: HashMap<String, Instant>,
}

impl MalformedMessages {
    /// Counts the last message of `socket`, which is malformed, and logs it unless its peer's last was logged less than a
    /// second ago.
    pub fn record(&mut self, now: Instant, socket: &mut Socket, error: &DecodeError, frames: &Frames) {
        self.count += 1;
        socket.count_malformed();
        let peer = socket.peer_address();
        if self.logged.get(peer).is_some_and(|&last| now.saturating_duration_since(last) < QUIET) {
            return;
        }
        if self.logged.len() >= PEERS_MAX {
            self.logged.clear();
        }
        self.logged.insert(peer.to_owned(), now);
        warn!(%peer, %error, count = self.count, hex = frames.hex(HEX_BYTES_MAX), "malformed message");
    }

    /// How many malformed messages there were.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}
