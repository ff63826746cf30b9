//! The connections that a binding socket accepts: which peers it turned away, and what the others may cost.
//!
//! A peer that is refused retries without end, so refusals are counted, and logged at most once a second. A peer that floods
//! is disconnected, because libzmq itself would accept everything:
//!
//! - A publisher keeps everything that its subscribers send until it is read. [`Listener::take_subscriptions`] reads it, and
//!   disconnects a peer that sends too much or subscribes to too much.
//! - A `PUSH` never reads, so everything that a worker sends stays in memory; on other sockets the frames of a message do
//!   until its last one comes. A peer that sends too much without a message that is received is disconnected.
//! - A process that is out of file descriptors can accept no connection, and libzmq's listener then spins. The last
//!   descriptors are a reserve: a connection that takes one of them is closed.

mod budget;
mod peers;
mod subscribers;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    mem,
    time::{Duration, Instant},
};

use tracing::{debug, warn};
use wire::{
    Channel, DecodeError, Fault, Frames,
    monitor::{EventKind, MonitorEvent},
};

pub use self::subscribers::Heard;
use self::{
    budget::{Budget, Spent},
    peers::Peers,
};
use crate::{
    Descriptor, MalformedMessages, Socket, SocketError, State,
    limits::{self, EVENTS_MAX},
};

/// How long the next refusal, or the next disconnection, is only counted.
const QUIET: Duration = Duration::from_secs(1);

/// How long subscriptions are read at a time, so that a publisher under a flood still publishes.
const TURN: Duration = Duration::from_millis(2);

/// How many subscriptions are read between two looks at the clock.
const STRIDE: usize = 64;

/// The accepted connections of one binding socket.
#[derive(Debug)]
pub struct Listener {
    channel: Channel,
    refused: Tally,
    /// Connections that the system could not accept, or that would have taken a descriptor of the reserve.
    unaccepted: Tally,
    flooders: Tally,
    malformed: MalformedMessages,
    /// The highest file descriptor that a connection may have.
    descriptor_max: u32,
    peers: Peers,
    /// Of the subscribers of a publisher.
    budgets: HashMap<Descriptor, Budget>,
    /// The subscription being read.
    frames: Frames,
}

/// A message from a subscriber to a publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription<'a> {
    /// It wants messages that begin with this topic.
    Begin(&'a [u8]),
    /// It no longer wants them, or is gone.
    End(&'a [u8]),
    /// It is neither; counted and logged already.
    Malformed(DecodeError),
}

impl<'a> Subscription<'a> {
    pub(crate) fn of(frames: &'a Frames) -> Self {
        match frames.get(0).unwrap_or_default() {
            [1, topic @ ..] => Self::Begin(topic),
            [0, topic @ ..] => Self::End(topic),
            [] => Self::Malformed(Fault::Empty.of("subscription")),
            &[value, ..] => Self::Malformed(Fault::Unknown { value }.of("subscription")),
        }
    }
}

/// Something that is counted, and logged at most once a second.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    logged: Option<Instant>,
}

impl Tally {
    /// Counts, and returns whether it is to be logged.
    fn count(&mut self, now: Instant) -> bool {
        self.count += 1;
        let is_due = self.logged.is_none_or(|last| now.saturating_duration_since(last) >= QUIET);
        if is_due {
            self.logged = Some(now);
        }
        is_due
    }
}

impl Listener {
    /// No connection yet.
    #[must_use]
    pub fn of(channel: Channel) -> Self {
        Self {
            channel,
            refused: Tally::default(),
            unaccepted: Tally::default(),
            flooders: Tally::default(),
            malformed: MalformedMessages::default(),
            descriptor_max: limits::connection_descriptor_max(),
            peers: Peers::default(),
            budgets: HashMap::new(),
            frames: Frames::new(),
        }
    }

    /// Takes the next events of the socket's monitor, up to a bound, logs those that turn a peer away, and passes each on
    /// to `handle`. To be called when there are events, and at [`Listener::next_deadline`].
    ///
    /// # Errors
    /// The context is gone.
    pub fn follow(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        mut handle: impl FnMut(&MonitorEvent),
    ) -> Result<(), SocketError> {
        self.take_events(EVENTS_MAX, now, socket, &mut handle)?;
        self.look(now, socket);
        Ok(())
    }

    fn take_events(
        &mut self,
        max: usize,
        now: Instant,
        socket: &mut Socket,
        handle: &mut impl FnMut(&MonitorEvent),
    ) -> Result<(), SocketError> {
        for _ in 0..max {
            let Some(event) = socket.next_event()? else { break };
            debug!(channel = self.channel.name, endpoint = event.endpoint, kind = %event.kind, value = event.value, "socket event");
            self.handle_event(now, socket, &event);
            handle(&event);
        }
        Ok(())
    }

    /// Looks at what peers have sent, if it is time.
    fn look(&mut self, now: Instant, socket: &mut Socket) {
        for flooder in self.peers.look(now, socket) {
            self.disconnect(now, socket, flooder);
        }
    }

    /// When to call [`Listener::follow`] though no event came.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Instant> {
        self.peers.next_look()
    }

    /// Reads what subscribers of a publisher have sent, for two milliseconds at most, and passes it on to `handle` with the
    /// number of its connection. A publisher must do so often: what is not read stays in memory.
    ///
    /// # Errors
    /// The context is gone.
    pub fn take_subscriptions(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        mut handle: impl FnMut(Option<u64>, Subscription<'_>),
    ) -> Result<(), SocketError> {
        let deadline = Instant::now() + TURN;
        let mut frames = mem::take(&mut self.frames);
        let mut is_any_left = true;
        while is_any_left && Instant::now() < deadline {
            for _ in 0..STRIDE {
                is_any_left = socket.receive(&mut frames)?;
                if !is_any_left {
                    break;
                }
                self.handle_subscription(now, socket, &frames, &mut handle);
            }
        }
        self.frames = frames;
        Ok(())
    }

    fn handle_subscription(
        &mut self,
        now: Instant,
        socket: &mut Socket,
        frames: &Frames,
        handle: &mut impl FnMut(Option<u64>, Subscription<'_>),
    ) {
        let (connection, subscription) = (socket.peer_connection(), Subscription::of(frames));
        if let Some(descriptor) = connection.and_then(Descriptor::of_number) {
            match self.budgets.entry(descriptor).or_default().spend(now, frames.byte_len(), subscription) {
                Spent::Within => {}
                Spent::JustOver => self.disconnect(now, socket, descriptor),
                Spent::Over => return,
            }
        }
        if let Subscription::Malformed(error) = subscription {
            self.malformed.record(now, socket, &error, frames);
        }
        handle(connection, subscription);
    }

    /// How many handshakes failed.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused.count
    }

    /// How many connections were not accepted because the process has too many files open.
    #[must_use]
    pub const fn unaccepted(&self) -> u64 {
        self.unaccepted.count
    }

    /// How many connections were closed because the peer sent too much.
    #[must_use]
    pub const fn flooders(&self) -> u64 {
        self.flooders.count
    }

    /// How many messages of subscribers were malformed.
    #[must_use]
    pub const fn malformed(&self) -> u64 {
        self.malformed.count()
    }

    fn handle_event(&mut self, now: Instant, socket: &mut Socket, event: &MonitorEvent) {
        let descriptor = Descriptor(event.value);
        match event.kind {
            EventKind::Accepted if event.value > self.descriptor_max => {
                descriptor.disconnect(&event.endpoint);
                self.report_unaccepted(now, &event.endpoint);
            }
            EventKind::Accepted => {
                self.peers.insert(now, descriptor, socket.role().incoming_bytes(self.channel.limits));
                self.budgets.remove(&descriptor);
            }
            EventKind::AcceptFailed => self.report_unaccepted(now, &event.endpoint),
            EventKind::Disconnected | EventKind::Closed => {
                self.peers.remove(descriptor);
                socket.awaited().remove(descriptor);
                if let Some(budget) = self.budgets.get_mut(&descriptor) {
                    // Some of its messages may still wait to be read, and nothing follows from them.
                    budget.end();
                }
            }
            _ => {}
        }
        if let Some(state @ State::Refused(_)) = State::after(event)
            && self.refused.count(now)
        {
            let (channel, endpoint) = (self.channel.name, &event.endpoint);
            warn!(channel, %endpoint, count = self.refused.count, "{state}");
        }
    }

    fn report_unaccepted(&mut self, now: Instant, endpoint: &str) {
        if self.unaccepted.count(now) {
            let (channel, files_max) = (self.channel.name, limits::open_files());
            warn!(
                channel,
                endpoint,
                count = self.unaccepted.count,
                files_max,
                "too many open files: connection not accepted"
            );
        }
    }

    fn disconnect(&mut self, now: Instant, socket: &Socket, descriptor: Descriptor) {
        let Some(endpoint) = socket.bound_to() else { return };
        if descriptor.disconnect(endpoint.as_str()) && self.flooders.count(now) {
            let channel = self.channel.name;
            warn!(channel, %endpoint, count = self.flooders.count, "a peer sends too much: disconnected");
        }
    }
}
