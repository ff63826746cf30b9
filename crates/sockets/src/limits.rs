//! The limits of queues and messages: the cost of a peer that floods or never reads.
//!
//! | channel | queue, messages a peer | largest frame, bytes | when the queue is full |
//! |---|---|---|---|
//! | ticks | 10,000 | 64 | the tick is dropped for that peer, or with `--block` the publisher waits |
//! | requests | 32 | 8,192 | the reply is dropped (a REQ peer has one request open); requests wait |
//! | broadcasts | 1,000 | 8,192 | the broadcast is dropped for that peer |
//! | orders | 1,000 | 2,048 | the source waits |
//! | results | 10,000 | 2,048 | the worker waits |
//! | control | 1,000 | 65,536 | the command is dropped for that peer; reduce asks again |
//!
//! libzmq disconnects a peer that sends a larger frame. Subscribers may send at most 256 bytes to a publisher, on any
//! channel. Requests have a short queue because one reply may carry 10,000 names. Orders have kernel buffers of 64 KiB
//! instead of some megabytes, so that work stays at the source until a worker is free for it: one that joins late gets its
//! share, and one that is killed loses little. That costs about 5 % of throughput; a queue of 250 would cost 14 %, and with
//! buffers below 64 KiB loopback stalls at times.

use std::time::Duration;

use wire::{Channel, chat, tick, value};

use crate::{SocketError, error::refused};

/// A worker reads orders in batches of half its queue, so one that takes 50 ms an order reads every 25 s.
const SLOW_WORKER: Duration = Duration::from_secs(30);

/// The most monitor events handled at a time: a peer that keeps failing produces an endless stream.
pub(crate) const EVENTS_MAX: usize = 64;

/// How many file descriptors no connection may take: a process needs some for its own threads, files and children.
const RESERVED_DESCRIPTORS: u32 = 64;

/// The most frames of one message that are kept; no message of the suite has more.
pub(crate) const FRAMES_MAX: usize = 1 << 17;

/// The most bytes of one message that are kept; no message of the suite has more.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// The limits of one socket for each of its peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages in each direction before the socket drops or waits.
    pub queue: u16,
    /// The largest frame in bytes that a peer may send; libzmq disconnects one that sends more.
    pub frame_bytes: u32,
    /// The kernel's buffers in bytes, each direction; `None` leaves them to the system. A small buffer keeps
    /// work at the source until a worker is free for it.
    pub kernel_bytes: Option<u32>,
    /// How long a peer may leave sent bytes unread, if that is longer than the keep-alive timeout: to the kernel a slow
    /// peer looks like one that is gone.
    pub slow: Option<Duration>,
}

impl Limits {
    /// The limits of a channel's sockets, as in the table above.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        let (queue, frame_bytes) = match channel {
            Channel::Ticks => (10_000, tick::FRAME_BYTES_MAX),
            Channel::Requests => (32, chat::FRAME_BYTES_MAX),
            Channel::Broadcasts => (1_000, chat::FRAME_BYTES_MAX),
            Channel::Orders => (1_000, 2 * value::TAIL_BYTES_MAX),
            Channel::Results => (10_000, 2 * value::TAIL_BYTES_MAX),
            Channel::Control => (1_000, value::FRAME_BYTES_MAX),
        };
        let (kernel_bytes, slow) = match channel {
            Channel::Orders => (Some(65_536), Some(SLOW_WORKER)),
            _ => (None, None),
        };
        Self { queue, frame_bytes: frame_bytes as u32, kernel_bytes, slow }
    }
}

/// How many files this process may have open.
pub(crate) fn open_files() -> u32 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current.and_then(|files| u32::try_from(files).ok()).unwrap_or(u32::MAX)
}

/// The highest file descriptor that a connection may have: the system gives out the lowest that is free, so all those
/// above are too.
pub(crate) fn connection_descriptor_max() -> u32 {
    let files = open_files();
    files - RESERVED_DESCRIPTORS.min(files / 4)
}

/// Raises this process's limit of open files to the hard limit: one connection is one file.
///
/// # Errors
/// The system refuses; the old limit stays.
pub fn raise_open_files() -> Result<(), SocketError> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).map_err(|error| refused("raise the limit of open files")(error.into()))
}
