//! The limits that hold for every socket and for the process; those of a channel are its [`wire::Limits`].

use crate::{SocketError, error::system_error};

/// The most monitor events handled at a time: a peer that keeps failing produces an endless stream.
pub(crate) const EVENTS_MAX: usize = 64;

/// How many file descriptors no connection may take: a process needs some for its own threads, files and children.
const RESERVED_DESCRIPTORS: u32 = 64;

/// The most frames of one message that are kept; no message of the suite has more.
pub(crate) const FRAMES_MAX: usize = 1 << 17;

/// The most bytes of one message that are kept; no message of the suite has more.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// How many files this process may have open.
pub(crate) fn open_files() -> u32 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current.and_then(|files| u32::try_from(files).ok()).unwrap_or(u32::MAX)
}

/// The highest file descriptor that a connection may have: the system gives out the lowest that is free, so all those
/// above are too.
#[must_use]
pub fn connection_descriptor_max() -> u32 {
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
    setrlimit(Resource::Nofile, limit).map_err(|error| system_error("raise the limit of open files")(error.into()))
}
