//! One batch after another with the same workers: the one that runs or ran last, and what is remembered of those before.

use std::time::Instant;

use sockets::Interest;
use tracing::info;
use valuz::batch::new_base;
use wire::{
    Frames, WorkerName,
    value::{Control, Outcome, Valued},
};

use super::{Run, check::Check, history::History, input::COUNT_MAX, round::Round, workers::Workers};
use crate::view::{BatchView, RecommendedCount, ValuationName};

/// The batches of a desk.
#[derive(Default)]
pub(super) struct Batches {
    round: Option<Round>,
    check: Option<Check>,
    history: History,
    /// The base of the last batch.
    base: u64,
    /// Whether results of earlier batches may still come.
    unsettled: bool,
}

impl Batches {
    /// Begins a batch; one that runs ends.
    pub(super) fn begin(&mut self, now: Instant, run: Run) {
        self.reset();
        // Two batches may begin in the same millisecond.
        self.base = new_base().max(self.base.saturating_add(COUNT_MAX));
        info!(orders = run.orders.count(), origin = run.origin, base = self.base, "batch");
        self.round = Some(Round::new(now, self.base, run, !self.unsettled));
    }

    /// Stops the batch that runs.
    pub(super) const fn stop(&mut self) {
        if let Some(round) = &mut self.round {
            round.stop();
        }
    }

    /// Ends and forgets the batch.
    pub(super) fn reset(&mut self) {
        self.check = None;
        self.unsettled |= self.round.take().is_some_and(|round| round.is_unsettled());
    }

    /// A worker is ready on this connection.
    pub(super) fn handle_ready(&mut self, name: Option<&WorkerName>, connection: u64) {
        if let Some(round) = &mut self.round {
            round.handle_ready(&Outcome::Ready(name.cloned()), connection);
        }
    }

    /// A connection is gone.
    pub(super) fn handle_disconnected(&mut self, connection: u64) {
        if let Some(round) = &mut self.round {
            round.handle_disconnected(connection);
        }
    }

    /// A result came; returns whether it was the last one, so that the clock is best read now.
    #[inline]
    pub(super) fn handle_value(&mut self, valued: &Valued, connection: impl FnOnce() -> Option<u64>) -> bool {
        self.round.as_mut().is_some_and(|round| {
            round.handle_value(valued, connection);
            round.is_open() && round.is_complete()
        })
    }

    /// Draws the conclusions; returns what is to be published.
    pub(super) fn handle_time(&mut self, now: Instant, workers: &Workers) -> Vec<Control> {
        self.unsettled &= !workers.is_deserted();
        let Some(round) = &mut self.round else { return Vec::new() };
        let commands = round.handle_time(now, workers);
        if round.take_end() {
            self.history.note_rate(round.valuation(), round.counted(), round.elapsed(), workers.count());
        }
        self.verify();
        commands
    }

    /// Begins to verify a batch that is complete, and takes the sum when it is there.
    fn verify(&mut self) {
        let Some(round) = self.round.as_mut().filter(|round| round.awaits_verification()) else { return };
        if round.valuation() == ValuationName::Var {
            // To add it up again would take as long as the batch.
            let verification = self.history.verify(&round.orders(), ValuationName::Var, &round.sum());
            return round.handle_verification(verification);
        }
        match &self.check {
            None => match Check::spawn(round.orders()) {
                Ok(check) => self.check = Some(check),
                Err(error) => round.handle_unchecked(&error.to_string()),
            },
            Some(check) if check.is_done() => {
                match check.take_sum() {
                    Some(expected) => round.handle_checked(&expected),
                    None => round.handle_unchecked("the value of an order is beyond the largest number"),
                }
                self.check = None;
            }
            Some(_) => {}
        }
    }

    /// Puts the next order to send into `frames`; returns `false` if there is none.
    #[inline]
    pub(super) fn next_order(&mut self, frames: &mut Frames) -> bool {
        self.round.as_mut().is_some_and(|round| round.next_order(frames))
    }

    /// To wait for the sum of the orders.
    pub(super) fn interest(&self) -> Interest<'_> {
        self.check.as_ref().map_or_else(Interest::never, Check::interest)
    }

    /// When [`Batches::handle_time`] must be called even if nothing happens.
    pub(super) fn next_deadline(&self, workers: &Workers) -> Option<Instant> {
        self.round.as_ref().and_then(|round| round.next_deadline(workers))
    }

    /// Whether a batch waits or runs.
    pub(super) fn is_open(&self) -> bool {
        self.round.as_ref().is_some_and(Round::is_open)
    }

    /// The batch that runs or ran last.
    pub(super) fn view(&mut self, now: Instant) -> Option<BatchView> {
        self.round.as_mut().map(|round| round.view(now))
    }

    /// How many orders make a batch of about ten seconds.
    pub(super) fn recommended(&self, workers: usize) -> Vec<RecommendedCount> {
        self.history.recommended(workers)
    }
}
