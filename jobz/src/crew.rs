//! How many workers of a service there should be, by its backlog: a pure state machine without processes and clock.
//!
//! A backlog that lasts for [`CrewLimits::up_after`] adds a worker, and again as long as it lasts. Work that fewer workers
//! could have done, for all of [`CrewLimits::idle`], takes one away. The second time is the longer one, so that the number follows
//! the load and not its noise. A worker that dies is replaced, after a wait that doubles while workers keep dying.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

/// The wait before a worker that died is replaced; doubled for each that dies young.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// The longest such wait; a worker that lived for longer did not die young.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// Between what numbers, and how fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrewLimits {
    /// The least workers.
    pub min: usize,
    /// The most workers, those included that finish their last requests.
    pub max: usize,
    /// How long requests must have waited before a worker is added.
    pub up_after: Duration,
    /// For how long one worker less would have been enough before one is taken away.
    pub idle: Duration,
    /// How many requests a worker does at once.
    pub credit: usize,
}

/// What the broker has of the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Registered workers, also those that others started.
    pub workers: usize,
    /// Requests that wait for a worker.
    pub waiting: usize,
    /// Requests that workers have.
    pub open: usize,
}

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Start a worker.
    Start,
    /// Have a worker finish its requests and end.
    Drain,
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was drained.
    Drained,
    /// It ended by itself after this time, or could not be started.
    Died(Duration),
}

/// The workers of one service that this process started.
#[derive(Debug)]
pub struct Crew {
    limits: CrewLimits,
    /// How many there should be.
    wanted: usize,
    /// How many run, without the one that is drained.
    running: usize,
    is_draining: bool,
    /// Since when requests have waited at every look.
    backlog_since: Option<Instant>,
    /// Since when one worker less would have been enough at every look.
    idle_since: Option<Instant>,
    /// How many workers in a row died young.
    young_deaths: u32,
    /// When the next worker may be started, if one died.
    not_before: Option<Instant>,
}

impl Crew {
    /// No workers yet; the least of them are wanted.
    #[must_use]
    pub const fn new(limits: CrewLimits) -> Self {
        Self {
            limits,
            wanted: limits.min,
            running: 0,
            is_draining: false,
            backlog_since: None,
            idle_since: None,
            young_deaths: 0,
            not_before: None,
        }
    }

    /// How many run, the one that is drained included.
    #[must_use]
    pub const fn running(&self) -> usize {
        self.running + self.is_draining as usize
    }

    /// Takes the broker's answer; `None` if it has not answered, and then nothing is known of the time since the last one.
    pub fn handle_load(&mut self, now: Instant, load: Option<Load>) {
        let Some(load) = load else {
            (self.backlog_since, self.idle_since) = (None, None);
            return;
        };
        // While one starts or ends, the load says nothing of the number that is wanted.
        let is_settled = self.running == self.wanted && !self.is_draining;
        let has_backlog = load.waiting > 0;
        let is_enough = load.waiting == 0 && load.open <= load.workers.saturating_sub(1) * self.limits.credit;
        if lasts(&mut self.backlog_since, now, is_settled && has_backlog, self.limits.up_after)
            && self.wanted < self.limits.max
        {
            self.wanted += 1;
        }
        if lasts(&mut self.idle_since, now, is_settled && is_enough, self.limits.idle) && self.wanted > self.limits.min
        {
            self.wanted -= 1;
        }
    }

    /// A worker has ended.
    pub fn handle_end(&mut self, now: Instant, ending: Ending) {
        match ending {
            Ending::Drained => self.is_draining = false,
            Ending::Died(lived) => {
                self.running = self.running.saturating_sub(1);
                self.young_deaths = if lived > PAUSE_MAX { 0 } else { self.young_deaths.saturating_add(1) };
                let doubled = 2_u32.saturating_pow(self.young_deaths.saturating_sub(1));
                self.not_before = Some(now + PAUSE_MIN.saturating_mul(doubled).min(PAUSE_MAX));
            }
        }
    }

    /// What to do next; it counts as done. Call this until it returns `None`.
    pub fn next_step(&mut self, now: Instant) -> Option<Step> {
        if self.running < self.wanted {
            if self.running() == self.limits.max || self.not_before.is_some_and(|time| now < time) {
                return None;
            }
            self.running += 1;
            return Some(Step::Start);
        }
        if self.running > self.wanted && !self.is_draining {
            self.running -= 1;
            self.is_draining = true;
            return Some(Step::Drain);
        }
        None
    }

    /// When [`Crew::next_step`] has something to do without another event.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.running < self.wanted && self.running() < self.limits.max)
    }
}

/// Whether something `holds` now and has held at every look for `time`; then it begins again.
fn lasts(since: &mut Option<Instant>, now: Instant, holds: bool, time: Duration) -> bool {
    if !holds {
        *since = None;
        return false;
    }
    let has_lasted = now.saturating_duration_since(*since.get_or_insert(now)) >= time;
    if has_lasted {
        *since = Some(now);
    }
    has_lasted
}
