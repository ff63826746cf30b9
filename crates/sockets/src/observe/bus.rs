//! The reporter's end of the bus: an `XPUB` that connects to a hub, and what the observers behind it want.

use std::time::{Duration, Instant};

use wire::{Frames, report::REPORTS};

use super::demand::Demand;
use crate::{Connection, Context, Endpoint, Interest, Role, Socket, SocketError, Subscription};

/// How long an unsent report may delay the end of the process.
const LINGER: Duration = Duration::from_millis(100);

/// The most subscriptions that are taken at a time: an observer may send any number.
const SUBSCRIPTIONS_MAX: usize = 1_000;

/// The connection to a hub; without one nothing is wanted, and nothing is sent.
#[derive(Debug)]
pub(super) struct Bus {
    socket: Socket,
    connection: Connection,
    demand: Demand,
    frames: Frames,
}

impl Bus {
    /// Connects to the hub at `endpoint`, now or as soon as there is one.
    pub(super) fn connect(context: &Context, endpoint: Endpoint) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::XPub, REPORTS)?;
        // Nothing is kept for a hub that is not there, and its demand ends with it.
        socket.only_to_connected()?;
        socket.set_linger(LINGER)?;
        socket.watch("observe.reports")?;
        socket.connect(&endpoint)?;
        let connection = Connection::new(REPORTS, endpoint);
        Ok(Self { socket, connection, demand: Demand::default(), frames: Frames::new() })
    }

    /// To wait for subscriptions, and for changes of the connection.
    pub(super) fn interests(&self) -> Vec<Interest<'_>> {
        vec![self.socket.readable(), self.socket.events()]
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.connection.next_deadline()
    }

    /// Takes what has arrived, and returns whether an observer has subscribed to `topic`, perhaps again.
    pub(super) fn take_subscriptions(&mut self, now: Instant, topic: &str) -> Result<bool, SocketError> {
        self.connection.follow(now, &mut self.socket, |_| {})?;
        let mut is_new = false;
        for _ in 0..SUBSCRIPTIONS_MAX {
            if !self.socket.receive(&mut self.frames)? {
                break;
            }
            let subscription = Subscription::of(&self.frames);
            is_new |= matches!(subscription, Subscription::Begin(prefix) if topic.as_bytes().starts_with(prefix));
            self.demand.handle(subscription);
        }
        Ok(is_new)
    }

    pub(super) const fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Sends a report; the hub drops it if it is slow, and so does this.
    pub(super) fn send(&mut self, encode: impl FnOnce(&mut Frames)) {
        encode(&mut self.frames);
        // It fails only if the context is gone, and then the process ends.
        let _ = self.socket.send(&self.frames);
    }
}
