//! The client's link to the server on one channel: the socket, its connection, and its faults.

use std::time::Instant;

use sockets::{
    Connection, Endpoint, Interest, MalformedMessages, Refusal, Socket, SocketError, State, connection::Change,
};
use wire::{Channel, DecodeError, Frames};

use crate::event::Event;

/// The most reasons of failed handshakes that are reported until a handshake succeeds: a peer that fails in two ways by
/// chance is reported twice, and not forever.
const DENIALS_MAX: usize = 4;

/// A connected socket.
pub(super) struct Link {
    channel: Channel,
    socket: Socket,
    connection: Connection,
    /// The reasons of failed handshakes that were reported since the last success.
    denials: Vec<Refusal>,
    malformed: MalformedMessages,
    /// The fault of the last malformed message, until it is reported.
    fault: Option<DecodeError>,
}

impl Link {
    /// The link of a socket that has just been connected to `endpoint`.
    pub(super) fn new(channel: Channel, socket: Socket, endpoint: &Endpoint) -> Self {
        Self {
            channel,
            socket,
            connection: Connection::new(channel, endpoint.clone()),
            denials: Vec::new(),
            malformed: MalformedMessages::default(),
            fault: None,
        }
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        self.connection.endpoint()
    }

    pub(super) fn send(&mut self, frames: &Frames) -> Result<bool, SocketError> {
        self.socket.send(frames)
    }

    pub(super) fn receive(&mut self, frames: &mut Frames) -> Result<bool, SocketError> {
        self.socket.receive(frames)
    }

    pub(super) fn readable(&self) -> Interest<'_> {
        self.socket.readable()
    }

    pub(super) fn writable(&self) -> Interest<'_> {
        self.socket.writable()
    }

    /// To wait for an event of the connection.
    pub(super) fn events(&self) -> Interest<'_> {
        self.socket.events()
    }

    /// The time at which to call [`Link::follow`] although there is no event.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.connection.next_deadline()
    }

    /// Handles the events of the connection, and passes on whether it is up when that changes. Returns the report of a
    /// failed handshake.
    pub(super) fn follow(&mut self, now: Instant, mut changed: impl FnMut(bool)) -> Result<Option<Event>, SocketError> {
        let mut denied = None;
        let denials = &mut self.denials;
        self.connection.follow(now, &mut self.socket, |change| match change {
            Change::Up => {
                denials.clear();
                changed(true);
            }
            Change::Down => changed(false),
            Change::Refused(refusal) => {
                if denials.len() < DENIALS_MAX && !denials.contains(&refusal) {
                    denials.push(refusal);
                    denied = Some(refusal);
                }
            }
        })?;
        let endpoint = self.connection.endpoint();
        Ok(denied.map(|refusal| Event::Denied {
            endpoint: endpoint.to_string(),
            reason: State::Refused(refusal).to_string(),
        }))
    }

    /// Connects again, with a new routing id.
    pub(super) fn reconnect(&mut self, now: Instant) -> Result<(), SocketError> {
        self.connection.reconnect(now, &mut self.socket)
    }

    /// Counts and logs the message just received, which is malformed.
    pub(super) fn record_malformed(&mut self, now: Instant, error: DecodeError, frames: &Frames) {
        self.malformed.record(now, &mut self.socket, &error, frames);
        self.fault = Some(error);
    }

    /// The report of malformed messages since the last one.
    pub(super) fn take_malformed(&mut self) -> Option<Event> {
        let reason = self.fault.take()?.to_string();
        Some(Event::Malformed { channel: self.channel, count: self.malformed.count(), reason })
    }
}
