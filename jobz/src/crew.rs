//! How many workers of a service there should be, by its backlog: a pure state machine without processes and clock.
//!
//! A backlog that lasts for [`CrewLimits::up_after`] adds a worker, and again as long as it lasts. Work that fewer workers
//! could have done, for all of [`CrewLimits::idle`], takes one away. The second time is the longer one, so that the number follows
//! the load and not its noise. A worker that dies is replaced, after a wait that doubles while workers keep dying.

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: CrewLimits =
        CrewLimits { min: 1, max: 3, up_after: Duration::from_secs(1), idle: Duration::from_secs(10), credit: 1 };

    /// A crew and a clock that only the test moves.
    struct Bench {
        crew: Crew,
        now: Instant,
    }

    impl Bench {
        fn new(limits: CrewLimits) -> Self {
            Self { crew: Crew::new(limits), now: Instant::now() }
        }

        fn steps(&mut self) -> Vec<Step> {
            std::iter::from_fn(|| self.crew.next_step(self.now)).collect()
        }

        /// The steps after this load for so many seconds, looked at each second.
        fn under(&mut self, seconds: u64, load: Load) -> Vec<Step> {
            let mut steps = Vec::new();
            for _ in 0..seconds {
                self.now += Duration::from_secs(1);
                self.crew.handle_load(self.now, Some(load));
                steps.extend(self.steps());
            }
            steps
        }

        fn end(&mut self, ending: Ending) {
            self.crew.handle_end(self.now, ending);
        }
    }

    fn load(workers: usize, waiting: usize, open: usize) -> Load {
        Load { workers, waiting, open }
    }

    #[test]
    fn the_least_are_started_without_any_load() {
        let mut bench = Bench::new(CrewLimits { min: 2, ..LIMITS });
        assert_eq!(bench.steps(), [Step::Start, Step::Start]);
        assert_eq!(bench.under(100, load(2, 0, 0)), []);
    }

    #[test]
    fn a_backlog_that_lasts_adds_workers_one_after_another_up_to_the_most() {
        let mut bench = Bench::new(LIMITS);
        bench.steps();
        // The first look finds it, and the second one finds that it has lasted for a second.
        assert_eq!(bench.under(1, load(1, 5, 1)), []);
        assert_eq!(bench.under(1, load(1, 5, 1)), [Step::Start]);
        assert_eq!(bench.under(1, load(2, 4, 2)), [Step::Start]);
        assert_eq!(bench.under(100, load(3, 1, 3)), []);
        assert_eq!(bench.crew.running(), 3);
    }

    #[test]
    fn a_backlog_that_comes_and_goes_adds_none() {
        let mut bench = Bench::new(LIMITS);
        bench.steps();
        for _ in 0..10 {
            assert_eq!(bench.under(1, load(1, 5, 1)), []);
            assert_eq!(bench.under(1, load(1, 0, 1)), []);
        }
    }

    /// With three workers.
    fn full() -> Bench {
        let mut bench = Bench::new(LIMITS);
        bench.steps();
        bench.under(3, load(1, 5, 1));
        assert_eq!(bench.crew.running(), 3);
        bench
    }

    #[test]
    fn idle_ones_go_one_at_a_time_and_the_least_remain() {
        let mut bench = full();
        assert_eq!(bench.under(10, load(3, 0, 2)), []);
        assert_eq!(bench.under(1, load(3, 0, 2)), [Step::Drain]);
        // It takes its time: no other one goes meanwhile.
        assert_eq!(bench.under(100, load(3, 0, 0)), []);
        assert_eq!(bench.crew.running(), 3);
        bench.end(Ending::Drained);
        assert_eq!(bench.under(11, load(2, 0, 0)), [Step::Drain]);
        bench.end(Ending::Drained);
        assert_eq!(bench.under(100, load(1, 0, 0)), []);
        assert_eq!(bench.crew.running(), 1);
    }

    #[test]
    fn none_goes_while_all_have_work_or_the_broker_does_not_answer() {
        let mut bench = full();
        assert_eq!(bench.under(100, load(3, 0, 3)), []);
        for _ in 0..10 {
            assert_eq!(bench.under(9, load(3, 0, 0)), []);
            bench.crew.handle_load(bench.now, None);
        }
        let mut with_credit = Bench::new(CrewLimits { min: 0, credit: 4, ..LIMITS });
        assert_eq!(with_credit.under(4, load(0, 9, 0)), [Step::Start; 3]);
        assert_eq!(with_credit.under(100, load(3, 0, 9)), []);
        assert_eq!(with_credit.under(11, load(3, 0, 8)), [Step::Drain]);
    }

    #[test]
    fn the_last_one_goes_if_none_are_the_least_and_comes_back() {
        let mut bench = Bench::new(CrewLimits { min: 0, ..LIMITS });
        assert_eq!(bench.steps(), []);
        assert_eq!(bench.under(2, load(0, 1, 0)), [Step::Start]);
        assert_eq!(bench.under(11, load(1, 0, 0)), [Step::Drain]);
        bench.end(Ending::Drained);
        assert_eq!(bench.under(2, load(0, 1, 0)), [Step::Start]);
    }

    #[test]
    fn one_that_dies_is_replaced_later_and_later_while_they_die_young() {
        let mut bench = Bench::new(LIMITS);
        bench.steps();
        let mut pauses = Vec::new();
        for _ in 0..9 {
            bench.end(Ending::Died(Duration::from_millis(5)));
            assert_eq!(bench.steps(), []);
            let next = bench.crew.next_deadline().unwrap();
            pauses.push((next - bench.now).as_millis());
            bench.now = next;
            assert_eq!(bench.steps(), [Step::Start]);
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
        bench.end(Ending::Died(Duration::from_secs(11)));
        assert_eq!(bench.crew.next_deadline(), Some(bench.now + PAUSE_MIN));
    }

    proptest! {
        #[test]
        fn there_are_never_more_than_the_most_and_none_is_drained_of_the_least(
            (min, max) in (0_usize..4, 1_usize..6).prop_filter("a range", |(min, max)| min <= max),
            events in prop::collection::vec((0_u8..5, 0_u64..3_000, 0_usize..4, 0_usize..8), 0..200),
        ) {
            let mut bench = Bench::new(CrewLimits { min, max, ..LIMITS });
            for (event, pause, waiting, open) in events {
                bench.now += Duration::from_millis(pause);
                match event {
                    0 if bench.crew.is_draining => bench.end(Ending::Drained),
                    1 if bench.crew.running > 0 => bench.end(Ending::Died(Duration::from_millis(pause))),
                    2 => bench.crew.handle_load(bench.now, None),
                    _ => {
                        let workers = bench.crew.running();
                        bench.crew.handle_load(bench.now, Some(load(workers, waiting, open)));
                    }
                }
                let before = bench.crew.running;
                let steps = bench.steps();
                prop_assert!(bench.crew.running() <= max);
                prop_assert!(!steps.contains(&Step::Drain) || before > min);
                let is_due = bench.crew.next_deadline().is_some_and(|time| time <= bench.now);
                prop_assert!(!is_due, "a step is due after the last one");
            }
        }
    }
}
