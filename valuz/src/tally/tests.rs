//! Batches by the clock of a test: every input of a reduce, and what it must publish then.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wire::{
    WorkerName,
    value::{Control, Outcome, REPEAT_NUMBERS_MAX, Tail, Valued},
};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The number of the first order of every batch here.
const BASE: u64 = 1 << 40;

const START: Control = Control::Start { base: Some(BASE) };

/// REPEAT of the orders in these places.
fn repeat<const N: usize>(places: [u64; N]) -> Control {
    Control::Repeat(places.map(|place| BASE + place).into())
}

/// A tally and the time.
struct Batch {
    tally: Tally,
    now: Instant,
}

impl Batch {
    fn new(workers: u32, count: u64) -> Self {
        let plan = Plan { workers, count, base: BASE, patience: SECOND, give_up: 10 * SECOND };
        Self { tally: Tally::new(plan), now: Instant::now() }
    }

    /// One worker that gives its name, and a source that can repeat: running.
    fn running(count: u64) -> Self {
        let mut batch = Self::new(1, count);
        batch.ready(Some("rust:a:1"));
        batch.source();
        assert_eq!(batch.outputs(), [START]);
        batch
    }

    fn ready(&mut self, worker: Option<&str>) {
        let worker = worker.map(|name| name.parse::<WorkerName>().unwrap());
        self.tally.handle_outcome(&Outcome::Ready(worker), || None);
    }

    /// A worker without a name on this connection.
    fn ready_on(&mut self, connection: u64) {
        self.tally.handle_outcome(&Outcome::Ready(None), || Some(connection));
    }

    fn source(&mut self) {
        for topic in [Control::START_TOPIC, Control::EXIT_TOPIC, Control::REPEAT_TOPIC] {
            self.tally.handle_subscription(topic);
        }
    }

    fn value(&mut self, tail: Tail) {
        let valued = Valued { symbol: "MSFT".parse().unwrap(), value: 2.5, tail };
        self.tally.handle_outcome(&Outcome::Value(valued), || None);
    }

    /// The result of the order in this place.
    fn place(&mut self, place: u64) {
        self.value(Tail::Number(BASE + place));
    }

    /// The same, on this connection.
    fn place_on(&mut self, connection: u64, place: u64) {
        let tail = Tail::Number(BASE + place);
        let valued = Valued { symbol: "MSFT".parse().unwrap(), value: 2.5, tail };
        self.tally.handle_value(&valued, || Some(connection));
    }

    fn outputs(&mut self) -> Vec<Control> {
        self.tally.handle_time(self.now)
    }

    /// What is published when this time has passed with nothing new.
    fn after(&mut self, seconds: f64) -> Vec<Control> {
        self.now += Duration::from_secs_f64(seconds);
        self.outputs()
    }

    /// The time to the next deadline in seconds.
    fn deadline(&self) -> Option<f64> {
        self.tally.next_deadline().map(|deadline| (deadline - self.now).as_secs_f64())
    }
}

#[test]
fn start_needs_all_workers_and_the_source() {
    let mut batch = Batch::new(2, 3);
    batch.source();
    batch.ready(None);
    assert_eq!((batch.outputs(), batch.deadline()), (vec![], None));
    assert_eq!(batch.after(1e6), []);
    batch.ready(None);
    assert_eq!(batch.outputs(), [START]);

    let mut batch = Batch::new(1, 3);
    batch.ready(None);
    for topic in [&[][..], Control::EXIT_TOPIC, Control::REPEAT_TOPIC, b"\x00\x00"] {
        batch.tally.handle_subscription(topic);
        assert_eq!(batch.outputs(), [], "{topic:?} is no source");
    }
    batch.tally.handle_subscription(Control::START_TOPIC);
    assert_eq!(batch.outputs(), [START]);
}

#[test]
fn a_worker_with_a_name_counts_once_and_one_without_each_time() {
    let mut batch = Batch::new(3, 1);
    batch.source();
    batch.ready(Some("rust:a:1"));
    batch.ready(Some("rust:a:1"));
    batch.ready(None);
    assert_eq!(batch.outputs(), []);
    batch.ready(None);
    assert_eq!(batch.outputs(), [START]);
}

#[test]
fn each_number_counts_once_and_foreign_ones_never() {
    let mut batch = Batch::running(3);
    for place in [2, 0, 2, 3, u64::MAX - BASE, 0] {
        batch.place(place);
    }
    assert_eq!((batch.outputs(), batch.tally.missing()), (vec![], 1));
    batch.place(1);
    assert_eq!(batch.outputs(), [Control::Exit]);
    assert_eq!(batch.tally.phase(), Phase::Complete);
    let counts = Counts { numbered: 3, duplicates: 2, foreign: 2, ..Counts::default() };
    assert_eq!(batch.tally.counts(), counts);
    assert_eq!(batch.tally.sums().total(), 7.5);
    batch.place(1);
    assert_eq!((batch.tally.sums().total(), batch.tally.missing()), (7.5, 0), "nothing counts after the end");
}

#[test]
fn results_from_before_start_are_of_another_batch() {
    let mut batch = Batch::new(1, 1);
    batch.place(0);
    batch.value(Tail::Empty);
    batch.ready(None);
    batch.source();
    assert_eq!(batch.outputs(), [START]);
    assert_eq!((batch.tally.missing(), batch.tally.counts().late), (1, 2));
}

#[test]
fn results_without_numbers_are_counted_and_end_the_batch() {
    let mut batch = Batch::running(2);
    batch.value(Tail::Empty);
    batch.value(Tail::Frames([b"abc"].into_iter().collect()));
    assert_eq!(batch.outputs(), [Control::Exit]);
    assert_eq!(batch.tally.counts(), Counts { unnumbered: 2, ..Counts::default() });
}

#[test]
fn an_empty_batch_is_done_at_once() {
    let mut batch = Batch::new(1, 0);
    batch.ready(None);
    assert_eq!(batch.outputs(), []);
    batch.source();
    assert_eq!(batch.outputs(), [START, Control::Exit]);
    assert_eq!((batch.tally.phase(), batch.tally.elapsed()), (Phase::Complete, Duration::ZERO));
}

#[test]
fn elapsed_runs_from_start_to_the_last_new_result() {
    let mut batch = Batch::running(2);
    batch.place(0);
    assert_eq!(batch.after(0.5), []);
    batch.place(0);
    batch.ready(None);
    batch.after(0.25);
    assert_eq!(batch.tally.elapsed(), SECOND / 2, "neither a duplicate nor a worker is a result");
    batch.place(1);
    batch.after(0.25);
    assert_eq!(batch.tally.elapsed(), SECOND);
}

#[test]
fn missing_orders_are_asked_for_with_growing_patience() {
    let mut batch = Batch::running(5);
    batch.place(1);
    batch.place(3);
    batch.outputs();
    let asked = [repeat([0, 2, 4])];
    assert_eq!(batch.deadline(), Some(1.0));
    assert_eq!(batch.after(0.999), []);
    assert_eq!(batch.after(0.001), asked);
    assert_eq!(batch.deadline(), Some(2.0));
    assert_eq!(batch.after(2.0), asked);
    assert_eq!(batch.deadline(), Some(4.0));
    batch.place(0);
    assert_eq!((batch.outputs(), batch.deadline()), (vec![], Some(1.0)));
    assert_eq!(batch.after(1.0), [repeat([2, 4])]);
    batch.place(2);
    batch.place(4);
    assert_eq!(batch.outputs(), [Control::Exit]);
    assert_eq!(batch.tally.counts().repeated, 8);
}

#[test]
fn patience_has_a_bound() {
    let mut batch = Batch::running(1);
    batch.tally.plan.give_up = Duration::from_secs(3_600);
    batch.place(99);
    let pauses: Vec<f64> = std::iter::repeat_with(|| {
        let seconds = batch.deadline().unwrap();
        assert_eq!(batch.after(seconds).len(), 2);
        seconds
    })
    .take(8)
    .collect();
    assert_eq!(pauses, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
}

#[test]
fn many_missing_orders_are_asked_for_in_full_messages_and_a_bounded_number_of_them() {
    let numbers = REPEAT_NUMBERS_MAX as u64;
    let mut batch = Batch::running(2 * numbers + 2);
    batch.place(0);
    batch.outputs();
    let lengths: Vec<usize> = batch.after(1.0).iter().map(repeat_len).collect();
    assert_eq!(lengths, [REPEAT_NUMBERS_MAX, REPEAT_NUMBERS_MAX, 1]);
    let mut batch = Batch::running(200 * numbers);
    batch.place(0);
    batch.outputs();
    assert_eq!(batch.after(1.0).len(), 128);
}

fn repeat_len(control: &Control) -> usize {
    match control {
        Control::Repeat(numbers) => numbers.len(),
        other => panic!("{other:?} is no REPEAT"),
    }
}

#[test]
fn silence_ends_the_batch_though_orders_were_asked_for() {
    let mut batch = Batch::running(2);
    batch.place(0);
    batch.outputs();
    let mut published = Vec::new();
    while batch.tally.phase() == Phase::Running {
        let seconds = batch.deadline().unwrap();
        published.push((seconds, batch.after(seconds)));
    }
    let asked = vec![repeat([1])];
    let expected = [(1.0, asked.clone()), (2.0, asked.clone()), (4.0, asked), (3.0, vec![Control::Exit])];
    assert_eq!(published, expected);
    assert_eq!((batch.tally.phase(), batch.tally.missing()), (Phase::GivenUp, 1));
}

#[test]
fn peers_that_do_not_echo_are_given_up_without_a_repeat() {
    let mut batch = Batch::running(2);
    batch.value(Tail::Empty);
    batch.outputs();
    assert_eq!(batch.deadline(), Some(10.0));
    assert_eq!(batch.after(9.9), []);
    assert_eq!(batch.after(0.1), [Control::Exit]);
    assert_eq!(batch.tally.phase(), Phase::GivenUp);
}

#[test]
fn a_source_that_cannot_repeat_is_never_asked_to() {
    let mut batch = Batch::new(1, 2);
    batch.ready(None);
    batch.tally.handle_subscription(Control::START_TOPIC);
    assert_eq!(batch.outputs(), [START]);
    batch.place(0);
    batch.outputs();
    assert_eq!(batch.after(9.9), []);
    assert_eq!(batch.after(0.1), [Control::Exit]);
}

#[test]
fn a_result_without_a_number_never_counts_once_orders_were_sent_again() {
    let mut batch = Batch::running(2);
    batch.place(1);
    batch.outputs();
    assert_eq!(batch.after(1.0), [repeat([0])]);
    batch.value(Tail::Empty);
    batch.place(0);
    batch.place(1);
    assert_eq!(batch.outputs(), [Control::Exit]);
    assert_eq!((batch.tally.sums().total(), batch.tally.counts().foreign), (5.0, 1));
}

#[test]
fn signs_of_life_without_progress_put_off_giving_up_once() {
    let mut batch = Batch::running(2);
    batch.place(0);
    batch.outputs();
    batch.after(9.0);
    batch.place(0);
    batch.outputs();
    batch.after(9.0);
    batch.ready(Some("rust:b:2"));
    batch.outputs();
    batch.after(1.9);
    assert_eq!(batch.tally.phase(), Phase::Running);
    batch.after(0.1);
    assert_eq!(batch.tally.phase(), Phase::GivenUp);
}

#[test]
fn noise_keeps_nothing_from_being_asked_for_or_given_up() {
    for noise in [
        (|batch: &mut Batch| batch.ready(Some("rust:a:1"))) as fn(&mut Batch),
        |batch| batch.ready_on(7),
        |batch| batch.place(0),
        |batch| batch.place(99),
        |batch| batch.ready(None),
        Batch::source,
    ] {
        let mut batch = Batch::running(2);
        batch.place(0);
        batch.outputs();
        let mut asked = 0;
        for _ in 0..40 {
            noise(&mut batch);
            asked += batch.after(0.5).iter().filter(|&output| *output == repeat([1])).count();
        }
        assert!(asked > 0);
        assert_eq!(batch.tally.phase(), Phase::GivenUp);
    }
}

#[test]
fn results_of_an_earlier_batch_postpone_a_request_but_not_for_ever() {
    let mut batch = Batch::running(2);
    batch.place(0);
    batch.outputs();
    for _ in 0..7 {
        batch.value(Tail::Number(BASE - 1));
        assert_eq!(batch.after(0.5), []);
    }
    batch.value(Tail::Number(BASE - 1));
    assert_eq!(batch.after(0.5), [repeat([1])], "after four times the patience");

    let mut batch = Batch::running(2);
    batch.after(0.5);
    batch.value(Tail::Number(BASE - 1));
    assert_eq!(batch.outputs(), []);
    assert_eq!(batch.deadline(), Some(1.0), "a second after the last one");
    assert_eq!(batch.after(1.0).len(), 2, "from both bases");
}

#[test]
fn a_new_worker_gets_missing_orders_at_once_if_nothing_has_come_for_long() {
    let mut batch = Batch::running(2);
    batch.place(0);
    batch.outputs();
    assert_eq!(batch.after(1.0), [repeat([1])]);
    assert_eq!(batch.after(1.5), []);
    batch.ready(Some("rust:b:2"));
    assert_eq!(batch.outputs(), [repeat([1])]);
}

#[test]
fn orders_of_a_worker_that_disconnected_are_asked_for_as_soon_as_no_other_can_hold_them() {
    let mut batch = Batch::new(2, 10);
    batch.ready_on(1);
    batch.ready_on(2);
    batch.source();
    assert_eq!(batch.outputs(), [START]);
    for (connection, place) in [(1, 0), (2, 1), (1, 2)] {
        batch.place_on(connection, place);
    }
    batch.tally.handle_disconnected(2);
    assert_eq!((batch.outputs(), batch.after(0.3)), (vec![], vec![]), "the other one may hold any of them");
    batch.place_on(1, 4);
    assert_eq!(batch.outputs(), [repeat([3])]);
    batch.place_on(1, 6);
    assert_eq!((batch.outputs(), batch.after(0.2)), (vec![], vec![repeat([5])]));
    batch.tally.handle_disconnected(1);
    batch.outputs();
    assert_eq!(batch.after(0.2), [repeat([3, 5, 7, 8, 9])], "no worker is left");
}

#[test]
fn a_source_that_numbers_from_zero_is_served_until_a_number_from_the_base_comes() {
    let zero = |batch: &mut Batch, place: u64| batch.value(Tail::Number(place));
    let mut batch = Batch::running(3);
    assert_eq!(batch.after(1.0), [repeat([0, 1, 2]), Control::Repeat(vec![0, 1, 2])], "the numbering is not known");
    zero(&mut batch, 1);
    batch.outputs();
    assert_eq!(batch.after(1.0), [Control::Repeat(vec![0, 2])]);
    zero(&mut batch, 0);
    zero(&mut batch, 2);
    assert_eq!(batch.outputs(), [Control::Exit]);

    let mut batch = Batch::running(3);
    zero(&mut batch, 1);
    batch.value(Tail::Empty);
    batch.place(0);
    let counts = Counts { numbered: 1, late: 2, ..Counts::default() };
    assert_eq!((batch.tally.counts(), batch.tally.missing()), (counts, 2));
    zero(&mut batch, 1);
    batch.value(Tail::Empty);
    batch.value(Tail::Number(BASE - 1));
    batch.place(1);
    batch.place(2);
    assert_eq!(batch.outputs(), [Control::Exit]);
    assert_eq!(batch.tally.sums().total(), 7.5);
    let counts = Counts { numbered: 3, late: 4, foreign: 1, ..Counts::default() };
    assert_eq!(batch.tally.counts(), counts);
}

#[test]
fn a_source_in_the_same_program_needs_no_ceremony() {
    let mut batch = Batch::new(1, 2);
    assert_eq!(batch.tally.start_own(batch.now, false), [START]);
    batch.value(Tail::Empty);
    batch.value(Tail::Number(0));
    assert_eq!(batch.tally.counts(), Counts { late: 1, foreign: 1, ..Counts::default() });
    assert_eq!(batch.outputs(), []);
    assert_eq!(batch.after(1.0), [repeat([0, 1])]);
    batch.place(0);
    batch.place(1);
    assert_eq!((batch.outputs(), batch.tally.phase()), (vec![Control::Exit], Phase::Complete));
}

#[test]
fn a_batch_is_not_given_up_while_no_worker_is_connected() {
    let mut batch = Batch::running(1);
    for _ in 0..10 {
        batch.now += 9 * SECOND;
        batch.tally.handle_no_workers(batch.now);
    }
    batch.after(9.0);
    assert_eq!(batch.tally.phase(), Phase::Running);
    batch.after(1.0);
    assert_eq!(batch.tally.phase(), Phase::GivenUp);
}

#[test]
fn a_source_that_comes_back_is_started_again_unless_numbers_are_missing_in_results() {
    let mut batch = Batch::running(3);
    batch.place(0);
    batch.source();
    assert_eq!(batch.outputs(), [START]);
    assert_eq!(batch.outputs(), []);
    batch.value(Tail::Empty);
    assert_eq!(batch.tally.counts().foreign, 1);

    let mut batch = Batch::running(3);
    batch.value(Tail::Empty);
    batch.source();
    assert_eq!(batch.outputs(), []);
}

#[test]
fn after_the_end_every_new_subscription_to_exit_is_answered() {
    let mut batch = Batch::running(1);
    batch.place(0);
    assert_eq!(batch.outputs(), [Control::Exit]);
    let ended = batch.now;
    // The worker has not subscribed to EXIT yet.
    assert_eq!(batch.tally.stay_until(ended), Some(ended + EXIT_GRACE));
    assert_eq!(batch.outputs(), []);
    batch.tally.handle_subscription(Control::EXIT_TOPIC);
    assert_eq!((batch.outputs(), batch.outputs()), (vec![Control::Exit], vec![]));
    // Its last report is still to come.
    assert_eq!(batch.tally.stay_until(ended), Some(ended + REPORT_GRACE));
    batch.tally.handle_outcome(&Outcome::Report { worker: "rust:x:9".parse().unwrap(), done: 1 }, || None);
    assert!(batch.tally.stay_until(ended).is_some(), "a stranger's report is no matter");
    batch.tally.handle_outcome(&Outcome::Report { worker: "rust:a:1".parse().unwrap(), done: 1 }, || None);
    assert_eq!(batch.tally.stay_until(ended), None);
}

#[test]
fn one_symbol_too_many_is_dropped_and_stays_missing() {
    let count = crate::sums::SYMBOLS_MAX as u64 + 1;
    let mut batch = Batch::running(count);
    for number in 0..count {
        let symbol = format!("S{number}").parse().unwrap();
        batch
            .tally
            .handle_outcome(&Outcome::Value(Valued { symbol, value: 1.0, tail: Tail::Number(BASE + number) }), || None);
    }
    assert_eq!((batch.tally.missing(), batch.tally.counts().foreign), (1, 1));
}

#[derive(Debug, Clone)]
enum Input {
    Value(Option<u64>),
    Late(u64),
    Ready(bool),
    Subscribe(u8),
    Pass(u16),
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => prop::option::weighted(0.95, 0..40_u64).prop_map(Input::Value),
        1 => (1..9_u64).prop_map(Input::Late),
        1 => any::<bool>().prop_map(Input::Ready),
        1 => (0..5_u8).prop_map(Input::Subscribe),
        2 => (0..3_000_u16).prop_map(Input::Pass),
    ]
}

proptest! {
    /// Whatever comes in whatever order: the total is that of `count` orders, or there is none; a REPEAT names
    /// only orders that are missing; a deadline that has passed leads to something.
    #[test]
    fn a_total_is_never_wrong(count in 0..30_u64, inputs in prop::collection::vec(input(), 0..300)) {
        let mut batch = Batch::new(1, count);
        let mut counted = std::collections::BTreeSet::new();
        for input in inputs {
            let was_running = batch.tally.phase() == Phase::Running;
            match input {
                Input::Value(Some(number)) => {
                    if was_running && number < count && batch.tally.missing() > 0 {
                        counted.insert(number);
                    }
                    batch.place(number);
                }
                Input::Value(None) => batch.value(Tail::Empty),
                Input::Late(before) => batch.value(Tail::Number(BASE - before)),
                Input::Ready(named) => batch.ready(named.then_some("rust:a:1")),
                Input::Subscribe(topic) => batch.tally.handle_subscription(&[topic]),
                Input::Pass(milliseconds) => batch.now += Duration::from_millis(milliseconds.into()),
            }
            for output in batch.outputs() {
                if let Control::Repeat(numbers) = output {
                    let mut places = numbers.iter().map(|number| number.checked_sub(BASE).unwrap_or(*number));
                    prop_assert!(places.all(|place| !counted.contains(&place) && place < count));
                }
            }
            let counts = batch.tally.counts();
            prop_assert_eq!(counts.numbered, counted.len() as u64);
            prop_assert_eq!(counts.numbered + counts.unnumbered + batch.tally.missing(), count);
            prop_assert!(batch.tally.next_deadline().is_none_or(|deadline| deadline > batch.now));
            if batch.tally.phase() == Phase::Complete {
                prop_assert_eq!(batch.tally.missing(), 0);
                prop_assert_eq!(batch.tally.sums().total(), 2.5 * count as f64);
            }
        }
    }
}
