//! When missing orders are asked for and when a batch is given up: only progress postpones them for long. Pure.
//!
//! Results of an earlier batch postpone the request a little: behind them, orders of this batch wait at a worker, or their
//! results wait to be counted.

use std::time::{Duration, Instant};

use super::Plan;

/// The longest time between two requests for the same orders.
const PATIENCE_MAX: Duration = Duration::from_secs(30);

/// How many times the patience late results can postpone a request: a peer could send them without end.
const PATIENCE_WITH_LATE: u32 = 4;

/// How many times [`Plan::give_up`] signs of life can keep a batch going that makes no progress.
const LIFE_WITHOUT_PROGRESS: u32 = 2;

/// What has arrived since the clocks were last set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Arrivals {
    /// A result that was counted.
    pub(super) result: bool,
    /// A worker that was not ready before, or a source.
    pub(super) peer: bool,
    /// A duplicate: a worker is alive.
    pub(super) duplicate: bool,
    /// A result of an earlier batch.
    pub(super) late: bool,
}

/// The times that matter from START on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    started: Instant,
    /// The last new result.
    finished: Instant,
    /// The last new result or REPEAT.
    quiet_since: Instant,
    /// The last result of an earlier batch, or START.
    late_since: Instant,
    /// The last sign of life: a new result, a duplicate, a new worker.
    silent_since: Instant,
    /// The last progress: a new result, or START.
    stuck_since: Instant,
    /// Doubles with each REPEAT in vain.
    patience: Duration,
}

impl Clocks {
    /// At START.
    pub(super) const fn new(now: Instant, plan: &Plan) -> Self {
        Self {
            started: now,
            finished: now,
            quiet_since: now,
            late_since: now,
            silent_since: now,
            stuck_since: now,
            patience: plan.patience,
        }
    }

    /// Only progress puts off REPEAT, and giving up for long. A new worker gets missing orders soon.
    pub(super) const fn handle_arrivals(&mut self, arrivals: Arrivals, now: Instant, plan: &Plan) {
        if arrivals.result {
            (self.finished, self.quiet_since, self.stuck_since) = (now, now, now);
        }
        if arrivals.late {
            self.late_since = now;
        }
        if arrivals.result || arrivals.peer {
            self.patience = plan.patience;
        }
        if arrivals.result || arrivals.peer || arrivals.duplicate {
            self.silent_since = now;
        }
    }

    /// All missing orders are asked for.
    pub(super) fn handle_repeat(&mut self, now: Instant, plan: &Plan) {
        self.quiet_since = now;
        self.patience = (self.patience * 2).min(PATIENCE_MAX.max(plan.patience));
    }

    /// No worker is connected.
    pub(super) const fn handle_no_workers(&mut self, now: Instant) {
        (self.silent_since, self.stuck_since) = (now, now);
    }

    /// No result can come before another order is sent.
    pub(super) const fn handle_nothing_expected(&mut self, now: Instant) {
        (self.quiet_since, self.silent_since, self.stuck_since) = (now, now, now);
    }

    /// When missing orders are asked for.
    pub(super) fn repeat_at(&self) -> Instant {
        let heard = self.quiet_since.max(self.late_since);
        (heard + self.patience).min(self.quiet_since + PATIENCE_WITH_LATE * self.patience)
    }

    /// When the batch is given up.
    pub(super) fn give_up_at(&self, plan: &Plan) -> Instant {
        (self.silent_since + plan.give_up).min(self.stuck_since + LIFE_WITHOUT_PROGRESS * plan.give_up)
    }

    /// From START to the last new result.
    pub(super) fn elapsed(&self) -> Duration {
        self.finished - self.started
    }
}
