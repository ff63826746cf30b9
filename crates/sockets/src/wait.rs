//! Waits until something happens: the one place where a loop of the suite sleeps.
//!
//! A loop that has one handler for each cause takes its causes one at a time from [`Events`]; one that looks at everything
//! whenever it wakes calls [`wait()`].

use std::{
    collections::VecDeque,
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    time::{Duration, Instant},
};

use crate::{SocketError, Stop, error::zmq_error};

/// One thing to wait for; made by [`crate::Socket::readable`], [`crate::Socket::writable`],
/// [`crate::Socket::events`], [`crate::actor::Inbox::ring`] and [`Stop::interest`].
pub struct Interest<'a> {
    item: zmq::PollItem<'a>,
    /// It needs no waiting.
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

    /// Ready when a file descriptor outside of libzmq can be read.
    #[must_use]
    pub fn to_read(fd: BorrowedFd<'a>) -> Self {
        Self::of_fd(fd.as_raw_fd())
    }

    /// Ready when a file descriptor outside of libzmq can be written.
    #[must_use]
    pub fn to_write(fd: BorrowedFd<'a>) -> Self {
        Self { item: zmq::PollItem::from_fd(fd.as_raw_fd(), zmq::POLLOUT), is_ready: false }
    }

    /// Never ready: takes the place of one that is not wanted at the moment.
    #[must_use]
    pub fn never() -> Self {
        Self::of_fd(-1)
    }
}

/// The events of a loop, one at a time, named by its own enum `E`.
///
/// All that are ready at a wake-up come once each, in the order in which they were asked for, before the loop sleeps
/// again: none of them starves another.
///
/// ```
/// # use sockets::{Events, SocketError, Stop};
/// #[derive(Debug, PartialEq)]
/// enum Event {
///     Stop,
///     Deadline,
/// }
///
/// fn next_event(events: &mut Events<Event>, stop: &Stop) -> Result<Event, SocketError> {
///     events.next(None, Event::Deadline, || [(Event::Stop, stop.interest())])
/// }
///
/// let (stopper, stop) = Stop::pair()?;
/// stopper.stop();
/// assert_eq!(next_event(&mut Events::new(), &stop)?, Event::Stop);
/// # Ok::<(), SocketError>(())
/// ```
#[derive(Debug)]
pub struct Events<E>(VecDeque<E>);

impl<E> Events<E> {
    /// Nothing has happened yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// The next event. Sleeps until one of `interests` is ready, or until `deadline` (`None`: for ever), which is the event
    /// `at_deadline`; it comes last, and also if the deadline has passed while others were ready.
    ///
    /// # Errors
    /// libzmq cannot poll: its context is gone.
    pub fn next<'a, const N: usize>(
        &mut self,
        deadline: Option<Instant>,
        at_deadline: E,
        interests: impl FnOnce() -> [(E, Interest<'a>); N],
    ) -> Result<E, SocketError> {
        if let Some(event) = self.0.pop_front() {
            return Ok(event);
        }
        let mut names = Vec::with_capacity(N);
        let mut polled = Vec::with_capacity(N);
        for (name, interest) in interests() {
            names.push(name);
            polled.push(interest);
        }
        let ready = poll(polled, deadline)?;
        self.0.extend(names.into_iter().zip(ready).filter_map(|(name, is_ready)| is_ready.then_some(name)));
        let Some(first) = self.0.pop_front() else {
            return Ok(at_deadline);
        };
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            self.0.push_back(at_deadline);
        }
        Ok(first)
    }
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a loop woke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wake {
    /// The stop signal was given.
    pub stopped: bool,
    ready: Vec<bool>,
}

impl Wake {
    /// Which of the first `N` interests are ready, in the order in which they were asked for.
    #[must_use]
    pub fn first<const N: usize>(&self) -> [bool; N] {
        std::array::from_fn(|index| self.ready.get(index).copied().unwrap_or(false))
    }
}

/// Sleeps until `stop`, until one of `interests` is ready, or until `deadline` (`None`: for ever).
///
/// # Errors
/// libzmq cannot poll: its context is gone.
pub fn wait<'a>(
    stop: &Stop,
    interests: impl IntoIterator<Item = Interest<'a>>,
    deadline: Option<Instant>,
) -> Result<Wake, SocketError> {
    let mut ready = poll(interests.into_iter().chain([stop.interest()]).collect(), deadline)?;
    let stopped = ready.pop().unwrap_or(false);
    Ok(Wake { stopped, ready })
}

/// Sleeps until `stop`, which it reports, until one of `interests` is ready, or until `deadline` (`None`: for ever): for a
/// loop that looks at all of them.
pub(crate) fn wait_for_any(
    stop: &Stop,
    interests: Vec<Interest<'_>>,
    deadline: Option<Instant>,
) -> Result<bool, SocketError> {
    let ready = poll([stop.interest()].into_iter().chain(interests).collect(), deadline)?;
    Ok(ready[0])
}

/// Sleeps until one of `interests` is ready, or until `deadline` (`None`: for ever); returns which of them are, in their
/// order.
///
/// # Errors
/// libzmq cannot poll: its context is gone.
pub(crate) fn poll(interests: Vec<Interest<'_>>, deadline: Option<Instant>) -> Result<Vec<bool>, SocketError> {
    let mut ready: Vec<bool> = interests.iter().map(|interest| interest.is_ready).collect();
    let mut items: Vec<_> = interests.into_iter().map(|interest| interest.item).collect();
    let is_any_ready = ready.contains(&true);
    loop {
        match zmq::poll(&mut items, if is_any_ready { 0 } else { deadline.map_or(-1, milliseconds_until) }) {
            Err(zmq::Error::EINTR) => {}
            Err(error) => return Err(zmq_error("wait for sockets")(error)),
            Ok(_) => {
                for (is_ready, item) in ready.iter_mut().zip(&items) {
                    *is_ready |= !item.get_revents().is_empty();
                }
                return Ok(ready);
            }
        }
    }
}

/// Rounded up, so that a deadline has passed when the poll returns.
fn milliseconds_until(deadline: Instant) -> i64 {
    let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_nanos(999_999);
    i64::try_from(left.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Event {
        Stop,
        Other,
        Never,
        Deadline,
    }

    fn next(events: &mut Events<Event>, stop: &Stop, deadline: Option<Instant>) -> Event {
        let interests =
            || [(Event::Stop, stop.interest()), (Event::Never, Interest::never()), (Event::Other, Interest::ready())];
        events.next(deadline, Event::Deadline, interests).unwrap()
    }

    #[test]
    fn all_that_is_ready_comes_once_before_anything_comes_again() {
        let ((stopper, stop), mut events) = (Stop::pair().unwrap(), Events::new());
        let past = Some(Instant::now());
        assert_eq!(next(&mut events, &stop, None), Event::Other);
        stopper.stop();
        for _ in 0..2 {
            assert_eq!(next(&mut events, &stop, past), Event::Stop);
            assert_eq!(next(&mut events, &stop, past), Event::Other);
            assert_eq!(next(&mut events, &stop, past), Event::Deadline);
        }
    }

    #[test]
    fn without_anything_ready_the_deadline_comes_and_not_before_its_time() {
        let ((_stopper, stop), mut events) = (Stop::pair().unwrap(), Events::new());
        let deadline = Instant::now() + Duration::from_millis(3);
        let event = events.next(Some(deadline), Event::Deadline, || [(Event::Stop, stop.interest())]).unwrap();
        assert_eq!(event, Event::Deadline);
        assert!(Instant::now() >= deadline);
    }
}
