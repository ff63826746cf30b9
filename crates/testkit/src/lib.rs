//! For tests: run the real programs, talk to them as raw peers, wait for conditions.
//!
//! Nothing here sleeps as synchronisation, and nothing waits without a bound: a condition that does not hold in time
//! fails the test with a sentence that names it.
//!
//! - [`program`]: a program of the suite as a child process
//! - [`terminal`]: a program in a terminal
//! - [`peer`]: a raw socket that sends and receives any message, valid or not
//! - [`raw`]: a peer below libzmq, for bytes that libzmq would never send
//! - [`stopwatch`]: how long something takes, whatever else the machine does

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

pub mod flood;
pub mod peer;
pub mod program;
pub mod raw;
pub mod stopwatch;
pub mod terminal;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

pub use peer::{Kind, Peer};
pub use program::{Finished, Program, run, sibling};
pub use raw::RawPeer;
pub use stopwatch::Stopwatch;
pub use terminal::Terminal;

/// How long a wait may take before the test fails: long enough for a machine that has much else to do.
pub const BOUND: Duration = Duration::from_secs(60);

/// The time between two checks of a condition.
const LOOK: Duration = Duration::from_millis(5);

/// Writes a file that only its owner may read, as programs demand of secrets.
///
/// # Panics
/// It cannot be written.
pub fn write_private(path: impl AsRef<Path>, text: &str) {
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).expect("the file can be written");
}

/// Returns endpoints on this machine, all different, at which no process listens, reserved by [`sockets::ports`].
///
/// # Panics
/// The system has no port left.
#[must_use]
pub fn free_endpoints<const N: usize>() -> [String; N] {
    [(); N].map(|()| format!("tcp://127.0.0.1:{}", sockets::ports::reserve().expect("a free port")))
}

/// Waits until `condition` holds; fails the test after [`BOUND`].
///
/// # Panics
/// The condition did not hold in time.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + BOUND;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {BOUND:?}: {what}");
        thread::sleep(LOOK);
    }
}
