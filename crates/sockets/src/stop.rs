//! One signal that ends every loop: set once, never reset, seen by every thread that waits.
//!
//! It is a pipe whose far end closes, so it can be waited for together with sockets and without polling.

use std::{
    fs,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
        unix::net::UnixStream,
    },
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    low_level::pipe,
};

use crate::{Interest, SocketError, error::system_error};

/// Longer than any machine is up; keeps the conversion to the system's time from overflowing.
const LONGEST: Duration = Duration::from_secs(1 << 31);

/// The side that waits; clones see the same signal.
#[derive(Debug, Clone)]
pub struct Stop(Arc<UnixStream>);

/// The side that gives the signal, by [`Stopper::stop`] or by being dropped.
#[derive(Debug)]
pub struct Stopper(UnixStream);

impl Stop {
    /// A stop signal and its trigger.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn pair() -> Result<(Stopper, Self), SocketError> {
        let (near, far) = UnixStream::pair().map_err(system_error("make a stop signal"))?;
        Ok((Stopper(far), Self(Arc::new(near))))
    }

    /// A signal that SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal was closed) give. SIGHUP stays ignored in a
    /// process that was started so (`nohup`).
    ///
    /// # Errors
    /// The process has no file descriptors left, or the handlers cannot be set.
    pub fn on_signals() -> Result<Self, SocketError> {
        let (near, far) = UnixStream::pair().map_err(system_error("make a stop signal"))?;
        let hang_up = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hang_up) {
            let end = far.try_clone().map_err(system_error("make a stop signal"))?;
            pipe::register(signal, end).map_err(system_error("set a signal handler"))?;
        }
        Ok(Self(Arc::new(near)))
    }

    /// Whether the signal has been given.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.wait_until(Instant::now())
    }

    /// Sleeps until `deadline`, as exactly as the system can, or until the signal; returns whether it was given.
    #[must_use]
    pub fn wait_until(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut ends = [PollFd::new(&self.0, PollFlags::IN)];
            match poll(&mut ends, Some(&timespec(left))) {
                Ok(0) if Instant::now() >= deadline => return false,
                // Woken early, or by a signal handler that wrote nothing here: wait again.
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                // A broken pipe cannot be waited for; ending is the safe reading of it.
                Ok(_) | Err(_) => return true,
            }
        }
    }

    /// Sleeps until the signal.
    pub fn wait(&self) {
        while !self.wait_until(Instant::now() + LONGEST) {}
    }

    /// To wait for the signal together with other events.
    #[must_use]
    pub fn interest(&self) -> Interest<'static> {
        Interest::of_fd(self.fd())
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// The descriptor becomes readable with the signal, for waits outside of this crate.
impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Stopper {
    /// Gives the signal.
    pub fn stop(self) {
        drop(self.0);
    }
}

/// Whether this process was started with the signal ignored. Only Linux shows it, in `/proc`.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

fn timespec(duration: Duration) -> Timespec {
    let bounded = duration.min(LONGEST);
    Timespec { tv_sec: bounded.as_secs() as i64, tv_nsec: i64::from(bounded.subsec_nanos()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_sees_the_signal_and_keeps_seeing_it() {
        let (stopper, stop) = Stop::pair().unwrap();
        let other = stop.clone();
        assert!(!stop.is_stopped());
        stopper.stop();
        assert!(other.wait_until(Instant::now() + Duration::from_secs(60)));
        assert!(stop.is_stopped() && other.is_stopped());
    }

    #[test]
    fn wait_returns_once_the_signal_is_given() {
        let (stopper, stop) = Stop::pair().unwrap();
        let waiting = std::thread::spawn(move || stop.wait());
        stopper.stop();
        waiting.join().unwrap();
    }

    #[test]
    fn an_ignored_signal_is_recognised() {
        // A test runner ignores SIGPIPE, as every Rust program does.
        assert!(is_ignored(signal_hook::consts::SIGPIPE));
        assert!(!is_ignored(SIGTERM));
    }

    #[test]
    fn a_deadline_is_waited_for_in_full() {
        let (_stopper, stop) = Stop::pair().unwrap();
        let deadline = Instant::now() + Duration::from_micros(300);
        assert!(!stop.wait_until(deadline));
        assert!(Instant::now() >= deadline);
    }
}
