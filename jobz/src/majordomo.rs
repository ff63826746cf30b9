//! The broker without its socket: the [`Dispatcher`] of all requests, and the [`Jobs`] that were accepted. Pure.

use std::time::Instant;

use wire::{
    DecodeError, Frames,
    job::{Request, Side},
};

use crate::{
    dispatcher::{Dispatcher, Outbox, Sender},
    jobs::{Clock, Jobs},
    requests::Number,
    store::Record,
    vault::Answer,
};

/// The broker without its socket.
#[derive(Debug)]
pub struct Majordomo {
    dispatcher: Dispatcher,
    jobs: Jobs,
}

impl Majordomo {
    /// A broker with what an earlier run has left.
    pub fn new(
        dispatcher: Dispatcher,
        clock: Clock,
        records: impl IntoIterator<Item = (Number, Record)>,
        out: &mut Outbox,
    ) -> Self {
        let mut majordomo = Self { dispatcher, jobs: Jobs::new(clock) };
        majordomo.jobs.restore(clock.start, records, &mut majordomo.dispatcher, out);
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

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.dispatcher.next_deadline().into_iter().chain(self.jobs.next_deadline()).min()
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
        self.settle(out);
        Ok(is_watched)
    }

    /// The connection of this peer is gone.
    pub fn handle_gone(&mut self, now: Instant, peer: &[u8], out: &mut Outbox) {
        self.jobs.handle_gone(peer, &mut self.dispatcher);
        self.dispatcher.handle_gone(now, peer, out);
        self.settle(out);
    }

    /// Takes an answer of the vault.
    pub fn handle_answer(&mut self, now: Instant, token: u64, answer: Answer, out: &mut Outbox) {
        self.jobs.handle_answer(now, token, answer, &mut self.dispatcher, out);
        self.settle(out);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        self.dispatcher.handle_timeout(now, out);
        self.settle(out);
        self.jobs.handle_timeout(now, &mut self.dispatcher, out);
        self.settle(out);
    }

    /// Passes on to the jobs what has come of their requests.
    fn settle(&mut self, out: &mut Outbox) {
        while let Some(event) = out.take_event() {
            self.jobs.handle_event(event, out);
        }
    }
}
