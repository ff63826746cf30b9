//! Waits until something happens: the one place where a loop of the suite sleeps.
//!
//! A loop that has one handler for each cause takes its causes one at a time from [`Events`]; one that looks at everything
//! whenever it wakes calls [`wait()`].

use std::{
    collections::VecDeque,
    ffi::{c_int, c_short},
    io,
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    time::{Duration, Instant},
};

use crate::{
    SocketError, Stop,
    error::{system_error, zmq_error},
    raw,
    signal::Signal,
};

/// One thing to wait for; made by [`crate::Socket::readable`], [`crate::Socket::writable`],
/// [`crate::Socket::events`], [`crate::actor::Inbox::ring`] and [`Stop::interest`].
pub struct Interest<'a> {
    /// What the system is asked about: a file, or the signal of a socket.
    item: libc::pollfd,
    socket: Option<Asked<'a>>,
    /// It needs no waiting.
    is_ready: bool,
}

/// A socket whose events are asked for.
struct Asked<'a> {
    socket: &'a zmq::Socket,
    signal: &'a Signal,
    wanted: zmq::PollEvents,
}

impl<'a> Interest<'a> {
    pub(crate) fn new(socket: &'a zmq::Socket, signal: &'a Signal, wanted: zmq::PollEvents) -> Self {
        Self { socket: Some(Asked { socket, signal, wanted }), ..Self::in_signal(signal) }
    }

    /// Ready when a socket gives its signal, whatever for.
    pub(crate) fn in_signal(signal: &Signal) -> Self {
        signal.fd().map_or_else(Self::never, Self::of_fd)
    }

    pub(crate) const fn of_fd(fd: RawFd) -> Self {
        Self::of_item(fd, libc::POLLIN)
    }

    /// Something that is ready already.
    pub(crate) const fn ready() -> Self {
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
        Self::of_item(fd.as_raw_fd(), libc::POLLOUT)
    }

    /// Never ready: takes the place of one that is not wanted at the moment.
    #[must_use]
    pub const fn never() -> Self {
        Self::of_fd(-1)
    }

    const fn of_item(fd: RawFd, events: c_short) -> Self {
        Self { item: libc::pollfd { fd, events, revents: 0 }, socket: None, is_ready: false }
    }

    /// Whether it is ready before the sleep. A file is not asked, and a socket only if it may be ready without a signal.
    fn is_ready(&self) -> Result<bool, SocketError> {
        match &self.socket {
            Some(asked) if !asked.gives_signal() => asked.is_ready(),
            _ => Ok(self.is_ready),
        }
    }

    /// Whether it is ready after its descriptor is.
    fn is_ready_after_signal(&self) -> Result<bool, SocketError> {
        self.socket.as_ref().map_or(Ok(true), Asked::is_ready)
    }
}

impl Asked<'_> {
    /// Whether what is wanted gives a signal.
    fn gives_signal(&self) -> bool {
        self.wanted == zmq::POLLIN && self.signal.is_armed()
    }

    fn is_ready(&self) -> Result<bool, SocketError> {
        self.signal.disarm();
        let events = self.socket.get_events().map_err(zmq_error("wait for sockets"))?;
        if !events.contains(zmq::POLLIN) {
            self.signal.arm();
        }
        Ok(events.intersects(self.wanted))
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
/// A socket's signal means only that something may have changed since its events were asked for, so they are asked for before
/// the sleep, unless it was found empty ([`Signal`]), and again of the sockets that gave it. Each of these questions is a system
/// call, and libzmq's own poll asks all sockets twice and polls twice: much for a loop that takes one message each time.
///
/// # Errors
/// The context is gone.
pub(crate) fn poll(interests: Vec<Interest<'_>>, deadline: Option<Instant>) -> Result<Vec<bool>, SocketError> {
    let mut ready = Vec::with_capacity(interests.len());
    for interest in &interests {
        ready.push(interest.is_ready()?);
    }
    ask_the_disarmed(&mut ready, &interests)?;
    let mut items: Vec<_> = interests.iter().map(|interest| interest.item).collect();
    loop {
        let is_any_ready = ready.contains(&true);
        match raw::poll(&mut items, if is_any_ready { 0 } else { deadline.map_or(-1, milliseconds_until) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result.map_err(system_error("wait for sockets"))?,
        }
        for ((is_ready, interest), item) in ready.iter_mut().zip(&interests).zip(&items) {
            if item.revents != 0 && !*is_ready {
                *is_ready = interest.is_ready_after_signal()?;
            }
        }
        ask_the_disarmed(&mut ready, &interests)?;
        if ready.contains(&true) || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(ready);
        }
    }
}

/// Asks those that were left to their signal, if another interest in the same socket has taken it meanwhile.
fn ask_the_disarmed(ready: &mut [bool], interests: &[Interest<'_>]) -> Result<(), SocketError> {
    for (is_ready, interest) in ready.iter_mut().zip(interests) {
        if let Some(asked) = &interest.socket
            && !*is_ready
            && asked.wanted == zmq::POLLIN
            && !asked.signal.is_armed()
        {
            *is_ready = asked.is_ready()?;
        }
    }
    Ok(())
}

/// Rounded up, so that a deadline has passed when the poll returns.
fn milliseconds_until(deadline: Instant) -> c_int {
    let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_nanos(999_999);
    c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX)
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
