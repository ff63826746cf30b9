//! Peers that send without end, and how much memory they may cost a program.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{Program, RawPeer};

/// The most that the memory of a program may grow: libzmq takes some 600 MB a second, and the frames of a message without end
/// are taken until the third look at their peer.
pub const GROWTH_MAX: u64 = 400 << 20;

/// Messages of one byte, as many as fit into 64 KiB.
#[must_use]
pub fn small_messages() -> Vec<u8> {
    [0, 1, b'x'].repeat(64 * 1024 / 3)
}

/// Frames of one byte of a message without end, as many as fit into 64 KiB.
#[must_use]
pub fn endless_message() -> Vec<u8> {
    [1, 1, b'x'].repeat(64 * 1024 / 3)
}

/// Sends small messages and an endless one for this long to `endpoint`, where `program` is bound, as a `socket_type`; connects
/// again whenever it is disconnected.
///
/// # Panics
/// The program grows too much.
pub fn flood(program: &Program, endpoint: &str, socket_type: &str, duration: Duration) {
    let (before, until) = (program.resident_bytes(), Instant::now() + duration);
    thread::scope(|scope| {
        for bytes in [small_messages(), endless_message()] {
            scope.spawn(move || {
                while Instant::now() < until {
                    let Ok(mut peer) = RawPeer::connect(endpoint, socket_type) else { continue };
                    // The program may leave it waiting.
                    peer.wait_at_most(Duration::from_millis(100)).expect("the duration is not zero");
                    while Instant::now() < until && peer.send_bytes(&bytes).is_ok() {}
                }
            });
        }
    });
    let grown = program.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "{endpoint}: memory grew by {} MiB", grown >> 20);
}
