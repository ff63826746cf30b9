//! One batch after another with the same workers: the one that runs or ran last, and what is remembered of those before.

use std::time::Instant;

use sockets::Interest;
use tracing::info;
use valuz::{
    batch::new_base,
    pace::{Pace, Pacer},
};
use wire::{
    Frames, WorkerName,
    value::{Control, Outcome, Valued},
};

use super::{Run, check::Check, history::History, input::COUNT_MAX, round::Round, workers::Workers};
use crate::view::{BatchView, RecommendedCount, ValuationName};

/// The batches of a desk.
pub(super) struct Batches {
    round: Option<Round>,
    check: Option<Check>,
    history: History,
    /// The base of the last batch.
    base: u64,
    /// Whether results of earlier batches may still come.
    unsettled: bool,
    /// How fast orders leave: of this batch and of those after it.
    pacer: Pacer,
}

impl Batches {
    /// No batch.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            round: None,
            check: None,
            history: History::default(),
            base: 0,
            unsettled: false,
            pacer: Pacer::new(Pace::Max, now),
        }
    }

    /// How fast orders leave.
    pub(super) const fn pace(&self) -> Pace {
        self.pacer.pace()
    }

    /// Changes how fast orders leave, also of the batch that runs.
    pub(super) fn set_pace(&mut self, pace: Pace) {
        self.pacer.set(pace);
    }

    /// Lets one order leave, and from now on one for each call; without a batch that is open it does nothing.
    pub(super) fn step(&mut self) {
        if self.is_open() {
            self.pacer.step();
        }
    }

    /// Begins a batch; one that runs ends.
    pub(super) fn begin(&mut self, now: Instant, run: Run) {
        self.reset();
        self.pacer.forget_steps();
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
        self.pacer.handle_time(now);
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

    /// The order to send now, if there is one and the pace lets it leave: the same until [`Batches::handle_sent`].
    #[inline]
    pub(super) fn outgoing(&mut self) -> Option<&Frames> {
        self.round.as_mut().filter(|_| self.pacer.may_send())?.outgoing()
    }

    /// That order was sent.
    #[inline]
    pub(super) fn handle_sent(&mut self) {
        if let Some(round) = &mut self.round {
            round.handle_sent();
        }
        self.pacer.handle_sent();
    }

    /// Whether an order may leave that no worker has had room for.
    pub(super) fn awaits_room(&self) -> bool {
        self.pacer.may_send() && self.round.as_ref().is_some_and(Round::awaits_room)
    }

    /// To wait for the sum of the orders.
    pub(super) fn interest(&self) -> Interest<'_> {
        self.check.as_ref().map_or_else(Interest::never, Check::interest)
    }

    /// When [`Batches::handle_time`] must be called even if nothing happens.
    pub(super) fn next_deadline(&self, workers: &Workers) -> Option<Instant> {
        let round = self.round.as_ref()?;
        let paced = self.pacer.next_deadline().filter(|_| round.has_order());
        round.next_deadline(workers).into_iter().chain(paced).min()
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
