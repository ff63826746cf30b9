//! The publisher: owns the socket that sends ticks, on the thread that calls [`Publisher::run`].
//!
//! It is an `XPUB`, which on the wire is a `PUB`: it receives subscriptions, so it can wait for the first, and knows
//! which forms of a tick anyone wants. It sends due ticks in rounds, and between rounds handles everything else: the stop
//! signal, subscriptions, the monitor. If the next tick is not due, it sleeps: with its sockets, which is exact to the
//! millisecond, and then exactly.
//!
//! A burst has the ticks of one round: what is due anyway is packed, and nothing waits for more.

use std::time::{Duration, Instant};

use sockets::{BindError, Context, Endpoint, Heard, Listener, Role, Socket, SocketError, Stop, Subscription, wait};
use thiserror::Error;
use tracing::info;
use wire::{
    Frames,
    report::{Declaration, DeclaredSocket},
    tick::{TICKS, Tick},
};

use crate::{
    audience::Audience,
    delay::{Delays, milliseconds},
    feed::{Due, Feed, FeedConfig, Next, Now},
    packer::Packer,
    published::Published,
    replay::ReplayError,
};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration { program: "tickz", role: "publish", sockets: &[SOCKET], values: &[] };

const SOCKET: DeclaredSocket = DeclaredSocket { name: "tickz.pub", kind: "XPUB", channel: TICKS, binds: Some(true) };

/// The most ticks sent before the publisher reads the clock again.
const ROUND_MAX: usize = 256;

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
    socket: Socket,
    endpoint: Endpoint,
    config: Settings,
    feed: Feed,
    /// The message being sent.
    frames: Frames,
    /// The ticks of this round, if anyone wants bursts.
    packer: Packer,
    audience: Audience,
    listener: Listener,
    published: u64,
    late: Option<Delays>,
}

/// The part of a [`PublishConfig`] that the loop needs.
#[derive(Debug)]
struct Settings {
    sequence: bool,
    block: bool,
    count: u64,
    await_subscribers: usize,
}

/// How a round ended.
enum Round {
    /// More is due.
    Full,
    /// Nothing is due before this time.
    Until(Instant),
    /// The feed has nothing yet.
    Starved,
    /// All ticks are sent, or the stop signal was given.
    Done,
}

impl Publisher {
    /// Opens the feed and binds.
    ///
    /// # Errors
    /// The endpoint is in use or does not belong to this machine; the price history cannot be opened.
    pub fn bind(context: &Context, config: PublishConfig) -> Result<Self, StartError> {
        let feed = Feed::open(config.feed)?;
        let (socket, endpoint) = bind(context, &config.ticks, config.block)?;
        info!(channel = TICKS.name, %endpoint, "listening");
        let PublishConfig { sequence, block, count, await_subscribers, .. } = config;
        Ok(Self {
            socket,
            endpoint,
            config: Settings { sequence, block, count: count.unwrap_or(u64::MAX), await_subscribers },
            feed,
            frames: Frames::new(),
            packer: Packer::default(),
            audience: Audience::default(),
            listener: Listener::of(TICKS),
            published: 0,
            late: None,
        })
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
        if self.config.block && !stop.is_stopped() {
            self.socket.set_linger(BLOCK_LINGER)?;
        }
        Ok(Published {
            published: self.published,
            refused_lines: self.feed.refused_lines(),
            elapsed_ms: milliseconds(start.elapsed()),
            late_us: self.late.as_ref().map(Delays::percentiles),
        })
    }

    /// Waits for the first subscriptions; returns `false` at the stop signal. A subscriber sends all of its subscriptions at
    /// once, but libzmq hands over only a few at a time, so this continues until no more come.
    fn await_subscribers(&mut self, stop: &Stop) -> Result<bool, SocketError> {
        if self.config.await_subscribers == 0 {
            return Ok(true);
        }
        info!(subscribers = self.config.await_subscribers, "waiting for subscribers");
        while self.audience.len() < self.config.await_subscribers {
            if wait(stop, [self.socket.readable(), self.socket.events()], self.listener.next_deadline())?.stopped {
                return Ok(false);
            }
            self.listen(Instant::now())?;
        }
        let mut now = Instant::now();
        let (mut settled, latest) = (now + SETTLED.0, now + SETTLED.1);
        while now < settled {
            if wait(stop, [self.socket.readable(), self.socket.events()], Some(settled))?.stopped {
                return Ok(false);
            }
            now = Instant::now();
            if self.listen(now)? {
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
            let round = self.send_due(now, stop)?;
            if matches!(round, Round::Full) && now.instant < next_check {
                continue;
            }
            next_check = now.instant + CHECK_EVERY;
            self.listen(now.instant)?;
            let stopped = match round {
                Round::Done => true,
                Round::Full => stop.is_stopped(),
                Round::Until(due) => self.sleep(due, now.instant, stop)?,
                Round::Starved => {
                    let interests = [self.socket.readable(), self.socket.events(), self.feed.ring()];
                    wait(stop, interests, self.listener.next_deadline())?.stopped
                }
            };
            if stopped {
                return Ok(());
            }
        }
    }

    /// Sends due ticks in each form that anyone wants.
    fn send_due(&mut self, now: Now, stop: &Stop) -> Result<Round, PublishError> {
        let round = self.take_due(now, stop);
        // Those before the end of the feed, or before an error, were due.
        if !self.send_bursts(stop)? {
            return Ok(Round::Done);
        }
        round
    }

    /// Takes due ticks, sends each by itself if anyone wants that, and packs them if anyone wants bursts.
    fn take_due(&mut self, now: Now, stop: &Stop) -> Result<Round, PublishError> {
        let packs = self.audience.wants_bursts();
        // Without any subscriber it does what a plain publisher does.
        let sends = self.audience.wants_ticks() || !packs;
        for _ in 0..ROUND_MAX {
            if self.published >= self.config.count {
                return Ok(Round::Done);
            }
            let due = match self.feed.next(now)? {
                Next::Tick(due) => due,
                Next::At(due) => return Ok(Round::Until(due)),
                Next::Starved => return Ok(Round::Starved),
                Next::End => return Ok(Round::Done),
            };
            let waited = sends && !self.send(&due)?;
            if waited && !self.send_when_taken(stop)? {
                return Ok(Round::Done);
            }
            if packs
                && !self.packer.add(due.place, due.timestamp, due.price)
                && let Some(tick) = self.tick(&due)
            {
                self.packer.begin(due.place, &tick);
            }
            self.published += 1;
            if let Some(due) = due.at {
                let now = if waited { Instant::now() } else { now.instant };
                self.late.get_or_insert_default().record(now.saturating_duration_since(due));
            }
            if waited {
                // The time of the round has passed.
                break;
            }
        }
        Ok(Round::Full)
    }

    /// Sends a tick; returns `false` if a subscriber must take others first.
    #[inline]
    fn send(&mut self, due: &Due) -> Result<bool, SocketError> {
        let Some(tick) = self.tick(due) else { return Ok(true) };
        tick.encode(&mut self.frames);
        self.socket.send(&self.frames)
    }

    /// A tick as it is published.
    #[inline]
    fn tick(&self, due: &Due) -> Option<Tick> {
        let mut tick = self.feed.tick(due)?;
        if !self.config.sequence {
            tick.sequence = None;
        }
        Some(tick)
    }

    /// Sends the packed ticks; returns `false` at the stop signal, if a subscriber must take others first.
    fn send_bursts(&mut self, stop: &Stop) -> Result<bool, SocketError> {
        for position in 0..self.packer.packs().len() {
            self.packer.packs()[position].encode(&mut self.frames);
            if !self.socket.send(&self.frames)? && !self.send_when_taken(stop)? {
                if !self.audience.wants_ticks() {
                    self.published -= self.packer.packs()[position..].iter().map(|pack| pack.len() as u64).sum::<u64>();
                }
                return Ok(false);
            }
        }
        self.packer.clear();
        Ok(true)
    }

    /// Waits until a subscriber has taken others, and sends the encoded message; returns `false` at the stop signal.
    fn send_when_taken(&mut self, stop: &Stop) -> Result<bool, SocketError> {
        loop {
            if wait(stop, [self.socket.room(), self.socket.events()], self.listener.next_deadline())?.stopped {
                return Ok(false);
            }
            // Before the next attempt, because this consumes the signal that is waited for.
            self.listen(Instant::now())?;
            if self.socket.send(&self.frames)? {
                return Ok(true);
            }
        }
    }

    /// Sleeps until `due`, or less if the sockets have something; returns whether the stop signal was given.
    fn sleep(&self, due: Instant, now: Instant, stop: &Stop) -> Result<bool, SocketError> {
        if due - now > EXACT {
            let interests = [self.socket.readable(), self.socket.events()];
            let deadline = self.listener.next_deadline().into_iter().chain([due - EXACT]).min();
            return Ok(wait(stop, interests, deadline)?.stopped);
        }
        Ok(stop.wait_until(due))
    }

    /// Takes what the monitor and the subscribers have sent, which an `XPUB` would keep for ever; returns whether a
    /// subscriber has sent anything.
    fn listen(&mut self, now: Instant) -> Result<bool, SocketError> {
        let (audience, mut has_heard) = (&mut self.audience, false);
        self.listener.follow_subscribers(now, &mut self.socket, |heard| match heard {
            Heard::Gone(connection) => audience.handle_gone(connection),
            Heard::Subscription(connection, subscription) => {
                has_heard = true;
                match subscription {
                    Subscription::Begin(topic) => audience.handle_begin(connection, topic),
                    Subscription::End(topic) => audience.handle_end(connection, topic),
                    Subscription::Malformed(_) => {}
                }
            }
        })?;
        Ok(has_heard)
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
