//! A crew under loads, with a clock that only the test moves.

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
