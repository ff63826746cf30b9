//! The broker without its sockets: the [`Dispatcher`] of all requests, the [`Jobs`] that were accepted, and the [`Links`] to other
//! brokers. Pure.

use std::time::Instant;

use wire::{
    DecodeError, Frames,
    job::{PeerMessage, Request, Side},
};

use crate::{
    dispatcher::{Dispatcher, Outbox, Sender},
    jobs::{Clock, Jobs},
    links::Links,
    requests::Number,
    store::Record,
    vault::Answer,
};

/// The broker without its socket.
#[derive(Debug)]
pub struct Majordomo {
    dispatcher: Dispatcher,
    jobs: Jobs,
    links: Links,
}

impl Majordomo {
    /// A broker with what an earlier run has left.
    pub fn new(
        dispatcher: Dispatcher,
        links: Links,
        clock: Clock,
        records: impl IntoIterator<Item = (Number, Record)>,
        out: &mut Outbox,
    ) -> Self {
        let mut majordomo = Self { dispatcher, jobs: Jobs::new(clock), links };
        majordomo.jobs.restore(clock.start, records, &mut majordomo.dispatcher, out);
        majordomo.settle(clock.start, out);
        majordomo
    }

    /// All requests and workers.
    #[must_use]
    pub const fn dispatcher(&self) -> &Dispatcher {
        &self.dispatcher
    }

    /// All jobs that are not done.
    #[must_use]
    pub const fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// The connections to other brokers.
    #[must_use]
    pub const fn links(&self) -> &Links {
        &self.links
    }

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [self.dispatcher.next_deadline(), self.jobs.next_deadline(), self.links.next_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Takes a message of a peer; returns whether the end of this peer's connection has to be noticed.
    ///
    /// # Errors
    /// The message is malformed. Nothing has changed.
    pub fn handle_message(
        &mut self,
        now: Instant,
        from: Sender<'_>,
        message: &Frames,
        out: &mut Outbox,
    ) -> Result<bool, DecodeError> {
        if PeerMessage::is(message) {
            let message = PeerMessage::decode(message)?;
            let is_new = self.dispatcher.accepts_peer(now, from.user)
                && self.links.handle_message(now, from.routing_id, message);
            self.settle(now, out);
            return Ok(is_new);
        }
        let is_watched = match Side::of_message(message) {
            Some(Side::Client) => {
                let request = Request::decode(message)?;
                self.dispatcher.accept(request.dialect)?;
                if Jobs::serves(request.service) {
                    self.jobs.handle_request(now, from.routing_id, &request, &mut self.dispatcher, out)
                } else {
                    self.dispatcher.take_request(now, from, &request, out);
                    false
                }
            }
            _ => self.dispatcher.handle_message(now, from, message, out)?,
        };
        self.settle(now, out);
        Ok(is_watched)
    }

    /// The connection of this peer is gone.
    pub fn handle_gone(&mut self, now: Instant, peer: &[u8], out: &mut Outbox) {
        self.jobs.handle_gone(peer, &mut self.dispatcher);
        self.dispatcher.handle_gone(now, peer, out);
        self.links.handle_gone(peer);
        self.settle(now, out);
    }

    /// This message could not be sent: its receiver is gone.
    pub fn handle_undelivered(&mut self, now: Instant, message: &Frames, out: &mut Outbox) {
        self.dispatcher.give_back_undelivered(message);
        if let Some(peer) = message.get(0) {
            self.handle_gone(now, peer, out);
        }
    }

    /// An uplink is connected.
    pub fn handle_up(&mut self, now: Instant, uplink: usize, out: &mut Outbox) {
        self.links.handle_up(now, uplink);
        self.settle(now, out);
    }

    /// An uplink has lost its connection.
    pub fn handle_down(&mut self, now: Instant, uplink: usize, out: &mut Outbox) {
        self.links.handle_down(uplink);
        self.settle(now, out);
    }

    /// Takes a message of an uplink.
    ///
    /// # Errors
    /// The message is malformed. Nothing has changed.
    pub fn handle_uplink(
        &mut self,
        now: Instant,
        uplink: usize,
        message: &Frames,
        out: &mut Outbox,
    ) -> Result<(), DecodeError> {
        self.links.handle_uplink(now, uplink, PeerMessage::decode(message)?);
        self.settle(now, out);
        Ok(())
    }

    /// Takes leave of other brokers.
    pub fn end(&mut self, now: Instant, out: &mut Outbox) {
        self.links.end(now, &mut self.dispatcher, out);
    }

    /// Takes an answer of the vault.
    pub fn handle_answer(&mut self, now: Instant, token: u64, answer: Answer, out: &mut Outbox) {
        self.jobs.handle_answer(now, token, answer, &mut self.dispatcher, out);
        self.settle(now, out);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        if self.next_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        self.dispatcher.handle_timeout(now, out);
        self.settle(now, out);
        self.jobs.handle_timeout(now, &mut self.dispatcher, out);
        self.links.handle_timeout(now);
        self.settle(now, out);
    }

    /// Passes on to the jobs and to other brokers what has come of their requests.
    fn settle(&mut self, now: Instant, out: &mut Outbox) {
        self.links.settle(now, &mut self.dispatcher, out);
        while let Some(event) = out.take_event() {
            self.jobs.handle_event(event, out);
        }
    }
}
