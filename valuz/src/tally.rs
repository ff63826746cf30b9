//! What reduce knows of a batch: a pure state machine, no sockets and no clock.
//!
//! [`Tally::handle_outcome`] and [`Tally::handle_subscription`] only note facts, so a result costs no look at the
//! clock. [`Tally::handle_time`] draws the conclusions (START, REPEAT, EXIT) after each burst of them, and at
//! [`Tally::next_deadline`].

use std::time::{Duration, Instant};

use fixedbitset::FixedBitSet;
use wire::value::{Control, Outcome, REPEAT_NUMBERS_MAX, Valued};

use crate::{roster::Roster, sums::Sums};

/// The longest time between two requests for the same orders.
const PATIENCE_MAX: Duration = Duration::from_secs(30);

/// How many REPEAT messages are published at once: a million orders, well within the queue of the control channel.
const REPEATS_MAX: usize = 128;

/// How long after EXIT a peer that has not yet subscribed to it is waited for: longer than the longest pause
/// between two attempts to connect.
const EXIT_GRACE: Duration = Duration::from_secs(3);

/// How long after EXIT the workers' last reports are waited for.
const REPORT_GRACE: Duration = Duration::from_millis(300);

/// What is expected, and how long to wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many workers must be ready before START.
    pub workers: u32,
    /// How many orders the batch has.
    pub count: u64,
    /// How long nothing new may arrive before missing orders are asked for again.
    pub patience: Duration,
    /// How long nothing at all may arrive before the batch is given up.
    pub give_up: Duration,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// For workers and the source.
    Waiting,
    /// Between START and EXIT.
    Running,
    /// After EXIT: everything was counted.
    Complete,
    /// After EXIT: orders are missing and nothing more came.
    GivenUp,
}

/// The state of a batch.
pub struct Tally {
    plan: Plan,
    phase: Phase,
    roster: Roster,
    heard: Subscriptions,
    sums: Sums,
    /// Which order numbers were counted.
    seen: FixedBitSet,
    counts: Counts,
    /// Whether START or REPEAT may have made orders run twice. Results without numbers no longer count then: they
    /// could be the second of an order.
    sent_again: bool,
    clocks: Option<Clocks>,
    news: News,
    start_owed: bool,
    exit_owed: bool,
}

/// Subscriptions heard so far, by topic.
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
    /// Dropped: of no order of this batch, or not to be told from a duplicate.
    pub foreign: u64,
    /// Orders asked for again, each time counted.
    pub repeated: u64,
}

/// What came since the last [`Tally::handle_time`].
#[derive(Debug, Clone, Copy, Default)]
struct News {
    /// A result that was counted.
    result: bool,
    /// A worker or a source.
    peer: bool,
    /// A duplicate: somebody works, though in vain.
    duplicate: bool,
}

/// The times that matter from START on.
#[derive(Debug, Clone, Copy)]
struct Clocks {
    started: Instant,
    /// The last new result.
    finished: Instant,
    /// Since when nothing new has come, or since the last REPEAT.
    quiet_since: Instant,
    /// Since when nothing at all has come.
    silent_since: Instant,
    /// Doubles with each REPEAT in vain.
    patience: Duration,
}

impl Tally {
    /// A batch of which nothing is known yet.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            phase: Phase::Waiting,
            roster: Roster::default(),
            heard: Subscriptions::default(),
            sums: Sums::default(),
            seen: FixedBitSet::with_capacity(usize::try_from(plan.count).unwrap_or(usize::MAX)),
            counts: Counts::default(),
            sent_again: false,
            clocks: None,
            news: News::default(),
            start_owed: false,
            exit_owed: false,
        }
    }

    /// A worker said something.
    #[inline]
    pub fn handle_outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Value(valued) => self.handle_value(valued),
            Outcome::Ready(worker) => {
                self.roster.ready(worker.as_ref());
                self.news.peer = true;
            }
            Outcome::Report { worker, done } => self.roster.report(worker, *done),
        }
    }

    #[inline]
    fn handle_value(&mut self, valued: &Valued) {
        // A result from before START is of an earlier batch, or of an earlier reduce: it can be asked for again.
        if self.phase != Phase::Running || self.is_complete() {
            self.counts.foreign += 1;
            return;
        }
        let number = valued.tail.number();
        match number.map(|number| usize::try_from(number).ok().filter(|_| number < self.plan.count)) {
            Some(Some(number)) if self.seen.contains(number) => {
                self.counts.duplicates += 1;
                self.news.duplicate = true;
            }
            Some(Some(number)) if self.sums.add(valued.symbol, valued.value).is_ok() => {
                self.seen.insert(number);
                self.counts.numbered += 1;
                self.news.result = true;
            }
            None if !self.sent_again && self.sums.add(valued.symbol, valued.value).is_ok() => {
                self.counts.unnumbered += 1;
                self.news.result = true;
            }
            _ => self.counts.foreign += 1,
        }
    }

    /// A peer subscribed to a topic on control.
    pub fn handle_subscription(&mut self, topic: &[u8]) {
        match topic {
            // The source alone subscribes to START; a peer that listens to everything is not it.
            Control::START_TOPIC => {
                self.heard.start += 1;
                self.start_owed = self.phase == Phase::Running;
                self.news.peer |= self.start_owed;
            }
            Control::REPEAT_TOPIC => self.heard.repeat += 1,
            topic if Control::EXIT_TOPIC.starts_with(topic) => {
                self.heard.exit += 1;
                self.exit_owed = matches!(self.phase, Phase::Complete | Phase::GivenUp);
            }
            _ => {}
        }
    }

    /// Draws the conclusions of all that was handled, at the time `now`: what is to be published, in order.
    pub fn handle_time(&mut self, now: Instant) -> Vec<Control> {
        match self.phase {
            Phase::Waiting if self.is_awaited() => self.start(now),
            Phase::Waiting => Vec::new(),
            Phase::Running => self.go_on(now),
            Phase::Complete | Phase::GivenUp => {
                if std::mem::take(&mut self.exit_owed) {
                    vec![Control::Exit]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Whether all that START needs is there.
    fn is_awaited(&self) -> bool {
        self.roster.len() >= self.plan.workers as u64 && self.heard.start > 0
    }

    fn start(&mut self, now: Instant) -> Vec<Control> {
        self.phase = Phase::Running;
        self.news = News::default();
        self.clocks = Some(Clocks {
            started: now,
            finished: now,
            quiet_since: now,
            silent_since: now,
            patience: self.plan.patience,
        });
        let mut outputs = vec![Control::Start];
        if self.is_complete() {
            outputs.extend(self.end(Phase::Complete));
        }
        outputs
    }

    fn go_on(&mut self, now: Instant) -> Vec<Control> {
        let news = std::mem::take(&mut self.news);
        let Some(clocks) = &mut self.clocks else {
            return Vec::new();
        };
        if news.result {
            clocks.finished = now;
        }
        if news.result || news.peer {
            (clocks.quiet_since, clocks.patience) = (now, self.plan.patience);
        }
        if news.result || news.peer || news.duplicate {
            clocks.silent_since = now;
        }
        let is_silent = now >= clocks.silent_since + self.plan.give_up;
        let is_quiet = now >= clocks.quiet_since + clocks.patience;
        if self.is_complete() {
            return self.end(Phase::Complete);
        }
        if is_silent {
            return self.end(Phase::GivenUp);
        }
        let mut outputs = Vec::new();
        if std::mem::take(&mut self.start_owed) && self.counts.unnumbered == 0 {
            self.sent_again = true;
            outputs.push(Control::Start);
        }
        if is_quiet && self.can_repeat() {
            outputs.extend(self.repeat(now));
        }
        outputs
    }

    /// Whether missing orders can be named to a source that listens.
    const fn can_repeat(&self) -> bool {
        self.heard.repeat > 0 && self.counts.unnumbered == 0
    }

    fn repeat(&mut self, now: Instant) -> Vec<Control> {
        if let Some(clocks) = &mut self.clocks {
            clocks.quiet_since = now;
            clocks.patience = (clocks.patience * 2).min(PATIENCE_MAX.max(self.plan.patience));
        }
        self.sent_again = true;
        let missing: Vec<u64> =
            self.seen.zeroes().take(REPEATS_MAX * REPEAT_NUMBERS_MAX).map(|number| number as u64).collect();
        self.counts.repeated += missing.len() as u64;
        missing.chunks(REPEAT_NUMBERS_MAX).map(|numbers| Control::Repeat(numbers.to_vec())).collect()
    }

    fn end(&mut self, phase: Phase) -> Vec<Control> {
        self.phase = phase;
        self.exit_owed = false;
        vec![Control::Exit]
    }

    /// When [`Tally::handle_time`] must be called even if nothing happens.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let clocks = self.clocks.as_ref().filter(|_| self.phase == Phase::Running)?;
        let give_up = clocks.silent_since + self.plan.give_up;
        let repeat = clocks.quiet_since + clocks.patience;
        Some(if self.can_repeat() { give_up.min(repeat) } else { give_up })
    }

    /// Until when, after EXIT was published at `ended`, it is worth to stay: there are peers that have not heard
    /// it, or reports to come. `None`: nothing is left to wait for.
    #[must_use]
    pub fn stay_until(&self, ended: Instant) -> Option<Instant> {
        // A source that can repeat ends at EXIT; one that cannot need not subscribe to it.
        let sources = self.heard.start.min(self.heard.repeat);
        let counted = self.counts.numbered + self.counts.unnumbered + self.counts.duplicates;
        if self.heard.exit < self.roster.len() + sources {
            Some(ended + EXIT_GRACE)
        } else if self.roster.is_reporting() && self.roster.done() < counted {
            Some(ended + REPORT_GRACE)
        } else {
            None
        }
    }

    /// Where the batch stands.
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

    /// How many orders were not counted yet.
    #[inline]
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.plan.count - self.counts.numbered - self.counts.unnumbered
    }

    /// What happened to the results so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether results without numbers were dropped because orders had been sent again.
    #[must_use]
    pub const fn is_sent_again(&self) -> bool {
        self.sent_again
    }

    /// From START to the last new result.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clocks.map_or(Duration::ZERO, |clocks| clocks.finished - clocks.started)
    }

    /// The workers that were heard of.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The sums so far.
    pub const fn sums(&mut self) -> &mut Sums {
        &mut self.sums
    }
}

#[cfg(test)]
mod tests;
