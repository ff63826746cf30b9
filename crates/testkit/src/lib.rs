//! For tests: run the real programs, talk to them as raw peers, wait for conditions.
//!
//! Nothing here sleeps as synchronisation, and nothing waits without a bound: what does not happen in time
//! fails the test with a sentence that says what was waited for.
//!
//! - [`program`]: a program of the suite as a child process
//! - [`peer`]: a bare socket that sends and receives what it is told, good or bad
//! - [`ports`]: ports that nobody else is given
//! - [`raw`]: a peer below libzmq, for bytes that no libzmq would send

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

pub mod peer;
pub mod ports;
pub mod program;
pub mod raw;

use std::{
    thread,
    time::{Duration, Instant},
};

pub use peer::{Kind, Peer};
pub use ports::free_endpoints;
pub use program::{Finished, Program, run, sibling};
pub use raw::RawPeer;

/// How long anything may take before the test fails.
pub const BOUND: Duration = Duration::from_secs(20);

/// How long a condition is left alone between two looks at it.
const LOOK: Duration = Duration::from_millis(5);

/// Waits until `condition` holds; fails the test if it does not within [`BOUND`].
///
/// # Panics
/// The condition did not come to hold.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {BOUND:?}: {what}");
        thread::sleep(LOOK);
    }
}
