//! One batch from the first order to the last result: what is to be sent and published, what is counted, what is shown
//! of it. Pure; valuz's own [`Batch`] and [`Tally`] know the protocol.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use valuz::{
    batch::Batch,
    orders::Orders,
    tally::{Phase, Plan, Tally},
};
use wire::{
    Frames, plural,
    value::{Control, Outcome, Valued},
};

use super::{Run, check::Sum, workers::Workers};
use crate::{
    rates::Rate,
    view::{BatchPhase, BatchView, SymbolValue, ValuationName, Verification},
};

/// How long it waits for workers that dealz has just started.
const AWAITED_FOR: Duration = Duration::from_secs(3);

/// How long no new result may arrive before missing orders are sent again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long no new result may arrive from connected workers before the batch is given up.
const GIVE_UP: Duration = Duration::from_secs(5 * 60);

/// The least time between two roundings of the sums, which cost a little for each symbol.
const SUMS_EVERY: Duration = Duration::from_millis(200);

/// How many symbols are shown; all are counted, and all are checked.
const SYMBOLS_SHOWN: usize = 1_000;

/// A batch that runs or ran last.
pub(crate) struct Round {
    origin: String,
    valuation: ValuationName,
    awaited_pids: Vec<u32>,
    asked_at: Instant,
    started_at: Option<Instant>,
    batch: Batch,
    /// The order to send next, encoded; empty if none was taken from the batch.
    outgoing: Frames,
    tally: Tally,
    /// Whether results without numbers may count: no earlier batch can still bring any.
    takes_unnumbered: bool,
    /// Whether it was stopped on request.
    stopped: bool,
    /// Whether its end was noticed.
    is_end_taken: bool,
    /// Of the counted orders.
    rate: Rate,
    sums: Sum,
    sums_at: Option<Instant>,
    /// Whether they were rounded after the end.
    sums_are_last: bool,
    verification: Verification,
}

impl Round {
    /// A batch that waits for workers.
    pub(crate) fn new(now: Instant, base: u64, run: Run, takes_unnumbered: bool) -> Self {
        let Run { orders, origin, valuation, await_pids } = run;
        let plan = Plan { workers: 1, count: orders.count(), base, patience: PATIENCE, give_up: GIVE_UP };
        Self {
            batch: Batch::new(orders),
            outgoing: Frames::new(),
            origin,
            valuation,
            awaited_pids: await_pids,
            asked_at: now,
            started_at: None,
            tally: Tally::new(plan),
            takes_unnumbered,
            stopped: false,
            is_end_taken: false,
            rate: Rate::default(),
            sums: Sum::default(),
            sums_at: None,
            sums_are_last: false,
            verification: Verification::Pending,
        }
    }

    /// Whether it is neither complete nor stopped.
    pub(crate) fn is_open(&self) -> bool {
        !self.stopped && matches!(self.tally.phase(), Phase::Waiting | Phase::Running)
    }

    /// Whether results of it may come after its end: of orders that were sent again, or not counted.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.tally.phase() != Phase::Complete || self.tally.is_sent_again()
    }

    /// A worker is ready on this connection.
    pub(crate) fn handle_ready(&mut self, ready: &Outcome, connection: u64) {
        if self.started_at.is_some() {
            self.tally.handle_outcome(ready, || Some(connection));
        }
    }

    /// A connection is gone.
    pub(crate) fn handle_disconnected(&mut self, connection: u64) {
        self.tally.handle_disconnected(connection);
    }

    /// A result, of this batch or of another. `connection` is the one it came on.
    #[inline]
    pub(crate) fn handle_value(&mut self, valued: &Valued, connection: impl FnOnce() -> Option<u64>) {
        if !self.stopped {
            self.tally.handle_value(valued, connection);
        }
    }

    /// Whether every order is counted: the clock is best read now.
    #[inline]
    pub(crate) const fn is_complete(&self) -> bool {
        self.tally.is_complete()
    }

    /// Draws the conclusions: what is to be published.
    pub(crate) fn handle_time(&mut self, now: Instant, workers: &Workers) -> Vec<Control> {
        if !self.is_open() {
            return Vec::new();
        }
        let count = workers.count();
        let mut published = if self.started_at.is_some() {
            if count == 0 && !self.is_complete() {
                // There is no worker to be impatient with; the next one gets the missing orders.
                self.tally.handle_no_workers(now);
                return Vec::new();
            }
            self.tally.handle_sent(now, self.sent());
            self.tally.handle_time(now)
        } else {
            let are_awaited = !self.awaited_pids.iter().all(|&pid| workers.has_pid(pid));
            if count == 0 || (now < self.awaited_until() && are_awaited) {
                return Vec::new();
            }
            self.start(now, workers)
        };
        for command in &published {
            match command {
                Control::Start { base } => drop(self.batch.handle_start(base.unwrap_or(0))),
                Control::Repeat(numbers) => self.batch.handle_repeat(numbers),
                Control::Exit | Control::Packs => {}
            }
        }
        // Workers stay for the next batch.
        published.retain(|command| *command != Control::Exit);
        published
    }

    /// The order to send next, if there is one: the same until [`Round::handle_sent`].
    #[inline]
    pub(crate) fn outgoing(&mut self) -> Option<&Frames> {
        if !self.is_sending() {
            return None;
        }
        if self.outgoing.is_empty() {
            self.batch.next_order()?.encode(&mut self.outgoing);
        }
        Some(&self.outgoing)
    }

    /// That order was sent.
    #[inline]
    pub(crate) fn handle_sent(&mut self) {
        self.outgoing.clear();
    }

    /// Whether an order was taken from the batch that no worker has had room for.
    pub(crate) fn awaits_room(&self) -> bool {
        self.is_sending() && !self.outgoing.is_empty()
    }

    /// Whether there is an order to send.
    pub(crate) fn has_order(&self) -> bool {
        self.is_sending() && (!self.outgoing.is_empty() || self.batch.has_next())
    }

    #[inline]
    fn is_sending(&self) -> bool {
        !self.stopped && self.tally.phase() == Phase::Running
    }

    /// How many orders were sent at least once.
    fn sent(&self) -> u64 {
        self.batch.sent() - u64::from(!self.outgoing.is_empty())
    }

    /// Ends it before it is complete; one that has ended stays as it is.
    pub(crate) const fn stop(&mut self) {
        self.stopped |= matches!(self.tally.phase(), Phase::Waiting | Phase::Running);
    }

    /// Whether it has ended since this was asked last.
    pub(crate) fn take_end(&mut self) -> bool {
        !self.is_open() && !std::mem::replace(&mut self.is_end_taken, true)
    }

    /// What its workers compute.
    pub(crate) const fn valuation(&self) -> ValuationName {
        self.valuation
    }

    /// Its orders.
    pub(crate) fn orders(&self) -> Arc<Orders> {
        Arc::clone(self.batch.orders())
    }

    /// How many orders are counted.
    pub(crate) fn counted(&self) -> u64 {
        self.batch.orders().count() - self.tally.missing()
    }

    /// From the start to the last new result.
    pub(crate) fn elapsed(&self) -> Duration {
        self.tally.elapsed()
    }

    /// The sums until now.
    pub(crate) fn sum(&mut self) -> Sum {
        Sum::of(self.tally.sums())
    }

    /// Whether its total is to be verified.
    pub(crate) fn awaits_verification(&self) -> bool {
        self.tally.phase() == Phase::Complete && self.verification == Verification::Pending
    }

    /// It is known whether the total is correct.
    pub(crate) fn handle_verification(&mut self, verification: Verification) {
        self.verification = verification;
    }

    /// The sums of the orders are known.
    pub(crate) fn handle_checked(&mut self, expected: &Sum) {
        self.verification = if self.sum().is_same(expected) {
            Verification::Verified
        } else {
            Verification::Differs { expected: expected.total.clamp(f64::MIN, f64::MAX) }
        };
    }

    /// The sums of the orders cannot be known.
    pub(crate) fn handle_unchecked(&mut self, reason: &str) {
        self.verification = Verification::Unchecked { reason: reason.to_owned() };
    }

    /// When [`Round::handle_time`] must be called even if nothing happens.
    pub(crate) fn next_deadline(&self, workers: &Workers) -> Option<Instant> {
        match (self.is_open() && workers.count() > 0, self.started_at) {
            (true, None) => Some(self.awaited_until()),
            (true, Some(_)) if self.tally.is_nothing_expected(self.sent()) => None,
            (true, Some(_)) => self.tally.next_deadline(),
            (false, _) => None,
        }
    }

    /// The batch as a page shows it.
    pub(crate) fn view(&mut self, now: Instant) -> BatchView {
        let (counts, missing, count) = (self.tally.counts(), self.tally.missing(), self.batch.orders().count());
        let phase = self.phase();
        self.round_sums(now, &phase);
        let is_running = phase == BatchPhase::Running;
        let elapsed = match self.started_at {
            Some(started) if is_running => now.saturating_duration_since(started),
            _ => self.tally.elapsed(),
        };
        let per_second = if is_running {
            self.rate.handle_count(now, count - missing);
            self.rate.per_second()
        } else if elapsed.is_zero() {
            0.0
        } else {
            (count - missing) as f64 / elapsed.as_secs_f64()
        };
        if matches!(phase, BatchPhase::Stopped | BatchPhase::GivenUp { .. })
            && self.verification == Verification::Pending
        {
            self.handle_unchecked("orders are missing");
        }
        let shown = self.sums.by_symbol.iter().filter(|(_, value)| value.is_finite()).take(SYMBOLS_SHOWN);
        BatchView {
            phase,
            count,
            origin: self.origin.clone(),
            valuation: self.valuation,
            counted: count - missing,
            outstanding: missing,
            // Orders that are to be sent again may have been counted since.
            unsent: (self.batch.unsent() + u64::from(!self.outgoing.is_empty())).min(missing),
            repeated: counts.repeated,
            duplicates: counts.duplicates,
            late: counts.late,
            foreign: counts.foreign,
            elapsed_ms: elapsed.as_secs_f64() * 1000.0,
            per_second,
            left_ms: (is_running && per_second > 0.0).then(|| missing as f64 / per_second * 1000.0),
            total: Some(self.sums.total).filter(|total| total.is_finite()),
            by_symbol: shown.map(|(symbol, &value)| SymbolValue { symbol: symbol.clone(), value }).collect(),
            verification: self.verification.clone(),
        }
    }

    fn phase(&self) -> BatchPhase {
        match self.tally.phase() {
            _ if self.stopped => BatchPhase::Stopped,
            Phase::Waiting => BatchPhase::Waiting,
            Phase::Running => BatchPhase::Running,
            Phase::Complete => BatchPhase::Complete,
            Phase::GivenUp => {
                let (minutes, missing) = (GIVE_UP.as_secs() / 60, self.tally.missing());
                let orders = plural(missing, "order");
                let reason = format!("No new result came for {minutes} minutes: {orders} got none.");
                BatchPhase::GivenUp { reason }
            }
        }
    }

    fn awaited_until(&self) -> Instant {
        self.asked_at + AWAITED_FOR
    }

    fn start(&mut self, now: Instant, workers: &Workers) -> Vec<Control> {
        self.started_at = Some(now);
        for connection in workers.connections() {
            self.tally.handle_connected(connection);
        }
        self.tally.start_own(now, self.takes_unnumbered)
    }

    /// Rounds the sums now and then while it runs, and once after its end.
    fn round_sums(&mut self, now: Instant, phase: &BatchPhase) {
        let is_due = match phase {
            BatchPhase::Waiting => false,
            BatchPhase::Running => self.sums_at.is_none_or(|at| now >= at + SUMS_EVERY),
            BatchPhase::Complete | BatchPhase::Stopped | BatchPhase::GivenUp { .. } => {
                !std::mem::replace(&mut self.sums_are_last, true)
            }
        };
        if is_due {
            self.sums = Sum::of(self.tally.sums());
            self.sums_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
