//! Sleeps until something happens: the one place where a loop of the suite waits.

use std::{
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    time::{Duration, Instant},
};

use crate::{SocketError, Stop, error::failed};

/// One thing to wait for; made by [`crate::Socket::readable`], [`crate::Socket::writable`],
/// [`crate::Socket::events`], [`crate::actor::Inbox::ring`] and [`Stop::interest`].
pub struct Interest<'a> {
    item: zmq::PollItem<'a>,
    /// There is nothing to wait for.
    is_ready: bool,
}

impl<'a> Interest<'a> {
    pub(crate) fn new(socket: &'a zmq::Socket, events: zmq::PollEvents) -> Self {
        Self { item: socket.as_poll_item(events), is_ready: false }
    }

    pub(crate) fn of_fd(fd: RawFd) -> Self {
        Self { item: zmq::PollItem::from_fd(fd, zmq::POLLIN), is_ready: false }
    }

    /// Something that is ready already.
    pub(crate) fn ready() -> Self {
        Self { is_ready: true, ..Self::never() }
    }

    /// To wait until something outside of libzmq can be read.
    #[must_use]
    pub fn to_read(fd: BorrowedFd<'a>) -> Self {
        Self::of_fd(fd.as_raw_fd())
    }

    /// To wait until something outside of libzmq can be written.
    #[must_use]
    pub fn to_write(fd: BorrowedFd<'a>) -> Self {
        Self { item: zmq::PollItem::from_fd(fd.as_raw_fd(), zmq::POLLOUT), is_ready: false }
    }

    /// Something that never happens: keeps a slot of [`wait()`] where there is at times nothing to wait for.
    #[must_use]
    pub fn never() -> Self {
        Self::of_fd(-1)
    }
}

/// Why a loop woke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wake<const N: usize> {
    /// The loop is to end.
    pub stopped: bool,
    /// Which of the interests are ready, in their order; none at a deadline.
    pub ready: [bool; N],
}

/// Sleeps until `stop`, until one of `interests` is ready, or until `deadline` (`None`: for ever).
///
/// # Errors
/// libzmq cannot poll: its context is gone.
pub fn wait<const N: usize>(
    stop: &Stop,
    interests: [Interest<'_>; N],
    deadline: Option<Instant>,
) -> Result<Wake<N>, SocketError> {
    let is_ready = interests.each_ref().map(|interest| interest.is_ready);
    let mut items = Vec::with_capacity(N + 1);
    items.push(zmq::PollItem::from_fd(stop.fd(), zmq::POLLIN));
    items.extend(interests.map(|interest| interest.item));
    let is_any_ready = is_ready.contains(&true);
    loop {
        match zmq::poll(&mut items, if is_any_ready { 0 } else { deadline.map_or(-1, milliseconds_until) }) {
            Err(zmq::Error::EINTR) => {}
            Err(error) => return Err(failed("wait for sockets")(error)),
            Ok(_) => {
                let ready = std::array::from_fn(|index| is_ready[index] || !items[index + 1].get_revents().is_empty());
                return Ok(Wake { stopped: !items[0].get_revents().is_empty(), ready });
            }
        }
    }
}

/// Sleeps until `stop`, which it tells, or until one of `interests` is ready: for a loop that looks at all of them.
pub(crate) fn wait_for_any(stop: &Stop, interests: Vec<Interest<'_>>) -> Result<bool, SocketError> {
    let mut items: Vec<_> = interests.into_iter().map(|interest| interest.item).collect();
    items.push(zmq::PollItem::from_fd(stop.fd(), zmq::POLLIN));
    loop {
        match zmq::poll(&mut items, -1) {
            Err(zmq::Error::EINTR) => {}
            Err(error) => return Err(failed("wait for sockets")(error)),
            Ok(_) => return Ok(items.last().is_some_and(|stop| !stop.get_revents().is_empty())),
        }
    }
}

/// Rounded up, so that a deadline has passed when the poll returns.
fn milliseconds_until(deadline: Instant) -> i64 {
    let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_nanos(999_999);
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX)
}
