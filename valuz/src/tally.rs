//! What reduce knows of a batch: a pure state machine, no sockets and no clock.
//!
//! The `handle_*` methods for outcomes and subscriptions only note facts, so a result costs no look at the clock.
//! [`Tally::handle_time`] draws the conclusions (START, REPEAT, EXIT) after each burst of them, and at
//! [`Tally::next_deadline`].
//!
//! A result counts if its number is one of this batch: from [`Plan::base`] on, which START names to the source
//! (extension `batch`). A source without that extension numbers from 0, and is believed until the first number from
//! the base shows that the source has it.

mod clocks;

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use fixedbitset::FixedBitSet;
use wire::value::{Control, Outcome, REPEAT_NUMBERS_MAX, Valued};

use self::clocks::{Arrivals, Clocks};
use crate::{losses::Losses, roster::Roster, sums::Sums};

/// The most REPEAT messages published at once: a million orders, well within the queue of the control channel.
const REPEATS_MAX: usize = 128;

/// How long after EXIT a peer that has not yet subscribed to it is waited for: longer than the longest pause
/// between two attempts to connect.
const EXIT_GRACE: Duration = Duration::from_secs(3);

/// How long after EXIT the workers' last reports are waited for.
const REPORT_GRACE: Duration = Duration::from_millis(300);

/// What is expected, and how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The number of workers that must be ready before START.
    pub workers: u32,
    /// The number of orders in the batch.
    pub count: u64,
    /// The number of the batch's first order ([`crate::batch::new_base`]).
    pub base: u64,
    /// How long no new result may arrive before missing orders are asked for again.
    pub patience: Duration,
    /// How long nothing at all may arrive before the batch is given up.
    pub give_up: Duration,
}

/// The state of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for workers and the source.
    Waiting,
    /// Between START and EXIT.
    Running,
    /// After EXIT: every order was counted.
    Complete,
    /// After EXIT: orders are missing and no more results came.
    GivenUp,
}

/// What reduce knows of a batch.
pub struct Tally {
    plan: Plan,
    phase: Phase,
    roster: Roster,
    subscriptions: Subscriptions,
    source: Source,
    numbering: Numbering,
    sums: Sums,
    /// Which orders were counted, by their places in the batch.
    seen: FixedBitSet,
    /// Only orders at places below this one can have been sent.
    sent: u64,
    counts: Counts,
    losses: Losses,
    /// Whether results without numbers count. Not once START or REPEAT may have made orders run twice: such a result
    /// could be the second of an order.
    takes_unnumbered: bool,
    clocks: Option<Clocks>,
    arrivals: Arrivals,
    start_due: bool,
    exit_due: bool,
}

/// Who sends the orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// A peer: what it can do shows in its subscriptions.
    Remote,
    /// The caller, who can repeat orders ([`Tally::start_own`]).
    Own,
}

/// How the source numbers its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbering {
    /// Not known: no result with a number has come.
    Unknown,
    /// From the base.
    FromBase,
    /// From 0: a source without the extension `batch`.
    FromZero,
}

/// Subscriptions received until now, by topic.
#[derive(Debug, Default)]
struct Subscriptions {
    start: u64,
    repeat: u64,
    exit: u64,
}

/// What happened to the results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Counted by their order's number.
    pub numbered: u64,
    /// Counted without a number.
    pub unnumbered: u64,
    /// Dropped: their order was counted before.
    pub duplicates: u64,
    /// Dropped: of an earlier batch.
    pub late: u64,
    /// Dropped: of no batch known, or not distinguishable from a duplicate.
    pub foreign: u64,
    /// Orders asked for again, each request counted.
    pub repeated: u64,
}

impl Tally {
    /// A batch before any message.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            phase: Phase::Waiting,
            roster: Roster::default(),
            subscriptions: Subscriptions::default(),
            source: Source::Remote,
            // If both series begin with the same number, they are one.
            numbering: if plan.base == 0 { Numbering::FromBase } else { Numbering::Unknown },
            sums: Sums::default(),
            seen: FixedBitSet::with_capacity(usize::try_from(plan.count).unwrap_or(usize::MAX)),
            sent: plan.count,
            counts: Counts::default(),
            losses: Losses::default(),
            takes_unnumbered: true,
            clocks: None,
            arrivals: Arrivals::default(),
            start_due: false,
            exit_due: false,
        }
    }

    /// Starts a batch whose orders the caller sends, numbered from the base. `takes_unnumbered`: whether results without
    /// numbers can be of no earlier batch. Returns what is to be published.
    pub fn start_own(&mut self, now: Instant, takes_unnumbered: bool) -> Vec<Control> {
        (self.source, self.numbering, self.takes_unnumbered) = (Source::Own, Numbering::FromBase, takes_unnumbered);
        self.start(now)
    }

    /// A worker sent an outcome. `connection` identifies the connection it came on, as long as that lives; it is only
    /// called when it matters.
    #[inline]
    pub fn handle_outcome(&mut self, outcome: &Outcome, connection: impl FnOnce() -> Option<u64>) {
        match outcome {
            Outcome::Value(valued) => self.handle_value(valued, connection),
            Outcome::Ready(worker) => {
                let is_new_connection = connection().is_none_or(|connection| self.handle_connected(connection));
                self.arrivals.peer |= self.roster.ready(worker.as_ref(), is_new_connection);
            }
            Outcome::Report { worker, done } => self.roster.report(worker, *done),
        }
    }

    /// A worker is ready on this connection. Returns whether none was before.
    pub fn handle_connected(&mut self, connection: u64) -> bool {
        self.losses.handle_ready(connection)
    }

    /// A connection is gone: if it was a worker's, what that worker held is asked for as soon as it is known.
    pub fn handle_disconnected(&mut self, connection: u64) {
        self.losses.handle_disconnected(connection);
    }

    /// A worker sent a result.
    #[inline]
    pub fn handle_value(&mut self, valued: &Valued, connection: impl FnOnce() -> Option<u64>) {
        let number = valued.tail.number();
        let place = number.and_then(|number| self.place(number));
        if self.losses.is_searching()
            && let (Some(place), Some(connection)) = (place, connection())
        {
            self.losses.handle_answer(connection, place);
        }
        let index = place.and_then(|place| usize::try_from(place).ok());
        match (number, index) {
            // A result from before START is of an earlier batch, or of an earlier reduce: it can be asked for again.
            _ if self.phase == Phase::Waiting => self.counts.late += 1,
            (_, Some(index)) if self.seen.contains(index) => {
                self.counts.duplicates += 1;
                self.arrivals.duplicate = true;
            }
            _ if self.phase != Phase::Running || self.is_complete() => self.counts.foreign += 1,
            (Some(_), Some(index)) if self.sums.add(valued.symbol, valued.value).is_ok() => {
                self.seen.insert(index);
                self.counts.numbered += 1;
                self.arrivals.result = true;
            }
            (None, _) if self.takes_unnumbered && self.sums.add(valued.symbol, valued.value).is_ok() => {
                self.counts.unnumbered += 1;
                self.arrivals.result = true;
            }
            // Bases grow with time.
            (Some(number), None) if number < self.plan.base => {
                self.counts.late += 1;
                self.arrivals.late = true;
            }
            _ => self.counts.foreign += 1,
        }
    }

    /// The place in the batch of the order with this number.
    #[inline]
    fn place(&mut self, number: u64) -> Option<u64> {
        let from_base = number.wrapping_sub(self.plan.base);
        if from_base < self.plan.count {
            if self.numbering != Numbering::FromBase {
                self.recognise_base();
            }
            return Some(from_base);
        }
        if self.numbering == Numbering::FromBase || number >= self.plan.count || self.phase != Phase::Running {
            return None;
        }
        self.numbering = Numbering::FromZero;
        Some(number)
    }

    /// The source numbers from the base, so whatever was counted from 0 is of an earlier batch. What was counted without
    /// a number goes with it, since the sums cannot be separated: those orders are asked for.
    fn recognise_base(&mut self) {
        if self.numbering == Numbering::FromZero {
            self.counts.late += self.counts.numbered + self.counts.unnumbered;
            (self.counts.numbered, self.counts.unnumbered) = (0, 0);
            self.seen.clear();
            self.sums = Sums::default();
            self.takes_unnumbered = false;
        }
        self.numbering = Numbering::FromBase;
    }

    /// A peer subscribed to a topic on control.
    pub fn handle_subscription(&mut self, topic: &[u8]) {
        match topic {
            // Only the source subscribes to START; a peer that subscribes to everything is another one.
            Control::START_TOPIC => {
                self.subscriptions.start += 1;
                self.start_due = self.phase == Phase::Running;
                self.arrivals.peer |= self.start_due;
            }
            Control::REPEAT_TOPIC => self.subscriptions.repeat += 1,
            topic if Control::EXIT_TOPIC.starts_with(topic) => {
                self.subscriptions.exit += 1;
                self.exit_due = matches!(self.phase, Phase::Complete | Phase::GivenUp);
            }
            _ => {}
        }
    }

    /// Returns what is to be published, in order, after all that was handled, at the time `now`.
    pub fn handle_time(&mut self, now: Instant) -> Vec<Control> {
        match self.phase {
            Phase::Waiting if self.is_ready() => self.start(now),
            Phase::Waiting => Vec::new(),
            Phase::Running => self.proceed(now),
            Phase::Complete | Phase::GivenUp => {
                if std::mem::take(&mut self.exit_due) {
                    vec![Control::Exit]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Whether workers and source are ready.
    fn is_ready(&self) -> bool {
        self.roster.len() >= self.plan.workers as u64 && self.subscriptions.start > 0
    }

    fn start(&mut self, now: Instant) -> Vec<Control> {
        self.phase = Phase::Running;
        self.arrivals = Arrivals::default();
        self.clocks = Some(Clocks::new(now, &self.plan));
        let mut outputs = vec![self.start_command()];
        if self.is_complete() {
            outputs.extend(self.end(Phase::Complete));
        }
        outputs
    }

    const fn start_command(&self) -> Control {
        Control::Start { base: Some(self.plan.base) }
    }

    fn proceed(&mut self, now: Instant) -> Vec<Control> {
        let Some(clocks) = &mut self.clocks else {
            return Vec::new();
        };
        clocks.handle_arrivals(std::mem::take(&mut self.arrivals), now, &self.plan);
        let (is_hopeless, is_quiet) = (now >= clocks.give_up_at(&self.plan), now >= clocks.repeat_at());
        if self.is_complete() {
            return self.end(Phase::Complete);
        }
        if is_hopeless {
            return self.end(Phase::GivenUp);
        }
        let mut outputs = Vec::new();
        if std::mem::take(&mut self.start_due) && self.counts.unnumbered == 0 {
            self.takes_unnumbered = false;
            outputs.push(self.start_command());
        }
        if !self.can_repeat() {
            return outputs;
        }
        if is_quiet {
            outputs.extend(self.repeat(0..self.sent));
            if let Some(clocks) = &mut self.clocks {
                clocks.handle_repeat(now, &self.plan);
            }
        } else if let Some(lost) = self.losses.next_range(now, self.plan.count) {
            outputs.extend(self.repeat(lost));
        }
        outputs
    }

    /// Whether the source receives REPEAT, and missing orders are known.
    fn can_repeat(&self) -> bool {
        (self.source == Source::Own || self.subscriptions.repeat > 0) && self.counts.unnumbered == 0
    }

    /// Asks for the orders in these places that have no result, up to a bound.
    fn repeat(&mut self, places: Range<u64>) -> Vec<Control> {
        let range = [places.start, places.end].map(|place| usize::try_from(place).unwrap_or(usize::MAX));
        let missing: Vec<u64> = (range[0]..range[1])
            .filter(|&place| !self.seen.contains(place))
            .take(REPEATS_MAX * REPEAT_NUMBERS_MAX)
            .map(|place| place as u64)
            .collect();
        if missing.is_empty() {
            return Vec::new();
        }
        self.takes_unnumbered = false;
        self.counts.repeated += missing.len() as u64;
        // As long as the numbering is unknown both are used: a source ignores numbers that are not in its batch.
        let bases: &[u64] = match self.numbering {
            Numbering::Unknown => &[self.plan.base, 0],
            Numbering::FromBase => &[self.plan.base],
            Numbering::FromZero => &[0],
        };
        let numbers = |base: &u64, places: &[u64]| places.iter().map(|place| base.wrapping_add(*place)).collect();
        let messages = |base| missing.chunks(REPEAT_NUMBERS_MAX).map(move |places| (base, places));
        bases.iter().flat_map(messages).map(|(base, places)| Control::Repeat(numbers(base, places))).collect()
    }

    fn end(&mut self, phase: Phase) -> Vec<Control> {
        self.phase = phase;
        self.exit_due = false;
        vec![Control::Exit]
    }

    /// When [`Tally::handle_time`] must be called even if nothing happens.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let clocks = self.clocks.as_ref().filter(|_| self.phase == Phase::Running)?;
        let give_up = clocks.give_up_at(&self.plan);
        if !self.can_repeat() {
            return Some(give_up);
        }
        let lost = self.losses.next_deadline(self.plan.count);
        [Some(give_up), Some(clocks.repeat_at()), lost].into_iter().flatten().min()
    }

    /// The caller has sent the orders at the places below this one, and none of those above: they are not missed. If all
    /// that it has sent are counted, no clock runs until it sends more.
    pub fn handle_sent(&mut self, now: Instant, places: u64) {
        self.sent = places;
        if self.is_nothing_expected(places)
            && let Some(clocks) = &mut self.clocks
        {
            clocks.handle_nothing_expected(now);
        }
    }

    /// Whether as many orders are counted as were sent.
    #[must_use]
    pub const fn is_nothing_expected(&self, sent: u64) -> bool {
        self.plan.count - self.missing() >= sent
    }

    /// No worker is connected: the time until giving up starts again.
    pub fn handle_no_workers(&mut self, now: Instant) {
        if let Some(clocks) = &mut self.clocks {
            clocks.handle_no_workers(now);
        }
    }

    /// Until when to wait after EXIT was published at `ended`, for peers that have not subscribed to it and for last
    /// reports. `None`: there is nothing to wait for.
    #[must_use]
    pub fn stay_until(&self, ended: Instant) -> Option<Instant> {
        // A source that can repeat exits at EXIT; one that cannot need not subscribe to it.
        let sources = self.subscriptions.start.min(self.subscriptions.repeat);
        let counted = self.counts.numbered + self.counts.unnumbered + self.counts.duplicates;
        if self.subscriptions.exit < self.roster.len() + sources {
            Some(ended + EXIT_GRACE)
        } else if self.roster.is_reporting() && self.roster.done() < counted {
            Some(ended + REPORT_GRACE)
        } else {
            None
        }
    }

    /// The state of the batch.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether every order was counted.
    #[inline]
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// How many orders are not counted.
    #[inline]
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.plan.count - self.counts.numbered - self.counts.unnumbered
    }

    /// What happened to the results until now.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether results without numbers are dropped because orders may have been sent again.
    #[must_use]
    pub const fn is_sent_again(&self) -> bool {
        !self.takes_unnumbered
    }

    /// From START to the last new result.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clocks.map_or(Duration::ZERO, |clocks| clocks.elapsed())
    }

    /// The known workers.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The sums until now.
    pub const fn sums(&mut self) -> &mut Sums {
        &mut self.sums
    }
}

#[cfg(test)]
mod tests;
