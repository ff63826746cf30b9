//! The publisher: owns the socket that sends ticks, on the thread that calls [`Publisher::run`].
//!
//! It is an `XPUB`, which on the wire is a `PUB`: it receives subscriptions, so it can wait for the first, and knows
//! which forms of a tick anyone wants. It sends due ticks in [rounds](crate::rounds), and between rounds handles everything
//! else: the stop signal, subscriptions, the monitor. If the next tick is not due, it sleeps: with its sockets, which is exact
//! to the millisecond, and then exactly.

use std::time::{Duration, Instant};

use sockets::{BindError, Context, Endpoint, Interest, Role, Socket, SocketError, Stop, wait};
use thiserror::Error;
use tracing::info;
use wire::{
    report::{Declaration, DeclaredSocket},
    tick::TICKS,
};

use crate::{
    delay::{Delays, milliseconds},
    feed::{Feed, FeedConfig, Now, Pause},
    published::Published,
    replay::ReplayError,
    rounds::Sender,
};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration { program: "tickz", role: "publish", sockets: &[SOCKET], values: &[] };

const SOCKET: DeclaredSocket = DeclaredSocket { name: "tickz.pub", kind: "XPUB", channel: TICKS, binds: Some(true) };

/// How long a publisher that always has ticks to send waits before it checks stop, subscriptions and the monitor: a
/// check costs as much as ten ticks.
const CHECK_EVERY: Duration = Duration::from_millis(2);

/// How long before a tick is due the publisher stops waiting for its sockets, because that wait is only exact to the
/// millisecond.
const EXACT: Duration = Duration::from_millis(2);

/// How long unsent ticks may delay the end of a publisher that drops none.
const BLOCK_LINGER: Duration = Duration::from_secs(30);

/// How long no subscription comes when a subscriber has sent all of them, and how long one that never stops is waited for.
const SETTLED: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// The configuration of a publisher.
#[derive(Debug, Clone)]
pub struct PublishConfig {
    /// Where to bind.
    pub ticks: Endpoint,
    /// Where ticks come from.
    pub feed: FeedConfig,
    /// Number the ticks of each symbol.
    pub sequence: bool,
    /// Wait for a slow subscriber instead of dropping its ticks.
    pub block: bool,
    /// The number of ticks to send; `None`: until the feed ends or the stop signal is given.
    pub count: Option<u64>,
    /// The number of subscribers to wait for before the first tick.
    pub await_subscribers: usize,
}

/// Why a publisher did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The socket could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The price history could not be opened.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// Why a publisher failed.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The price history could not be read further.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// A publisher that is bound and has sent nothing yet.
#[derive(Debug)]
pub struct Publisher {
    endpoint: Endpoint,
    feed: Feed,
    sender: Sender,
    /// Slow subscribers are waited for.
    block: bool,
    /// The number of subscribers to wait for before the first tick.
    await_subscribers: usize,
}

impl Publisher {
    /// Opens the feed and binds.
    ///
    /// # Errors
    /// The endpoint is in use or does not belong to this machine; the price history cannot be opened.
    pub fn bind(context: &Context, config: PublishConfig) -> Result<Self, StartError> {
        let PublishConfig { ticks, feed, sequence, block, count, await_subscribers } = config;
        let feed = Feed::open(feed)?;
        let (socket, endpoint) = bind(context, &ticks, block)?;
        info!(channel = TICKS.name, %endpoint, "listening");
        let sender = Sender::new(socket, sequence, count.unwrap_or(u64::MAX));
        Ok(Self { endpoint, feed, sender, block, await_subscribers })
    }

    /// The bound endpoint.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Publishes until the count is reached, the feed ends or the stop signal is given. If it drops no ticks, those that
    /// subscribers have not taken yet are left to [`Context::close`].
    ///
    /// # Errors
    /// The socket fails; the price history cannot be read further or has a bad line that it must not have.
    pub fn run(mut self, stop: &Stop) -> Result<Published, PublishError> {
        let mut start = Instant::now();
        if self.await_subscribers(stop)? {
            start = Instant::now();
            self.publish(stop)?;
        }
        if self.block && !stop.is_stopped() {
            self.sender.socket_mut().set_linger(BLOCK_LINGER)?;
        }
        Ok(Published {
            published: self.sender.published(),
            refused_lines: self.feed.refused_lines(),
            elapsed_ms: milliseconds(start.elapsed()),
            late_us: self.sender.late().map(Delays::percentiles),
        })
    }

    /// Waits for the first subscriptions; returns `false` at the stop signal. A subscriber sends all of its subscriptions at
    /// once, but libzmq hands over only a few at a time, so this continues until no more come.
    fn await_subscribers(&mut self, stop: &Stop) -> Result<bool, SocketError> {
        if self.await_subscribers == 0 {
            return Ok(true);
        }
        info!(subscribers = self.await_subscribers, "waiting for subscribers");
        while self.sender.audience().len() < self.await_subscribers {
            if wait(stop, self.heard(), self.sender.next_deadline())?.stopped {
                return Ok(false);
            }
            self.sender.listen(Instant::now())?;
        }
        let mut now = Instant::now();
        let (mut settled, latest) = (now + SETTLED.0, now + SETTLED.1);
        while now < settled {
            if wait(stop, self.heard(), Some(settled))?.stopped {
                return Ok(false);
            }
            now = Instant::now();
            if self.sender.listen(now)? {
                settled = (now + SETTLED.0).min(latest);
            }
        }
        Ok(true)
    }

    /// The loop.
    fn publish(&mut self, stop: &Stop) -> Result<(), PublishError> {
        let mut next_check = Instant::now();
        loop {
            let now = Now::read();
            // Due ticks first.
            let pause = self.send_due(now, stop)?;
            if matches!(pause, Pause::Enough) && now.instant < next_check {
                continue;
            }
            next_check = now.instant + CHECK_EVERY;
            self.sender.listen(now.instant)?;
            let stopped = match pause {
                Pause::End => true,
                Pause::Enough => stop.is_stopped(),
                Pause::Until(due) => self.sleep(due, now.instant, stop)?,
                Pause::Starved => {
                    let [readable, events] = self.heard();
                    wait(stop, [readable, events, self.feed.ring()], self.sender.next_deadline())?.stopped
                }
            };
            if stopped {
                return Ok(());
            }
        }
    }

    /// Sends due ticks, in one round.
    fn send_due(&mut self, now: Now, stop: &Stop) -> Result<Pause, PublishError> {
        let Some(mut round) = self.sender.begin(now.instant, stop) else { return Ok(Pause::End) };
        let pause = self.feed.take_due(now, |due| round.take(&due).map_err(PublishError::from));
        // Those before the end of the feed, or before an error, were due.
        if round.end()? { pause } else { Ok(Pause::End) }
    }

    /// What there is to hear: subscriptions, and the monitor.
    fn heard(&self) -> [Interest<'_>; 2] {
        [self.sender.socket().readable(), self.sender.socket().events()]
    }

    /// Sleeps until `due`, or less if the sockets have something; returns whether the stop signal was given.
    fn sleep(&self, due: Instant, now: Instant, stop: &Stop) -> Result<bool, SocketError> {
        if due - now > EXACT {
            let deadline = self.sender.next_deadline().into_iter().chain([due - EXACT]).min();
            return Ok(wait(stop, self.heard(), deadline)?.stopped);
        }
        Ok(stop.wait_until(due))
    }
}

fn bind(context: &Context, endpoint: &Endpoint, block: bool) -> Result<(Socket, Endpoint), BindError> {
    let mut socket = context.socket(Role::XPub, TICKS)?;
    if block {
        socket.never_drop()?;
    }
    socket.watch(SOCKET.name)?;
    let endpoint = socket.bind(endpoint)?;
    Ok((socket, endpoint))
}
